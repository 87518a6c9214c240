//! How finely time is told apart in a file, from the slots of the wire to whole UTC days.

use hogusu_model::slot::SLOT_NANOS;

const MINUTE: u64 = 60 * 1_000_000_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Longer periods are read by the minute.
const LONGEST_BY_SLOT: u64 = 2 * HOUR;
/// Longer ones by the hour.
const LONGEST_BY_MINUTE: u64 = 12 * HOUR;
/// Longer ones are of whole UTC days.
const LONGEST_BY_HOUR: u64 = 7 * DAY;

/// A length of time whose counts are kept apart from those before and after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// A slot: ten seconds.
    #[default]
    Slot,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A UTC day.
    Day,
}

impl Resolution {
    /// All of them, the finest first.
    pub const ALL: [Self; 4] = [Self::Slot, Self::Minute, Self::Hour, Self::Day];
    /// Those that slots are rolled up to.
    pub const ROLLED: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its length, nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        match self {
            Self::Slot => SLOT_NANOS,
            Self::Minute => MINUTE,
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// How people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slot => "10s",
            Self::Minute => "1m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }

    /// What people wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.as_str() == text)
    }

    /// The finest that a period of this length, nanoseconds, is read at.
    #[must_use]
    pub const fn of_period(length: u64) -> Self {
        if length <= LONGEST_BY_SLOT {
            Self::Slot
        } else if length <= LONGEST_BY_MINUTE {
            Self::Minute
        } else if length <= LONGEST_BY_HOUR {
            Self::Hour
        } else {
            Self::Day
        }
    }

    /// The number of the stretch that a time, nanoseconds since the epoch, lies in.
    #[must_use]
    pub const fn of(self, time: u64) -> u64 {
        time / self.nanos()
    }

    /// The period, rounded outwards to whole stretches.
    #[must_use]
    pub const fn around(self, from: u64, to: u64) -> (u64, u64) {
        (self.of(from) * self.nanos(), to.div_ceil(self.nanos()).saturating_mul(self.nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_longer_period_is_never_read_more_finely() {
        for resolution in Resolution::ALL {
            assert_eq!(Resolution::parse(resolution.as_str()), Some(resolution));
        }
        assert_eq!(Resolution::parse("10m"), None);
        let by_length: Vec<Resolution> = [1, 2 * HOUR, 2 * HOUR + 1, 12 * HOUR + 1, 7 * DAY, 7 * DAY + 1, u64::MAX]
            .map(Resolution::of_period)
            .into();
        assert_eq!(by_length[..3], [Resolution::Slot, Resolution::Slot, Resolution::Minute]);
        assert_eq!(by_length[3..], [Resolution::Hour, Resolution::Hour, Resolution::Day, Resolution::Day]);
    }

    #[test]
    fn a_period_is_rounded_outwards() {
        assert_eq!(Resolution::Minute.around(MINUTE + 1, 2 * MINUTE + 1), (MINUTE, 3 * MINUTE));
        assert_eq!(Resolution::Day.around(DAY, 2 * DAY), (DAY, 2 * DAY));
    }
}
