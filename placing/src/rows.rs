//! The order of ends within their lane and column: barycentres of what they have edges with, swept to the right and to the left, then
//! neighbours exchanged where that crosses fewer lines.

use std::collections::BTreeMap;

use crate::crossings::crossings;
use crate::graph::Graph;
use crate::per::Per;

/// Sweeps to the right and back, and passes of exchanges.
const SWEEPS: usize = 8;

/// Ends by column and lane, each with its ends from top to bottom.
#[derive(Debug, Clone)]
pub(crate) struct Cells<'a> {
    graph: &'a Graph,
    columns: &'a Per<i32>,
    cells: BTreeMap<(i32, usize), Vec<usize>>,
    /// Where each lane begins.
    tops: Per<usize>,
    /// Where each end is, from the top of all lanes.
    heights: Per<f64>,
}

impl<'a> Cells<'a> {
    /// In the order of their names.
    pub(crate) fn by_name(graph: &'a Graph, columns: &'a Per<i32>, lanes: &Per<usize>) -> Self {
        let mut cells: BTreeMap<(i32, usize), Vec<usize>> = BTreeMap::new();
        for end in 0..graph.len() {
            cells.entry((columns.get(end), lanes.get(end))).or_default().push(end);
        }
        let mut highest = Per::new(lanes.iter().max().map_or(0, |last| last + 1), 0);
        for ((_, lane), ends) in &cells {
            highest.change(*lane, |most| *most = (*most).max(ends.len()));
        }
        let mut next = 0;
        let mut top = |height: usize| {
            next += height;
            next - height
        };
        let tops = highest.iter().map(&mut top).collect();
        let mut drawn = Self { graph, columns, cells, tops, heights: Per::new(graph.len(), 0.0) };
        let keys: Vec<(i32, usize)> = drawn.cells.keys().copied().collect();
        keys.into_iter().for_each(|key| drawn.draw(key));
        drawn
    }

    /// In an order that crosses fewer lines.
    pub(crate) fn untangled(self) -> Self {
        let (mut fewest, mut best, mut now) = (self.crossings(), self.clone(), self);
        for _ in 0..SWEEPS {
            for is_rightwards in [true, false] {
                now.sweep(is_rightwards);
                let crossed = now.crossings();
                if crossed < fewest {
                    (fewest, best) = (crossed, now.clone());
                }
            }
        }
        let mut now = best.clone();
        for _ in 0..SWEEPS {
            now.exchange();
            let crossed = now.crossings();
            if crossed >= fewest {
                break;
            }
            (fewest, best) = (crossed, now.clone());
        }
        best
    }

    pub(crate) fn crossings(&self) -> u64 {
        crossings(self.graph, self.columns, &self.heights)
    }

    /// The place of each end in its cell.
    pub(crate) fn places(&self) -> Per<usize> {
        let mut places = Per::new(self.graph.len(), 0);
        for ends in self.cells.values() {
            ends.iter().enumerate().for_each(|(place, end)| places.set(*end, place));
        }
        places
    }

    /// Takes note of where the ends of a cell are.
    #[expect(clippy::cast_precision_loss, reason = "rows of a bounded graph")]
    fn draw(&mut self, key: (i32, usize)) {
        let top = self.tops.get(key.1);
        for (place, end) in self.cells.get(&key).into_iter().flatten().enumerate() {
            self.heights.set(*end, (top + place) as f64);
        }
    }

    /// Orders each column by what its ends have edges with in those before it.
    fn sweep(&mut self, is_rightwards: bool) {
        let mut keys: Vec<(i32, usize)> = self.cells.keys().copied().collect();
        if !is_rightwards {
            keys.reverse();
        }
        for key in keys {
            let mut ends = self.cells.get(&key).cloned().unwrap_or_default();
            let mut wanted: Vec<(f64, usize)> =
                ends.iter().map(|end| (self.wanted(*end, is_rightwards), *end)).collect();
            // Equals keep their order.
            wanted.sort_by(|one, other| one.0.total_cmp(&other.0));
            ends.clear();
            ends.extend(wanted.into_iter().map(|(_, end)| end));
            self.cells.insert(key, ends);
            self.draw(key);
        }
    }

    /// Where an end would be in the middle of its neighbours on this side; without any, where it is.
    fn wanted(&self, end: usize, is_from_the_left: bool) -> f64 {
        let (mut sum, mut count) = (0.0, 0_u32);
        for other in self.beside(end, is_from_the_left) {
            sum += self.heights.get(other);
            count += 1;
        }
        if count == 0 { self.heights.get(end) } else { sum / f64::from(count) }
    }

    fn beside(&self, end: usize, is_left: bool) -> impl Iterator<Item = usize> {
        let own = self.columns.get(end);
        let is_beside = move |other: &usize| {
            let column = self.columns.get(*other);
            if is_left { column < own } else { column > own }
        };
        self.graph.around(end).filter(is_beside)
    }

    /// Exchanges neighbours of a cell wherever fewer of their lines cross then.
    fn exchange(&mut self) {
        let keys: Vec<(i32, usize)> = self.cells.keys().copied().collect();
        for key in keys {
            let mut ends = self.cells.get(&key).cloned().unwrap_or_default();
            let lines = |end: usize| [self.lines(end, true), self.lines(end, false)];
            let mut upper = ends.first().map(|end| lines(*end)).unwrap_or_default();
            for place in 1..ends.len() {
                let Some(mut lower) = ends.get(place).map(|end| lines(*end)) else { continue };
                let crossed = |one: &[Vec<f64>; 2], other: &[Vec<f64>; 2]| -> u64 {
                    one.iter().zip(other).map(|(one, other)| crossed(one, other)).sum()
                };
                if crossed(&lower, &upper) < crossed(&upper, &lower) {
                    ends.swap(place - 1, place);
                    std::mem::swap(&mut upper, &mut lower);
                }
                upper = lower;
            }
            self.cells.insert(key, ends);
            self.draw(key);
        }
    }

    /// Where the lines of an end lead to on this side, from top to bottom.
    fn lines(&self, end: usize, is_left: bool) -> Vec<f64> {
        let mut heights: Vec<f64> = self.beside(end, is_left).map(|other| self.heights.get(other)).collect();
        heights.sort_unstable_by(f64::total_cmp);
        heights
    }
}

/// How many lines cross if the one with the first lines stands above the other: both ascend.
fn crossed(upper: &[f64], lower: &[f64]) -> u64 {
    let mut below = 0;
    let mut sum = 0;
    for height in upper {
        below += lower.get(below..).map_or(0, |rest| rest.partition_point(|other| other < height));
        sum += below as u64;
    }
    sum
}
