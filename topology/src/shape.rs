//! All that is worked out once of a mesh, and that every finding is read off.

use crate::components::{Components, Cycle, Graph, cycles, graph, workload};
use crate::dominance::Dominance;
use crate::entries::{Entry, entries};
use crate::every::Every;
use crate::mesh::{Link, Mesh, Sight, WorkloadId};
use crate::retries::{Amplified, Product, amplified};

/// Entry points whose reach is worked out for findings about the whole mesh: the busiest.
pub const MOST_ENTRIES: usize = 200;

/// A mesh, and its shape.
#[derive(Debug, Clone)]
pub struct Shape {
    pub(crate) mesh: Mesh,
    /// Links whose source waits, or may.
    pub(crate) coupled: Graph,
    /// Links whose source waits.
    pub(crate) waiting: Graph,
    pub(crate) of_coupled: Components,
    pub(crate) of_waiting: Components,
    entries: Vec<Entry>,
    is_entry: Every<bool>,
    pub(crate) from_entries: Dominance,
    pub(crate) to_the_end: Dominance,
    depths: Every<Depth>,
    amplified: Every<Product>,
}

/// How long the longest chain of requests below a workload is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    /// A circle in it counts as one call.
    pub(crate) calls: usize,
    /// There is a circle in it.
    pub(crate) has_cycle: bool,
    /// Somebody in it has connections or streams to others, of which it is not known whether anybody waits.
    pub(crate) has_connections: bool,
    /// The calls of somebody in it were not all seen.
    pub(crate) is_partly_seen: bool,
}

impl Shape {
    /// Works it out.
    #[must_use]
    pub fn of(mesh: Mesh) -> Self {
        let (coupled, waiting) = (graph(&mesh, Link::is_coupled), graph(&mesh, Link::is_synchronous));
        let of_coupled = Components::of(&mesh, &coupled, Link::is_coupled);
        let of_waiting = Components::of(&mesh, &waiting, Link::is_synchronous);
        let entries = entries(&mesh, &coupled, &of_coupled);
        let mut is_entry = Every::of(mesh.workloads());
        entries.iter().for_each(|entry| is_entry.set(entry.workload.place(), true));
        let from_entries = Dominance::from(&coupled, entries.iter().map(|entry| entry.workload));
        let to_the_end = Dominance::to_the_end(&coupled, &of_coupled);
        let depths = depths(&mesh, &waiting, &of_waiting);
        let amplified = amplified(&mesh, &waiting, &of_waiting);
        Self {
            mesh,
            coupled,
            waiting,
            of_coupled,
            of_waiting,
            entries,
            is_entry,
            from_entries,
            to_the_end,
            depths,
            amplified,
        }
    }

    /// The mesh.
    #[must_use]
    pub const fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// All entry points, the busiest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// True for an entry point.
    #[must_use]
    pub fn is_entry(&self, id: WorkloadId) -> bool {
        self.is_entry.get(id.place())
    }

    /// Circles of requests, the largest first.
    #[must_use]
    pub fn cycles(&self) -> Vec<Cycle> {
        cycles(&self.mesh, &self.of_waiting)
    }

    pub(crate) fn depth(&self, of: WorkloadId) -> Depth {
        self.depths.get(self.of_waiting.number(of))
    }

    /// Calls to the workload that is farthest away on its shortest way, of ways on which everybody waits: so many are one chain, whatever circles there are.
    pub(crate) fn farthest(&self, from: WorkloadId) -> usize {
        let mut known: Every<bool> = Every::of(self.mesh.workloads());
        known.set(from.place(), true);
        let (mut level, mut distance) = (vec![from], 0);
        loop {
            let mut next = Vec::new();
            for node in level.iter().flat_map(|id| self.waiting.neighbors(id.0.into())) {
                if !known.get(node.index()) {
                    known.set(node.index(), true);
                    next.push(workload(node));
                }
            }
            if next.is_empty() {
                return distance;
            }
            (level, distance) = (next, distance + 1);
        }
    }

    /// How many attempts at the end of the worst chain below it stand for one request; `None` where attempts were measured nowhere on it.
    #[must_use]
    pub fn amplified(&self, of: WorkloadId) -> Option<Amplified> {
        self.amplified.get(self.of_waiting.number(of)).told()
    }

    pub(crate) fn waits(&self, of: WorkloadId) -> impl Iterator<Item = &Link> {
        self.waiting.edges(of.0.into()).filter_map(|edge| self.mesh.link(*edge.weight()))
    }

    pub(crate) fn couples(&self, of: WorkloadId) -> impl Iterator<Item = &Link> {
        self.coupled.edges(of.0.into()).filter_map(|edge| self.mesh.link(*edge.weight()))
    }

    /// All that `from` leads to by these links, itself among them.
    pub(crate) fn reached(graph: &Graph, from: WorkloadId) -> Every<bool> {
        let (mut reached, mut next) = (Every::of(graph.node_count()), vec![from]);
        reached.set(from.place(), true);
        while let Some(id) = next.pop() {
            for node in graph.neighbors(id.0.into()) {
                if !reached.get(node.index()) {
                    reached.set(node.index(), true);
                    next.push(workload(node));
                }
            }
        }
        reached
    }
}

/// Of each component, from those that are called to those that call.
fn depths(mesh: &Mesh, waiting: &Graph, components: &Components) -> Every<Depth> {
    let mut depths: Every<Depth> = Every::of(components.count());
    let mut is_open: Every<bool> = Every::of(components.count());
    for link in mesh.links().iter().filter(|link| link.is_open() && !link.is_synchronous()) {
        is_open.set(components.number(link.source), true);
    }
    for (number, members) in components.called_first() {
        let mut depth = Depth {
            calls: 0,
            has_cycle: components.is_cycle(number),
            has_connections: is_open.get(number),
            is_partly_seen: members.iter().any(|member| mesh.node(*member).sight != Sight::Whole),
        };
        for next in members.iter().flat_map(|member| waiting.neighbors(member.0.into())) {
            let next = components.number(workload(next));
            if next != number {
                let below = depths.get(next);
                depth.calls = depth.calls.max(below.calls + 1);
                depth.has_cycle |= below.has_cycle;
                depth.has_connections |= below.has_connections;
                depth.is_partly_seen |= below.is_partly_seen;
            }
        }
        depth.calls += components.in_circle(number);
        depths.set(number, depth);
    }
    depths
}
