//! A policy that was read and found in order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::At;
use crate::rule::Rule;
use crate::selector::Scope;
use crate::words::Severity;

/// Name and version of the format.
pub const SCHEMA: &str = "hogusu.policy/v1";

/// Nanoseconds of a day.
const DAY: u64 = 86_400_000_000_000;

/// A policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What it is called.
    pub id: String,
    /// What it answers.
    pub question: String,
    /// How much it matters.
    pub severity: Severity,
    /// Who answers for it.
    pub owner: String,
    /// Labels.
    pub controls: Vec<String>,
    /// Which edges it speaks of.
    pub scope: Scope,
    /// What holds of them.
    pub rule: Rule,
    /// How complete a period must be to prove anything.
    pub bounds: Bounds,
    /// Edges that are let off.
    pub exceptions: Vec<Exception>,
    /// Its file.
    pub file: String,
    /// Where it begins.
    pub at: At,
    /// Where its scope stands.
    pub scope_at: At,
}

/// Edges that are let off until a day, and who answers for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Which.
    pub scope: Scope,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Its last day.
    pub expires: String,
    /// Nanoseconds since the epoch when that day is over.
    pub until: u64,
    /// Where it stands.
    pub at: At,
}

/// How complete a period must be to prove anything. What is not bounded here is always asked for: no silent proxy, no pod whose traffic passes
/// no proxy, no refused batch, no damaged file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// Least share of the time that should be covered, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub time_covered: f64,
    /// Largest share of the requests, and of the connections, that may be undecidable, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub undecidable: f64,
    /// Most batches that may be lost.
    pub lost_batches: u64,
    /// Most senders that may have gone silent without an end.
    pub unclosed_senders: u64,
    /// Whether somebody must say which proxies should report.
    pub expected_proxies: Expected,
}

/// Whether the number of proxies that should report must be known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Without it nobody knows who is silent.
    #[default]
    Known,
    /// Only proxies that were seen can be missed.
    Any,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            time_covered: 0.99,
            undecidable: 0.0,
            lost_batches: 0,
            unclosed_senders: 0,
            expected_proxies: Expected::Known,
        }
    }
}

/// When a day is over, nanoseconds since the epoch; `None` for what is no day of this calendar, or none since 1970.
#[must_use]
pub fn end_of_day(date: &str) -> Option<u64> {
    let is_date = date.len() == 10 && date.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    let mut parts = date.split('-').filter(|_| is_date).map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || !(1970..=2200).contains(&year) || day == 0 || day > days_in(month, year)? {
        return None;
    }
    let of_years: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let of_months: u64 = (1..month).filter_map(|month| days_in(month, year)).sum();
    Some((of_years + of_months + day) * DAY)
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(month: u64, year: u64) -> Option<u64> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if is_leap(year) { 29 } else { 28 }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_the_next_begins() {
        assert_eq!(end_of_day("1970-01-01"), Some(DAY));
        assert_eq!(end_of_day("2000-02-29"), Some(951_868_800_000_000_000), "2000-03-01T00:00:00Z");
        assert_eq!(end_of_day("2026-11-23"), Some(1_795_478_400_000_000_000), "2026-11-24T00:00:00Z");
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "26-01-01",
            "2026-1-01",
            "2026-01-01x",
            "1969-12-31",
        ] {
            assert_eq!(end_of_day(text), None, "{text}");
        }
    }
}
