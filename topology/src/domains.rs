//! Shared failure domains: workloads all of whose replicas are at one place, so that all of them fail with it.

use std::collections::BTreeMap;

use crate::impact::leading;
use crate::mesh::WorkloadId;
use crate::shape::Shape;

/// A place, as a node or a zone, that some workloads are nowhere but on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Number of the place.
    pub place: usize,
    /// The workloads.
    pub workloads: Vec<WorkloadId>,
    /// Entry points whose calls lead to one of them, or that are one.
    pub entries: usize,
    /// Their traffic.
    pub traffic: u64,
}

/// All of them: first those that entry points with the most traffic lead to. `sole` has for each workload, by number, the only place that its replicas are
/// on; `None` where there are several, or that is not known.
#[must_use]
pub fn domains(shape: &Shape, sole: &[Option<usize>]) -> Vec<Domain> {
    let mut at: BTreeMap<usize, Vec<WorkloadId>> = BTreeMap::new();
    for (id, place) in shape.mesh.ids().zip(sole) {
        at.entry(place.unwrap_or(usize::MAX)).or_default().push(id);
    }
    at.remove(&usize::MAX);
    let mut found: Vec<Domain> = at
        .into_iter()
        .map(|(place, workloads)| {
            let leads_there = leading(shape, workloads.iter().copied(), |_| true);
            let hit = shape.entries().iter().filter(|entry| leads_there.get(entry.workload.place()));
            let (entries, traffic) =
                hit.fold((0, 0_u64), |(entries, sum), entry| (entries + 1, sum.saturating_add(entry.base.count())));
            Domain { place, workloads, entries, traffic }
        })
        .collect();
    found.sort_by_key(|one| (std::cmp::Reverse((one.traffic, one.workloads.len())), one.place));
    found
}
