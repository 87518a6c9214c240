//! What hangs on a workload's calls: all that they lead to, by how many calls, and for which part of its requests.

use crate::availability::{Availability, availability};
use crate::entries::Base;
use crate::every::Every;
use crate::mesh::WorkloadId;
use crate::shape::Shape;
use crate::share::Shares;

/// From this share of requests on, if calls are even, a synchronous dependency is a hard one.
const HARD: f64 = 0.9;

/// A workload that calls lead to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dependency {
    /// Which.
    pub workload: WorkloadId,
    /// How many calls away it is, on the shortest way.
    pub level: usize,
    /// Who calls it there; of several the one with the most exchanges.
    pub parent: WorkloadId,
    /// There is a way to it on which everybody waits.
    pub is_synchronous: bool,
    /// Calls for one request, if all requests of a workload call alike; `None` where that cannot be told.
    pub calls: Option<f64>,
    /// The share of requests that come to it if calls are even, on its best way; `None` where only connections or streams lead to it.
    pub even: Option<f64>,
    /// The share of requests that come to it at most, by what was counted.
    pub most: Option<f64>,
    /// As far as calls are even, nearly each request waits for it. Whether one goes on without it no edge shows. Ends that cannot be told apart are
    /// never one: each of them may be for few.
    pub is_hard: bool,
}

/// All that a workload's calls lead to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// Whose.
    pub workload: WorkloadId,
    /// What shares are shares of.
    pub base: Base,
    /// Nearest first; at one distance those with a larger share.
    pub dependencies: Vec<Dependency>,
    /// Calls in the longest chain in which everybody waits. A circle counts as one call, or as the calls to the workload that is farthest away where
    /// those are more.
    pub depth: usize,
    /// There is a circle on such a chain: the depth is at least this.
    pub has_cycle: bool,
    /// Connections or streams leave such a chain, and nobody knows whether they are waited for: the depth is at least this.
    pub has_connections: bool,
    /// Not all calls of those on such chains were seen: the depth is at least this.
    pub is_partly_seen: bool,
    /// How available it can be with them.
    pub availability: Availability,
}

impl Shape {
    /// All that the calls of a workload lead to, whether it is an entry point or not.
    #[must_use]
    pub fn reach(&self, workload: WorkloadId) -> Reach {
        let base = Base::of(&self.mesh, &self.coupled, workload);
        let shares = Shares::of(self, workload, base.count());
        let waited_for = Self::reached(&self.waiting, workload);
        let mut dependencies: Vec<Dependency> = self
            .levels(workload)
            .into_iter()
            .map(|(id, level, parent)| Dependency {
                workload: id,
                level,
                parent,
                is_synchronous: waited_for.get(id.place()),
                is_hard: waited_for.get(id.place())
                    && !self.mesh.node(id).is_crowd
                    && shares.even.get(id.place()).is_some_and(|share| share >= HARD),
                calls: shares.calls.get(id.place()),
                even: shares.even.get(id.place()),
                most: shares.most.get(id.place()),
            })
            .collect();
        let order = |one: &Dependency| (one.most.unwrap_or_default(), one.even.unwrap_or_default());
        dependencies.sort_by(|a, b| {
            let by_share = order(b).partial_cmp(&order(a)).unwrap_or(std::cmp::Ordering::Equal);
            a.level.cmp(&b.level).then(by_share).then(a.workload.cmp(&b.workload))
        });
        let (depth, availability) = (self.depth(workload), availability(self, &dependencies));
        Reach {
            workload,
            base,
            dependencies,
            depth: depth.calls.max(self.farthest(workload)),
            has_cycle: depth.has_cycle,
            has_connections: depth.has_connections,
            is_partly_seen: depth.is_partly_seen,
            availability,
        }
    }

    /// All that is reached, how many calls away, and by whom; level by level.
    fn levels(&self, from: WorkloadId) -> Vec<(WorkloadId, usize, WorkloadId)> {
        let mut known: Every<bool> = Every::of(self.mesh.workloads());
        known.set(from.place(), true);
        let (mut found, mut level) = (Vec::new(), vec![from]);
        for distance in 1.. {
            let links =
                level.iter().flat_map(|id| self.couples(*id)).filter(|link| !known.get(link.destination.place()));
            let mut next: Vec<(WorkloadId, std::cmp::Reverse<u64>, WorkloadId)> = links
                .map(|link| {
                    let exchanges = link.requests.exchanges.saturating_add(link.streams).saturating_add(link.unknown);
                    (link.destination, std::cmp::Reverse(exchanges), link.source)
                })
                .collect();
            next.sort_unstable();
            next.dedup_by_key(|(destination, ..)| *destination);
            next.iter().for_each(|(id, ..)| known.set(id.place(), true));
            if next.is_empty() {
                break;
            }
            level = next.iter().map(|(id, ..)| *id).collect();
            found.extend(next.into_iter().map(|(id, _, parent)| (id, distance, parent)));
        }
        found
    }
}
