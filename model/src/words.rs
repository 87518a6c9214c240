//! The closed vocabularies: each word is spelt once, the same in code, wire, API, UI and docs.

/// Declares an enum whose variants are words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant,)+ }

        impl $name {
            /// Every word, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value of a word; `None` for an unknown one.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// Which end's proxy reports, as in Istio.
    Reporter {
        /// The proxy of the workload that sends requests.
        Source = "source",
        /// The proxy of the workload that receives them.
        Destination = "destination",
    }
}

words! {
    /// What was exchanged.
    Protocol {
        /// HTTP of any version that is not gRPC.
        Http = "http",
        /// gRPC, by its content type.
        Grpc = "grpc",
        /// Plain TCP.
        Tcp = "tcp",
    }
}

words! {
    /// What one count stands for.
    Measure {
        /// One HTTP or gRPC request with its final outcome.
        Request = "request",
        /// One TCP connection, counted when it ended.
        Connection = "connection",
        /// One try of a request towards one upstream host.
        Attempt = "attempt",
    }
}

words! {
    /// How an exchange ended. One class per exchange; the first that applies, in this order of reading.
    Outcome {
        /// An HTTP status below 400, gRPC status 0, or a TCP connection closed in order.
        Ok = "ok",
        /// HTTP 4xx, or a gRPC status that blames the source.
        ClientError = "client_error",
        /// HTTP 5xx, or a gRPC status that blames the destination.
        ServerError = "server_error",
        /// The upstream reset the stream or closed the connection before response headers; with the reason
        /// `proxy_closed` the proxy itself did.
        ResetBeforeHeaders = "reset_before_headers",
        /// The same after response headers.
        ResetAfterHeaders = "reset_after_headers",
        /// No answer, or no end of it, within a limit of the proxy.
        Timeout = "timeout",
        /// No connection to the chosen upstream host.
        ConnectFailure = "connect_failure",
        /// The connection to the upstream failed in its TLS handshake.
        TlsFailure = "tls_failure",
        /// No healthy upstream host to choose.
        NoHealthyUpstream = "no_healthy_upstream",
        /// No route, or a route to an Envoy cluster that is not there.
        NoRoute = "no_route",
        /// A circuit breaker, another limit of concurrency or connections, or the overload manager refused.
        Overflow = "overflow",
        /// A policy refused: RBAC, external authorization, JWT, other credentials.
        Denied = "denied",
        /// A rate limit refused.
        RateLimited = "rate_limited",
        /// The downstream went away before the exchange was complete.
        ClientGone = "client_gone",
        /// The downstream or upstream broke its protocol.
        ProtocolError = "protocol_error",
        /// An attempt without an answer: timed out, or its downstream went away. Only attempts have it: there the
        /// proxy does not say which of the two it was.
        Unanswered = "unanswered",
        /// Answered in order after a delay injected on purpose: no failure, and its duration is nobody's speed.
        InjectedDelay = "injected_delay",
        /// Aborted on purpose, or given up by its downstream while a delay on purpose held it: never a real failure.
        InjectedFault = "injected_fault",
        /// A word this version does not know, from a newer filter: counted, never guessed.
        Other = "other",
    }
}

impl Outcome {
    /// True when the exchange really failed from the source's point of view. What was injected on purpose is counted
    /// apart; a source that went away itself did not fail.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Ok | Self::ClientGone | Self::InjectedDelay | Self::InjectedFault)
    }

    /// True when nothing is known of what the upstream did with the request: rule 7's `undetermined`.
    #[must_use]
    pub const fn is_undetermined(self) -> bool {
        matches!(self, Self::ResetBeforeHeaders | Self::Timeout | Self::ClientGone | Self::Unanswered)
    }

    /// True when the request certainly never reached the destination's proxy.
    #[must_use]
    pub const fn is_connect_failure(self) -> bool {
        matches!(self, Self::ConnectFailure | Self::TlsFailure)
    }
}

words! {
    /// Why, where the outcome alone does not say it: one of a few words, never the proxy's own text.
    Reason {
        /// The outcome says all that is known.
        None = "",
        /// A failed handshake: the peer's certificate names somebody else than was expected.
        SanMismatch = "san_mismatch",
        /// A failed handshake: the peer's certificate has expired.
        CertificateExpired = "certificate_expired",
        /// A failed handshake: the peer's certificate is not valid yet.
        CertificateNotYetValid = "certificate_not_yet_valid",
        /// A failed handshake: the peer's certificate comes from nobody who is trusted here.
        UnknownIssuer = "unknown_issuer",
        /// A failed handshake: the peer's certificate was not accepted, for another reason.
        CertificateNotAccepted = "certificate_not_accepted",
        /// A failed handshake: the peer did not accept the certificate that was presented. (With TLS 1.3 it says so after
        /// the handshake, and the proxy shows a reset.)
        CertificateRefused = "certificate_refused",
        /// A failed handshake: the peer presented no certificate, though one is demanded.
        CertificateMissing = "certificate_missing",
        /// A failed handshake: the peer does not speak TLS.
        NotTls = "not_tls",
        /// A failed handshake: no version of TLS or cipher in common.
        NothingInCommon = "nothing_in_common",
        /// A failed handshake, for a reason without a word here.
        Handshake = "handshake",
        /// A refused connection: the listener has no filter chain for it, as under Istio's STRICT for plaintext.
        NoFilterChain = "no_filter_chain",
        /// A reset: the proxy itself closed the downstream's connection, as at the end of a drain.
        ProxyClosed = "proxy_closed",
        /// A delay injected on purpose held the exchange before it ended as the outcome says: its duration is nobody's speed.
        InjectedDelay = "injected_delay",
        /// A word this version does not know, from a newer filter.
        Other = "other",
    }
}

impl Reason {
    /// True when a delay injected on purpose is in the exchange's duration.
    #[must_use]
    pub const fn is_delayed(self) -> bool {
        matches!(self, Self::InjectedDelay)
    }
}

words! {
    /// Who produced the answer, as far as this reporter can tell.
    AnsweredBy {
        /// The application behind the reporting destination proxy.
        Application = "application",
        /// The reporting proxy itself.
        LocalProxy = "local_proxy",
        /// The other side: the destination's proxy or its application.
        Upstream = "upstream",
        /// No answer reached the downstream.
        Nobody = "nobody",
    }
}

words! {
    /// How the connection was secured, as far as this reporter can assert it.
    Security {
        /// Both ends authenticated. Only a destination can assert it.
        MutualTls = "mutual_tls",
        /// The server authenticated; of the client nothing is asserted.
        Tls = "tls",
        /// Bytes that are TLS, but of the applications themselves: not this proxy's, so the peer is unproven.
        ApplicationTls = "application_tls",
        /// No TLS.
        Plaintext = "plaintext",
        /// No connection, or nothing known of it.
        Unknown = "unknown",
    }
}

words! {
    /// The TLS version of a connection.
    TlsVersion {
        /// No TLS, or not known.
        None = "",
        /// TLS 1.0.
        V1_0 = "TLSv1",
        /// TLS 1.1.
        V1_1 = "TLSv1.1",
        /// TLS 1.2.
        V1_2 = "TLSv1.2",
        /// TLS 1.3.
        V1_3 = "TLSv1.3",
        /// A version without a word here.
        Other = "other",
    }
}

words! {
    /// Where in Envoy a sender is called. Two hooks that count the same listener are a conflict, never summed.
    Hook {
        /// Access logger of a listener, HTTP or TCP.
        AccessLog = "access_log",
        /// Access logger of the router: one entry per attempt.
        UpstreamLog = "upstream_log",
        /// HTTP filter.
        HttpFilter = "http_filter",
        /// Access logger of the listener itself: connections that it refused, which reach no other hook.
        ListenerLog = "listener_log",
    }
}

words! {
    /// Whose traffic it is. Only `mesh` is on the map by default; the rest is counted apart.
    Traffic {
        /// Traffic between workloads.
        Mesh = "mesh",
        /// A kubelet's probe or another proxy's health check.
        Probe = "probe",
        /// The filter's own telemetry.
        Telemetry = "telemetry",
    }
}
