//! How much time rolled-up files take up each. A file goes whole, so none is longer than its resolution is kept.

use super::super::Resolution;

const DAY_NANOS: u64 = 86_400 * 1_000_000_000;

/// Of whose arrivals a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Span {
    /// Those of one UTC day.
    Day,
    /// Of one month.
    Month,
    /// Of one year.
    Year,
}

impl Span {
    /// That of a resolution which is kept for so long, nanoseconds: a day for minutes, a month for hours, a year for days, or what is
    /// no longer than that.
    pub(in super::super) fn of(resolution: Resolution, kept: u64) -> Self {
        let longest = match resolution {
            Resolution::Slot | Resolution::Minute => Self::Day,
            Resolution::Hour => Self::Month,
            Resolution::Day => Self::Year,
        };
        let fits = |span: &Self| *span <= longest && span.days().saturating_mul(DAY_NANOS) <= kept;
        [Self::Year, Self::Month].into_iter().find(fits).unwrap_or(Self::Day)
    }

    /// Its days at most.
    pub(in super::super) const fn days(self) -> u64 {
        match self {
            Self::Day => 1,
            Self::Month => 31,
            Self::Year => 366,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_of_a_longer_time_than_its_resolution_is_kept_but_for_a_day() {
        for (resolution, days, span) in [
            (Resolution::Minute, 400, Span::Day),
            (Resolution::Hour, 90, Span::Month),
            (Resolution::Hour, 30, Span::Day),
            (Resolution::Day, 400, Span::Year),
            (Resolution::Day, 365, Span::Month),
            (Resolution::Day, 7, Span::Day),
            (Resolution::Day, 0, Span::Day),
        ] {
            assert_eq!(Span::of(resolution, days * DAY_NANOS), span, "{resolution:?} for {days} days");
        }
    }
}
