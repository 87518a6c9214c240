//! Student's t and the functions below it, by one pure-Rust `libm`: the same digits on every machine.

use std::collections::BTreeMap;

use libm::{exp, fabs, lgamma, log, log1p, sqrt};

/// Probability that |T| exceeds |t|, with so many degrees of freedom; infinite ones are the normal distribution.
pub(crate) fn two_sided(t: f64, df: f64) -> f64 {
    if !t.is_finite() {
        return 0.0;
    }
    if df.is_infinite() {
        return libm::erfc(fabs(t) / std::f64::consts::SQRT_2);
    }
    beta(df / (df + t * t), df / 2.0, 0.5)
}

/// Probability that T exceeds t.
pub(crate) fn above(t: f64, df: f64) -> f64 {
    let tail = two_sided(t, df) / 2.0;
    if t >= 0.0 { tail } else { 1.0 - tail }
}

/// Natural logarithm of n over k.
pub(crate) fn log_choose(n: u64, k: u64) -> f64 {
    let log_factorial = |n: u64| lgamma(n as f64 + 1.0);
    log_factorial(n) - log_factorial(k) - log_factorial(n.saturating_sub(k))
}

/// The regularised incomplete beta function, by its continued fraction (Lentz).
fn beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b));
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let away = |value: f64| if fabs(value) < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut sum = d;
    for step in 1..300_u32 {
        let m = f64::from(step);
        for numerator in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / away(1.0 + numerator * d);
            c = away(1.0 + numerator / c);
            sum *= c * d;
        }
        if fabs(c * d - 1.0) < 1e-15 {
            break;
        }
    }
    sum
}

/// Two-sided 95 % quantiles of Student's t, each found once.
#[derive(Debug, Default)]
pub(crate) struct Quantiles(BTreeMap<u64, f64>);

impl Quantiles {
    /// That of so many degrees of freedom, by bisection.
    pub(crate) fn of(&mut self, df: f64) -> f64 {
        *self.0.entry(df.to_bits()).or_insert_with(|| {
            let (mut low, mut high) = (0.0, 1_000.0);
            for _ in 0..80 {
                let middle = f64::midpoint(low, high);
                if two_sided(middle, df) > 0.05 { low = middle } else { high = middle }
            }
            f64::midpoint(low, high)
        })
    }
}

/// The logarithm's derivative of the gamma function, for x > 0: recurrence up to 10, then the asymptotic series.
pub(crate) fn digamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 10.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square / 240.0)));
    sum + log(x) - 0.5 / x - series
}

/// Its derivative.
pub(crate) fn trigamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 10.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = square * (1.0 / 6.0 - square * (1.0 / 30.0 - square * (1.0 / 42.0 - square / 30.0)));
    sum + 1.0 / x + 0.5 * square + series / x
}

/// Where [`trigamma`] has a value above 0, by Newton's method on its reciprocal (as limma does).
pub(crate) fn inverse_trigamma(value: f64) -> f64 {
    if value > 1e7 {
        return 1.0 / sqrt(value);
    }
    if value < 1e-6 {
        return 1.0 / value;
    }
    let mut y = 0.5 + 1.0 / value;
    for _ in 0..50 {
        let at = trigamma(y);
        let step = at * (1.0 - at / value) / tetragamma(y);
        y += step;
        if -step / y < 1e-10 {
            break;
        }
    }
    y
}

/// The derivative of [`trigamma`].
fn tetragamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 10.0 {
        sum -= 2.0 / (x * x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    sum - square - square / x - square * square * (0.5 - square * (1.0 / 6.0 - square / 6.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) {
        assert!(fabs(found - wanted) <= 2e-8 * fabs(wanted).max(1.0), "{found} is not {wanted}");
    }

    #[test]
    fn quantiles_and_tails_are_those_of_the_tables() {
        // Twice the one-sided .05 of R's qt(.95, df).
        for (df, t) in [(9.0, 1.833_112_93), (19.0, 1.729_132_81), (29.0, 1.699_127_03), (59.0, 1.671_093_03)] {
            near(two_sided(t, df), 0.1);
            near(above(-t, df), 0.95);
        }
        near(Quantiles::default().of(f64::INFINITY), 1.959_963_985);
        near(Quantiles::default().of(12.0), 2.178_812_83);
        near(exp(log_choose(10, 3)), 120.0);
    }

    #[test]
    fn derivatives_of_the_gamma_function_are_those_of_the_tables() {
        near(digamma(1.0), -0.577_215_664_9);
        near(digamma(6.0), 1.706_117_668_4);
        near(trigamma(1.0), 1.644_934_066_8);
        near(trigamma(6.0), 0.181_322_955_7);
        for x in [0.3, 1.0, 4.5, 60.0] {
            near(inverse_trigamma(trigamma(x)), x);
        }
    }
}
