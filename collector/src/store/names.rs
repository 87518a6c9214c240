//! Names of the store's files: the UTC day of the commits in them.

/// Name of a file before its first commit is in it.
pub(super) const UNFINISHED: &str = "unfinished.new";

/// Seconds of a day.
pub(super) const DAY_SECONDS: u64 = 86_400;

/// Name of the file that begins at so many seconds since the epoch: the first one of a day by its date, further ones with their time.
pub(super) fn name_of(stamp: u64) -> String {
    let begun = i64::try_from(stamp).ok().and_then(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).ok());
    let begun = begun.unwrap_or_else(|| time::Date::MAX.midnight().assume_utc());
    let date = format!("{:04}-{:02}-{:02}", begun.year(), u8::from(begun.month()), begun.day());
    match stamp % DAY_SECONDS {
        0 => format!("{date}.redb"),
        _ => format!("{date}T{:02}{:02}{:02}.redb", begun.hour(), begun.minute(), begun.second()),
    }
}

/// When a file begins, by its name.
pub(super) fn stamp_of(name: &str) -> Option<u64> {
    let begun = name.strip_suffix(".redb")?;
    let (date, clock) = begun.split_once('T').map_or((begun, None), |(date, clock)| (date, Some(clock)));
    let mut parts = date.splitn(3, '-');
    let (year, month, day) =
        (parts.next()?.parse().ok()?, parts.next()?.parse::<u8>().ok()?, parts.next()?.parse().ok()?);
    let date = time::Date::from_calendar_date(year, time::Month::try_from(month).ok()?, day).ok()?;
    let time = match clock {
        None => time::Time::MIDNIGHT,
        Some(clock) => {
            let part = |from: usize| clock.get(from..from + 2)?.parse::<u8>().ok();
            time::Time::from_hms(part(0)?, part(2)?, part(4)?).ok().filter(|_| clock.len() == 6)?
        }
    };
    let stamp = u64::try_from(date.with_time(time).assume_utc().unix_timestamp()).ok()?;
    // No second spelling of the same file.
    (name_of(stamp) == name).then_some(stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_of_a_day_is_called_by_its_date_and_further_ones_by_their_time_too() {
        let day = 20_781 * DAY_SECONDS;
        for (stamp, name) in [
            (day, "2026-11-24.redb"),
            (day + 1, "2026-11-24T000001.redb"),
            (day + DAY_SECONDS - 1, "2026-11-24T235959.redb"),
            (day + DAY_SECONDS, "2026-11-25.redb"),
        ] {
            assert_eq!((name_of(stamp).as_str(), stamp_of(name)), (name, Some(stamp)));
        }
        for other in
            ["2026-11-24T000000.redb", "2026-11-24T0001.redb", "2026-11-24T00000\u{e9}.redb", "2026-13-01.redb", "x"]
        {
            assert_eq!(stamp_of(other), None, "{other}");
        }
    }
}
