//! Names of the store's files: the UTC day of the commits in them.

/// Name of a file before its first commit is in it.
pub(super) const UNFINISHED: &str = "unfinished.new";

/// Name of the file of a day since the epoch.
pub(super) fn name_of(day: u64) -> String {
    let date = i64::try_from(day).ok().and_then(|days| days.checked_mul(86_400));
    let date = date
        .and_then(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).ok())
        .map_or(time::Date::MAX, time::OffsetDateTime::date);
    format!("{:04}-{:02}-{:02}.redb", date.year(), u8::from(date.month()), date.day())
}

/// The day of a file by its name.
pub(super) fn day_of(name: &str) -> Option<u64> {
    let mut parts = name.strip_suffix(".redb")?.splitn(3, '-');
    let (year, month, day) =
        (parts.next()?.parse().ok()?, parts.next()?.parse::<u8>().ok()?, parts.next()?.parse().ok()?);
    let date = time::Date::from_calendar_date(year, time::Month::try_from(month).ok()?, day).ok()?;
    let days = date.midnight().assume_utc().unix_timestamp() / 86_400;
    u64::try_from(days).ok()
}
