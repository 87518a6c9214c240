//! Which edges lead forward: all but a few of those within cycles, chosen so that little traffic leads back.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::graph::Graph;
use crate::per::Per;

/// For each edge of the graph, in its order, whether it leads forward. Those that do have no cycle.
pub(crate) fn forward(graph: &Graph) -> Vec<bool> {
    let component = components(graph);
    let ranks = Ranking::of(graph, &component).ranks;
    let leads = |source, destination| {
        component.get(source) != component.get(destination) || ranks.get(source) < ranks.get(destination)
    };
    graph.edges().iter().map(|edge| leads(edge.source, edge.destination)).collect()
}

/// Tarjan's strongly connected components, without recursion: a number for each end.
fn components(graph: &Graph) -> Per<usize> {
    let count = graph.len();
    // 0: not met yet.
    let (mut met, mut low) = (Per::new(count, 0_usize), Per::new(count, 0_usize));
    let (mut component, mut is_open) = (Per::new(count, 0), Per::new(count, false));
    let (mut time, mut found) = (0, 0);
    let (mut open, mut path): (Vec<usize>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
    for root in 0..count {
        if met.get(root) == 0 {
            path.push((root, 0));
        }
        while let Some((end, next)) = path.pop() {
            if next == 0 && met.get(end) == 0 {
                time += 1;
                met.set(end, time);
                low.set(end, time);
                open.push(end);
                is_open.set(end, true);
            }
            if let Some((other, _)) = graph.outgoing(end).get(next) {
                if met.get(*other) == 0 {
                    // Looked at again when it is done.
                    path.push((end, next));
                    path.push((*other, 0));
                } else {
                    if is_open.get(*other) {
                        low.set(end, low.get(end).min(low.get(*other)));
                    }
                    path.push((end, next + 1));
                }
                continue;
            }
            if low.get(end) == met.get(end) {
                while let Some(member) = open.pop() {
                    is_open.set(member, false);
                    component.set(member, found);
                    if member == end {
                        break;
                    }
                }
                found += 1;
            }
        }
    }
    component
}

/// An order of the ends of cycles, by the greedy method of Eades, Lin and Smyth with weights: who sends more than it gets comes first.
struct Ranking<'a> {
    graph: &'a Graph,
    component: &'a Per<usize>,
    is_ranked: Per<bool>,
    /// How many edges within its component come in and go out, to ends that have no rank yet.
    open: Per<[usize; 2]>,
    /// What goes out more than comes in.
    surplus: Per<i128>,
    by_surplus: BTreeSet<(i128, Reverse<usize>)>,
    loose: Vec<usize>,
    ranks: Per<i64>,
    first: i64,
    last: i64,
}

impl<'a> Ranking<'a> {
    fn of(graph: &'a Graph, component: &'a Per<usize>) -> Self {
        let count = graph.len();
        let mut ranking = Self {
            graph,
            component,
            is_ranked: Per::new(count, false),
            open: Per::new(count, [0; 2]),
            surplus: Per::new(count, 0),
            by_surplus: BTreeSet::new(),
            loose: Vec::new(),
            ranks: Per::new(count, 0),
            first: i64::MIN,
            last: i64::MAX,
        };
        ranking.begin();
        while let Some(end) = ranking.next() {
            ranking.take(end);
        }
        ranking
    }

    fn begin(&mut self) {
        for edge in self.graph.edges() {
            if self.component.get(edge.source) != self.component.get(edge.destination) {
                continue;
            }
            self.open.change(edge.source, |[_, out]| *out += 1);
            self.open.change(edge.destination, |[into, _]| *into += 1);
            self.surplus.change(edge.source, |sum| *sum += i128::from(edge.weight));
            self.surplus.change(edge.destination, |sum| *sum -= i128::from(edge.weight));
        }
        for end in 0..self.graph.len() {
            // What is in no cycle needs no rank.
            if self.open.get(end) == [0; 2] {
                self.is_ranked.set(end, true);
            } else {
                self.by_surplus.insert((self.surplus.get(end), Reverse(end)));
            }
        }
    }

    fn next(&mut self) -> Option<usize> {
        let is_ranked = &self.is_ranked;
        while let Some(end) = self.loose.pop() {
            if !is_ranked.get(end) {
                return Some(end);
            }
        }
        self.by_surplus.last().map(|(_, Reverse(end))| *end)
    }

    fn take(&mut self, end: usize) {
        let [into, out] = self.open.get(end);
        // Whoever asks nobody any more comes last.
        let rank = if out == 0 && into > 0 {
            self.last -= 1;
            self.last
        } else {
            self.first += 1;
            self.first
        };
        self.ranks.set(end, rank);
        self.is_ranked.set(end, true);
        self.by_surplus.remove(&(self.surplus.get(end), Reverse(end)));
        let graph = self.graph;
        graph.outgoing(end).iter().for_each(|(other, weight)| self.leave(end, *other, i128::from(*weight), 0));
        graph.incoming(end).iter().for_each(|(other, weight)| self.leave(end, *other, -i128::from(*weight), 1));
    }

    /// `end` has its rank: its edge no longer counts for the other one.
    fn leave(&mut self, end: usize, other: usize, weight: i128, side: usize) {
        if self.is_ranked.get(other) || self.component.get(other) != self.component.get(end) {
            return;
        }
        self.by_surplus.remove(&(self.surplus.get(other), Reverse(other)));
        let surplus = self.surplus.change(other, |sum| *sum += weight);
        self.by_surplus.insert((surplus, Reverse(other)));
        let open = self.open.change(other, |open| {
            if let Some(count) = open.get_mut(side) {
                *count = count.saturating_sub(1);
            }
        });
        if open.contains(&0) {
            self.loose.push(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{End, Lane};

    fn graph(count: usize, edges: &[(usize, usize, u64)]) -> Graph {
        let end = |number: usize| End { lane: Lane::default(), kind: String::new(), name: format!("{number:03}") };
        Graph::new((0..count).map(end).collect(), edges.iter().copied())
    }

    fn back(graph: &Graph) -> Vec<(usize, usize)> {
        let forward = forward(graph);
        let edges = graph.edges().iter().zip(forward);
        edges.filter(|(_, leads)| !leads).map(|(edge, _)| (edge.source, edge.destination)).collect()
    }

    #[test]
    fn of_a_cycle_the_edge_with_least_traffic_leads_back() {
        for lightest in 0..4 {
            let edges: Vec<_> = (0..4).map(|end| (end, (end + 1) % 4, if end == lightest { 1 } else { 50 })).collect();
            assert_eq!(back(&graph(4, &edges)), [(lightest, (lightest + 1) % 4)]);
        }
    }

    #[test]
    fn what_is_in_no_cycle_leads_forward() {
        let edges = [(0, 1, 1), (0, 2, 9), (1, 2, 1), (2, 3, 4), (3, 2, 5), (3, 4, 1)];
        assert_eq!(back(&graph(5, &edges)), [(2, 3)]);
    }
}
