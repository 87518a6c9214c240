//! The stretches that a period is cut into: whole multiples of the resolution that it is read at, aligned to UTC. Every instant of the
//! period lies in exactly one of them, so what they count adds up to what the period counts.

use crate::limits;
use crate::store::Resolution;

const MINUTE: u64 = 60_000_000_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Steps that divide what people read clocks by, nanoseconds, ascending. Longer ones are whole days.
const USUAL: [u64; 17] = [
    MINUTE / 6,
    MINUTE / 3,
    MINUTE / 2,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    20 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    4 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
];
/// Points at most when no step is asked for.
const USUAL_POINTS: u64 = 120;

/// A period cut into stretches. All times are nanoseconds since the epoch, all lengths nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    from: u64,
    to: u64,
    step: u64,
    resolution: Resolution,
}

/// Why a period is not cut so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadStep {
    /// Nothing is known of parts of what is kept.
    #[error("the step is no whole multiple of {}, the resolution of this period", .0.as_str())]
    NoMultiple(Resolution),
    /// More than [`limits::SERIES_POINTS`].
    #[error("the period has {points} points of this step, more than {}", limits::SERIES_POINTS)]
    TooManyPoints {
        /// How many there would be.
        points: u64,
        /// A step with which the period has few enough, nanoseconds.
        possible: u64,
    },
}

impl Steps {
    /// Of [from, to), rounded outwards to the resolution, with the step that is asked for, or the shortest usual one that gives a
    /// hundred points or so.
    ///
    /// # Errors
    /// When the step is no multiple of the resolution, or the points are too many.
    pub fn of(from: u64, to: u64, resolution: Resolution, asked: Option<u64>) -> Result<Self, BadStep> {
        let unit = resolution.nanos();
        let (from, to) = (from / unit * unit, to.div_ceil(unit).saturating_mul(unit));
        let cut = |step| Self { from, to, step, resolution };
        let steps = match asked {
            Some(step) if step == 0 || !step.is_multiple_of(unit) => return Err(BadStep::NoMultiple(resolution)),
            Some(step) => cut(step),
            None => {
                let usual = USUAL.into_iter().filter(|step| step.is_multiple_of(unit)).map(cut);
                let mut few = usual.filter(|steps| steps.points() <= USUAL_POINTS);
                few.next().unwrap_or_else(|| cut(within(to.saturating_sub(from), USUAL_POINTS, DAY)))
            }
        };
        match steps.points() {
            points if points > limits::SERIES_POINTS => Err(BadStep::TooManyPoints {
                points,
                possible: within(to.saturating_sub(from), limits::SERIES_POINTS, unit),
            }),
            _ => Ok(steps),
        }
    }

    /// How long one is, but for the first and the last, which end with the period.
    #[must_use]
    pub const fn step(self) -> u64 {
        self.step
    }

    /// What the period is read at.
    #[must_use]
    pub const fn resolution(self) -> Resolution {
        self.resolution
    }

    /// How many there are.
    #[must_use]
    pub const fn points(self) -> u64 {
        self.to.div_ceil(self.step).saturating_sub(self.from / self.step)
    }

    /// The place of the stretch that a time lies in; `None` outside of the period.
    #[must_use]
    pub fn place(self, nanos: u64) -> Option<u64> {
        (self.from..self.to).contains(&nanos).then(|| nanos / self.step - self.from / self.step)
    }

    /// Start and end of each stretch, ascending.
    pub fn stretches(self) -> impl Iterator<Item = (u64, u64)> {
        let first = self.from / self.step;
        (first..first.saturating_add(self.points())).map(move |number| {
            let start = number.saturating_mul(self.step);
            (start.max(self.from), start.saturating_add(self.step).min(self.to))
        })
    }
}

/// A multiple of `unit` with which a period of this length has so many points at most, wherever it begins.
const fn within(length: u64, points: u64, unit: u64) -> u64 {
    // One more than fit side by side is touched by a period that begins between two borders.
    length.div_ceil(points - 1).div_ceil(unit).saturating_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    /// 2026-11-24T14:02:00Z.
    const NOW: u64 = 1_795_528_920 * SECOND;

    fn usual(length: u64) -> Steps {
        Steps::of(NOW - length, NOW, Resolution::of_period(length), None).unwrap()
    }

    #[test]
    fn stretches_follow_each_other_from_the_periods_start_to_its_end_and_hold_what_is_placed_in_them() {
        for (offset, step) in (0..40).flat_map(|offset| [10, 30, 70, 3600].map(|step| (offset, step))) {
            let (from, to) = (NOW + offset * 7 * SECOND, NOW + (offset * 13 + 301) * SECOND);
            let steps = Steps::of(from, to, Resolution::Slot, Some(step * SECOND)).unwrap();
            let stretches: Vec<_> = steps.stretches().collect();
            assert_eq!(stretches.len() as u64, steps.points());
            assert_eq!(stretches[0].0, from / (10 * SECOND) * (10 * SECOND));
            assert_eq!(stretches[stretches.len() - 1].1, to.next_multiple_of(10 * SECOND));
            for (place, (start, end)) in stretches.iter().enumerate() {
                assert!(start < end);
                assert_eq!([*start, end - 1].map(|time| steps.place(time)), [Some(place as u64); 2]);
            }
            for pair in stretches.windows(2) {
                assert_eq!(pair[0].1, pair[1].0);
                assert!(pair[1].0.is_multiple_of(step * SECOND), "borders are those of UTC");
            }
            assert_eq!(steps.place(stretches[0].0 - 1), None);
            assert_eq!(steps.place(stretches[stretches.len() - 1].1), None);
        }
    }

    #[test]
    fn without_a_step_any_period_has_about_a_hundred_points() {
        let seconds = |length| usual(length).step() / SECOND;
        // A day is read by the hour: there is nothing finer to cut it into.
        assert_eq!([5 * MINUTE, HOUR, DAY].map(seconds), [10, 30, 3600]);
        assert_eq!(
            [7 * DAY, 30 * DAY, 400 * DAY].map(|length| usual(length).step() % usual(length).resolution().nanos()),
            [0; 3]
        );
        for minutes in (10..400 * 24 * 60).step_by(37) {
            let steps = usual(minutes * MINUTE);
            assert!(steps.points() <= 120, "{minutes} minutes: {steps:?}");
            assert!(steps.points() >= 45 || steps.step() == steps.resolution().nanos(), "{minutes} minutes: {steps:?}");
        }
    }

    #[test]
    fn a_step_finer_than_what_is_kept_is_refused_and_so_is_one_between_two_multiples() {
        for step in [0, 1, 5 * SECOND, 15 * SECOND] {
            let refused = Steps::of(NOW, NOW + HOUR, Resolution::Slot, Some(step));
            assert_eq!(refused, Err(BadStep::NoMultiple(Resolution::Slot)));
        }
        let refused = Steps::of(NOW, NOW + DAY, Resolution::Minute, Some(90 * SECOND)).unwrap_err();
        assert_eq!(refused.to_string(), "the step is no whole multiple of 1m, the resolution of this period");
    }

    #[test]
    fn too_many_points_are_refused_with_a_step_that_is_possible() {
        for offset in (0..3_000).step_by(10) {
            let (from, to) = (NOW + offset * SECOND, NOW + offset * SECOND + DAY);
            let refused = Steps::of(from, to, Resolution::Slot, Some(10 * SECOND));
            let Err(BadStep::TooManyPoints { points: 8_640, possible }) = refused else { panic!("{refused:?}") };
            let steps = Steps::of(from, to, Resolution::Slot, Some(possible)).unwrap();
            assert!(steps.points() > limits::SERIES_POINTS / 2, "no coarser than it must be: {steps:?}");
        }
    }
}
