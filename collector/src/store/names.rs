//! Names of the store's files: when the commits in them begin, in UTC, and how finely they tell time apart.

use time::{Date, Month, OffsetDateTime, Time};

use super::Resolution;
use super::rolled::span::Span;

/// Name of a file before its first commit is in it.
pub(super) const UNFINISHED: &str = "unfinished.new";
/// Name of a rolled-up file before anything is in it.
pub(super) const UNFINISHED_ROLLED: &str = "unfinished-rolled.new";

/// Nanoseconds of a second.
pub(super) const SECOND: u64 = 1_000_000_000;
/// Seconds of a day.
const DAY_SECONDS: u64 = 86_400;
/// Seconds of an hour.
pub(super) const HOUR_SECONDS: u64 = 3_600;

/// Name of the file of slots that begins at so many seconds since the epoch: at midnight the date, else the time too.
pub(super) fn name_of(stamp: u64) -> String {
    let begun = moment(stamp);
    let date = date_of(begun.date());
    match stamp % DAY_SECONDS {
        0 => format!("{date}.redb"),
        _ => format!("{date}T{:02}{:02}{:02}.redb", begun.hour(), begun.minute(), begun.second()),
    }
}

/// When a file of slots begins, by its name.
pub(super) fn stamp_of(name: &str) -> Option<u64> {
    let begun = name.strip_suffix(".redb")?;
    let (date, clock) = begun.split_once('T').map_or((begun, None), |(date, clock)| (date, Some(clock)));
    let time = match clock {
        None => Time::MIDNIGHT,
        Some(clock) => {
            let part = |from: usize| clock.get(from..from + 2)?.parse::<u8>().ok();
            Time::from_hms(part(0)?, part(2)?, part(4)?).ok().filter(|_| clock.len() == 6)?
        }
    };
    let stamp = seconds(parse_date(date)?.with_time(time).assume_utc())?;
    // No second spelling of the same file.
    (name_of(stamp) == name).then_some(stamp)
}

/// Name of the rolled-up file of this resolution and span that takes up what began at so many seconds since the epoch.
pub(super) fn rolled_name_of(resolution: Resolution, span: Span, stamp: u64) -> String {
    let date = moment(stamp).date();
    let (year, month) = (date.year(), u8::from(date.month()));
    let time = match span {
        Span::Day => date_of(date),
        Span::Month => format!("{year:04}-{month:02}"),
        Span::Year => format!("{year:04}"),
    };
    match resolution {
        Resolution::Slot => name_of(stamp),
        Resolution::Minute => format!("minutes-{time}.redb"),
        Resolution::Hour => format!("hours-{time}.redb"),
        Resolution::Day => format!("days-{time}.redb"),
    }
}

/// Resolution, span and beginning of a rolled-up file, by its name.
pub(super) fn rolled_of(name: &str) -> Option<(Resolution, Span, u64)> {
    let (kind, date) = name.strip_suffix(".redb")?.split_once('-')?;
    let resolution = match kind {
        "minutes" => Resolution::Minute,
        "hours" => Resolution::Hour,
        "days" => Resolution::Day,
        _ => return None,
    };
    let (span, first) = match date.matches('-').count() {
        0 => (Span::Year, format!("{date}-01-01")),
        1 => (Span::Month, format!("{date}-01")),
        _ => (Span::Day, date.to_owned()),
    };
    let stamp = seconds(parse_date(&first)?.midnight().assume_utc())?;
    (rolled_name_of(resolution, span, stamp) == name).then_some((resolution, span, stamp))
}

fn moment(stamp: u64) -> OffsetDateTime {
    let begun = i64::try_from(stamp).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    begun.unwrap_or_else(|| Date::MAX.midnight().assume_utc())
}

fn date_of(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) =
        (parts.next()?.parse().ok()?, parts.next()?.parse::<u8>().ok()?, parts.next()?.parse().ok()?);
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

fn seconds(moment: OffsetDateTime) -> Option<u64> {
    u64::try_from(moment.unix_timestamp()).ok()
}

/// Ending of the name under which a damaged file is set aside.
const SET_ASIDE: &str = ".damaged";

/// Name of the file with the checksums of the one that begins then.
pub(super) fn sums_of(stamp: u64) -> String {
    format!("{}.sums", name_of(stamp).trim_end_matches(".redb"))
}

/// When the file begins whose checksums these are, by their name.
pub(super) fn stamp_of_sums(name: &str) -> Option<u64> {
    stamp_of(&format!("{}.redb", name.strip_suffix(".sums")?))
}

/// Name of the file that begins then, once it was set aside.
pub(super) fn set_aside_of(stamp: u64) -> String {
    name_of(stamp) + SET_ASIDE
}

/// When a file began that was set aside, by its name.
pub(super) fn stamp_of_set_aside(name: &str) -> Option<u64> {
    stamp_of(name.strip_suffix(SET_ASIDE)?)
}

/// Name of a rolled-up file once it was set aside.
pub(super) fn rolled_set_aside_of(name: &str) -> String {
    name.to_owned() + SET_ASIDE
}

/// Whether this is the name of a rolled-up file that was set aside.
pub(super) fn is_rolled_set_aside(name: &str) -> bool {
    name.strip_suffix(SET_ASIDE).is_some_and(|name| rolled_of(name).is_some())
}

/// The stretch that a rolled-up file may hold, by its name or the one under which it was set aside: nanoseconds since the epoch.
pub(super) fn rolled_stretch(name: &str) -> Option<(u64, u64)> {
    let (_, span, stamp) = rolled_of(name.strip_suffix(SET_ASIDE).unwrap_or(name))?;
    Some((stamp.saturating_mul(SECOND), (stamp + span.days() * DAY_SECONDS).saturating_mul(SECOND)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 20_781 * DAY_SECONDS;

    #[test]
    fn a_file_is_called_by_when_it_begins() {
        for (stamp, name) in [
            (DAY, "2026-11-24.redb"),
            (DAY + 1, "2026-11-24T000001.redb"),
            (DAY + 13 * HOUR_SECONDS, "2026-11-24T130000.redb"),
            (DAY + DAY_SECONDS - 1, "2026-11-24T235959.redb"),
            (DAY + DAY_SECONDS, "2026-11-25.redb"),
        ] {
            assert_eq!((name_of(stamp).as_str(), stamp_of(name)), (name, Some(stamp)));
        }
        for other in
            ["2026-11-24T000000.redb", "2026-11-24T0001.redb", "2026-11-24T00000\u{e9}.redb", "2026-13-01.redb", "x"]
        {
            assert_eq!(stamp_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_rolled_up_file_is_called_by_its_resolution_and_the_day_month_or_year_it_is_of() {
        for (resolution, span, name, first) in [
            (Resolution::Minute, Span::Day, "minutes-2026-11-24.redb", "2026-11-24.redb"),
            (Resolution::Hour, Span::Month, "hours-2026-11.redb", "2026-11-01.redb"),
            (Resolution::Hour, Span::Day, "hours-2026-11-24.redb", "2026-11-24.redb"),
            (Resolution::Day, Span::Year, "days-2026.redb", "2026-01-01.redb"),
        ] {
            assert_eq!(rolled_name_of(resolution, span, DAY + HOUR_SECONDS), name);
            let (of, is, stamp) = rolled_of(name).unwrap();
            assert_eq!((of, is, name_of(stamp).as_str()), (resolution, span, first));
        }
        for other in ["hours-2026-13.redb", "days-26.redb", "2026-11-24.redb", "weeks-2026.redb", "days-2026-1-2.redb"]
        {
            assert_eq!(rolled_of(other), None, "{other}");
        }
        assert_eq!(stamp_of("days-2026.redb"), None);
    }
}
