//! Sums travel as doubles of seconds: exact below 2^23 s, off by at most the double's own step above.

use std::collections::BTreeMap;

use hogusu_model::{Histogram, SeriesData};
use proptest::prelude::*;

use crate::batch::Whole;
use crate::samples;

/// 2^23 s in nanoseconds, 97 days.
const EXACT: u64 = 8_388_608_000_000_000;

fn returned(sum: u64) -> u64 {
    let whole = samples::requests();
    let key = whole.series.keys().next().expect("a series").clone();
    let duration = Histogram::from_parts(1, 0, 0, Vec::new(), sum).expect("a histogram");
    let data = SeriesData { duration, ..SeriesData::default() };
    let read = Whole::read(&Whole { series: BTreeMap::from([(key, data)]), ..whole }.encode()).expect("a batch");
    read.series.values().next().expect("a series").duration.sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_sum_below_97_days_is_exact(sum in 0..=EXACT) {
        prop_assert_eq!(returned(sum), sum);
    }

    #[test]
    fn a_small_sum_is_exact(bits in 0..=EXACT, shift in 0..53_u32) {
        prop_assert_eq!(returned(bits >> shift), bits >> shift);
    }

    #[test]
    fn a_larger_sum_is_off_by_at_most_a_double_s_step(bits in any::<u64>(), shift in 0..10_u32) {
        let sum = (bits >> shift).max(EXACT);
        let off = returned(sum).abs_diff(sum);
        prop_assert!(u128::from(off) << 51 <= u128::from(sum), "{} is off by {}", sum, off);
    }
}

#[test]
fn sums_near_powers_of_two_seconds_are_exact() {
    for bits in 0..=23 {
        let second = 1_000_000_000_u64 << bits;
        for sum in (second.saturating_sub(60)..=second + 60).filter(|sum| *sum <= EXACT) {
            assert_eq!(returned(sum), sum);
        }
    }
}

#[test]
fn a_saturated_sum_stays_saturated() {
    assert_eq!(returned(u64::MAX), u64::MAX);
}
