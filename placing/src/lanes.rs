//! The order of lanes: those with much between them are near each other.

use std::collections::BTreeMap;

use crate::graph::{Graph, Lane};
use crate::per::Per;

/// How often lanes are put in order by their neighbours, and how often neighbours change places.
const PASSES: usize = 8;

/// Lanes from top to bottom, and the number there of each end's lane.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    pub(crate) order: Vec<Lane>,
    pub(crate) of_end: Per<usize>,
}

impl Lanes {
    /// Of a graph whose columns are known.
    pub(crate) fn of(graph: &Graph, columns: &Per<i32>) -> Self {
        let mut known: Vec<&Lane> = graph.ends().iter().map(|end| &end.lane).collect();
        known.sort_unstable();
        known.dedup();
        let of_end: Per<usize> =
            graph.ends().iter().map(|end| known.binary_search(&&end.lane).unwrap_or_default()).collect();
        let ties = Ties::of(graph, &of_end, known.len());
        let mut depth = Per::new(known.len(), (0_i64, 0_i64));
        for end in 0..graph.len() {
            depth.change(of_end.get(end), |(sum, count)| {
                *sum += i64::from(columns.get(end));
                *count += 1;
            });
        }
        let mut order: Vec<usize> = (0..known.len()).collect();
        // Shallow ones first, exactly: a / b < c / d.
        order.sort_by(|one, other| {
            let ((a, b), (c, d)) = (depth.get(*one), depth.get(*other));
            (a * d).cmp(&(c * b)).then(one.cmp(other))
        });
        let order = ties.exchanged(ties.drawn_together(order));
        let rank = ranks(&order);
        let of_end = of_end.iter().map(|lane| rank.get(lane)).collect();
        Self { order: order.iter().filter_map(|lane| known.get(*lane).map(|lane| (*lane).clone())).collect(), of_end }
    }
}

/// The place of each lane in an order.
fn ranks(order: &[usize]) -> Per<usize> {
    let mut ranks = Per::new(order.len(), 0);
    order.iter().enumerate().for_each(|(rank, lane)| ranks.set(*lane, rank));
    ranks
}

/// What is between lanes: for each lane the others, with a weight.
struct Ties(Vec<Vec<(usize, u64)>>);

impl Ties {
    fn of(graph: &Graph, of_end: &Per<usize>, lanes: usize) -> Self {
        let mut weights: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for edge in graph.edges() {
            let (one, other) = (of_end.get(edge.source), of_end.get(edge.destination));
            if one != other {
                // As lines are drawn, by the logarithm: one busy edge does not outweigh all others.
                let weight = 1 + u64::from(edge.weight.checked_ilog10().unwrap_or_default());
                *weights.entry((one.min(other), one.max(other))).or_default() += weight;
            }
        }
        let mut ties = vec![Vec::new(); lanes];
        for ((one, other), weight) in weights {
            for (from, to) in [(one, other), (other, one)] {
                if let Some(of) = ties.get_mut(from) {
                    of.push((to, weight));
                }
            }
        }
        Self(ties)
    }

    fn of_lane(&self, lane: usize) -> &[(usize, u64)] {
        self.0.get(lane).map(Vec::as_slice).unwrap_or_default()
    }

    /// Puts each where its neighbours are in the mean, again and again; the best order that is met.
    fn drawn_together(&self, mut order: Vec<usize>) -> Vec<usize> {
        let mut best = (self.length(&ranks(&order)), order.clone());
        for _ in 0..PASSES {
            let rank = ranks(&order);
            order.sort_by(|one, other| {
                self.wanted(*one, &rank)
                    .total_cmp(&self.wanted(*other, &rank))
                    .then(rank.get(*one).cmp(&rank.get(*other)))
            });
            let length = self.length(&ranks(&order));
            if length < best.0 {
                best = (length, order.clone());
            }
        }
        best.1
    }

    /// Where a lane's neighbours are in the mean; without any, where it is.
    #[expect(clippy::cast_precision_loss, reason = "sums of ranks and weights of a bounded graph")]
    fn wanted(&self, lane: usize, rank: &Per<usize>) -> f64 {
        let (mut sum, mut weights) = (0_u64, 0_u64);
        for (other, weight) in self.of_lane(lane) {
            sum += weight * rank.get(*other) as u64;
            weights += weight;
        }
        if weights == 0 { rank.get(lane) as f64 } else { sum as f64 / weights as f64 }
    }

    /// How far apart lanes are that have something between them, all in all.
    fn length(&self, rank: &Per<usize>) -> u64 {
        (0..self.0.len()).map(|lane| self.length_of(lane, rank.get(lane), rank, lane)).sum()
    }

    /// How far a lane at this rank is from its neighbours but this one.
    fn length_of(&self, lane: usize, at: usize, rank: &Per<usize>, without: usize) -> u64 {
        let others = self.of_lane(lane).iter().filter(|(other, _)| *other != without);
        others.map(|(other, weight)| weight * rank.get(*other).abs_diff(at) as u64).sum()
    }

    /// Exchanges neighbours wherever that brings lanes nearer to each other.
    fn exchanged(&self, mut order: Vec<usize>) -> Vec<usize> {
        let mut rank = ranks(&order);
        for _ in 0..PASSES {
            let mut is_better = false;
            for place in 1..order.len() {
                let (Some(upper), Some(lower)) = (order.get(place - 1).copied(), order.get(place).copied()) else {
                    continue;
                };
                let apart =
                    |up, low| self.length_of(upper, up, &rank, lower) + self.length_of(lower, low, &rank, upper);
                if apart(place, place - 1) < apart(place - 1, place) {
                    order.swap(place - 1, place);
                    rank.set(upper, place);
                    rank.set(lower, place - 1);
                    is_better = true;
                }
            }
            if !is_better {
                break;
            }
        }
        order
    }
}
