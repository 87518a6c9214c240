//! What the shape of a mesh says, as plain data: entry points, what fails with a workload, what to decouple first. docs/topology.md explains
//! each number. Lists are bounded, and say how long they would be.

pub mod coupling;
pub mod domains;
pub mod entries;
pub mod impact;

use hogusu_model::edge::End;
use hogusu_topology::{Base, Shape, Why, WorkloadId, own_time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::build;
use super::selection::is_named;
use crate::chart::Chart;
use crate::label::Asked;

/// Entries of a list at most.
pub const LISTED: usize = 500;

/// A name that several workloads have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguous(pub Vec<String>);

/// Mean seconds of a request that a workload takes itself: edges hold no order of calls, so this is inferred, and the truth is between two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OwnTime {
    /// If it makes its calls one after the other.
    pub if_sequential_s: f64,
    /// If it makes them at once.
    pub if_parallel_s: f64,
    /// With what it waits for, by its own proxies.
    pub whole_s: f64,
}

/// The only workload that is asked for; `None` where there is none at any end of an edge.
pub(super) fn named(chart: &Chart, asked: &Asked) -> Result<Option<WorkloadId>, Ambiguous> {
    let all = chart.shape().mesh().ids();
    let found: Vec<WorkloadId> = all.filter(|id| is_named(chart.end(*id), asked)).collect();
    match found[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        // By number there may be several of one name only where k8s clusters or namespaces differ.
        _ => Err(Ambiguous(found.iter().take(LISTED).map(|id| chart.label(*id).to_owned()).collect())),
    }
}

fn own(shape: &Shape, id: WorkloadId) -> Option<OwnTime> {
    own_time(shape, id).map(|own| OwnTime {
        if_sequential_s: rounded(own.sequential),
        if_parallel_s: rounded(own.parallel),
        whole_s: rounded(own.whole),
    })
}

/// To nine digits behind the point: nanoseconds of seconds, and more of a share than was counted.
pub(in crate::report) fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

const fn why(why: Why) -> &'static str {
    match why {
        Why::Gateway => "gateway",
        Why::NoSource => "no_source",
        Why::Cycle => "cycle",
    }
}

/// What an entry point's traffic is counted in.
const fn measure(base: Base) -> &'static str {
    match base {
        Base::Received(_) => "requests_received",
        Base::Made(_) => "calls_made",
    }
}

fn kind(end: &End) -> &str {
    let [kind, ..] = build::named(end);
    kind
}

/// Neither nearly all nor hardly any reads as all or nothing.
pub(in crate::report) fn percent(share: f64) -> String {
    match share * 100.0 {
        all if all >= 100.0 => "100 %".to_owned(),
        all if all > 99.9 => ">99.9 %".to_owned(),
        none if none <= 0.0 => "0".to_owned(),
        few if few < 0.1 => "<0.1 %".to_owned(),
        other => format!("{other:.1} %"),
    }
}
