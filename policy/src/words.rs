//! The closed vocabularies of a verdict: each word once, with what it says in words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a rule says of exchanges, an edge or a workload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ComplianceState")]
pub enum State {
    /// Nothing was seen of which the rule could say anything.
    #[default]
    Unobserved,
    /// Shown to be as the rule asks.
    Compliant,
    /// Not compliant, and somebody answers for it until a day.
    Excepted,
    /// A field that the rule needs is not known.
    Undecidable,
    /// Shown to be otherwise.
    Violating,
}

impl State {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unobserved => "unobserved",
            Self::Compliant => "compliant",
            Self::Excepted => "excepted",
            Self::Undecidable => "undecidable",
            Self::Violating => "violating",
        }
    }
}

/// What a policy comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ComplianceVerdict")]
pub enum Verdict {
    /// Everything was seen, and all of it is compliant or excepted.
    Compliant,
    /// Nothing that was seen is violating, and not everything was seen or can be decided.
    NotProven,
    /// Something is violating.
    Violating,
}

impl Verdict {
    /// For people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::NotProven => "not proven",
            Self::Violating => "violating",
        }
    }
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// To be looked at.
    Low,
    /// To be remedied.
    Medium,
    /// To be remedied soon.
    High,
    /// To be remedied now.
    Critical,
}

impl Severity {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Declares the causes: the word, whether both ends can see it, and what it says.
macro_rules! causes {
    ($($(#[$meta:meta])* $variant:ident = $word:literal, $both:literal, $said:literal;)+) => {
        /// Why exchanges are not compliant.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cause { $($(#[$meta])* $variant,)+ }

        impl Cause {
            /// Every cause.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The word's cause; `None` for another one.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }

            /// What it says, for people.
            #[must_use]
            pub const fn said(self) -> &'static str {
                match self { $(Self::$variant => $said,)+ }
            }

            /// Both ends see it: where one alone says it of exchanges that the other counted too, they contradict each other.
            #[must_use]
            pub const fn is_seen_by_both(self) -> bool {
                match self { $(Self::$variant => $both,)+ }
            }
        }
    };
}

causes! {
    // Violating.
    /// No TLS.
    Plaintext = "plaintext", true, "sent in plaintext";
    /// The client did not authenticate.
    OneWayTls = "one_way_tls", false, "TLS without a certificate of the client";
    /// An older version than is asked for.
    TlsTooOld = "tls_too_old", true, "an older version of TLS than is asked for";
    /// The principal's trust domain is none of those.
    ForeignTrustDomain = "foreign_trust_domain", false, "a certificate of another trust domain";
    /// The source is none of those that are declared.
    UndeclaredSource = "undeclared_source", false, "a source that is not declared";
    /// Between ends that must not talk.
    ForbiddenEdge = "forbidden_edge", false, "between ends that must not talk to each other";
    /// Between namespaces, k8s clusters or zones.
    CrossesBoundary = "crosses_boundary", false, "across a boundary that is to be kept";
    /// The principal's namespace or account is not the workload's.
    PrincipalOfAnother = "principal_of_another", false, "a certificate whose service account is not the workload's";
    /// The account `default`.
    DefaultAccount = "default_account", false, "the service account `default`";
    /// One account of several workloads.
    SharedAccount = "shared_account", false, "a service account that several workloads have";
    /// Nobody knows who asks.
    UnidentifiedSource = "unidentified_source", false, "nobody knows who asks";
    /// One end alone counts it.
    OneReporter = "one_reporter", false, "one end alone tells of it";
    /// The ends contradict each other.
    ReportersDisagree = "reporters_disagree", false, "its two ends contradict each other";
    /// What is known of it is old.
    Stale = "stale", false, "what is known of it is older than is allowed";

    // Undecidable: the field that is missing.
    /// Only a destination sees whether the client authenticated.
    ClientAuthentication = "client_authentication", false, "TLS; whether the client authenticated is seen by the destination alone, which does not tell of it";
    /// The applications' own TLS.
    ApplicationTls = "application_tls", true, "TLS of the applications' own: no proxy proved the peer";
    /// Nothing shows how a connection was secured.
    Security = "security", false, "nothing shows how its connection was secured";
    /// A version that is not known.
    TlsVersion = "tls_version", false, "the version of TLS is not known";
    /// No proven principal of the source.
    SourcePrincipal = "source_principal", false, "no certificate that the destination verified says who the source is";
    /// No proven principal of the destination.
    DestinationPrincipal = "destination_principal", false, "no certificate that the source verified says who the destination is";
    /// Accounts of the workload are not known.
    ServiceAccounts = "service_accounts", false, "neither its own proxy nor the API server says which service account the workload has";
    /// Who asks is not known well enough.
    SourceWorkload = "source_workload", false, "which workload asks is not known";
    /// Which workload is asked is not known.
    DestinationWorkload = "destination_workload", false, "which workload is asked is not known";
    /// A zone that is not known, or several.
    Zone = "zone", false, "in which zone an end runs is not known, or it runs in several";
    /// K8s cluster.
    Cluster = "cluster", false, "in which k8s cluster an end runs is not known";
    /// Namespace.
    Namespace = "namespace", false, "in which namespace an end runs is not known";
    /// Service account.
    ServiceAccount = "service_account", false, "which service account an end has is not known, or it has several";
    /// Trust domain.
    TrustDomain = "trust_domain", false, "to which trust domain an end belongs is not known";
    /// Port.
    Port = "port", false, "to which port it went is not known";
    /// Counts that cannot be compared.
    Comparison = "comparison", false, "whether both ends counted the same cannot be told";
    /// No time up to which anything is known.
    Age = "age", false, "how old what is known of it is cannot be told";

    // Unobserved: nothing passed of which a rule could say something.
    /// No connection.
    NoConnection = "no_connection", true, "no connection was made";
    /// A certificate that was not accepted.
    UnverifiedCertificate = "unverified_certificate", true, "the handshake failed: a certificate was not accepted, or none was shown";
    /// Another handshake that failed.
    HandshakeFailed = "handshake_failed", true, "the handshake failed";
    /// A policy or a listener refused it.
    Refused = "refused", true, "refused by the destination's proxy";
    /// Nothing was sent.
    NothingSent = "nothing_sent", true, "a connection on which nothing was sent";
}
