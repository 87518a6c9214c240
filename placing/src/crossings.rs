//! How many pairs of lines cross. Lines are straight; one over several columns crosses what it crosses between each two of them.

use crate::graph::Graph;
use crate::per::Per;

/// Lines over more columns than this are not counted: they are few, and each would cost as many as it spans.
const LONGEST: i32 = 8;

/// Those between the columns, where each end is drawn at this height.
pub(crate) fn crossings(graph: &Graph, columns: &Per<i32>, heights: &Per<f64>) -> u64 {
    let mut pieces: Vec<(i32, f64, f64)> = Vec::with_capacity(graph.edges().len());
    for edge in graph.edges() {
        let (mut left, mut right) = (edge.source, edge.destination);
        if columns.get(left) > columns.get(right) {
            std::mem::swap(&mut left, &mut right);
        }
        let (from, to) = (columns.get(left), columns.get(right));
        if to - from > LONGEST {
            continue;
        }
        let (start, end) = (heights.get(left), heights.get(right));
        let slope = (end - start) / f64::from(to - from);
        let at = |column: i32| if column == to { end } else { start + slope * f64::from(column - from) };
        pieces.extend((from..to).map(|column| (column, at(column), at(column + 1))));
    }
    pieces.sort_unstable_by(|one, other| {
        one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)).then(one.2.total_cmp(&other.2))
    });
    pieces.chunk_by(|one, other| one.0 == other.0).map(|gap| inversions(gap.iter().map(|piece| piece.2))).sum()
}

/// How many pairs of these are the wrong way round.
fn inversions(values: impl Iterator<Item = f64>) -> u64 {
    let values: Vec<f64> = values.collect();
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup();
    let mut sums = Fenwick(Per::new(sorted.len() + 1, 0));
    let mut crossed = 0;
    for (before, value) in (0_u64..).zip(values) {
        let rank = sorted.partition_point(|other| other.total_cmp(&value).is_lt());
        // Of those before it, the ones that are not larger do not cross it.
        crossed += before - sums.up_to(rank + 1);
        sums.add(rank + 1);
    }
    crossed
}

/// Counts by rank, summed up to any rank in logarithmic time.
struct Fenwick(Per<u64>);

impl Fenwick {
    fn add(&mut self, mut rank: usize) {
        while rank < self.0.iter().len() {
            self.0.change(rank, |count| *count += 1);
            rank += rank & rank.wrapping_neg();
        }
    }

    fn up_to(&self, mut rank: usize) -> u64 {
        let mut sum = 0;
        while rank > 0 {
            sum += self.0.get(rank);
            rank &= rank - 1;
        }
        sum
    }
}
