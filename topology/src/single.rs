//! Single points of failure: workloads that all ways pass.

use crate::every::Every;
use crate::mesh::WorkloadId;
use crate::shape::Shape;

/// A workload that all ways of some entry points pass, or through which alone others are reached. Entry points themselves are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Single {
    /// Which.
    pub workload: WorkloadId,
    /// Entry points all of whose observed ways pass it.
    pub entries: usize,
    /// Their traffic.
    pub traffic: u64,
    /// Workloads that entry points reach only through it.
    pub cut_off: usize,
}

/// All of them: first the one with the most traffic that cannot pass it by, then those that cut off most.
#[must_use]
pub fn single_points(shape: &Shape) -> Vec<Single> {
    let mut of_entry: Every<(usize, u64)> = Every::of(shape.mesh.workloads());
    for entry in shape.entries() {
        of_entry.set(entry.workload.place(), (1, entry.base.count()));
    }
    let through = shape.to_the_end.sums_behind(|place| of_entry.get(place));
    let behind = shape.from_entries.behind();
    let mut found: Vec<Single> = shape
        .mesh
        .ids()
        .filter(|id| !shape.is_entry(*id) && !shape.mesh.node(*id).is_crowd)
        .map(|workload| {
            let (entries, traffic) = through.get(workload.place());
            Single { workload, entries, traffic, cut_off: behind.get(workload.place()) }
        })
        .filter(|single| single.entries > 0 || single.cut_off > 0)
        .collect();
    found.sort_by_key(|single| {
        let requests = shape.mesh.received(single.workload).exchanges;
        (std::cmp::Reverse((single.traffic, single.cut_off, requests)), single.workload)
    });
    found
}
