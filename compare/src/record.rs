//! What is kept of an hour and of an edge of a period: the members of a baseline's lines, named as docs/storage.md has them.

use hogusu_model::edge::End;
use hogusu_model::{Histogram, Protocol, Workload};
use serde::{Deserialize, Serialize};

/// Everything that was counted in one hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourRecord {
    /// Hours since the epoch.
    pub hour: u64,
    /// How complete it is.
    pub coverage: Coverage,
    /// Edges on which something was counted.
    pub edges: Vec<EdgeHour>,
}

/// How complete an hour, or a period, is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Nanoseconds that senders covered.
    pub covered: u64,
    /// Nanoseconds that they should have covered.
    pub expected: u64,
    /// Batches missing from their sequences.
    pub lost_batches: u64,
    /// Exchanges in those.
    pub lost_exchanges: u64,
    /// Batches that were refused for good.
    pub refused_batches: u64,
    /// Senders that went silent without an end.
    pub unclosed_senders: u64,
    /// Parts that came late.
    pub late_parts: u64,
    /// It was known which proxies should report.
    pub is_known: bool,
}

/// An hour of one edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeHour {
    /// Id of the edge, 16 hexadecimal digits.
    pub id: String,
    /// What the source's proxies counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SideHour>,
    /// What the destination's proxies counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<SideHour>,
}

/// What one side counted in an hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideHour {
    /// All exchanges.
    pub count: u64,
    /// Those that failed.
    pub failed: u64,
    /// What `failed` is a share of.
    pub judged: u64,
    /// Durations of those that were answered.
    pub answers: Answers,
}

/// A histogram in the one layout of docs/histogram.md.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// Durations below the first bucket.
    pub below: u64,
    /// Durations above the last one.
    pub above: u64,
    /// Sum of all, nanoseconds.
    pub sum: u64,
    /// Bucket of the first count.
    pub first: usize,
    /// Counts, bucket by bucket.
    pub counts: Vec<u64>,
}

/// An edge of the period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeRecord {
    /// Its id, 16 hexadecimal digits.
    pub id: String,
    /// How people read it.
    pub label: String,
    /// `http`, `grpc` or `tcp`.
    pub protocol: String,
    /// Port at the destination.
    pub port: u16,
    /// Who asks.
    pub source: EndRecord,
    /// Who is asked.
    pub destination: EndRecord,
    /// What the source's proxies counted.
    pub source_report: Option<SideRecord>,
    /// What the destination's proxies counted.
    pub destination_report: Option<SideRecord>,
    /// How it was secured, joined from both.
    pub security: SecurityRecord,
}

/// An end of an edge, and what proved who it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndRecord {
    /// `workload`, `service`, `address`, `unknown` or `overflow`.
    pub kind: String,
    /// K8s cluster.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Name, host or address.
    pub name: String,
    /// URI SANs of its certificates on this edge, ascending.
    pub principals: Vec<String>,
}

/// What one side counted in the period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideRecord {
    /// By how exchanges ended.
    pub outcomes: Vec<OutcomeRecord>,
    /// Exchanges over mutual TLS.
    pub mutual_tls: u64,
    /// Over TLS.
    pub tls: u64,
    /// Over TLS of the applications' own.
    pub application_tls: u64,
    /// Without TLS.
    pub plaintext: u64,
    /// Not connected, or not known.
    pub unknown: u64,
}

/// Exchanges of one class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeRecord {
    /// How they ended.
    pub outcome: String,
    /// Why; empty: the outcome says it.
    pub reason: String,
    /// Who answered.
    pub answered_by: String,
    /// Their durations are lives.
    pub streaming: bool,
    /// How many.
    pub count: u64,
}

/// How an edge was secured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityRecord {
    /// `mutual_tls`, `tls`, `application_tls`, `plaintext`, `unknown` or `disagreement`.
    pub state: String,
    /// Who says so, and for which share.
    pub statement: String,
}

impl From<&Histogram> for Answers {
    fn from(histogram: &Histogram) -> Self {
        let (first, counts) = histogram.run();
        Self {
            below: histogram.below(),
            above: histogram.above(),
            sum: histogram.sum(),
            first,
            counts: counts.to_vec(),
        }
    }
}

impl Answers {
    /// The histogram; `None` where it does not fit the layout.
    #[must_use]
    pub fn histogram(&self) -> Option<Histogram> {
        Histogram::from_parts(self.below, self.above, self.first, self.counts.clone(), self.sum).ok()
    }
}

impl SideRecord {
    /// Exchanges that were connected in a way that is known.
    #[must_use]
    pub fn connected(&self) -> u64 {
        [self.tls, self.application_tls, self.plaintext].into_iter().fold(self.mutual_tls, u64::saturating_add)
    }
}

impl EndRecord {
    /// From the end of an edge's key.
    #[must_use]
    pub fn of(end: &End, principals: Vec<String>) -> Self {
        let named = |kind: &str, name: &str| Self { kind: kind.to_owned(), name: name.to_owned(), ..Self::default() };
        let end = match end {
            End::Workload(Workload { cluster, namespace, name }) => {
                Self { cluster: cluster.clone(), namespace: namespace.clone(), ..named("workload", name) }
            }
            End::Service(host) => named("service", host),
            End::Address(address) => named("address", address),
            End::Unknown => named("unknown", ""),
            End::Overflow => named("overflow", ""),
        };
        Self { principals, ..end }
    }

    /// The workload that it is, if it is one.
    #[must_use]
    pub fn workload(&self) -> Option<Workload> {
        (self.kind == "workload").then(|| Workload {
            cluster: self.cluster.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        })
    }
}

impl EdgeRecord {
    /// `requests`, or `connections` for TCP.
    #[must_use]
    pub fn measure(&self) -> &'static str {
        if self.protocol == Protocol::Tcp.as_str() { "connections" } else { "requests" }
    }
}

impl Coverage {
    /// Adds another hour's.
    pub fn add(&mut self, other: &Self) {
        let sum = |own: &mut u64, theirs: u64| *own = own.saturating_add(theirs);
        sum(&mut self.covered, other.covered);
        sum(&mut self.expected, other.expected);
        sum(&mut self.lost_batches, other.lost_batches);
        sum(&mut self.lost_exchanges, other.lost_exchanges);
        sum(&mut self.refused_batches, other.refused_batches);
        sum(&mut self.unclosed_senders, other.unclosed_senders);
        sum(&mut self.late_parts, other.late_parts);
    }
}
