//! Points in time as the collector writes them, in seconds since the epoch as Envoy's access log writes them.

use anyhow::{Context, Result};

/// `2026-11-24T14:07:00.25Z`, with or without a fraction.
pub(super) fn of_collector(text: &str) -> Result<f64> {
    parse(text).with_context(|| format!("{text} is no time"))
}

fn parse(text: &str) -> Option<f64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    // Years that begin in March have their odd day at their end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Some(f64::from(days.checked_sub(EPOCH)?) * 86_400.0 + hour * 3_600.0 + minute * 60.0 + second)
}

/// Days before 1970, of years that begin in March.
const EPOCH: u32 = 719_468;

#[test]
fn seconds_since_the_epoch_are_those_of_the_calendar() {
    let moments = [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2000-02-29T12:00:00.5Z", 951_825_600.5),
        ("2024-12-31T23:59:59Z", 1_735_689_599.0),
        ("2026-03-01T00:00:00.25Z", 1_772_323_200.25),
    ];
    for (text, seconds) in moments {
        assert_eq!(parse(text), Some(seconds), "{text}");
    }
    assert_eq!(parse("2026-03-01"), None);
}
