//! The fact that policies judge: one edge, and of each of its reporters how many exchanges of which class it counted. What is not known is
//! empty or `None`, and never what it would be at its best.
//!
//! Which words there are is said in docs/api.md, for a collector answers facts; here they stand as text, so that a word of a newer
//! collector is read and is then none that proves anything.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a reporter says where nothing was connected.
pub(crate) const UNKNOWN: &str = "unknown";

/// All facts of a period, and how complete they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Mesh id, several joined by a comma.
    pub mesh: String,
    /// Start of the period, as RFC 3339.
    pub from: String,
    /// Its end, exclusive.
    pub to: String,
    /// Nanoseconds since the epoch of `to`.
    pub end: u64,
    /// How complete the period is.
    pub completeness: Completeness,
    /// Every edge of it.
    pub edges: Vec<Edge>,
}

/// Three numbers that are never folded into one, and what else may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FactCompleteness")]
pub struct Completeness {
    /// Proxies that report.
    pub reporting: u64,
    /// Proxies that should; `None` where nobody says which.
    pub expected: Option<u64>,
    /// Of those: pods whose traffic passes no proxy that reports.
    pub not_observable: u64,
    /// Proxies that fell silent, or were expected and never seen: each as people name it.
    pub silent: Vec<String>,
    /// For people: what is known of the number that should report.
    pub statement: String,
    /// Seconds that senders covered.
    pub covered_s: f64,
    /// Seconds that they should have covered.
    pub expected_s: f64,
    /// Length of the period, seconds.
    pub period_s: f64,
    /// The part of it at its end in which things may still change, seconds.
    pub unsealed_s: f64,
    /// How much of it was told of at all.
    pub told: Told,
    /// Batches that never came.
    pub lost_batches: u64,
    /// Exchanges in those.
    pub lost_exchanges: u64,
    /// Batches that were refused for good: what was in them is missing, and nobody knows how much.
    pub refused_batches: u64,
    /// Senders that went silent without an end.
    pub unclosed_senders: u64,
    /// Damaged files that may have held something of the period.
    pub damaged_files: u64,
    /// Exchanges that are on no edge of their own, for a sender had more edges than it may have.
    pub overflow: u64,
    /// Sidecars whose listener's own log tells of connections that it refused.
    pub observing_refused: u64,
    /// Sidecars that report.
    pub sidecars: u64,
}

/// How much of a period proxies told of: by the period's own length, and not by the lives of those that were seen. Seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FactTold")]
pub struct Told {
    /// By any proxy: where nobody told of anything, nothing was observed.
    pub observed_s: f64,
    /// Workloads that should tell of all of it: all that told of some, but those that are known to be gone.
    pub workloads: u64,
    /// What the proxies of each of those told of, added up.
    pub workloads_s: f64,
    /// Those that told of a part only, the least first, 20 at most.
    pub partial: Vec<Partial>,
    /// By the listener's log of the sidecar that tells of the least; `None` where no sidecar has one.
    pub listeners_s: Option<f64>,
    /// The part of the period of which refused batches are known: none of before the collector's last start.
    pub refusals_s: f64,
    /// Batches that were refused for good since the period began, up to now: nobody knows of when they told.
    pub refused: u64,
    /// Exchanges of long batches that begin before the period and end in it: they are counted where their batch begins.
    pub folded: u64,
    /// Requests that a logger left to its proxy's HTTP filter, and that no filter counted.
    pub marked_alone: u64,
    /// Proxies that report while the declared set does not name them.
    pub unexpected: u64,
}

/// A workload whose proxies told of part of a period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FactPartial")]
pub struct Partial {
    /// `namespace/name`.
    pub workload: String,
    /// Seconds that they told of.
    pub told_s: f64,
}

/// One edge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FactEdge")]
pub struct Edge {
    /// Its id, as on the map.
    pub id: String,
    /// Who asks.
    pub source: End,
    /// Who is asked.
    pub destination: End,
    /// `http`, `grpc` or `tcp`.
    pub protocol: String,
    /// Port at the destination; 0 when not known.
    pub port: u16,
    /// `requests` or `connections`: they are never added.
    pub measure: String,
    /// What the source's proxies counted.
    pub source_report: Option<Reporter>,
    /// What the destination's proxies counted.
    pub destination_report: Option<Reporter>,
    /// Whether both counted the same.
    pub agreement: Agreement,
}

/// An end of an edge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FactEnd")]
pub struct End {
    /// `workload`, `service`, `address`, `unknown` or `overflow`.
    pub kind: String,
    /// Kubernetes cluster; empty: not known, or the guess of somebody who knows of one of its name.
    pub cluster: String,
    /// Kubernetes namespace; empty: not known.
    pub namespace: String,
    /// Name, host or address.
    pub name: String,
    /// How it is written on the map.
    pub label: String,
    /// A host that is known to be outside of the mesh, by its name and by all the addresses that it was reached by.
    #[serde(default)]
    pub is_outside: bool,
    /// Service accounts by the word of its own proxies or of the API server, never by a certificate that is to be judged by them.
    pub service_accounts: Vec<String>,
    /// Those of them that another workload of its namespace is known to have: they say nothing of which of the two it is.
    pub shared_accounts: Vec<String>,
    /// Hosts that the source asked for, where it says so.
    pub hosts: Vec<String>,
    /// Trust domain by its own proxies' word; empty: not known.
    pub trust_domain: String,
    /// Zones of its pods, by the API server's word.
    pub zones: Vec<String>,
    /// How it is known, as on the map.
    pub named_by: Vec<String>,
    /// Seconds from the end of what its proxies covered to the end of the period, or to now where that is earlier; `None` where none of
    /// them reports.
    pub age_s: Option<f64>,
}

/// What one end's proxies counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FactReporter")]
pub struct Reporter {
    /// Exchanges by class.
    pub classes: Vec<Class>,
    /// Certificates that contradict who the other end was resolved to be.
    pub contradictions: Vec<String>,
}

/// Exchanges that a reporter cannot tell apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FactClass")]
pub struct Class {
    /// How their connection was secured: `mutual_tls`, `tls`, `application_tls`, `plaintext` or `unknown`.
    pub security: String,
    /// `TLSv1.2` and such; empty: not known, or no TLS of the proxy.
    pub tls_version: String,
    /// URI SAN of the source's certificate; empty: none was seen.
    pub source_principal: String,
    /// URI SAN of the destination's certificate.
    pub destination_principal: String,
    /// How they ended.
    pub outcome: String,
    /// Why, where the outcome alone does not say it; else empty.
    pub reason: String,
    /// Who answered.
    pub answered_by: String,
    /// `mesh`, `probe` or `telemetry`: what the source's user agent says, which proves nothing.
    pub traffic: String,
    /// How many.
    pub count: u64,
}

/// Whether both ends counted the same, as on the map.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FactAgreement")]
pub struct Agreement {
    /// `agree`, `disagree`, `one_reporter` or `not_comparable`.
    pub state: String,
    /// Why.
    pub reasons: Vec<String>,
}

impl Edge {
    /// `SOURCE -> DESTINATION`, for people.
    #[must_use]
    pub fn label(&self) -> String {
        let port = if self.destination.kind == "workload" && self.port > 0 {
            format!(":{}", self.port)
        } else {
            String::new()
        };
        format!("{} -> {}{port}", self.source.label, self.destination.label)
    }

    /// True where that is how a person asks for it: both ends, with or without the port.
    #[must_use]
    pub fn is_called(&self, text: &str) -> bool {
        let ends =
            |(source, destination): (&str, &str)| source == self.source.label && destination == self.destination.label;
        text == self.label() || text.split_once(" -> ").is_some_and(ends)
    }

    /// Exchanges that were failed or delayed on purpose, by the end that says more of them.
    #[must_use]
    pub fn injected(&self) -> u64 {
        let of = |report: &Option<Reporter>| report.as_ref().map_or(0, |one| one.count(Class::is_injected));
        of(&self.source_report).max(of(&self.destination_report))
    }

    /// Exchanges whose source says that it is a probe, or the telemetry of this product.
    #[must_use]
    pub fn beside(&self) -> u64 {
        let of =
            |report: &Option<Reporter>| report.as_ref().map_or(0, |one| one.count(|class| class.traffic != "mesh"));
        of(&self.source_report).max(of(&self.destination_report))
    }

    /// Exchanges by outcome, by the end that counted more of them.
    #[must_use]
    pub fn outcomes(&self) -> BTreeMap<&str, u64> {
        let mut outcomes = BTreeMap::new();
        let of = |report: &Option<Reporter>| report.as_ref().map_or(0, |one| one.count(|_| true));
        let main = if of(&self.destination_report) > of(&self.source_report) {
            &self.destination_report
        } else {
            &self.source_report
        };
        for class in main.iter().flat_map(|report| &report.classes) {
            let sum: &mut u64 = outcomes.entry(class.outcome.as_str()).or_default();
            *sum = sum.saturating_add(class.count);
        }
        outcomes
    }
}

impl End {
    /// True for a workload that is known.
    #[must_use]
    pub fn is_workload(&self) -> bool {
        self.kind == "workload"
    }

    /// True for a workload that was asked for by a host which is none of Kubernetes', and is known by an address that a proxy claims alone.
    #[must_use]
    pub fn may_be_host(&self) -> bool {
        let is_of_kubernetes = |host: &String| !host.contains('.') || crate::place::is_of_kubernetes(host);
        self.is_named_by_address_alone() && self.hosts.iter().any(|host| !is_of_kubernetes(host))
    }

    /// True where nothing but an address that a proxy claims says who it is: behind that may be others, as behind a gateway's.
    #[must_use]
    pub fn is_named_by_address_alone(&self) -> bool {
        !self.named_by.is_empty() && self.named_by.iter().all(|how| how == "address_of_proxy")
    }
}

impl Reporter {
    /// Exchanges of the classes that `chosen` picks.
    pub fn count(&self, chosen: impl Fn(&Class) -> bool) -> u64 {
        self.classes.iter().filter(|class| chosen(class)).fold(0, |sum, class| sum.saturating_add(class.count))
    }
}

impl Class {
    /// Failed or delayed on purpose.
    #[must_use]
    pub fn is_injected(&self) -> bool {
        matches!(self.outcome.as_str(), "injected_fault" | "injected_delay") || self.reason == "injected_delay"
    }

    /// A policy or a listener refused it: the application never saw it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.outcome == "denied"
    }

    /// Something came of it at the other end, or may have: not where it was refused, no connection was made, or nobody answered.
    #[must_use]
    pub fn got_through(&self) -> bool {
        let is_answered = self.answered_by != "nobody";
        match self.outcome.as_str() {
            "ok" | "client_error" | "server_error" | "injected_delay" | "reset_after_headers" => true,
            "client_gone" | "timeout" | "protocol_error" | "unanswered" => is_answered,
            _ => false,
        }
    }

    /// To a source of requests, a refusal of the destination's proxy is an answer; not where it says that all went well, or that none came.
    #[must_use]
    pub fn may_be_refusal(&self) -> bool {
        matches!(self.outcome.as_str(), "client_error" | "server_error" | "denied" | "other")
    }

    /// A connection was made, or may have been: what ended in no way that says that none was may have gone over one that nothing is known of.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        let before = [
            "connect_failure",
            "tls_failure",
            "no_healthy_upstream",
            "no_route",
            "overflow",
            "denied",
            "injected_fault",
        ];
        let is_none =
            before.contains(&self.outcome.as_str()) && !matches!(self.answered_by.as_str(), "application" | "upstream");
        self.security != UNKNOWN || !is_none
    }

    /// Nothing was sent either way: what a check of a port leaves behind. That is seen on the connection, and not told by anybody.
    #[must_use]
    pub fn is_silent(&self, protocol: &str) -> bool {
        protocol == "tcp" && self.traffic == "probe"
    }

    /// Its handshake failed, for the certificate that was shown is not one that is trusted here, or none was shown.
    #[must_use]
    pub fn has_unverified_certificate(&self) -> bool {
        let reasons = ["san_mismatch", "certificate_expired", "certificate_not_yet_valid", "unknown_issuer"];
        let others = ["certificate_not_accepted", "certificate_refused", "certificate_missing"];
        self.outcome == "tls_failure"
            && (reasons.contains(&self.reason.as_str()) || others.contains(&self.reason.as_str()))
    }

    /// What it is, for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        let part = |text: &str, before: &str| if text.is_empty() { String::new() } else { format!("{before}{text}") };
        let beside = if self.traffic == "mesh" { "" } else { self.traffic.as_str() };
        format!(
            "{} {}{}, {}{}, answered by {}{}{}{}",
            self.count,
            self.security,
            part(&self.tls_version, " "),
            self.outcome,
            part(&self.reason, " for "),
            self.answered_by,
            part(&self.source_principal, ", source "),
            part(&self.destination_principal, ", destination "),
            part(beside, ", by its user agent "),
        )
    }

    /// TLS of the proxy's own, whoever authenticated in it.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self.security.as_str(), "mutual_tls" | "tls")
    }
}
