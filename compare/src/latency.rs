//! Faster, slower or the same: the means of days, compared by Student's t with a variance that all edges share in.

use libm::{exp, log, sqrt};

use crate::DAYS_FOR_WORDS;
use crate::blocks::{Blocks, Unit, blocks};
use crate::distributions::{Quantiles, above, two_sided};
use crate::moderated::Prior;
use crate::period::{PeriodOfMesh, SideOfPeriod};

/// A ratio nearer to 1 than this (or than its reciprocal) is no change: about the width of a histogram's bucket.
pub const LATENCY_MARGIN: f64 = 1.1;

/// Least standard error of a log ratio: below it lies the histogram's own resolution, not the edge.
const LEAST_ERROR: f64 = 1e-6;

/// What is said of an edge's speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LatencyWord {
    /// The second period is slower, beyond the margin and beyond chance.
    Slower,
    /// It is faster.
    Faster,
    /// Neither: the ratio is within the margin, beyond chance.
    Same,
    /// None of these can be said.
    NotEnoughData,
}

/// How an edge's speed changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyChange {
    /// `None`: the periods are too short for any word.
    pub word: Option<LatencyWord>,
    /// Geometric mean of the second period over that of the first, with both ends of its 95 % interval. `None`: too few answers.
    pub ratio: Option<(f64, f64, f64)>,
    /// What one value stands for.
    pub unit: Unit,
    /// How many values there are in each period.
    pub values: (usize, usize),
    /// p value of a change, adjusted for all edges; `None` where no word could be said.
    pub adjusted: Option<f64>,
}

/// An edge before words: the difference of means, and its variance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate {
    unit: Unit,
    values: (usize, usize),
    /// Difference of the mean logarithms and the variance of one value, with its degrees of freedom.
    found: Option<(f64, f64, f64)>,
}

/// Of the report that both periods have.
pub(crate) fn estimate(a: (&PeriodOfMesh, &SideOfPeriod), b: (&PeriodOfMesh, &SideOfPeriod)) -> Estimate {
    let Blocks { unit, a, b } = blocks(a, b);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let squares = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>()
    };
    let found = (a.len() >= 2 && b.len() >= 2).then(|| {
        let df = (a.len() + b.len() - 2) as f64;
        (mean(&b) - mean(&a), (squares(&a) + squares(&b)) / df, df)
    });
    Estimate { unit, values: (a.len(), b.len()), found }
}

impl Estimate {
    /// No report is in both periods.
    pub(crate) const NONE: Self = Self { unit: Unit::Hour, values: (0, 0), found: None };

    /// Whether a word may be said of it, the periods being long enough.
    fn has_days(&self) -> bool {
        self.unit == Unit::Day && self.values.0 >= DAYS_FOR_WORDS && self.values.1 >= DAYS_FOR_WORDS
    }

    /// What enters the prior.
    pub(crate) fn variance(&self) -> Option<(f64, f64)> {
        let (_, variance, df) = self.found.filter(|_| self.has_days())?;
        Some((variance, df))
    }

    /// The difference, its standard error, and the degrees of freedom.
    fn error(&self, prior: Prior) -> Option<(f64, f64, f64)> {
        let (difference, variance, df) = self.found?;
        let (variance, df) = if self.has_days() { prior.moderate(variance, df) } else { (variance, df) };
        let error = sqrt(variance * (1.0 / self.values.0 as f64 + 1.0 / self.values.1 as f64));
        Some((difference, error.max(LEAST_ERROR), df))
    }

    /// p value of any change, where a word may be said.
    pub(crate) fn changed(&self, prior: Prior) -> Option<f64> {
        let (difference, error, df) = self.error(prior).filter(|_| self.has_days())?;
        Some(two_sided(difference / error, df))
    }

    /// p value of a change beyond the margin, where a word may be said: the larger one of both ends.
    pub(crate) fn same(&self, prior: Prior) -> Option<f64> {
        let (difference, error, df) = self.error(prior).filter(|_| self.has_days())?;
        let margin = log(LATENCY_MARGIN);
        Some(above((margin - difference) / error, df).max(above((difference + margin) / error, df)))
    }

    /// Effect, interval and, where the periods allow one, the word by these adjusted p values and their bounds.
    pub(crate) fn judge(
        &self,
        prior: Prior,
        quantiles: &mut Quantiles,
        may_speak: bool,
        (changed, same): ((Option<f64>, f64), (Option<f64>, f64)),
    ) -> LatencyChange {
        let found = self.error(prior);
        let ratio = found.map(|(difference, error, df)| {
            let reach = quantiles.of(df) * error;
            (exp(difference), exp(difference - reach), exp(difference + reach))
        });
        let is_below = |(value, bound): (Option<f64>, f64)| value.is_some_and(|value| value <= bound);
        let margin = log(LATENCY_MARGIN);
        let word = match found {
            Some((difference, ..)) if is_below(changed) && difference > margin => LatencyWord::Slower,
            Some((difference, ..)) if is_below(changed) && difference < -margin => LatencyWord::Faster,
            _ if is_below(same) => LatencyWord::Same,
            _ => LatencyWord::NotEnoughData,
        };
        LatencyChange {
            word: may_speak.then_some(word),
            ratio,
            unit: self.unit,
            values: self.values,
            adjusted: changed.0.filter(|_| may_speak),
        }
    }
}
