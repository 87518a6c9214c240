//! Where a batch lies in time. Its sender names that by its own clock; one that cannot be right is not believed, and what it counted lies
//! where it arrived.
//!
//! A clock that is ahead is known by its first batch: nothing arrives before it ended. One that is behind looks like a batch that was
//! held up, so it takes two batches that say when they were written: the second is written when the first was answered.

use hogusu_model::BatchHeader;

use super::sender::Progress;
use crate::limits;

/// From this difference on a sender's clock is not believed: 2 s.
pub const SKEW_NANOS: u64 = 2_000_000_000;

/// A batch's time by the collector's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Progress {
    /// Compares the clocks. A sender whose clock was set begins anew.
    pub(super) fn compare(&mut self, header: &BatchHeader, arrival: u64) {
        if self.counters.clock_steps != header.counters.clock_steps {
            let comparisons = self.comparisons;
            (self.clock_skew, self.comparisons) = (i64::MAX, 0);
            // Of one that was never compared nobody knows when that was.
            if comparisons > 0 {
                self.clock_set_at = arrival;
            }
        }
        let shown = if header.sent == 0 { header.end } else { header.sent };
        self.clock_skew = self.clock_skew.min(difference(arrival, shown));
        self.comparisons = self.comparisons.saturating_add(1);
    }

    /// Places a batch whose clock was compared.
    pub(super) fn place(&mut self, header: &BatchHeader, arrival: u64) -> Placed {
        let skew = self.clock_skew;
        let is_behind = (header.sent != 0 && self.comparisons > 1) || skew.unsigned_abs() > limits::BATCH_AGE_NANOS;
        let is_believed = skew.unsigned_abs() <= SKEW_NANOS || (skew > 0 && !is_behind);
        let shift = if is_believed { 0 } else { skew };
        let (earliest, latest) = (arrival.saturating_sub(limits::BATCH_AGE_NANOS), arrival.saturating_add(SKEW_NANOS));
        let end = moved(header.end, shift).clamp(earliest, latest);
        let start = moved(header.start, shift).clamp(earliest, end);
        // What its first batch said was taken for a delay.
        if shift > 0 && self.clock_shift == 0 && self.comparisons == 2 && header.counters.clock_steps == 0 {
            self.first_start = moved(self.first_start, shift).min(start);
        }
        self.clock_shift = shift;
        Placed { start, end }
    }
}

const fn moved(at: u64, by: i64) -> u64 {
    if by < 0 { at.saturating_sub(by.unsigned_abs()) } else { at.saturating_add(by.unsigned_abs()) }
}

/// `a - b` in signed nanoseconds, saturating.
fn difference(a: u64, b: u64) -> i64 {
    let distance = i64::try_from(a.abs_diff(b)).unwrap_or(i64::MAX);
    if a >= b { distance } else { -distance }
}
