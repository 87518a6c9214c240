//! A joined edge: both ends, what each reporter counted, how it is secured, and whether the reporters agree.

use std::collections::BTreeMap;
use std::sync::Arc;

use hogusu_model::edge::{EdgeKey, End};
use hogusu_model::{
    AnsweredBy, Exemplar, Histogram, Outcome, Protocol, Reason, Reporter, SeriesKey, Service, TlsVersion,
};
use litemap::LiteMap;

use super::agreement::Agreement;
use super::evidence::Evidence;
use super::few::Few;
use super::identity::NamedBy;
use super::outside::Addresses;
use super::security::{EdgeSecurity, SecurityCounts};
use crate::declared::{self, Failures};
use crate::label::with_port;

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
    pub services: Few<Service>,
    /// Addresses of the host outside the mesh that is asked.
    pub addresses: Addresses,
    /// Something was sent to one of its upstreams.
    pub is_reached: bool,
    /// What the source's proxies counted.
    pub source_report: Option<Side>,
    /// What the destination's proxies counted.
    pub destination_report: Option<Side>,
    /// How it is secured, from what both assert.
    pub security: EdgeSecurity,
    /// Whether both counted the same.
    pub agreement: Agreement,
    /// What is declared to count as failure on it.
    pub failures: Option<Arc<Failures>>,
    /// Why its source does not wait; `None` where that is not declared.
    pub asynchronous: Option<Arc<str>>,
}

/// What reporters assert about an end of an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    /// How people read it, as [`crate::label`] has it.
    pub label: String,
    /// Service accounts, from its own proxy or from its certificates.
    pub service_accounts: Few<String>,
    /// URI SANs of its certificates on this edge, as either side saw them.
    pub principals: Few<String>,
    /// Trust domain.
    pub trust_domain: String,
    /// Canonical service.
    pub canonical_service: String,
    /// Canonical revisions, as its own proxies or others name them.
    pub canonical_revisions: Few<String>,
    /// How it is known.
    pub named_by: Few<NamedBy>,
    /// The other end's proxies named it without its k8s cluster: that is a guess.
    pub is_cluster_guessed: bool,
    /// Zones of its pods in the period, by the API server's word.
    pub zones: Few<String>,
}

/// How exchanges ended, why, who answered them, and whether their durations are lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class {
    /// How they ended.
    pub outcome: Outcome,
    /// Why, where the outcome alone does not say it.
    pub reason: Reason,
    /// Who answered.
    pub answered_by: AnsweredBy,
    /// Switched protocols and streams: how long they lived says nothing of how fast anything was.
    pub streaming: bool,
}

impl Class {
    /// The class of a series.
    #[must_use]
    pub const fn of(key: &SeriesKey) -> Self {
        Self { outcome: key.outcome, reason: key.reason, answered_by: key.answered_by, streaming: key.streaming }
    }

    /// True when they ended with an answer of the other side, nothing on purpose held them and they were no streams: their
    /// durations say how fast that side is.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        let is_answered = matches!(self.outcome, Outcome::Ok | Outcome::ClientError | Outcome::ServerError);
        is_answered && !self.is_delayed() && !self.streaming
    }

    /// True when a delay on purpose is in their durations.
    #[must_use]
    pub const fn is_delayed(self) -> bool {
        matches!(self.outcome, Outcome::InjectedDelay) || self.reason.is_delayed()
    }
}

/// What one side's proxies counted on an edge. Most edges have one or two classes and revisions, and a mesh has many edges: lists in order
/// keep less room for more of them than a tree's nodes do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// By how an exchange ended and who answered.
    pub outcomes: LiteMap<Class, Tally>,
    /// By how the connection was secured.
    pub security: SecurityCounts,
    /// By all that tells one from another for a policy.
    pub evidence: LiteMap<Evidence, u64>,
    /// By TLS version, where there was TLS.
    pub tls_versions: LiteMap<TlsVersion, u64>,
    /// Server names that the applications' own TLS asked for.
    pub server_names: Few<String>,
    /// URI SANs of the source's certificates.
    pub source_principals: Few<String>,
    /// URI SANs of the destination's certificates.
    pub destination_principals: Few<String>,
    /// By operation, where the configuration names them.
    pub operations: BTreeMap<String, Operation>,
    /// Bytes received from the downstream and sent to it, where measured.
    pub bytes: Option<(u64, u64)>,
    /// Time from the first byte sent upstream to the last received, where measured.
    pub backend: Option<Histogram>,
    /// Attempts that the counted requests say they took, where measured.
    pub summed_attempts: Option<u64>,
    /// Attempts by the router's upstream log, where it is on.
    pub attempts: Option<BTreeMap<Class, Histogram>>,
    /// Certificates that contradict who the end was resolved to be.
    pub contradictions: Few<String>,
    /// By canonical revision of the source's workload; empty: not known.
    pub source_revisions: LiteMap<String, Revision>,
    /// By that of the destination's.
    pub destination_revisions: LiteMap<String, Revision>,
}

/// Exchanges of one revision of a workload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Revision {
    /// All.
    pub count: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that failed as it is declared; where nothing is, `failed`.
    pub declared: u64,
    /// What `failed` is a share of: all but the injected faults.
    pub judged: u64,
}

impl Revision {
    /// Counts `count` exchanges of a class, failures as they are declared beside.
    pub fn add(&mut self, (class, failures): (Class, Option<&Failures>), count: u64) {
        let is_failure = failures.map_or(class.outcome.is_failure(), |failures| failures.is_failure(class.outcome));
        let add = |sum: &mut u64, is_one: bool| *sum = sum.saturating_add(if is_one { count } else { 0 });
        add(&mut self.count, true);
        add(&mut self.failed, class.outcome.is_failure());
        add(&mut self.declared, is_failure);
        add(&mut self.judged, class.outcome != Outcome::InjectedFault);
    }
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
            services: Few::default(),
            addresses: Addresses::default(),
            is_reached: false,
            source_report: None,
            destination_report: None,
            security: EdgeSecurity::default(),
            agreement: Agreement::default(),
            failures: None,
            asynchronous: None,
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

    /// True when a side says that something was answered by who was asked.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        [&self.source_report, &self.destination_report].into_iter().flatten().any(Side::is_answered)
    }

    /// True for what failed on this edge, as it is declared.
    #[must_use]
    pub fn is_failure(&self, outcome: Outcome) -> bool {
        self.failures.as_ref().map_or(outcome.is_failure(), |failures| failures.is_failure(outcome))
    }

    /// Exchanges of one of its sides that failed as it is declared; where nothing is, [`Side::failed`].
    #[must_use]
    pub fn failed(&self, side: &Side) -> u64 {
        side.count_where(|class| self.is_failure(class.outcome))
    }

    /// True where so many failures make it a failing edge.
    #[must_use]
    pub fn is_failing(&self, failed: u64, of: u64) -> bool {
        declared::is_failing(self.failures.as_deref(), failed, of)
    }

    /// `requests`, or `connections` for TCP.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        if self.key.protocol == Protocol::Tcp { "connection" } else { "request" }
    }

    /// `SOURCE -> DESTINATION`, for people.
    #[must_use]
    pub fn label(&self) -> String {
        let port = match &self.key.destination {
            End::Workload(_) if self.key.protocol == Protocol::Tcp => self.key.port,
            _ => 0,
        };
        format!("{} -> {}", self.source.label, with_port(&self.destination.label, port))
    }
}

impl Side {
    /// All exchanges.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.outcomes.values().fold(0, |sum, tally| sum.saturating_add(tally.duration.count()))
    }

    /// Exchanges of the classes that `chosen` picks.
    #[must_use]
    pub fn count_where(&self, chosen: impl Fn(Class) -> bool) -> u64 {
        let picked = self.outcomes.iter().filter(|(class, _)| chosen(**class));
        picked.fold(0, |sum, (_, tally)| sum.saturating_add(tally.duration.count()))
    }

    /// True when something was answered by who was asked, not by a proxy alone.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.count_where(|class| matches!(class.answered_by, AnsweredBy::Upstream | AnsweredBy::Application)) > 0
    }

    /// Failed exchanges. A source that went away itself did not fail, and what was injected is no failure.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.count_where(|class| class.outcome.is_failure())
    }

    /// Faults injected on purpose: they say nothing of whether the edge works.
    #[must_use]
    pub fn injected(&self) -> u64 {
        self.count_where(|class| class.outcome == Outcome::InjectedFault)
    }

    /// What [`Self::failed`] is a share of: all exchanges but the injected faults.
    #[must_use]
    pub fn judged(&self) -> u64 {
        self.count().saturating_sub(self.injected())
    }

    /// Exchanges that a delay on purpose held: they say nothing of how fast the edge is.
    #[must_use]
    pub fn delayed(&self) -> u64 {
        self.count_where(Class::is_delayed)
    }

    /// Switched protocols and streams: they too say nothing of how fast the edge is.
    #[must_use]
    pub fn streaming(&self) -> u64 {
        self.count_where(|class| class.streaming)
    }

    /// Durations of the exchanges that were answered: timeouts, resets, delays on purpose and lives do not poison them.
    #[must_use]
    pub fn answers(&self) -> Histogram {
        let mut answers = Histogram::default();
        for (class, tally) in &self.outcomes {
            if class.is_answer() {
                answers.merge(&tally.duration);
            }
        }
        answers
    }
}
