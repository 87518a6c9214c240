//! What fails with a workload (`hogusu.impact/v1`).

use hogusu_topology::{Certainty, Hit, WorkloadId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LISTED, measure, rounded, why};
use crate::chart::Chart;
use crate::report::observed::Observed;

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.impact/v1";

/// What fails when all of a workload does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactOf {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Its period.
    #[serde(flatten)]
    pub observed: Observed,
    /// As on a map.
    pub is_name_seen: bool,
    /// The workload; `None` where it is at no end of an edge.
    pub workload: Option<String>,
    /// Whether it is known who should report, and nothing is missing of which nobody can say whose it was: else nothing is certain of others than itself.
    pub is_whole: bool,
    /// Entry points that are hit: the surest first, then the busiest.
    pub entries: Vec<EntryHit>,
    /// How many those are.
    pub entries_in_all: u64,
    /// Who calls it, directly.
    pub callers: Vec<String>,
    /// How many those are.
    pub callers_in_all: u64,
    /// Workloads whose calls lead there, by any number of calls.
    pub upstream: u64,
    /// Workloads that entry points reach only through it.
    pub cut_off: Vec<String>,
    /// How many those are.
    pub cut_off_in_all: u64,
    /// Exchanges that came to it from outside the mesh, or from nobody knows whom.
    pub exchanges_from_outside: u64,
}

/// An entry point that is hit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EntryHit {
    /// Which.
    pub workload: String,
    /// Why it is an entry point.
    pub why: String,
    /// `certain`: all its ways lead there, were wholly seen, and everybody on them waits; `as_observed`: all that were observed do; `possible`: some.
    pub certainty: String,
    /// What `requests` are: `requests_received` or `calls_made`.
    pub measure: String,
    /// Its traffic.
    pub requests: u64,
    /// Share of it that comes to the workload if calls are even; `None` where that cannot be told, or it is not among the 200 busiest that are hit.
    pub share_if_even: Option<f64>,
    /// Share of it that does at most; `None` as well.
    pub share_at_most: Option<f64>,
}

pub(in crate::report) fn impact(
    (observed, is_name_seen): (Observed, bool),
    chart: &Chart,
    of: Option<WorkloadId>,
) -> ImpactOf {
    let mesh = chart.shape().mesh();
    let found = of.map(|id| hogusu_topology::impact(chart.shape(), id));
    let labels = |ids: &[WorkloadId]| ids.iter().take(LISTED).map(|id| chart.label(*id).to_owned()).collect();
    let (hits, callers, cut_off, upstream) = found.as_ref().map_or((&[][..], &[][..], &[][..], 0), |found| {
        (found.hits.as_slice(), found.callers.as_slice(), found.cut_off.as_slice(), found.upstream as u64)
    });
    ImpactOf {
        schema: SCHEMA.to_owned(),
        observed,
        is_name_seen,
        workload: of.map(|id| chart.label(id).to_owned()),
        is_whole: mesh.is_whole(),
        entries: hits.iter().take(LISTED).map(|hit| told(chart, hit)).collect(),
        entries_in_all: hits.len() as u64,
        callers: labels(callers),
        callers_in_all: callers.len() as u64,
        upstream,
        cut_off: labels(cut_off),
        cut_off_in_all: cut_off.len() as u64,
        exchanges_from_outside: of.map_or(0, |id| mesh.from_outside(id)),
    }
}

fn told(chart: &Chart, hit: &Hit) -> EntryHit {
    let certainty = match hit.certainty {
        Certainty::Certain => "certain",
        Certainty::AsObserved => "as_observed",
        Certainty::Possible => "possible",
    };
    EntryHit {
        workload: chart.label(hit.entry.workload).to_owned(),
        why: why(hit.entry.why).to_owned(),
        certainty: certainty.to_owned(),
        measure: measure(hit.entry.base).to_owned(),
        requests: hit.entry.base.count(),
        share_if_even: hit.even.map(rounded),
        share_at_most: hit.most.map(rounded),
    }
}
