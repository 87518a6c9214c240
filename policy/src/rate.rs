//! Rates that say what they rest on: numerator, denominator, everything that was seen, and a floor that no loss can raise.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::State;

/// What a policy comes to, counted in one unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ComplianceRate")]
pub struct Rate {
    /// As the rule asks: the numerator.
    pub compliant: u64,
    /// Otherwise.
    pub violating: u64,
    /// Let off.
    pub excepted: u64,
    /// Not to be told.
    pub undecidable: u64,
    /// Of which nothing could be said: in none of the sums below.
    pub unobserved: u64,
    /// `compliant` and `violating`: the denominator.
    pub decided: u64,
    /// `compliant` by `decided`; `None` of nothing.
    pub rate: Option<f64>,
    /// Everything but `unobserved`.
    pub seen: u64,
    /// Exchanges that are known to be lost, of whatever edge; of workloads, twice as many, for each has two ends.
    pub lost: u64,
    /// Numerator of the floor: `compliant`; of edges and workloads, without those that something lost may have spoilt.
    pub at_least: u64,
    /// `at_least` by `seen` and `lost`: what the share is at least, had everything that was lost, cannot be decided or is excepted been violating; `None` of nothing.
    pub floor: Option<f64>,
}

impl Rate {
    /// Counts so many.
    pub const fn add(&mut self, state: State, count: u64) {
        let sum = match state {
            State::Compliant => &mut self.compliant,
            State::Violating => &mut self.violating,
            State::Excepted => &mut self.excepted,
            State::Undecidable => &mut self.undecidable,
            State::Unobserved => &mut self.unobserved,
        };
        *sum = sum.saturating_add(count);
    }

    /// Of exchanges: each of those that were lost is one more that was not seen to be compliant.
    #[must_use]
    pub fn of_exchanges(self, lost: u64) -> Self {
        self.closed(lost, self.compliant)
    }

    /// Of what exchanges belong to: each of those that were lost may have been the one that spoils another `each` of them.
    #[must_use]
    pub fn of_holders(self, lost: u64, each: u64) -> Self {
        let spoilt = lost.saturating_mul(each);
        self.closed(spoilt, self.compliant.saturating_sub(spoilt))
    }

    fn closed(self, more: u64, at_least: u64) -> Self {
        let decided = self.compliant.saturating_add(self.violating);
        let seen = decided.saturating_add(self.excepted).saturating_add(self.undecidable);
        Self {
            decided,
            seen,
            lost: more,
            at_least,
            rate: share(self.compliant, decided),
            floor: share(at_least, seen.saturating_add(more)),
            ..self
        }
    }
}

/// A part of a whole; `None` of nothing.
#[must_use]
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| as_f64(part) / as_f64(whole))
}

/// A bound in per cent, exactly as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerCent {
    text: String,
    /// In units of `scale` to one per cent.
    units: u128,
    scale: u128,
}

/// Digits after the point at most.
const DIGITS: usize = 9;

impl PerCent {
    /// Reads digits with a point between them, 0 to 100; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let has_point = text.contains('.');
        if whole.is_empty() || whole.len() > 3 || part.len() > DIGITS || has_point == part.is_empty() {
            return None;
        }
        let scale = 10_u128.pow(u32::try_from(part.len()).ok()?);
        let units: u128 = format!("{whole}{part}").parse().ok().filter(|_| is_number(whole) && is_number(part))?;
        (units <= 100 * scale).then(|| Self { text: text.to_owned(), units, scale })
    }

    /// True where it is less than one per cent, and not none at all: as who takes it for a share writes it.
    #[must_use]
    pub const fn is_like_a_share(&self) -> bool {
        self.units > 0 && self.units < self.scale
    }

    /// True where a part of a whole is less than that. Of nothing, nothing is.
    #[must_use]
    pub fn is_above(&self, part: u64, whole: u64) -> bool {
        // At most 2^64 * 100 * 10^9, which 128 bits hold.
        u128::from(part) * 100 * self.scale < self.units * u128::from(whole)
    }
}

impl std::fmt::Display for PerCent {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(&self.text)
    }
}

/// A share in per cent for people: never rounded up to 100 nor down to 0.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => "-".to_owned(),
        _ if part == whole => "100 %".to_owned(),
        _ if part == 0 => "0 %".to_owned(),
        _ => {
            // Thousandths of a per cent, cut off.
            let thousandths = u128::from(part) * 100_000 / u128::from(whole);
            match thousandths {
                0 => "<0.001 %".to_owned(),
                some => format!("{}.{:03} %", some / 1_000, some % 1_000),
            }
        }
    }
}

/// For shares only: the counts stand beside them.
#[expect(clippy::cast_precision_loss, reason = "a share has 53 significant bits; the counts stand beside it exactly")]
#[must_use]
pub(crate) const fn as_f64(count: u64) -> f64 {
    count as f64
}
