//! Where replicas are, by the API server's word: which workloads fail together with one node or one zone.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::Workload;
use hogusu_model::edge::End;
use hogusu_topology::WorkloadId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LISTED;
use crate::chart::Chart;
use crate::kubernetes::record::WorkloadInPeriod;

/// Workloads by the API server's word; `None` where it is not asked, or does not tell everything.
pub(in crate::report) type Pods<'a> = Option<&'a BTreeMap<Workload, WorkloadInPeriod>>;

/// A node or a zone that several workloads, or several replicas of one, are nowhere but on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FailureDomain {
    /// `node` or `zone`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Workloads that have no replica elsewhere, at the period's end.
    pub workloads: Vec<Contained>,
    /// How many those are.
    pub workloads_in_all: u64,
    /// Entry points whose calls lead to one of them, or that are one.
    pub entries: u64,
    /// What those entry points received, or called where none was seen to reach them, in all.
    pub requests: u64,
}

/// A workload that is nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contained {
    /// Which.
    pub workload: String,
    /// Its replicas: pods with an address of their own.
    pub replicas: u64,
}

/// Where a workload's replicas are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Placed {
    /// `None` where that is not known.
    pub(super) replicas: Option<u64>,
    /// On how many nodes.
    pub(super) nodes: Option<u64>,
    /// In how many zones.
    pub(super) zones: Option<u64>,
}

/// Which part of a pod's place: its node and that one's zone.
type Part = fn(&(String, String)) -> &str;

/// Kinds of places.
const KINDS: [(&str, Part); 2] = [("node", |(node, _)| node), ("zone", |(_, zone)| zone)];

pub(super) fn placed(pods: Pods<'_>, end: &End) -> Placed {
    let Some(known) = known(pods, end) else { return Placed::default() };
    let [nodes, zones] = KINDS.map(|(_, of)| names(known, of).map(|names| names.len() as u64));
    Placed { replicas: Some(known.pods), nodes, zones }
}

/// All of them: first those that entry points with the most traffic lead to.
pub(super) fn domains(pods: Pods<'_>, chart: &Chart) -> Vec<FailureDomain> {
    let mut all: Vec<FailureDomain> = KINDS.into_iter().flat_map(|(kind, of)| of_kind(pods, chart, kind, of)).collect();
    all.sort_by(|a, b| {
        let size = |one: &FailureDomain| (one.requests, one.workloads_in_all);
        size(b).cmp(&size(a)).then((&a.kind, &a.name).cmp(&(&b.kind, &b.name)))
    });
    all
}

fn of_kind(pods: Pods<'_>, chart: &Chart, kind: &str, of: Part) -> Vec<FailureDomain> {
    let shape = chart.shape();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sole = Vec::with_capacity(shape.mesh().workloads());
    for id in shape.mesh().ids() {
        let only = known(pods, chart.end(id)).and_then(|known| names(known, of)).filter(|names| names.len() == 1);
        let only = only.and_then(|names| names.into_iter().next());
        sole.push(only.map(|name| {
            let next = places.len();
            *places.entry(name).or_insert(next)
        }));
    }
    let named: BTreeMap<usize, &str> = places.into_iter().map(|(name, place)| (place, name)).collect();
    let replicas = |id: &WorkloadId| known(pods, chart.end(*id)).map_or(0, |known| known.pods);
    let found = hogusu_topology::domains(shape, &sole).into_iter();
    let found = found.filter(|one| one.workloads.len() > 1 || one.workloads.iter().any(|id| replicas(id) > 1));
    let contained = |id: &WorkloadId| Contained { workload: chart.label(*id).to_owned(), replicas: replicas(id) };
    found
        .map(|one| FailureDomain {
            kind: kind.to_owned(),
            name: named.get(&one.place).map_or("", |name| *name).to_owned(),
            workloads: one.workloads.iter().take(LISTED).map(contained).collect(),
            workloads_in_all: one.workloads.len() as u64,
            entries: one.entries as u64,
            requests: one.traffic,
        })
        .collect()
}

/// What is known of a workload that has replicas.
fn known<'a>(pods: Pods<'a>, end: &End) -> Option<&'a WorkloadInPeriod> {
    let End::Workload(workload) = end else { return None };
    pods?.get(workload).filter(|known| known.pods > 0)
}

/// The nodes, or zones, that its replicas are on; `None` where one of them is not known.
fn names(known: &WorkloadInPeriod, of: Part) -> Option<BTreeSet<&str>> {
    let names: BTreeSet<&str> = known.places.iter().map(of).collect();
    (!names.contains("")).then_some(names)
}
