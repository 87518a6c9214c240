//! Refusals that a person should see, said rarely: whoever is refused may come back with every flush.

use axum::http::StatusCode;

use std::sync::atomic::{AtomicU64, Ordering};

use super::Problem;
use crate::refusals::Refusal;

/// Shortest time between two lines: 10 s.
const PAUSE_NANOS: u64 = 10_000_000_000;

/// When something was said last, and how much was left unsaid since.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    /// 0: never.
    last: AtomicU64,
    unsaid: AtomicU64,
}

impl Complaints {
    /// Says that a batch was refused, or counts that it was not said.
    pub(super) fn refused(&self, problem: &Problem, refusal: &Refusal<'_>, now: u64) {
        let Some(unsaid) = self.turn(now) else { return };
        let (why, metric) = match problem.status {
            StatusCode::FORBIDDEN => ("a batch was refused for who sent it", "identity_refused_total"),
            StatusCode::SERVICE_UNAVAILABLE => {
                ("a sender was turned away, and its proxy keeps its batches", "refused_total")
            }
            _ => ("a batch was refused, and what it held is lost", "refused_total"),
        };
        let peer = refusal.peer.map_or_else(String::new, |peer| peer.to_string());
        tracing::warn!(
            code = problem.code,
            reason = %problem.message,
            peer,
            claims = %refusal.who,
            unsaid,
            "{why}; {metric} in /metrics counts all of them"
        );
    }

    /// How much was left unsaid since the last line, when it is time for another.
    fn turn(&self, now: u64) -> Option<u64> {
        let last = self.last.load(Ordering::Relaxed);
        let is_time = last == 0 || now.abs_diff(last) >= PAUSE_NANOS;
        if is_time && self.last.compare_exchange(last, now.max(1), Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            return Some(self.unsaid.swap(0, Ordering::Relaxed));
        }
        self.unsaid.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_at_most_every_ten_seconds_and_says_how_many_it_stands_for() {
        let complaints = Complaints::default();
        let second = PAUSE_NANOS / 10;
        let said: Vec<_> = [0, 1, 2, 9, 11, 12, 30].map(|at| complaints.turn((100 + at) * second)).to_vec();
        assert_eq!(said, [Some(0), None, None, None, Some(3), None, Some(1)]);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_silence_them() {
        let complaints = Complaints::default();
        assert_eq!(complaints.turn(1_000 * PAUSE_NANOS), Some(0));
        assert_eq!(complaints.turn(PAUSE_NANOS), Some(0));
    }
}
