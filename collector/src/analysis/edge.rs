//! A joined edge: both ends, what each reporter counted, how it is secured, and whether the reporters agree.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::edge::{EdgeKey, End};
use hogusu_model::{AnsweredBy, Exemplar, Histogram, Outcome, Protocol, Reporter, Service, TlsVersion};

use super::agreement::Agreement;
use super::security::{EdgeSecurity, SecurityCounts};

/// An edge of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// What it is.
    pub key: EdgeKey,
    /// Who asks.
    pub source: Party,
    /// Who is asked.
    pub destination: Party,
    /// Services through which the source asked.
    pub services: BTreeSet<Service>,
    /// What the source's proxies counted.
    pub source_report: Option<Side>,
    /// What the destination's proxies counted.
    pub destination_report: Option<Side>,
    /// How it is secured, from what both assert.
    pub security: EdgeSecurity,
    /// Whether both counted the same.
    pub agreement: Agreement,
}

/// What reporters assert about an end of an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    /// Service accounts, from its own proxy or from its certificates.
    pub service_accounts: BTreeSet<String>,
    /// URI SANs of its certificates on this edge, as either side saw them.
    pub principals: BTreeSet<String>,
    /// Trust domain.
    pub trust_domain: String,
    /// Canonical service.
    pub canonical_service: String,
    /// Canonical revision.
    pub canonical_revision: String,
}

/// What one side's proxies counted on an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// By how an exchange ended and who answered.
    pub outcomes: BTreeMap<(Outcome, AnsweredBy), Tally>,
    /// By how the connection was secured.
    pub security: SecurityCounts,
    /// By TLS version, where there was TLS.
    pub tls_versions: BTreeMap<TlsVersion, u64>,
    /// URI SANs of the source's certificates.
    pub source_principals: BTreeSet<String>,
    /// URI SANs of the destination's certificates.
    pub destination_principals: BTreeSet<String>,
    /// By operation, where the configuration names them.
    pub operations: BTreeMap<String, Operation>,
    /// Bytes received from the downstream and sent to it, where measured.
    pub bytes: Option<(u64, u64)>,
    /// Time from the first byte sent upstream to the last received, where measured.
    pub backend: Option<Histogram>,
    /// Attempts that the counted requests say they took, where measured.
    pub summed_attempts: Option<u64>,
    /// Attempts by the router's upstream log, where it is on.
    pub attempts: Option<BTreeMap<(Outcome, AnsweredBy), Histogram>>,
    /// Certificates that contradict who the end was resolved to be.
    pub contradictions: BTreeSet<String>,
}

/// Exchanges of one outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Their durations; the count is the count.
    pub duration: Histogram,
    /// The slowest trace kept.
    pub exemplar: Option<Exemplar>,
}

/// Exchanges of one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operation {
    /// All.
    pub count: u64,
    /// Those that failed.
    pub failed: u64,
    /// Durations of those that were answered.
    pub answers: Histogram,
}

impl Edge {
    /// An edge that nobody counted on yet.
    #[must_use]
    pub fn new(key: EdgeKey) -> Self {
        Self {
            key,
            source: Party::default(),
            destination: Party::default(),
            services: BTreeSet::new(),
            source_report: None,
            destination_report: None,
            security: EdgeSecurity::default(),
            agreement: Agreement::default(),
        }
    }

    /// The report of one side, made when it is the first word of that side.
    pub fn side_mut(&mut self, reporter: Reporter) -> &mut Side {
        let report = match reporter {
            Reporter::Source => &mut self.source_report,
            Reporter::Destination => &mut self.destination_report,
        };
        report.get_or_insert_default()
    }

    /// The source's report where there is one, for it saw what the source got; else the destination's.
    #[must_use]
    pub fn main_report(&self) -> Option<&Side> {
        let counted = |side: &&Side| side.count() > 0;
        let first = self.source_report.as_ref().filter(counted).or(self.destination_report.as_ref().filter(counted));
        first.or(self.source_report.as_ref()).or(self.destination_report.as_ref())
    }

    /// `requests`, or `connections` for TCP.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        if self.key.protocol == Protocol::Tcp { "connection" } else { "request" }
    }

    /// `SOURCE -> DESTINATION`.
    #[must_use]
    pub fn label(&self) -> String {
        let port = self.key.port;
        let destination = match &self.key.destination {
            End::Workload(_) if self.key.protocol == Protocol::Tcp => {
                format!("{}:{port}", label(&self.key.destination))
            }
            End::Address(_) if port != 0 => format!("{}:{port}", label(&self.key.destination)),
            end => label(end),
        };
        format!("{} -> {destination}", label(&self.key.source))
    }
}

impl Side {
    /// All exchanges.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.outcomes.values().fold(0, |sum, tally| sum.saturating_add(tally.duration.count()))
    }

    /// Exchanges whose outcome `chosen` picks.
    #[must_use]
    pub fn count_where(&self, chosen: impl Fn(Outcome) -> bool) -> u64 {
        let picked = self.outcomes.iter().filter(|((outcome, _), _)| chosen(*outcome));
        picked.fold(0, |sum, (_, tally)| sum.saturating_add(tally.duration.count()))
    }

    /// Failed exchanges. A source that went away itself did not fail.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.count_where(Outcome::is_failure)
    }

    /// Durations of the exchanges that were answered: timeouts and resets do not poison them.
    #[must_use]
    pub fn answers(&self) -> Histogram {
        let mut answers = Histogram::default();
        for ((outcome, _), tally) in &self.outcomes {
            if is_answer(*outcome) {
                answers.merge(&tally.duration);
            }
        }
        answers
    }
}

/// True when the exchange ended with an answer of the other side: its duration says how fast that side is.
#[must_use]
pub const fn is_answer(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Ok | Outcome::ClientError | Outcome::ServerError)
}

/// An end as people read it: `namespace/name`, a host, an address, `unknown` or `overflow`.
#[must_use]
pub fn label(end: &End) -> String {
    match end {
        End::Workload(workload) if workload.namespace.is_empty() => workload.name.clone(),
        End::Workload(workload) => format!("{}/{}", workload.namespace, workload.name),
        End::Service(name) | End::Address(name) => name.clone(),
        End::Unknown => "unknown".to_owned(),
        End::Overflow => "overflow".to_owned(),
    }
}
