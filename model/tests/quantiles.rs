//! A quantile is the nearest rank of all values, within the stated error of the exact one among them, sorted.

use hogusu_model::layout::{Place, RELATIVE_ERROR, place};
use hogusu_model::{Histogram, Quantile, Reading};
use proptest::prelude::*;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::strategies::{durations, recorded};

/// SplitMix64: the same distributions on every run and on every target.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Within (0, 1).
    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// About standard normal: the sum of twelve uniforms, less six.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

const QUANTILES: [u16; 11] = [1, 100, 1_000, 2_500, 5_000, 7_500, 9_000, 9_500, 9_900, 9_999, 10_000];

/// The smallest rank that at least `parts` of 10,000 of the values are at or below.
fn exact_rank(parts: u16, count: usize) -> usize {
    (1..=count).find(|rank| rank * 10_000 >= usize::from(parts) * count).expect("a quantile of at most 1")
}

fn assert_quantiles(name: &str, mut values: Vec<u64>) {
    let histogram = recorded(&values);
    values.sort_unstable();
    for parts in QUANTILES {
        let quantile = Quantile::per_ten_thousand(parts).expect("a quantile");
        let exact = values[exact_rank(parts, values.len()) - 1];
        assert_reads(&format!("{name}, {parts} of 10,000"), histogram.quantile(quantile), exact);
    }
}

fn assert_reads(what: &str, reading: Option<Reading>, exact: u64) {
    match (place(exact), reading.expect("a value")) {
        (Place::Below, Reading::Below) | (Place::Above, Reading::Above) => {}
        (Place::Bucket(_), Reading::Seconds(seconds)) => {
            let exact = exact as f64 / 1e9;
            let error = (seconds - exact).abs() / exact;
            assert!(error <= RELATIVE_ERROR, "{what}: {seconds} s, exactly {exact} s, off by {error}");
        }
        (_, reading) => panic!("{what}: {reading:?}, exactly {exact} ns"),
    }
}

fn drawn(seed: u64, mut one: impl FnMut(&mut Draw) -> f64) -> Vec<u64> {
    let mut draw = Draw(seed);
    (0..5_000).map(|_| one(&mut draw) as u64).collect()
}

#[test]
fn quantiles_of_one_value_are_that_value() {
    for nanos in [0, 953, 954, 1_000_000, 4_096_000_000_000, 4_096_000_000_001, u64::MAX] {
        assert_quantiles("one value", vec![nanos]);
    }
}

#[test]
fn quantiles_of_equal_values_are_that_value() {
    assert_quantiles("equal values", vec![1_000_000_000; 1_000]);
}

#[test]
fn quantiles_of_a_uniform_distribution_are_within_the_error() {
    assert_quantiles("uniform", drawn(1, |draw| draw.unit() * 1e9));
}

#[test]
fn quantiles_of_an_exponential_distribution_are_within_the_error() {
    assert_quantiles("exponential", drawn(2, |draw| -draw.unit().ln() * 2e7));
}

#[test]
fn quantiles_of_a_log_normal_distribution_are_within_the_error() {
    assert_quantiles("log-normal", drawn(3, |draw| draw.normal().exp() * 5e6));
}

#[test]
fn quantiles_of_a_heavy_tail_are_within_the_error() {
    assert_quantiles("Pareto", drawn(4, |draw| 1e6 / draw.unit()));
}

#[test]
fn quantiles_of_two_humps_are_within_the_error() {
    assert_quantiles(
        "fast and slow",
        drawn(5, |draw| if draw.unit() < 0.985 { 3e6 } else { 4e8 } * (1.0 + draw.unit())),
    );
}

#[test]
fn quantiles_reach_below_and_above_the_layout() {
    let values = drawn(6, |draw| match draw.next() % 5 {
        0 | 1 => draw.unit() * 900.0,
        2 | 3 => draw.unit() * 1e10,
        _ => 5e12 * (1.0 + draw.unit()),
    });
    assert_quantiles("beyond both ends", values);
}

#[test]
fn quantiles_of_merged_histograms_are_those_of_all_values() {
    let parts: Vec<Vec<u64>> =
        (10..20).map(|seed| drawn(seed, |draw| draw.normal().exp() * 1e4 * seed as f64)).collect();
    let mut merged = Histogram::default();
    parts.iter().for_each(|values| merged.merge(&recorded(values)));
    let mut all = parts.concat();
    all.sort_unstable();
    let exact = all[exact_rank(9_900, all.len()) - 1];
    assert_reads("merged", merged.quantile(Quantile::P99), exact);
}

#[test]
fn an_empty_histogram_has_no_quantile() {
    assert_eq!(Histogram::default().quantile(Quantile::P50), None);
}

#[test]
fn a_quantile_is_above_none_and_at_most_all() {
    assert_eq!((Quantile::per_ten_thousand(0), Quantile::per_ten_thousand(10_001)), (None, None));
    assert_eq!(Quantile::per_ten_thousand(9_900), Some(Quantile::P99));
}

#[test]
fn ranks_of_huge_counts_do_not_overflow() {
    assert_eq!(Quantile::per_ten_thousand(10_000).expect("all").rank(u64::MAX), u64::MAX);
    assert_eq!(Quantile::P50.rank(u64::MAX), u64::MAX / 2 + 1);
    assert_eq!(Quantile::P50.rank(0), 0);
}

proptest! {
    #[test]
    fn a_rank_is_the_nearest_one(parts in 1..=10_000_u16, count in 1..400_usize) {
        let quantile = Quantile::per_ten_thousand(parts).expect("a quantile");
        prop_assert_eq!(quantile.rank(count as u64), exact_rank(parts, count) as u64);
    }

    #[test]
    fn a_quantile_is_within_the_error_of_the_sorted_values(mut values in durations(), parts in 1..=10_000_u16) {
        prop_assume!(!values.is_empty());
        let reading = recorded(&values).quantile(Quantile::per_ten_thousand(parts).expect("a quantile"));
        values.sort_unstable();
        assert_reads("any values", reading, values[exact_rank(parts, values.len()) - 1]);
    }
}
