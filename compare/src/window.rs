//! One hour of an edge as one number: the mean logarithm of its answers' durations, read off a histogram.

use std::f64::consts::LN_2;

use hogusu_model::Histogram;
use hogusu_model::layout::{BUCKETS, FIRST_INDEX};

/// Answers in an hour, at least, for their mean to be one of the values that are compared.
pub const FEWEST_ANSWERS: u64 = 20;

/// Mean natural logarithm of the durations in seconds, each taken at the geometric mean of its bucket; what lies below or above the layout
/// at that of the next bucket beyond. `None` when nothing was counted. The sum is of integers, so it is the same however it was merged.
#[must_use]
pub fn mean_log_seconds(durations: &Histogram) -> Option<f64> {
    let count = durations.count();
    if count == 0 {
        return None;
    }
    // The geometric mean of OTLP's bucket i is 2^((2 i + 1) / 16) s.
    let sixteenths = |index: i128| 2 * (index + i128::from(FIRST_INDEX)) + 1;
    let beyond = i128::try_from(BUCKETS).unwrap_or_default();
    let ends = i128::from(durations.below()) * sixteenths(-1) + i128::from(durations.above()) * sixteenths(beyond);
    let sum = durations.buckets().fold(ends, |sum, (index, count)| {
        sum + i128::from(count) * sixteenths(i128::try_from(index).unwrap_or_default())
    });
    Some(sum as f64 / 16.0 / count as f64 * LN_2)
}
