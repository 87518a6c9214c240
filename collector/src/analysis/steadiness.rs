//! How steady an edge is: the spread of its hourly P99 beside its level, and how much of that spread is chance of what was counted.

use hogusu_model::{Histogram, Quantile};

use super::slowness::nanos;

/// Answers of an hour, at least: of fewer, one in twenty has none at all above its P99.
pub const FEWEST_ANSWERS: u64 = 300;
/// Hours, at least, of which a spread is told.
pub const FEWEST_HOURS: usize = 12;
/// From this spread on an edge is unstable: the middle half of its hours differs by half of its level.
pub const UNSTABLE: f64 = 0.5;
/// And if it is so many times what chance makes.
pub const BEYOND_CHANCE: f64 = 2.0;

/// The P99 of an hour, in nanoseconds, and the ends of what it may be half of the time if the hour is measured again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// As counted.
    pub p99: u64,
    low: u64,
    high: u64,
}

/// How an edge's hours lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steadiness {
    /// Median of the hourly P99, in nanoseconds.
    pub level: f64,
    /// Their interquartile range by the median.
    pub spread: f64,
    /// What chance alone makes of it: the median of what each hour's P99 may be half of the time, by the level.
    pub chance: f64,
    /// The least P99 of an hour.
    pub least: u64,
    /// The largest.
    pub most: u64,
}

impl Hour {
    /// Of an hour's answers; `None` of too few.
    #[must_use]
    pub fn of(answers: &Histogram) -> Option<Self> {
        if answers.count() < FEWEST_ANSWERS {
            return None;
        }
        // The rank of a quantile is binomial; the middle half of a normal distribution is within 0.6745 of its deviation.
        let around = 6_745.0 * (0.01 * 0.99 / number(answers.count())).sqrt();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 39 parts of ten thousand"
        )]
        let around = around.ceil() as u16;
        let at = |parts: u16| Quantile::per_ten_thousand(parts.min(10_000)).and_then(|one| nanos(answers, one));
        Some(Self { p99: nanos(answers, Quantile::P99)?, low: at(9_900 - around)?, high: at(9_900 + around)? })
    }
}

impl Steadiness {
    /// Of its hours; `None` of too few.
    #[must_use]
    pub fn of(hours: &[Hour]) -> Option<Self> {
        if hours.len() < FEWEST_HOURS {
            return None;
        }
        let sorted = |of: fn(&Hour) -> u64| {
            let mut values: Vec<u64> = hours.iter().map(of).collect();
            values.sort_unstable();
            values
        };
        let (values, widths) = (sorted(|hour| hour.p99), sorted(|hour| hour.high.saturating_sub(hour.low)));
        let level = at(&values, 0.5).max(1.0);
        Some(Self {
            level,
            spread: (at(&values, 0.75) - at(&values, 0.25)) / level,
            chance: at(&widths, 0.5) / level,
            least: values.first().copied().unwrap_or_default(),
            most: values.last().copied().unwrap_or_default(),
        })
    }

    /// Its hours differ much, and by more than chance makes.
    #[must_use]
    pub fn is_unstable(&self) -> bool {
        self.spread >= UNSTABLE && self.spread >= BEYOND_CHANCE * self.chance
    }
}

/// A quantile of sorted values, between two of them in proportion.
fn at(sorted: &[u64], part: f64) -> f64 {
    let place = part * number(sorted.len().saturating_sub(1) as u64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    let below = place.floor() as usize;
    let value = |place: usize| sorted.get(place).or(sorted.last()).map_or(0.0, |value| number(*value));
    value(below) + (place - place.floor()) * (value(below + 1) - value(below))
}

#[expect(clippy::cast_precision_loss, reason = "durations and ranks: the last of 53 bits does not matter")]
const fn number(count: u64) -> f64 {
    count as f64
}
