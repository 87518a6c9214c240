//! How much of the stretches that a report was gathered from anybody covered: added up stretch by stretch, and in words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::build::seconds;
use super::shape::percent;
use crate::analysis::completeness::Completeness;
use crate::analysis::numerals::grouped;

/// How complete all stretches are together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Seconds that senders covered.
    pub covered_seconds: f64,
    /// Seconds that they should have covered.
    pub expected_seconds: f64,
    /// Batches missing from their sequences.
    pub lost_batches: u64,
}

/// What is known of it so far, in nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Covering {
    covered: u64,
    expected: u64,
    lost_batches: u64,
}

impl Covering {
    /// Adds a stretch.
    pub(super) const fn add(&mut self, complete: &Completeness) {
        self.covered = self.covered.saturating_add(complete.covered);
        self.expected = self.expected.saturating_add(complete.expected);
        self.lost_batches = self.lost_batches.saturating_add(complete.lost_batches);
    }

    /// All of it.
    pub(super) fn told(self) -> Coverage {
        let Self { covered, expected, lost_batches } = self;
        Coverage { covered_seconds: seconds(covered), expected_seconds: seconds(expected), lost_batches }
    }
}

impl Coverage {
    /// As in a heading.
    pub(super) fn words(&self) -> String {
        let covered = if self.expected_seconds > 0.0 {
            format!("{} of the time covered", percent(self.covered_seconds / self.expected_seconds))
        } else {
            "nobody reported".to_owned()
        };
        format!("{covered}, batches lost: {}", grouped(self.lost_batches))
    }
}
