//! Wall time from a monotonic clock, anchored once, and the instants at which a sender cuts.

/// Nanoseconds in a millisecond.
pub(crate) const MILLI: u64 = 1_000_000;

/// An anchor: the same instant on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) wall: u64,
    pub(crate) monotonic: u64,
}

impl Clock {
    /// Wall time of an instant of the monotonic clock; never before the anchor.
    pub(crate) const fn wall_at(self, monotonic: u64) -> u64 {
        self.wall + monotonic.saturating_sub(self.monotonic)
    }
}

/// The first multiple of `interval` after `wall`.
pub(crate) const fn next_multiple(wall: u64, interval: u64) -> u64 {
    (wall / interval + 1) * interval
}
