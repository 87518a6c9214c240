//! Two stretches of time of a mesh, compared edge by edge: what is kept of an hour, what two periods of hours say, and which words may be
//! said of it.
//!
//! Pure: no clock, no files, no text for people. docs/diff.md has the method, what it finds and how often it is wrong.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod blocks;
mod diff;
mod distributions;
mod failures;
mod latency;
mod moderated;
mod multiple;
mod period;
mod presence;
mod record;
mod security;
mod window;

pub use blocks::Unit;
pub use diff::{Diff, EdgeDiff, FALSE_WORDS, SAME_ERRORS, diff};
pub use failures::{FAILURE_MARGIN, FailureChange, FailureWord};
pub use latency::{LATENCY_MARGIN, LatencyChange, LatencyWord};
pub use period::{DayCount, EdgeOfPeriod, Gathering, LONGEST_HOURS, PeriodOfMesh, SideOfPeriod, TooMuch, Window};
pub use presence::Presence;
pub use record::{
    Answers, Coverage, EdgeHour, EdgeRecord, EndRecord, HourRecord, OutcomeRecord, SecurityRecord, SideHour, SideRecord,
};
pub use security::{SecurityChange, SecurityWord};
pub use window::{FEWEST_ANSWERS, mean_log_seconds};

/// Days of a period, at least, before anything is said of it in a word.
pub const DAYS_FOR_WORDS: usize = 7;

/// Hours of a day.
pub(crate) const DAY: u64 = 24;

/// Which report of an edge is compared: the source's where both periods have one, for it saw what the source got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportOf {
    /// What the source's proxies counted.
    Source,
    /// What the destination's proxies counted.
    Destination,
}
