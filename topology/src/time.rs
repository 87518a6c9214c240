//! Where the time is: what a workload takes itself, beside what it waits for.

use crate::every::number;
use crate::mesh::{Sight, WorkloadId};
use crate::shape::Shape;

/// Mean seconds of a request that a workload takes itself. Edges hold no order of calls: the truth is between two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Own {
    /// If it makes its calls one after the other.
    pub sequential: f64,
    /// If it makes them at once, and the one to whom it waits longest hides the others.
    pub parallel: f64,
    /// Mean seconds of a request with all of that, by its own proxies.
    pub whole: f64,
}

/// A workload's own time; `None` where its proxies told of no answered request, or its calls were not all seen.
#[must_use]
pub fn own_time(shape: &Shape, id: WorkloadId) -> Option<Own> {
    let served = shape.mesh.received(id).served;
    if served.count == 0 || shape.mesh.node(id).sight != Sight::Whole {
        return None;
    }
    let waited = |link: &crate::mesh::Link| link.requests.waited.nanos;
    let all = shape.waits(id).map(waited).fold(0, u64::saturating_add);
    let longest = shape.waits(id).map(waited).max().unwrap_or_default();
    let mean = |nanos: u64| number(nanos) / number(served.count) / 1e9;
    let without = |others: u64| mean(served.nanos.saturating_sub(others));
    Some(Own { sequential: without(all), parallel: without(longest), whole: mean(served.nanos) })
}
