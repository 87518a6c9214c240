//! The bounds are the floor of 2^(i/8 - 20) s in nanoseconds, exactly, and every duration is placed by them.

use hogusu_model::layout::{BUCKETS, Place, RELATIVE_ERROR, geometric_mean_seconds, lower_bound, place};
use proptest::prelude::*;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::strategies::duration;

/// The product of integers, exact at any size: limbs of 64 bits, the most significant first, without leading zeros.
fn product(factors: impl IntoIterator<Item = u64>) -> Vec<u64> {
    let mut limbs = vec![1_u64];
    for factor in factors {
        let mut carry = 0;
        for limb in &mut limbs {
            let wide = u128::from(*limb) * u128::from(factor) + carry;
            *limb = wide as u64;
            carry = wide >> 64;
        }
        limbs.push(u64::try_from(carry).expect("a carry of one limb"));
    }
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    limbs.reverse();
    limbs
}

/// Whether `nanos` is at most 2^(i/8 - 20) s: its eighth power times 2^160 against (10^9)^8 times 2^i.
fn is_at_most_bound(nanos: u64, i: usize) -> bool {
    let left = product(std::iter::repeat_n(nanos, 8).chain(std::iter::repeat_n(2, 160)));
    let right = product(std::iter::repeat_n(1_000_000_000, 8).chain(std::iter::repeat_n(2, i)));
    (left.len(), &left) <= (right.len(), &right)
}

fn naive_place(nanos: u64) -> Place {
    if nanos <= lower_bound(0) {
        return Place::Below;
    }
    (0..BUCKETS).find(|i| nanos <= lower_bound(i + 1)).map_or(Place::Above, Place::Bucket)
}

#[test]
fn every_bound_is_the_floor_of_the_real_bound() {
    for i in 0..=BUCKETS {
        let bound = lower_bound(i);
        assert!(is_at_most_bound(bound, i), "bound {i} is {bound}: too high");
        assert!(!is_at_most_bound(bound + 1, i), "bound {i} is {bound}: too low");
    }
}

#[test]
fn the_ends_are_a_microsecond_and_an_hour() {
    assert_eq!((lower_bound(0), lower_bound(BUCKETS)), (953, 4_096_000_000_000));
    assert_eq!(lower_bound(160), 1_000_000_000, "bucket 160 begins at one second");
}

#[test]
fn there_is_no_bound_past_the_last() {
    assert_eq!((lower_bound(BUCKETS + 1), lower_bound(usize::MAX)), (u64::MAX, u64::MAX));
}

#[test]
fn bounds_ascend() {
    assert!((0..BUCKETS).all(|i| lower_bound(i) < lower_bound(i + 1)));
}

#[test]
fn durations_around_every_bound_are_placed_upper_inclusive() {
    for i in 0..=BUCKETS {
        let bound = lower_bound(i);
        let at = if i == 0 { Place::Below } else { Place::Bucket(i - 1) };
        let next = if i == BUCKETS { Place::Above } else { Place::Bucket(i) };
        assert_eq!((place(bound - 1), place(bound), place(bound + 1)), (naive_place(bound - 1), at, next), "bound {i}");
    }
}

#[test]
fn the_extremes_have_a_place() {
    assert_eq!((place(0), place(1)), (Place::Below, Place::Below));
    assert_eq!((place(u64::MAX), place(1 << 63)), (Place::Above, Place::Above));
}

#[test]
fn powers_of_two_and_their_neighbours_are_placed_as_a_search_places_them() {
    for bits in 0..64 {
        for nanos in [(1_u64 << bits) - 1, 1 << bits, (1 << bits) + 1] {
            assert_eq!(place(nanos), naive_place(nanos), "{nanos} ns");
        }
    }
}

#[test]
fn the_relative_error_is_half_a_bucket() {
    let doubled = (1.0 + RELATIVE_ERROR).powi(16);
    assert!((doubled - 2.0).abs() < 1e-13, "(1 + error)^16 is {doubled}");
}

#[test]
fn geometric_means_lie_between_their_bounds() {
    for i in 0..BUCKETS {
        let (low, high) = (lower_bound(i) as f64 / 1e9, lower_bound(i + 1) as f64 / 1e9);
        let mean = geometric_mean_seconds(i);
        assert!(low < mean && mean < high, "bucket {i}: {low} {mean} {high}");
        let exact = 2_f64.powf((i as f64 + 0.5) / 8.0 - 20.0);
        assert!((mean / exact - 1.0).abs() < 1e-14, "bucket {i}: {mean}, not {exact}");
    }
}

proptest! {
    #[test]
    fn a_duration_is_placed_as_a_search_places_it(nanos in duration()) {
        prop_assert_eq!(place(nanos), naive_place(nanos));
    }

    #[test]
    fn a_bucket_s_mean_is_within_the_stated_error_of_every_duration_in_it(nanos in duration()) {
        if let Place::Bucket(index) = place(nanos) {
            let value = nanos as f64 / 1e9;
            let error = (geometric_mean_seconds(index) - value).abs() / value;
            prop_assert!(error <= RELATIVE_ERROR, "{} ns: off by {}", nanos, error);
        }
    }
}
