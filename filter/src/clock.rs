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

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn wall_time_follows_the_monotonic_clock_and_never_runs_backwards() {
        let clock = Clock { wall: 1_000, monotonic: 50 };
        assert_eq!([clock.wall_at(50), clock.wall_at(80), clock.wall_at(10)], [1_000, 1_030, 1_000]);
    }

    #[test]
    fn the_next_multiple_is_after_now() {
        assert_eq!(
            [next_multiple(0, 5), next_multiple(4, 5), next_multiple(5, 5), next_multiple(6, 5)],
            [5, 5, 10, 10]
        );
    }
}
