//! What the laws are tried on: durations of every magnitude and around every bound, histograms, series data.

use hogusu_model::layout::{BUCKETS, lower_bound};
use hogusu_model::{Exemplar, Histogram, SeriesData};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Nanoseconds: any magnitude, or within two of a bound.
pub(crate) fn duration() -> impl Strategy<Value = u64> {
    let magnitude = (any::<u64>(), 0..64_u32).prop_map(|(bits, shift)| bits >> shift);
    let near_bound = (0..=BUCKETS, 0..5_u64).prop_map(|(index, distance)| lower_bound(index) - 2 + distance);
    prop_oneof![2 => magnitude, 1 => near_bound, 3 => 1_000_000..2_000_000_000_u64]
}

pub(crate) fn durations() -> impl Strategy<Value = Vec<u64>> {
    vec(duration(), 0..80)
}

/// Histograms of recorded durations, and some with counts that only a very old sum has.
pub(crate) fn histogram() -> impl Strategy<Value = Histogram> {
    let recorded = durations().prop_map(|durations| recorded(&durations));
    let parts = (any::<u64>(), any::<u64>(), 0..BUCKETS, vec(any::<u64>(), 0..9), any::<u64>());
    let huge = parts.prop_map(|(below, above, first, counts, sum)| {
        let counts = counts.into_iter().take(BUCKETS - first).collect();
        Histogram::from_parts(below, above, first, counts, sum).expect("a run within the layout")
    });
    prop_oneof![4 => recorded, 1 => huge]
}

pub(crate) fn exemplar() -> impl Strategy<Value = Exemplar> {
    (0..3_u8, 0..4_u64, 0..3_u64).prop_map(|(trace, nanos, at)| Exemplar { trace: [trace; 16], nanos, at })
}

pub(crate) fn series_data() -> impl Strategy<Value = SeriesData> {
    let bytes = option::of((any::<u64>(), any::<u64>()));
    let rest = (option::of(histogram()), bytes, option::of(any::<u64>()), option::of(exemplar()));
    (histogram(), rest).prop_map(|(duration, (backend, bytes, attempts, exemplar))| SeriesData {
        duration,
        backend,
        bytes,
        attempts,
        exemplar,
    })
}

/// The histogram of these durations.
pub(crate) fn recorded(durations: &[u64]) -> Histogram {
    let mut histogram = Histogram::default();
    durations.iter().for_each(|nanos| histogram.record(*nanos));
    histogram
}

/// All counts of a histogram: below, every bucket, above.
pub(crate) fn dense(histogram: &Histogram) -> Vec<u64> {
    let mut counts = vec![0; BUCKETS + 2];
    counts[0] = histogram.below();
    counts[BUCKETS + 1] = histogram.above();
    histogram.buckets().for_each(|(index, count)| counts[index + 1] = count);
    counts
}
