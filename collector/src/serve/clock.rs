//! The clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::telemetry::nanos;

/// Wall time, nanoseconds since the epoch.
#[expect(clippy::disallowed_methods, reason = "the composition root's clock")]
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanos)
}

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the composition root's clock")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since the start.
    pub(super) fn nanos(self) -> u64 {
        nanos(self.0.elapsed())
    }
}
