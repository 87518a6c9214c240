//! Wall time from a monotonic clock, anchored anew when the wall clock was set, and the instants at which a sender cuts.

use crate::host::Host;

/// Nanoseconds in a millisecond.
pub(crate) const MILLI: u64 = 1_000_000;

/// From this difference on the wall clock was set; what is less is how clocks are read: 1 s.
const STEP: u64 = 1_000 * MILLI;

/// An anchor: the same instant on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) wall: u64,
    pub(crate) monotonic: u64,
}

impl Clock {
    /// Wall time of an instant of the monotonic clock; never before the anchor.
    pub(crate) const fn wall_at(self, monotonic: u64) -> u64 {
        self.wall.saturating_add(monotonic.saturating_sub(self.monotonic))
    }

    /// Looks at the wall clock at the monotonic `now`, and is anchored anew where that was set; says by how much.
    pub(crate) fn follow(&mut self, host: &impl Host, now: u64) -> Option<Step> {
        let (wall, expected) = (host.wall(), self.wall_at(now));
        // A host that cannot read it says 0.
        if wall == 0 || wall.abs_diff(expected) < STEP {
            return None;
        }
        // Whoever was held up between the two clocks looks again at the next tick.
        if host.monotonic().saturating_sub(now) >= STEP / 2 {
            return None;
        }
        *self = Self { wall, monotonic: now };
        Some(Step { from: expected, to: wall })
    }
}

/// What the wall clock was set from and to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    from: u64,
    to: u64,
}

impl Step {
    /// What it was set from.
    pub(crate) const fn before(self) -> u64 {
        self.from
    }

    /// The same instant by the clock as it is now.
    pub(crate) const fn moved(self, at: u64) -> u64 {
        if self.to >= self.from {
            at.saturating_add(self.to - self.from)
        } else {
            at.saturating_sub(self.from - self.to)
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, millis) = (if self.to >= self.from { '+' } else { '-' }, self.to.abs_diff(self.from) / MILLI);
        write!(f, "{sign}{}.{:03} s", millis / 1_000, millis % 1_000)
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
    use crate::fake::FakeHost;

    #[test]
    fn a_wall_clock_that_was_set_anchors_anew_and_one_that_is_read_late_does_not() {
        let at = |wall_at_zero| {
            let mut host = FakeHost::default();
            (host.wall_at_zero, host.now) = (wall_at_zero, 7 * STEP);
            host
        };
        let begun = Clock { wall: 100 * STEP, monotonic: 0 };
        for (wall, said) in [
            (100 * STEP, None),
            (100 * STEP + STEP - 1, None),
            (102 * STEP, Some("+2.000 s")),
            (99 * STEP, Some("-1.000 s")),
        ] {
            let (mut clock, host) = (begun, at(wall));
            let step = clock.follow(&host, host.now);
            assert_eq!(step.map(|step| step.to_string()).as_deref(), said);
            let anchor = if step.is_some() { wall } else { begun.wall };
            assert_eq!(clock.wall_at(9 * STEP), anchor + 9 * STEP);
        }
    }

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
