//! Merging is adding integers: order and grouping do not matter, nothing appears and nothing is lost.

use hogusu_model::layout::{BUCKETS, Place, place};
use hogusu_model::{Histogram, SeriesData};
use proptest::prelude::*;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::strategies::{dense, duration, durations, histogram, recorded, series_data};

fn merged(left: &Histogram, right: &Histogram) -> Histogram {
    let mut sum = left.clone();
    sum.merge(right);
    sum
}

fn added(left: &SeriesData, right: &SeriesData) -> SeriesData {
    let mut sum = left.clone();
    sum.merge(right);
    sum
}

proptest! {
    #[test]
    fn merging_histograms_is_commutative(a in histogram(), b in histogram()) {
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
    }

    #[test]
    fn merging_histograms_is_associative(a in histogram(), b in histogram(), c in histogram()) {
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
    }

    #[test]
    fn the_empty_histogram_is_merging_s_identity(a in histogram()) {
        prop_assert_eq!(&merged(&a, &Histogram::default()), &a);
        prop_assert_eq!(&merged(&Histogram::default(), &a), &a);
    }

    #[test]
    fn record_then_merge_equals_merge_then_record(a in durations(), b in durations()) {
        let together: Vec<u64> = a.iter().chain(&b).copied().collect();
        prop_assert_eq!(merged(&recorded(&a), &recorded(&b)), recorded(&together));
    }

    #[test]
    fn the_count_is_the_number_of_observations(durations in durations()) {
        let histogram = recorded(&durations);
        prop_assert_eq!(histogram.count(), durations.len() as u64);
        prop_assert_eq!(dense(&histogram).iter().sum::<u64>(), durations.len() as u64);
        prop_assert_eq!(histogram.is_empty(), durations.is_empty());
    }

    #[test]
    fn the_sum_is_the_sum_of_observations(durations in durations()) {
        let sum: u128 = durations.iter().map(|nanos| u128::from(*nanos)).sum();
        prop_assert_eq!(recorded(&durations).sum(), u64::try_from(sum).unwrap_or(u64::MAX));
    }

    #[test]
    fn the_order_of_observations_does_not_matter(mut durations in durations()) {
        let before = recorded(&durations);
        durations.sort_unstable();
        prop_assert_eq!(&recorded(&durations), &before);
        durations.reverse();
        prop_assert_eq!(&recorded(&durations), &before);
    }

    #[test]
    fn only_the_right_bucket_moves(durations in durations(), nanos in duration()) {
        let mut histogram = recorded(&durations);
        let mut expected = dense(&histogram);
        histogram.record(nanos);
        expected[match place(nanos) {
            Place::Below => 0,
            Place::Bucket(index) => index + 1,
            Place::Above => BUCKETS + 1,
        }] += 1;
        prop_assert_eq!(dense(&histogram), expected);
    }

    #[test]
    fn merging_adds_bucket_by_bucket(a in durations(), b in durations()) {
        let (a, b) = (recorded(&a), recorded(&b));
        let expected: Vec<u64> = dense(&a).iter().zip(dense(&b)).map(|(x, y)| x + y).collect();
        prop_assert_eq!(dense(&merged(&a, &b)), expected);
    }

    #[test]
    fn the_run_has_no_empty_ends_and_rebuilds_the_histogram(histogram in histogram()) {
        let (first, run) = histogram.run();
        prop_assert!(run.first() != Some(&0) && run.last() != Some(&0));
        let rebuilt = Histogram::from_parts(histogram.below(), histogram.above(), first, run.to_vec(), histogram.sum());
        prop_assert_eq!(rebuilt, Ok(histogram));
    }

    #[test]
    fn empty_buckets_at_the_ends_change_nothing(durations in durations(), before in 0..4_usize, after in 0..4_usize) {
        let histogram = recorded(&durations);
        let (first, run) = histogram.run();
        let before = before.min(first);
        let mut counts = vec![0; before];
        counts.extend_from_slice(run);
        counts.extend(std::iter::repeat_n(0, after.min(BUCKETS - first - run.len())));
        let padded = Histogram::from_parts(histogram.below(), histogram.above(), first - before, counts, histogram.sum());
        prop_assert_eq!(padded, Ok(histogram));
    }

    #[test]
    fn a_run_past_the_layout_is_refused(first in 0..=2 * BUCKETS, len in 0..=2 * BUCKETS) {
        let built = Histogram::from_parts(0, 0, first, vec![0; len], 0);
        prop_assert_eq!(built.is_ok(), first + len <= BUCKETS);
    }

    #[test]
    fn a_run_to_add_to_is_there_within_the_layout_alone(
        histogram in histogram(), first in 0..=2 * BUCKETS, len in 0..=2 * BUCKETS,
    ) {
        let mut grown = histogram.clone();
        let run = grown.run_mut(first, len).map(|run| run.len());
        prop_assert_eq!(run.ok(), (first + len <= BUCKETS).then_some(len));
        prop_assert_eq!(&grown, &histogram, "buckets that count nothing change nothing");
        if let Ok([count, ..]) = grown.run_mut(first, len) {
            *count = count.saturating_add(7);
            prop_assert_eq!(dense(&grown)[first + 1], dense(&histogram)[first + 1].saturating_add(7));
        }
    }

    #[test]
    fn merging_series_is_commutative(a in series_data(), b in series_data()) {
        prop_assert_eq!(added(&a, &b), added(&b, &a));
    }

    #[test]
    fn merging_series_is_associative(a in series_data(), b in series_data(), c in series_data()) {
        prop_assert_eq!(added(&added(&a, &b), &c), added(&a, &added(&b, &c)));
    }

    #[test]
    fn the_empty_series_is_merging_s_identity(a in series_data()) {
        prop_assert_eq!(&added(&a, &SeriesData::default()), &a);
        prop_assert_eq!(&added(&SeriesData::default(), &a), &a);
    }
}

#[test]
fn a_run_that_overflows_its_index_is_refused() {
    assert!(Histogram::from_parts(0, 0, usize::MAX, vec![1], 0).is_err());
}

#[test]
fn the_widest_histogram_holds_every_bucket() {
    let mut histogram = recorded(&[4_096_000_000_000, 954]);
    assert_eq!(histogram.run().1.len(), BUCKETS);
    histogram.merge(&recorded(&[0, u64::MAX]));
    assert_eq!((histogram.below(), histogram.above(), histogram.count()), (1, 1, 4));
}
