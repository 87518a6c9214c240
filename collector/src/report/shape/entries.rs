//! Entry points and what hangs on them (`hogusu.entries/v1`).

use hogusu_topology::{Dependency, MOST_ENTRIES, Reach, WorkloadId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::domains::{Placed, Pods, placed};
use super::{OwnTime, kind, measure, own, rounded, why};
use crate::chart::Chart;
use crate::report::observed::Observed;

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.entries/v1";

/// Where traffic comes into the mesh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EntryPoints {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Its period.
    #[serde(flatten)]
    pub observed: Observed,
    /// As on a map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_name_seen: Option<bool>,
    /// The busiest first; only the one that is asked for by name.
    pub entries: Vec<EntryPoint>,
    /// How many entry points there are.
    pub entries_in_all: u64,
}

/// An entry point, or a workload that is asked for by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EntryPoint {
    /// Which.
    pub workload: String,
    /// `gateway`, `no_source` (nothing in the mesh was seen to call it), `cycle` (nothing outside its cycle was) or `asked` (it is none).
    pub why: String,
    /// What `requests` are: `requests_received`, or `calls_made` where none was seen to reach it.
    pub measure: String,
    /// Its traffic.
    pub requests: u64,
    /// Requests that it received and that failed.
    pub failed: u64,
    /// What `failed` is a share of.
    pub failed_of: u64,
    /// Calls in the longest chain in which everybody waits.
    pub depth: u64,
    /// Why the depth is only a least one: `cycle`, `connections`, `calls_not_seen`; empty: it is as observed.
    pub depth_at_least: Vec<String>,
    /// Workloads that its calls lead to.
    pub dependencies: u64,
    /// Of those: the ones that nearly every request waits for, if calls are even.
    pub hard_dependencies: u64,
    /// What failures of what it waits for leave of its availability.
    pub availability: PossibleAvailability,
    /// Attempts at the end of the worst chain for one request; `None` where attempts are not measured.
    pub attempts_for_one: Option<f64>,
    /// Attempts are not measured everywhere below it: there are at least so many.
    #[serde(default)]
    pub attempts_at_least: bool,
    /// Its own time; `None` where its proxies told of no answered request, or its calls were not all seen.
    pub own_time: Option<OwnTime>,
    /// What its calls lead to, level by level; `None` unless it is asked for by name.
    pub calls: Option<Vec<Step>>,
}

/// What dependencies leave of availability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PossibleAvailability {
    /// If all failures meet the same requests; `None` where none of what it waits for could be judged.
    pub minimum: Option<f64>,
    /// If they meet independently, each counted where it began.
    pub product: Option<f64>,
    /// The dependency that bounds it.
    pub worst: Option<String>,
    /// Dependencies of which nothing can be said.
    pub not_judged: u64,
    /// Dependencies to which connections or streams failed: nobody knows who waited for those, so they are in none of these numbers.
    #[serde(default)]
    pub failing_connections: u64,
}

/// A workload that calls lead to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Which.
    pub workload: String,
    /// `workload`, `service`, `address`, `unknown` or `overflow`.
    pub kind: String,
    /// How many calls away on the shortest way.
    pub level: u64,
    /// Who calls it there; of several the one with the most exchanges.
    pub caller: String,
    /// There is a way on which everybody waits; else by connections or streams, of which that is not known.
    pub is_synchronous: bool,
    /// Nearly every request waits for it, if calls are even.
    pub is_hard: bool,
    /// Calls for one request, if all requests of a workload call alike; `None` where that cannot be told.
    pub calls_per_request: Option<f64>,
    /// Share of requests that come to it if calls are even; `None` where that cannot be told.
    pub share_if_even: Option<f64>,
    /// Share of requests that come to it at most; `None` where nothing was counted.
    pub share_at_most: Option<f64>,
    /// Requests to it that failed, of whoever made them.
    pub failed: u64,
    /// What `failed` is a share of.
    pub failed_of: u64,
    /// Connections and streams to it that failed, of whoever made them.
    #[serde(default)]
    pub connections_failed: u64,
    /// What `connections_failed` is a share of.
    #[serde(default)]
    pub connections_failed_of: u64,
    /// Its pods with an address of their own at the period's end, by the API server's word; `None` where that is not known.
    #[serde(default)]
    pub replicas: Option<u64>,
    /// On how many nodes they are.
    #[serde(default)]
    pub nodes: Option<u64>,
    /// In how many zones.
    #[serde(default)]
    pub zones: Option<u64>,
    /// Its own time.
    pub own_time: Option<OwnTime>,
}

pub(in crate::report) fn entries(
    (observed, is_name_seen): (Observed, Option<bool>),
    (chart, pods): (&Chart, Pods<'_>),
    asked: Option<Option<WorkloadId>>,
) -> EntryPoints {
    let shape = chart.shape();
    let shown = |id: WorkloadId, is_asked: bool| {
        let known = shape.entries().iter().find(|entry| entry.workload == id);
        point((chart, pods), &shape.reach(id), known.map_or("asked", |entry| why(entry.why)), is_asked)
    };
    let entries = match asked {
        Some(one) => one.map(|id| shown(id, true)).into_iter().collect(),
        None => {
            let busiest = shape.entries().iter().take(MOST_ENTRIES);
            busiest.map(|entry| point((chart, pods), &shape.reach(entry.workload), why(entry.why), false)).collect()
        }
    };
    let entries_in_all = shape.entries().len() as u64;
    EntryPoints { schema: SCHEMA.to_owned(), observed, is_name_seen, entries, entries_in_all }
}

fn point((chart, pods): (&Chart, Pods<'_>), reach: &Reach, why: &str, is_asked: bool) -> EntryPoint {
    let shape = chart.shape();
    let served = shape.served(reach.workload);
    let doubts =
        [("cycle", reach.has_cycle), ("connections", reach.has_connections), ("calls_not_seen", reach.is_partly_seen)];
    let amplified = shape.amplified(reach.workload);
    let found = &reach.availability;
    EntryPoint {
        workload: chart.label(reach.workload).to_owned(),
        why: why.to_owned(),
        measure: measure(reach.base).to_owned(),
        requests: reach.base.count(),
        failed: served.failed,
        failed_of: served.judged,
        depth: reach.depth as u64,
        depth_at_least: doubts.into_iter().filter(|(_, is_so)| *is_so).map(|(why, _)| why.to_owned()).collect(),
        dependencies: reach.dependencies.len() as u64,
        hard_dependencies: reach.dependencies.iter().filter(|one| one.is_hard).count() as u64,
        availability: PossibleAvailability {
            minimum: found.minimum.map(rounded),
            product: found.product.map(rounded),
            worst: found.worst.map(|id| chart.label(id).to_owned()),
            not_judged: found.not_judged as u64,
            failing_connections: found.failing_connections as u64,
        },
        attempts_for_one: amplified.map(|one| rounded(one.product)),
        attempts_at_least: amplified.is_some_and(|one| one.is_least),
        own_time: own(shape, reach.workload),
        calls: is_asked.then(|| reach.dependencies.iter().map(|one| step((chart, pods), one)).collect()),
    }
}

fn step((chart, pods): (&Chart, Pods<'_>), one: &Dependency) -> Step {
    let Placed { replicas, nodes, zones } = placed(pods, chart.end(one.workload));
    let (served, connected) = (chart.shape().served(one.workload), chart.shape().mesh().connected(one.workload));
    Step {
        workload: chart.label(one.workload).to_owned(),
        kind: kind(chart.end(one.workload)).to_owned(),
        level: one.level as u64,
        caller: chart.label(one.parent).to_owned(),
        is_synchronous: one.is_synchronous,
        is_hard: one.is_hard,
        calls_per_request: one.calls.map(rounded),
        share_if_even: one.even.map(rounded),
        share_at_most: one.most.map(rounded),
        failed: served.failed,
        failed_of: served.judged,
        connections_failed: connected.failed,
        connections_failed_of: connected.judged,
        replicas,
        nodes,
        zones,
        own_time: own(chart.shape(), one.workload),
    }
}
