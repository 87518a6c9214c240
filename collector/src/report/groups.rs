//! Edges put together by what their ends belong to (`hogusu.groups/v1`): namespaces, workloads, services, k8s clusters or zones. Sums are of
//! each edge's main report, as the map's totals are.
//!
//! What cannot be told apart is not shared out: an end of several zones belongs to all of them together, one of which nothing is known to none.

use std::collections::{BTreeMap, HashMap};

use hogusu_model::edge::End;
use hogusu_model::{Histogram, Protocol};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::observed::Observed;
use super::{build, side};
use crate::analysis::edge::{Edge, Party};
use crate::label;

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.groups/v1";

/// By what ends are put together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Kubernetes namespace.
    #[default]
    Namespace,
    /// Workload, whatever its ports and protocols.
    Workload,
    /// Canonical service, in its namespace.
    Service,
    /// Kubernetes cluster.
    Cluster,
    /// Zones of the nodes that its pods ran on.
    Zone,
}

impl By {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Namespace, Self::Workload, Self::Service, Self::Cluster, Self::Zone];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Workload => "workload",
            Self::Service => "service",
            Self::Cluster => "cluster",
            Self::Zone => "zone",
        }
    }

    /// What an end belongs to; `None` where nobody knows.
    fn of(self, end: &End, party: &Party) -> Option<String> {
        let End::Workload(workload) = end else { return None };
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        match self {
            Self::Namespace => known(&workload.namespace),
            Self::Workload => Some(party.label.clone()),
            Self::Service if party.canonical_service.is_empty() => None,
            Self::Service => Some(label::workload(&workload.namespace, &party.canonical_service)),
            Self::Cluster => known(&workload.cluster),
            Self::Zone => known(&party.zones.iter().map(|zone| label::part(zone)).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Who called whom, from group to group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Groups {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Its period.
    #[serde(flatten)]
    pub observed: Observed,
    /// By what ends are put together: `namespace`, `workload`, `service`, `cluster` or `zone`.
    pub by: String,
    /// As on a map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_name_seen: Option<bool>,
    /// The group with the worst edge first.
    pub groups: Vec<Group>,
}

/// All edges between two groups, and within one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// What the sources belong to; `None` where nobody knows.
    pub source: Option<String>,
    /// What the source is: `workload`, `service`, `address`, `unknown` or `overflow`.
    pub source_kind: String,
    /// What the destinations belong to; `None` where nobody knows.
    pub destination: Option<String>,
    /// As `source_kind`.
    pub destination_kind: String,
    /// `requests` or `connections`: they are never added.
    pub measure: String,
    /// Edges.
    pub edges: u64,
    /// Exchanges, each edge by its source's report where there is one.
    pub exchanges: u64,
    /// Exchanges a second.
    pub rate_per_s: f64,
    /// Those that failed.
    pub failed: u64,
    /// What `failed` is a share of.
    pub failed_of: u64,
    /// `None` of nothing.
    pub failed_ratio: Option<f64>,
    /// Failed on purpose.
    pub injected: u64,
    /// Median of all answered requests; `None` for connections.
    pub p50_s: Option<f64>,
    /// `None` below 10 samples.
    pub p90_s: Option<f64>,
    /// `None` below 100 samples.
    pub p99_s: Option<f64>,
    /// Edges by how they are secured.
    pub security: BTreeMap<String, u64>,
    /// Edges by whether their reports agree.
    pub agreement: BTreeMap<String, u64>,
    /// Kind of the worst finding about one of its edges.
    pub finding: Option<String>,
    /// That edge, or without a finding the one that the map lists first.
    pub worst_edge: String,
}

/// Names and kinds of both ends, and whether connections are counted.
type Key<'a> = (Option<String>, &'a str, Option<String>, &'a str, bool);

/// These edges, worst first, each with the kind of the worst finding about it, of this period.
pub(super) fn groups<'a>(
    (observed, is_name_seen): (Observed, Option<bool>),
    by: By,
    edges: impl Iterator<Item = (&'a Edge, Option<&'a str>)>,
) -> Groups {
    let mut places: HashMap<Key<'_>, usize> = HashMap::new();
    let mut groups: Vec<(Group, Histogram)> = Vec::new();
    for (edge, finding) in edges {
        let [source_kind, ..] = build::named(&edge.key.source);
        let [destination_kind, ..] = build::named(&edge.key.destination);
        let source = by.of(&edge.key.source, &edge.source);
        let destination = by.of(&edge.key.destination, &edge.destination);
        let key = (source, source_kind, destination, destination_kind, edge.key.protocol == Protocol::Tcp);
        let next = groups.len();
        let place = *places.entry(key.clone()).or_insert(next);
        if place == next {
            groups.push((begun(key, edge, finding), Histogram::default()));
        }
        if let Some((group, answers)) = groups.get_mut(place) {
            add(group, answers, edge);
        }
    }
    let groups = groups.into_iter().map(|(group, answers)| finished(group, &answers, observed.seconds)).collect();
    let (schema, by) = (SCHEMA.to_owned(), by.as_str().to_owned());
    Groups { schema, observed, by, is_name_seen, groups }
}

/// A group of nothing yet, as its worst edge makes it.
fn begun(
    (source, source_kind, destination, destination_kind, _): Key<'_>,
    edge: &Edge,
    finding: Option<&str>,
) -> Group {
    Group {
        source,
        source_kind: source_kind.to_owned(),
        destination,
        destination_kind: destination_kind.to_owned(),
        measure: format!("{}s", edge.noun()),
        finding: finding.map(str::to_owned),
        worst_edge: build::id(edge),
        ..Group::default()
    }
}

fn add(group: &mut Group, answers: &mut Histogram, edge: &Edge) {
    let count = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
    count(&mut group.edges, 1);
    count(group.security.entry(edge.security.state.as_str().to_owned()).or_default(), 1);
    count(group.agreement.entry(edge.agreement.state.as_str().to_owned()).or_default(), 1);
    let Some(side) = edge.main_report() else { return };
    count(&mut group.exchanges, side.count());
    count(&mut group.failed, side.failed());
    count(&mut group.failed_of, side.judged());
    count(&mut group.injected, side.injected());
    if edge.key.protocol != Protocol::Tcp {
        answers.merge(&side.answers());
    }
}

fn finished(group: Group, answers: &Histogram, seconds: f64) -> Group {
    let [p50_s, p90_s, p99_s] = side::quantiles(answers);
    Group {
        rate_per_s: side::ratio(group.exchanges, seconds).unwrap_or_default(),
        failed_ratio: (group.failed_of > 0).then(|| side::as_f64(group.failed) / side::as_f64(group.failed_of)),
        p50_s,
        p90_s,
        p99_s,
        ..group
    }
}
