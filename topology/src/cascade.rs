//! Failures that are passed on: which failing edge explains the failures of which others, and which is the first.
//!
//! Counts alone hold no cause. One failing edge is taken to explain another only where it is one of the calls that its source's answers may hang on, where
//! those answers are what failed, where there are enough failing calls for them, and where both vary together by more than a shift in time would make.

use std::collections::BTreeMap;

use crate::every::{number, ratio};
use crate::mesh::WorkloadId;

/// Stretches of time, at least: of fewer it cannot be told whether two vary together by chance.
pub const FEWEST_STRETCHES: usize = 20;
/// Failures and stretches with some, at least.
const FEWEST_FAILURES: u64 = 10;
const FEWEST_FAILING: usize = 3;
/// Which part of what a workload answered with a failure there are failing calls for.
const ENOUGH_CALLS: f64 = 0.9;
/// How closely both vary together: Pearson's correlation over all stretches.
const TOGETHER: f64 = 0.9;
/// Of all shifts in time, so many at most may make both vary together as closely.
const BY_SHIFTING: f64 = 0.05;
/// Which part of an edge's failures must be explained for it to be part of a cascade.
const EXPLAINED: f64 = 0.5;

/// An edge that fails, by stretches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failing {
    /// Who calls.
    pub source: WorkloadId,
    /// Whom.
    pub destination: WorkloadId,
    /// Failures that may be those of calls of the destination: it answered so, or it did not answer in time.
    pub answered: Vec<u64>,
    /// All others: it was not reached, or a proxy refused.
    pub others: Vec<u64>,
}

/// A cascade: an edge whose failures none of its destination's calls explains, and those that it explains.
#[derive(Debug, Clone, PartialEq)]
pub struct Cascade {
    /// Place of the first edge.
    pub first: usize,
    /// Those that its failures explain, the nearest first.
    pub hit: Vec<Passed>,
}

/// An edge whose failures another explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Passed {
    /// Its place.
    pub edge: usize,
    /// That of the edge that explains it.
    pub by: usize,
    /// How many edges away from the first.
    pub level: usize,
    /// Which part of its failures that one explains.
    pub share: f64,
    /// How closely both vary together.
    pub together: f64,
}

impl Failing {
    fn all(&self, stretch: usize) -> u64 {
        let of = |values: &[u64]| values.get(stretch).copied().unwrap_or_default();
        of(&self.answered).saturating_add(of(&self.others))
    }
}

/// All cascades, of so many stretches: those that explain the most edges first.
#[must_use]
pub fn cascades(edges: &[Failing], stretches: usize) -> Vec<Cascade> {
    if stretches < FEWEST_STRETCHES {
        return Vec::new();
    }
    let mut by_source: BTreeMap<WorkloadId, Vec<usize>> = BTreeMap::new();
    let mut by_destination: BTreeMap<WorkloadId, Vec<usize>> = BTreeMap::new();
    for (place, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.source != edge.destination) {
        by_source.entry(edge.source).or_default().push(place);
        by_destination.entry(edge.destination).or_default().push(place);
    }
    let mut explained: BTreeMap<usize, Passed> = BTreeMap::new();
    for (workload, into) in &by_destination {
        let calls = by_source.get(workload).map_or(&[][..], Vec::as_slice);
        let found = explain(edges, into, calls, stretches);
        explained.extend(found.into_iter().map(|one| (one.edge, one)));
    }
    gathered(&explained)
}

/// Which call of a workload best explains what it answered, and with it the edges into it.
fn explain(edges: &[Failing], into: &[usize], calls: &[usize], stretches: usize) -> Vec<Passed> {
    let sum = |stretch: usize| -> u64 {
        let of = |place: &usize| edges.get(*place).and_then(|edge| edge.answered.get(stretch)).copied();
        into.iter().filter_map(of).fold(0, u64::saturating_add)
    };
    let answered: Vec<u64> = (0..stretches).map(sum).collect();
    let all = answered.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
    if all < FEWEST_FAILURES || answered.iter().filter(|count| **count > 0).count() < FEWEST_FAILING {
        return Vec::new();
    }
    let judged = calls.iter().filter_map(|place| {
        let call = edges.get(*place)?;
        let failing: Vec<u64> = (0..stretches).map(|stretch| call.all(stretch)).collect();
        let possible = answered.iter().zip(&failing).fold(0_u64, |sum, (a, b)| sum.saturating_add((*a).min(*b)));
        // Trying all shifts is dear: only where there are calls enough.
        ratio(possible, all).filter(|share| *share >= ENOUGH_CALLS)?;
        Some((*place, together(&answered, &failing)?, failing))
    });
    let best = judged.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
    let Some((by, together, failing)) = best else { return Vec::new() };
    let passed = |edge: &usize| {
        let own = edges.get(*edge)?;
        // Of several that were answered in a stretch each has its part of the failing calls.
        let part = |stretch: usize| {
            let of = |values: &[u64]| number(values.get(stretch).copied().unwrap_or_default());
            let enough = (of(&failing) / of(&answered).max(1.0)).min(1.0);
            of(&own.answered) * enough
        };
        let explained: f64 = (0..stretches).map(part).sum();
        let failed = (0..stretches).fold(0_u64, |sum, stretch| sum.saturating_add(own.all(stretch)));
        let share = explained / number(failed.max(1));
        (share >= EXPLAINED).then_some(Passed { edge: *edge, by, level: 1, share, together })
    };
    into.iter().filter_map(passed).collect()
}

/// How closely both vary together, where that is close and a shift in time does not make it as close.
fn together(one: &[u64], other: &[u64]) -> Option<f64> {
    let close = correlation(one, other, 0).filter(|close| *close >= TOGETHER)?;
    let shifts = 2..one.len().saturating_sub(1);
    let as_close = shifts.clone().filter(|shift| correlation(one, other, *shift).is_some_and(|found| found >= close));
    let by_shifting = ratio(as_close.count() as u64, shifts.len() as u64)?;
    (by_shifting <= BY_SHIFTING).then_some(close)
}

/// Pearson's, the second one moved by so many places in a circle; `None` where one of both never varies.
fn correlation(one: &[u64], other: &[u64], shift: usize) -> Option<f64> {
    let count = number(one.len() as u64);
    let mean = |values: &[u64]| values.iter().map(|value| number(*value)).sum::<f64>() / count;
    let (mean_one, mean_other) = (mean(one), mean(other));
    let (mut product, mut of_one, mut of_other) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(other.iter().cycle().skip(shift)) {
        let (a, b) = (number(*a) - mean_one, number(*b) - mean_other);
        product += a * b;
        of_one += a * a;
        of_other += b * b;
    }
    (of_one > 0.0 && of_other > 0.0).then(|| product / (of_one * of_other).sqrt())
}

/// Each explained edge is with the one at the end of its explanations. Explanations in a circle have no first one, and tell nothing.
fn gathered(explained: &BTreeMap<usize, Passed>) -> Vec<Cascade> {
    let mut found: BTreeMap<usize, Vec<Passed>> = BTreeMap::new();
    for one in explained.values() {
        let (mut first, mut level) = (one.by, 1);
        while let Some(next) = explained.get(&first).filter(|_| level <= explained.len()) {
            (first, level) = (next.by, level + 1);
        }
        if level <= explained.len() {
            found.entry(first).or_default().push(Passed { level, ..*one });
        }
    }
    let sorted = |(first, mut hit): (usize, Vec<Passed>)| {
        hit.sort_by_key(|one| (one.level, one.edge));
        Cascade { first, hit }
    };
    let mut all: Vec<Cascade> = found.into_iter().map(sorted).collect();
    all.sort_by_key(|one| (std::cmp::Reverse(one.hit.len()), one.first));
    all
}
