//! Reading quantiles: nearest rank, at the geometric mean of the bucket the rank falls into.
//!
//! Off by at most [`crate::layout::RELATIVE_ERROR`]. Never a quantile of quantiles: merge histograms first.

use crate::histogram::Histogram;
use crate::layout::geometric_mean_seconds;

/// A quantile strictly above 0 and at most 1, in parts per ten thousand, so that a rank is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantile(u16);

impl Quantile {
    /// The median.
    pub const P50: Self = Self(5_000);
    /// Nine of ten are faster.
    pub const P90: Self = Self(9_000);
    /// Ninety-nine of a hundred are faster.
    pub const P99: Self = Self(9_900);

    /// A quantile of `parts` per ten thousand; `None` for 0 and for more than 10,000.
    #[must_use]
    pub const fn per_ten_thousand(parts: u16) -> Option<Self> {
        if parts == 0 || parts > 10_000 { None } else { Some(Self(parts)) }
    }

    /// The nearest rank among `count` values, from 1 to `count`; 0 when there is none.
    #[must_use]
    pub fn rank(self, count: u64) -> u64 {
        let rank = (u128::from(count) * u128::from(self.0)).div_ceil(10_000);
        u64::try_from(rank).unwrap_or(count)
    }
}

/// What a histogram says of a quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// At most 2^-20 s: shown as `<`.
    Below,
    /// Seconds, within [`crate::layout::RELATIVE_ERROR`].
    Seconds(f64),
    /// More than 2^12 s: shown as `>`.
    Above,
}

impl Histogram {
    /// The quantile's value; `None` when the histogram is empty.
    #[must_use]
    pub fn quantile(&self, quantile: Quantile) -> Option<Reading> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let rank = quantile.rank(count);
        let mut seen = self.below();
        if rank <= seen {
            return Some(Reading::Below);
        }
        for (index, in_bucket) in self.buckets() {
            seen = seen.saturating_add(in_bucket);
            if rank <= seen {
                return Some(Reading::Seconds(geometric_mean_seconds(index)));
            }
        }
        Some(Reading::Above)
    }
}
