//! What all edges together say of how much a day differs from the next: an edge of few days borrows from it (limma's moderated variance).

use libm::{exp, log};

use crate::distributions::{digamma, inverse_trigamma, trigamma};

/// Edges, at least, for anything to be borrowed.
const FEWEST_EDGES: usize = 10;
/// A variance below this is that of numbers that do not differ at all.
const LEAST_VARIANCE: f64 = 1e-12;

/// What is borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Prior {
    df: f64,
    variance: f64,
}

impl Prior {
    /// Nothing is borrowed.
    pub(crate) const NONE: Self = Self { df: 0.0, variance: 0.0 };

    /// From the variances of edges, each with its degrees of freedom.
    pub(crate) fn of(variances: &[(f64, f64)]) -> Self {
        let usable = || variances.iter().filter(|(variance, df)| *variance > LEAST_VARIANCE && *df >= 1.0);
        let count = usable().count();
        if count < FEWEST_EDGES {
            return Self::NONE;
        }
        let logs: Vec<f64> =
            usable().map(|(variance, df)| log(*variance) - digamma(df / 2.0) + log(df / 2.0)).collect();
        let mean = logs.iter().sum::<f64>() / count as f64;
        let spread = logs.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / (count as f64 - 1.0);
        let expected = usable().map(|(_, df)| trigamma(df / 2.0)).sum::<f64>() / count as f64;
        if spread <= expected {
            return Self { df: f64::INFINITY, variance: exp(mean) };
        }
        let half = inverse_trigamma(spread - expected);
        Self { df: 2.0 * half, variance: exp(mean + digamma(half) - log(half)) }
    }

    /// An edge's variance and degrees of freedom with what is borrowed.
    pub(crate) fn moderate(self, variance: f64, df: f64) -> (f64, f64) {
        if self.df.is_infinite() {
            return (self.variance, f64::INFINITY);
        }
        ((self.df * self.variance + df * variance) / (self.df + df), self.df + df)
    }
}
