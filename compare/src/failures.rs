//! More or fewer failures: shares of days, with counts that are divided by how much more days differ than chance has them (statistics of
//! ratio estimators, design effect), compared by the score test; the interval is Newcombe's.

use libm::sqrt;

use crate::DAYS_FOR_WORDS;
use crate::distributions::{Quantiles, two_sided};
use crate::period::{DayCount, SideOfPeriod};

/// A difference of shares smaller than this is no change: a tenth of a percentage point.
pub const FAILURE_MARGIN: f64 = 0.001;

/// What is said of an edge's failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureWord {
    /// The share of failures is larger in the second period.
    Up,
    /// It is smaller.
    Down,
    /// Neither can be said.
    NoChangeShown,
}

/// How an edge's failures changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FailureChange {
    /// `None`: the periods are too short for any word.
    pub word: Option<FailureWord>,
    /// Share in the second period minus that in the first, with both ends of its 95 % interval. `None`: nothing was judged in one of them, or
    /// there are fewer than two days.
    pub difference: Option<(f64, f64, f64)>,
    /// p value of a change, adjusted for all edges; `None` where no word could be said.
    pub adjusted: Option<f64>,
}

/// The share of one period: effective failures of effective exchanges.
#[derive(Debug, Clone, Copy)]
struct Share {
    failed: f64,
    judged: f64,
    days: usize,
}

/// An edge's shares before words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shares {
    both: Option<(Share, Share)>,
}

impl Share {
    /// Of days: with at least two of them, so that it is known how much they differ.
    fn of(days: &[DayCount]) -> Option<Self> {
        let failed = days.iter().fold(0, |sum: u64, day| sum.saturating_add(day.failed)) as f64;
        let judged = days.iter().fold(0, |sum: u64, day| sum.saturating_add(day.judged)) as f64;
        if days.len() < 2 || judged <= 0.0 {
            return None;
        }
        let (share, blocks) = (failed / judged, days.len() as f64);
        let residual = |day: &DayCount| (day.failed as f64 - share * day.judged as f64) / judged;
        let squares: f64 = days.iter().map(|day| residual(day) * residual(day)).sum();
        let by_chance = share * (1.0 - share) / judged;
        let effect = if by_chance > 0.0 { (blocks / (blocks - 1.0) * squares / by_chance).max(1.0) } else { 1.0 };
        Some(Self { failed: failed / effect, judged: judged / effect, days: days.len() })
    }

    fn share(self) -> f64 {
        self.failed / self.judged
    }

    /// Wilson's interval.
    fn wilson(self, z: f64) -> (f64, f64) {
        let (n, p, square) = (self.judged, self.share(), z * z);
        let centre = (p + square / (2.0 * n)) / (1.0 + square / n);
        let half = z * sqrt(p * (1.0 - p) / n + square / (4.0 * n * n)) / (1.0 + square / n);
        let low = if self.failed <= 0.0 { 0.0 } else { centre - half };
        let high = if self.failed >= n { 1.0 } else { centre + half };
        (low, high)
    }
}

impl Shares {
    /// No report is in both periods.
    pub(crate) const NONE: Self = Self { both: None };

    /// Of the report that both periods have.
    pub(crate) fn of(a: &SideOfPeriod, b: &SideOfPeriod) -> Self {
        Self { both: Share::of(&a.days).zip(Share::of(&b.days)) }
    }

    fn df(a: Share, b: Share) -> f64 {
        (a.days + b.days - 2) as f64
    }

    /// p value of any change, where a word may be said: the score test at no difference.
    pub(crate) fn changed(&self) -> Option<f64> {
        let (a, b) = self.both.filter(|(a, b)| a.days >= DAYS_FOR_WORDS && b.days >= DAYS_FOR_WORDS)?;
        let all = a.judged + b.judged;
        let share = (a.failed + b.failed) / all;
        let variance = share * (1.0 - share) * (1.0 / a.judged + 1.0 / b.judged) * all / (all - 1.0).max(1.0);
        if variance <= 0.0 {
            return Some(1.0);
        }
        Some(two_sided((b.share() - a.share()) / sqrt(variance), Self::df(a, b)))
    }

    /// Effect, interval and, where the periods allow one, the word by this adjusted p value and its bound.
    pub(crate) fn judge(
        &self,
        quantiles: &mut Quantiles,
        may_speak: bool,
        (changed, bound): (Option<f64>, f64),
    ) -> FailureChange {
        let difference = self.both.map(|(a, b)| {
            let z = quantiles.of(Self::df(a, b));
            let ((low_a, high_a), (low_b, high_b)) = (a.wilson(z), b.wilson(z));
            let (p, q) = (b.share(), a.share());
            let reach = |one: f64, other: f64| sqrt(one * one + other * other);
            (p - q, p - q - reach(p - low_b, high_a - q), p - q + reach(high_b - p, q - low_a))
        });
        let is_shown = changed.is_some_and(|value| value <= bound);
        let word = match difference {
            Some((difference, ..)) if is_shown && difference > FAILURE_MARGIN => FailureWord::Up,
            Some((difference, ..)) if is_shown && difference < -FAILURE_MARGIN => FailureWord::Down,
            _ => FailureWord::NoChangeShown,
        };
        FailureChange { word: may_speak.then_some(word), difference, adjusted: changed.filter(|_| may_speak) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(failed: &[u64], judged: &[u64]) -> Vec<DayCount> {
        let day = |(place, (failed, judged)): (usize, (&u64, &u64))| DayCount {
            day: u16::try_from(place).unwrap(),
            failed: *failed,
            judged: *judged,
        };
        failed.iter().zip(judged).enumerate().map(day).collect()
    }

    #[test]
    fn counts_are_divided_by_how_much_more_days_differ_than_chance_has_them() {
        let treated = days(&[2, 9, 1, 3, 2, 11, 4, 0, 1, 3], &[100, 120, 80, 110, 90, 100, 130, 70, 105, 95]);
        let share = Share::of(&treated).unwrap();
        assert!((1000.0 / share.judged - 3.199_554_33).abs() < 1e-8, "{share:?}");
        let control = days(&[1, 4, 2, 0, 1, 7, 1, 1, 0, 1], &[98, 118, 85, 105, 95, 102, 125, 75, 100, 97]);
        assert!((1000.0 / Share::of(&control).unwrap().judged - 2.548_878_83).abs() < 1e-8);
    }

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        let share = |failed, judged| Share { failed, judged, days: 10 }.wilson(1.959_963_984_540_054);
        let near = |found: (f64, f64), wanted: (f64, f64)| {
            assert!((found.0 - wanted.0).abs() < 1e-9 && (found.1 - wanted.1).abs() < 1e-9, "{found:?} {wanted:?}");
        };
        near(share(5.0, 20.0), (0.111_861_701, 0.468_700_878));
        near(share(0.0, 100.0), (0.0, 0.036_993_498));
        near(share(10.0, 10.0), (0.722_467_200, 1.0));
    }
}
