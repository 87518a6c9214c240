//! What is placed: ends and the edges between them, in one order whatever order they come in. Holds no places.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::per::Per;

/// What ends share that belong together: a namespace of a Kubernetes cluster; both empty for what is outside of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane {
    /// Kubernetes cluster.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
}

/// An end of edges. Its names are what it is known by: they must not change as long as it is to keep its place.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    /// Where it belongs.
    pub lane: Lane,
    /// What it is: a workload, a service, an address.
    pub kind: String,
    /// What it is called there.
    pub name: String,
}

/// Ends and edges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// Ascending, each once: an end's number is its place here.
    ends: Vec<End>,
    /// Ascending, each pair once, none from an end to itself.
    edges: Vec<Edge>,
    outgoing: Neighbours,
    incoming: Neighbours,
}

/// From one end to another, with what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) source: usize,
    pub(crate) destination: usize,
    pub(crate) weight: u64,
}

/// For each end those that it has an edge with, ascending, and what passes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Neighbours {
    starts: Vec<usize>,
    all: Vec<(usize, u64)>,
}

impl Graph {
    /// Of these ends, and edges between their places in what is given: source, destination, weight. Edges of the same two ends add up; one
    /// that names no end is left out.
    #[must_use]
    pub fn new(ends: Vec<End>, edges: impl IntoIterator<Item = (usize, usize, u64)>) -> Self {
        let given = ends;
        let mut ends = given.clone();
        ends.sort_unstable();
        ends.dedup();
        let number = |end: &End| ends.binary_search(end).ok();
        let numbers: Vec<Option<usize>> = given.iter().map(number).collect();
        let number = |place: usize| numbers.get(place).copied().flatten();
        let mut weights: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for (source, destination, weight) in edges {
            if let (Some(source), Some(destination)) = (number(source), number(destination))
                && source != destination
            {
                let sum = weights.entry((source, destination)).or_default();
                *sum = sum.saturating_add(weight);
            }
        }
        let edge = |((source, destination), weight)| Edge { source, destination, weight };
        let edges: Vec<Edge> = weights.into_iter().map(edge).collect();
        let outgoing =
            Neighbours::new(ends.len(), edges.iter().map(|edge| (edge.source, edge.destination, edge.weight)));
        let incoming =
            Neighbours::new(ends.len(), edges.iter().map(|edge| (edge.destination, edge.source, edge.weight)));
        Self { ends, edges, outgoing, incoming }
    }

    /// How many ends.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// True without any.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The ends, ascending.
    #[must_use]
    pub fn ends(&self) -> &[End] {
        &self.ends
    }

    pub(crate) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Those that it asks, with what passes.
    pub(crate) fn outgoing(&self, end: usize) -> &[(usize, u64)] {
        self.outgoing.of(end)
    }

    /// Those that ask it.
    pub(crate) fn incoming(&self, end: usize) -> &[(usize, u64)] {
        self.incoming.of(end)
    }

    /// All that it has an edge with; those that ask it and are asked by it come twice.
    pub(crate) fn around(&self, end: usize) -> impl Iterator<Item = usize> {
        self.incoming(end).iter().chain(self.outgoing(end)).map(|(other, _)| *other)
    }
}

impl Neighbours {
    fn new(ends: usize, pairs: impl Iterator<Item = (usize, usize, u64)> + Clone) -> Self {
        let mut counts = Per::new(ends, 0_usize);
        for (end, ..) in pairs.clone() {
            counts.change(end, |count| *count += 1);
        }
        let mut starts = vec![0];
        let mut sum = 0;
        starts.extend(counts.iter().map(|count| {
            sum += count;
            sum
        }));
        let mut next: Per<usize> = starts.iter().copied().collect();
        let mut all = vec![(0, 0); sum];
        for (end, other, weight) in pairs {
            let place = next.change(end, |place| *place += 1).saturating_sub(1);
            if let Some(one) = all.get_mut(place) {
                *one = (other, weight);
            }
        }
        Self { starts, all }
    }

    fn of(&self, end: usize) -> &[(usize, u64)] {
        let range = || -> Option<Range<usize>> { Some(*self.starts.get(end)?..*self.starts.get(end + 1)?) };
        range().and_then(|range| self.all.get(range)).unwrap_or_default()
    }
}
