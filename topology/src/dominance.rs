//! What everything passes through: of all ways from the entry points to a workload, and of all ways that calls of a workload go to their end.

use petgraph::algo::dominators::simple_fast;
use petgraph::graph::NodeIndex;
use petgraph::visit::Reversed;

use crate::components::{Components, Graph, workload};
use crate::every::Every;
use crate::mesh::WorkloadId;

/// For each workload the nearest one that all its ways pass.
#[derive(Debug, Clone)]
pub(crate) struct Dominance {
    nearest: Every<Option<WorkloadId>>,
}

impl Dominance {
    /// Of all ways from one of these on.
    pub(crate) fn from(graph: &Graph, entries: impl Iterator<Item = WorkloadId>) -> Self {
        let mut rooted = graph.map(|_, ()| (), |_, link| *link);
        let root = rooted.add_node(());
        for entry in entries {
            rooted.add_edge(root, entry.0.into(), Default::default());
        }
        let found = simple_fast(&rooted, root);
        Self::of(graph, root, |node| found.immediate_dominator(node))
    }

    /// Of all ways to where calls end: at a workload that calls nobody, or in a circle that calls nobody outside it, anywhere.
    pub(crate) fn to_the_end(graph: &Graph, components: &Components) -> Self {
        let mut leads_on = Every::<bool>::of(components.count());
        for edge in graph.raw_edges() {
            let [source, target] = [edge.source(), edge.target()].map(|node| components.number(workload(node)));
            if source != target {
                leads_on.set(source, true);
            }
        }
        let mut ended = graph.map(|_, ()| (), |_, link| *link);
        let end = ended.add_node(());
        for (number, members) in components.called_first() {
            for member in members.iter().filter(|_| !leads_on.get(number)) {
                ended.add_edge(member.0.into(), end, Default::default());
            }
        }
        let found = simple_fast(Reversed(&ended), end);
        Self::of(graph, end, |node| found.immediate_dominator(node))
    }

    fn of(graph: &Graph, root: NodeIndex, nearest: impl Fn(NodeIndex) -> Option<NodeIndex>) -> Self {
        let mut all = Every::of(graph.node_count());
        for node in graph.node_indices() {
            all.set(node.index(), nearest(node).filter(|found| *found != root).map(workload));
        }
        Self { nearest: all }
    }

    /// All whose ways pass it.
    pub(crate) fn all_behind(&self, passed: WorkloadId) -> Every<bool> {
        let mut behind: Every<Vec<usize>> = Every::of(self.nearest.len());
        for place in 0..self.nearest.len() {
            self.of_nearest(place, |nearest| behind.change(nearest, |all| all.push(place)));
        }
        let (mut found, mut next) = (Every::of(self.nearest.len()), vec![passed.place()]);
        while let Some(place) = next.pop() {
            for one in behind.at(place).into_iter().flatten() {
                found.set(*one, true);
                next.push(*one);
            }
        }
        found
    }

    /// How many workloads are behind each: all whose ways pass it.
    pub(crate) fn behind(&self) -> Every<usize> {
        let (sums, mut behind) = (self.sums_behind(|_| (1, 0)), Every::of(self.nearest.len()));
        (0..self.nearest.len()).for_each(|place| behind.set(place, sums.get(place).0));
        behind
    }

    /// What all behind each add up to.
    pub(crate) fn sums_behind(&self, of: impl Fn(usize) -> (usize, u64)) -> Every<(usize, u64)> {
        let count = self.nearest.len();
        let mut waiting: Every<usize> = Every::of(count);
        for place in 0..count {
            self.of_nearest(place, |nearest| waiting.change(nearest, |children| *children += 1));
        }
        // From the leaves on: each is added to its nearest once all of its own are counted.
        let mut behind: Every<(usize, u64)> = Every::of(count);
        let mut ready: Vec<usize> = (0..count).filter(|place| waiting.get(*place) == 0).collect();
        while let Some(place) = ready.pop() {
            let (own, further) = (of(place), behind.get(place));
            self.of_nearest(place, |nearest| {
                behind.change(nearest, |(workloads, traffic)| {
                    *workloads += own.0 + further.0;
                    *traffic = traffic.saturating_add(own.1).saturating_add(further.1);
                });
                waiting.change(nearest, |children| *children -= 1);
                if waiting.get(nearest) == 0 {
                    ready.push(nearest);
                }
            });
        }
        behind
    }

    fn of_nearest(&self, place: usize, then: impl FnOnce(usize)) {
        if let Some(nearest) = self.nearest.get(place) {
            then(nearest.place());
        }
    }
}
