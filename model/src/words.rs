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
        /// The upstream reset the stream or closed the connection before response headers.
        ResetBeforeHeaders = "reset_before_headers",
        /// The upstream reset the stream or closed the connection after response headers.
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
        /// A circuit breaker or the overload manager refused.
        Overflow = "overflow",
        /// A policy refused: RBAC, external authorization, JWT.
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
        /// A fault injected on purpose: never mistaken for a real failure.
        InjectedFault = "injected_fault",
        /// A word this version does not know, from a newer filter: counted, never guessed.
        Other = "other",
    }
}

impl Outcome {
    /// True when the exchange failed from the source's point of view. A fault injected on purpose counts as failed and
    /// is listed apart; a source that went away itself did not fail.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Ok | Self::ClientGone)
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
    }
}

words! {
    /// Whose traffic it is. Only `mesh` is on the map by default; the rest is counted apart.
    Traffic {
        /// Traffic between workloads.
        Mesh = "mesh",
        /// A kubelet's probe.
        Probe = "probe",
        /// The filter's own telemetry.
        Telemetry = "telemetry",
    }
}
