//! The map, and what it is made of beside its edges: completeness, totals, findings.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::observed::Observed;
use super::{Edge, Moment};

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.map/v1";

/// What happened between workloads in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Map {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Its period.
    #[serde(flatten)]
    pub observed: Observed,
    /// Worst first.
    pub edges: Vec<Edge>,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// Of a question about a namespace or a workload: whether one of that name was seen in the period, by a proxy that reports for it or at an end of
    /// an edge. `None` of others, and of collectors of version 0.1 and before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_name_seen: Option<bool>,
    /// How to ask for the next page; `None` on the last one.
    pub next_cursor: Option<String>,
}

/// Three numbers that are never folded into one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Completeness {
    /// Which proxies report.
    pub proxies: Proxies,
    /// How much of their time is covered.
    pub time_covered: TimeCovered,
    /// What never arrived.
    pub batches: Batches,
    /// Whether connections that listeners refused are in the numbers.
    pub refused_connections: RefusedConnections,
}

/// Who sees connections that its listener refuses: they reach no other hook than the listener's own access log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedConnections {
    /// Sidecars that see them.
    pub observing: u64,
    /// Sidecars that report.
    pub sidecars: u64,
    /// For people.
    pub statement: String,
}

/// Which proxies report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ReportingProxies")]
pub struct Proxies {
    /// Those that report.
    pub reporting: u64,
    /// Those that should; `None` without a declared set.
    pub expected: Option<u64>,
    /// Of those: pods whose traffic passes no proxy that runs plugins.
    pub not_observable: u64,
    /// Every proxy seen in the period.
    pub seen: u64,
    /// Those that fell silent or were never seen.
    pub silent: Vec<Silent>,
    /// For people.
    pub statement: String,
}

/// A proxy that should report and does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Silent {
    /// Envoy's node id, empty when not known.
    pub proxy: String,
    /// `namespace/name`, empty when not known.
    pub workload: String,
    /// End of what it covered; `None` when it was never seen.
    pub since: Option<Moment>,
}

/// Time covered by senders.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeCovered {
    /// Seconds covered, summed over senders.
    pub covered_s: f64,
    /// Seconds that should be.
    pub expected_s: f64,
    /// Their ratio; `None` when nothing is expected.
    pub ratio: Option<f64>,
}

/// What never arrived, or late.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Batches {
    /// Batches missing from sequences.
    pub lost: u64,
    /// Exchanges in those.
    pub lost_exchanges: u64,
    /// Batches that were refused for good, as far as this collector remembers.
    #[serde(default)]
    pub refused: u64,
    /// Senders that went silent without an end.
    pub unclosed_senders: u64,
    /// Parts that came after their slot was sealed.
    pub late_parts: u64,
    /// Damaged files that may have held something of the period: what was in them is missing, and counted nowhere.
    #[serde(default)]
    pub damaged_files: u64,
}

/// Sums over all selected edges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Workloads at their ends.
    pub workloads: u64,
    /// Edges.
    pub edges: u64,
    /// Requests, each edge by its source's report where there is one.
    pub requests: u64,
    /// TCP connections that ended, likewise.
    pub connections: u64,
    /// Of both: failed on purpose, in no share of failures.
    pub injected: u64,
    /// Of both: delayed on purpose, in no quantile of answers.
    pub delayed: u64,
    /// Of both: switched protocols and streams, in no quantile of answers.
    #[serde(default)]
    pub streaming: u64,
    /// What is not on the map.
    pub left_out: LeftOut,
    /// Exchanges on overflow edges, as reporters counted them.
    pub overflow: u64,
}

/// Traffic that is not on the map by default, as reporters counted it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Probes and health checks.
    pub probe: u64,
    /// The filter's own telemetry.
    pub telemetry: u64,
    /// What is declared to be left out; `declared.left_out` has it by entry.
    #[serde(default, skip_serializing_if = "is_none")]
    pub declared: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

/// What deserves a person's eye.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// From 1, worst first.
    pub rank: u64,
    /// What it is about.
    pub kind: String,
    /// Its edge; `None` when it is about the telemetry.
    pub edge_id: Option<String>,
    /// What it is about, for programs.
    #[serde(default)]
    pub subject: Subject,
    /// The numbers that it rests on, by name; docs/api.md says which there are of each kind.
    #[serde(default)]
    pub figures: BTreeMap<String, Figure>,
    /// For people.
    pub text: String,
}

/// A number that a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Figure {
    /// How many.
    Count(u64),
    /// For how long, or how large a difference of clocks; its name ends in `_s`.
    Seconds(f64),
}

/// What a finding is about. Members that say nothing of it are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Subject {
    /// `edge`, `proxy`, `pods`, `workload`, `address`, `sender`, `file`, `api_server`, `collector` or `more` (others of the kind).
    pub kind: String,
    /// K8s cluster of an address that several have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k8s_cluster: Option<String>,
    /// Namespace of a workload, or of the one that a proxy stands before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name of a workload, or of the one that a proxy stands before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// A proxy, by its pod or its node id; a sender, as it says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// An address, or that of a sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// A file of the collector's data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Pods as `namespace/name`, the first 100 of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<String>,
}
