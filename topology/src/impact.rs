//! What fails when a workload does.

use petgraph::Direction;

use crate::components::workload;
use crate::entries::Entry;
use crate::every::Every;
use crate::mesh::{Sight, WorkloadId};
use crate::shape::{MOST_ENTRIES, Shape};
use crate::share::Shares;

/// How sure it is that an entry point is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Every way of its calls leads there, everybody on it waits, and all of them were wholly seen.
    Certain,
    /// Every way that was observed does; but not all was, or somebody may not wait.
    AsObserved,
    /// Some ways lead there.
    Possible,
}

/// An entry point that is hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Which.
    pub entry: Entry,
    /// How surely.
    pub certainty: Certainty,
    /// The share of its traffic, if calls are even; `None` where that was not worked out or cannot be told.
    pub even: Option<f64>,
    /// The share of its traffic at most, by what was counted; `None` where that was not worked out or cannot be told.
    pub most: Option<f64>,
}

/// What fails with a workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Impact {
    /// The workload.
    pub workload: WorkloadId,
    /// Entry points that are hit, the surest first, then the busiest.
    pub hits: Vec<Hit>,
    /// Who calls it, directly.
    pub callers: Vec<WorkloadId>,
    /// Workloads whose calls lead there, by any number of calls.
    pub upstream: usize,
    /// Workloads that entry points reach only through it.
    pub cut_off: Vec<WorkloadId>,
}

/// What fails with it.
#[must_use]
pub fn impact(shape: &Shape, of: WorkloadId) -> Impact {
    let leads_there = leading(shape, std::iter::once(of), |_| true);
    let may_miss = missing(shape, of, &leads_there);
    let always = shape.to_the_end.all_behind(of);
    let certainty = |entry: WorkloadId| match (entry == of, always.get(entry.place())) {
        (true, _) => Certainty::Certain,
        (false, false) => Certainty::Possible,
        (false, true) if may_miss.get(entry.place()) || !shape.mesh.is_whole() => Certainty::AsObserved,
        (false, true) => Certainty::Certain,
    };
    let hit = shape.entries().iter().filter(|entry| leads_there.get(entry.workload.place()));
    let mut hits: Vec<Hit> = hit
        .enumerate()
        .map(|(rank, entry)| {
            let shares = (rank < MOST_ENTRIES).then(|| Shares::of(shape, entry.workload, entry.base.count()));
            let (even, most) = shares.map_or((None, None), |all| (all.even.get(of.place()), all.most.get(of.place())));
            Hit { entry: *entry, certainty: certainty(entry.workload), even, most }
        })
        .collect();
    hits.sort_by_key(|hit| (hit.certainty, std::cmp::Reverse(hit.entry.base.count()), hit.entry.workload));
    let behind = shape.from_entries.all_behind(of);
    let mut callers: Vec<WorkloadId> =
        shape.coupled.neighbors_directed(of.0.into(), Direction::Incoming).map(workload).collect();
    callers.sort_unstable();
    Impact {
        workload: of,
        hits,
        callers,
        upstream: shape.mesh.ids().filter(|id| *id != of && leads_there.get(id.place())).count(),
        cut_off: shape.mesh.ids().filter(|id| behind.get(id.place())).collect(),
    }
}

/// All from which calls lead to one of these, themselves among them, over those that may be passed.
pub(crate) fn leading(
    shape: &Shape,
    to: impl Iterator<Item = WorkloadId>,
    passes: impl Fn(WorkloadId) -> bool,
) -> Every<bool> {
    let (mut found, mut next) = (Every::<bool>::of(shape.mesh.workloads()), Vec::new());
    let mut reach = |id: WorkloadId, next: &mut Vec<WorkloadId>| {
        if !found.get(id.place()) {
            found.set(id.place(), true);
            next.push(id);
        }
    };
    to.for_each(|id| reach(id, &mut next));
    while let Some(id) = next.pop() {
        let callers = shape.coupled.neighbors_directed(id.0.into(), Direction::Incoming).map(workload);
        callers.filter(|id| passes(*id)).for_each(|id| reach(id, &mut next));
    }
    found
}

/// Those between whom and the workload somebody was not wholly seen, or may not wait: they may have a way that was not.
fn missing(shape: &Shape, of: WorkloadId, leads_there: &Every<bool>) -> Every<bool> {
    let is_between = |id: WorkloadId| id != of && leads_there.get(id.place());
    let may_not_wait = |id: WorkloadId| {
        shape.couples(id).any(|link| leads_there.get(link.destination.place()) && !link.is_synchronous())
    };
    let doubtful = shape.mesh.ids().filter(|id| is_between(*id));
    let doubtful = doubtful.filter(|id| shape.mesh.node(*id).sight != Sight::Whole || may_not_wait(*id));
    leading(shape, doubtful, is_between)
}
