//! Which edge makes its ancestors slow: the slowest descendant.
//!
//! An edge explains its source's slowness when its P99 is most of the source's own inbound P99. It is explained itself
//! when an edge further down is most of *its* destination's P99; only what nothing further down explains is a finding.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hogusu_model::edge::End;
use hogusu_model::{Histogram, Protocol, Quantile, Reading};

use super::edge::{Edge, Side};

/// Samples below which no P99 is read.
pub const SAMPLES_FOR_P99: u64 = 100;
/// Samples below which no P90 is read.
pub const SAMPLES_FOR_P90: u64 = 10;
/// A P99 below this is not called slow: 50 ms.
const SLOW_NANOS: u64 = 50_000_000;

/// An edge that is slow of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slow {
    /// Place among the edges.
    pub edge: usize,
    /// P99 of its answers as the source saw them (else the destination), nanoseconds.
    pub p99: u64,
    /// P99 of what its source itself answered, nanoseconds.
    pub source_inbound_p99: Option<u64>,
    /// P99 as the destination saw it, nanoseconds.
    pub destination_p99: Option<u64>,
}

/// P99 of answers in nanoseconds, `None` below [`SAMPLES_FOR_P99`] samples.
#[must_use]
pub fn p99(answers: &Histogram) -> Option<u64> {
    if answers.count() < SAMPLES_FOR_P99 { None } else { nanos(answers, Quantile::P99) }
}

/// A quantile in nanoseconds; the layout's lowest and highest bound stand for what is beyond them.
#[must_use]
pub fn nanos(answers: &Histogram, quantile: Quantile) -> Option<u64> {
    answers.quantile(quantile).map(|reading| match reading {
        Reading::Below => 953,
        Reading::Above => 4_096_000_000_000,
        Reading::Seconds(seconds) => {
            std::time::Duration::from_secs_f64(seconds).as_nanos().try_into().unwrap_or(u64::MAX)
        }
    })
}

/// Slow edges, slowest first: from each edge that is most of its source's P99, as far down as one explains the other.
#[must_use]
pub fn slowest_descendants(edges: &[Edge]) -> Vec<Slow> {
    let measured = measured(edges);
    let further = further(edges, &measured);
    let is_slow = |slow: &Slow| slow.p99 >= SLOW_NANOS;
    let matters = |slow: &&Slow| is_slow(slow) && slow.source_inbound_p99.is_none_or(|own| is_most(slow.p99, own));
    let mut known = HashMap::new();
    let ends: BTreeSet<usize> =
        measured.iter().filter(matters).map(|slow| follow(slow.edge, &further, &mut known)).collect();
    let mut slow: Vec<Slow> = measured.into_iter().filter(|one| ends.contains(&one.edge) && is_slow(one)).collect();
    slow.sort_by_key(|one| (std::cmp::Reverse(one.p99), one.edge));
    slow
}

/// The edge further down that explains an edge, where there is one: the slowest that its destination waits for.
fn further(edges: &[Edge], measured: &[Slow]) -> BTreeMap<usize, usize> {
    let mut slowest: HashMap<&End, &Slow> = HashMap::new();
    for (slow, edge) in measured.iter().filter_map(|slow| Some((slow, edges.get(slow.edge)?))) {
        let known = slowest.entry(&edge.key.source).or_insert(slow);
        if slow.p99 > known.p99 {
            *known = slow;
        }
    }
    let explained = |slow: &Slow| {
        let next = slowest.get(&edges.get(slow.edge)?.key.destination)?;
        let own = slow.destination_p99.unwrap_or(slow.p99);
        (next.edge != slow.edge && is_most(next.p99, own)).then_some((slow.edge, next.edge))
    };
    measured.iter().filter_map(explained).collect()
}

/// Where following leads; of a circle, its first edge. No way is gone twice: where those lead that were gone before is `known`.
fn follow(from: usize, further: &BTreeMap<usize, usize>, known: &mut HashMap<usize, usize>) -> usize {
    let (mut at, mut way, mut places) = (from, Vec::new(), HashMap::new());
    let end = loop {
        if let Some(end) = known.get(&at) {
            break *end;
        }
        if let Some(circle) = places.get(&at).and_then(|place| way.get(*place..)) {
            break circle.iter().copied().min().unwrap_or(at);
        }
        places.insert(at, way.len());
        way.push(at);
        let Some(next) = further.get(&at) else { break at };
        at = *next;
    };
    known.extend(way.into_iter().map(|edge| (edge, end)));
    end
}

fn is_most(part: u64, whole: u64) -> bool {
    part.saturating_mul(2) >= whole
}

fn measured(edges: &[Edge]) -> Vec<Slow> {
    let mut inbound: HashMap<&End, Histogram> = HashMap::new();
    let mut of_destinations = Vec::new();
    for (place, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.key.protocol != Protocol::Tcp) {
        let answers = edge.destination_report.as_ref().map(Side::answers);
        if let Some(answers) = &answers {
            inbound.entry(&edge.key.destination).or_default().merge(answers);
        }
        of_destinations.push((place, edge, answers.as_ref().and_then(p99)));
    }
    let inbound: HashMap<&End, u64> =
        inbound.into_iter().filter_map(|(end, answers)| Some((end, p99(&answers)?))).collect();
    let read = |(place, edge, destination_p99): (usize, &Edge, Option<u64>)| {
        let source = edge.source_report.as_ref().and_then(|side| p99(&side.answers()));
        let source_inbound_p99 = inbound.get(&edge.key.source).copied();
        Some(Slow { edge: place, p99: source.or(destination_p99)?, source_inbound_p99, destination_p99 })
    };
    of_destinations.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_leads_to_its_end_and_a_circle_to_its_first_edge_wherever_it_is_entered() {
        // 7 -> 3 -> 5 -> 9 -> 5, 8 -> 3, 1 -> 2, 4.
        let further = BTreeMap::from([(7, 3), (3, 5), (5, 9), (9, 5), (8, 3), (1, 2)]);
        for first in [7, 3, 5, 9, 8] {
            let mut known = HashMap::new();
            for from in [first, 7, 3, 5, 9, 8] {
                assert_eq!(follow(from, &further, &mut known), 5, "from {from} after {first}");
            }
        }
        let mut known = HashMap::new();
        assert_eq!([1, 2, 4].map(|from| follow(from, &further, &mut known)), [2, 2, 4]);
    }

    #[test]
    fn a_chain_of_a_million_edges_is_gone_once() {
        let further: BTreeMap<usize, usize> = (0..1_000_000).map(|edge| (edge, edge + 1)).collect();
        let mut known = HashMap::new();
        assert!((0..1_000_000).all(|edge| follow(edge, &further, &mut known) == 1_000_000));
    }
}
