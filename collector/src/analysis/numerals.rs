//! Numbers as people read them. Rounding never turns "almost" into "all" or "none".

/// An integer with thousands separated by commas.
#[must_use]
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 request`, `2,000 requests`.
#[must_use]
pub fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(value), if value == 1 { "" } else { "s" })
}

/// A share in percent: only a true zero reads `0`, only the whole reads `100 %`. `-` of nothing.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole));
    if whole == 0 {
        return "-".to_owned();
    }
    if part == 0 {
        return "0".to_owned();
    }
    if part == whole {
        return "100 %".to_owned();
    }
    if part > whole {
        return format!("{} %", grouped(u64::try_from(part * 100 / whole).unwrap_or(u64::MAX)));
    }
    // In hundredths of a percent.
    let hundredths = part * 10_000;
    if hundredths < whole {
        return "<0.01 %".to_owned();
    }
    if hundredths > 9_999 * whole {
        return ">99.99 %".to_owned();
    }
    if hundredths > 9_900 * whole {
        return percent(hundredths / whole, 2);
    }
    if hundredths < 100 * whole {
        return percent((2 * hundredths + whole) / (2 * whole), 2);
    }
    percent((2 * part * 1_000 + whole) / (2 * whole), 1)
}

/// `scaled` is percent times ten to the power of `decimals`; trailing zeros go.
fn percent(scaled: u128, decimals: u32) -> String {
    let unit = 10_u128.pow(decimals);
    let (whole, rest) = (scaled / unit, scaled % unit);
    if rest == 0 {
        return format!("{whole} %");
    }
    let fraction = format!("{rest:0width$}", width = decimals as usize);
    format!("{whole}.{} %", fraction.trim_end_matches('0'))
}

/// A duration in nanoseconds, three significant digits at most.
#[must_use]
pub fn duration(nanos: u64) -> String {
    match nanos {
        0..1_000 => "<1 us".to_owned(),
        1_000..1_000_000 => scaled(nanos, 1_000, "us"),
        1_000_000..1_000_000_000 => scaled(nanos, 1_000_000, "ms"),
        1_000_000_000..4_096_000_000_000 => scaled(nanos, 1_000_000_000, "s"),
        _ => ">4096 s".to_owned(),
    }
}

/// One decimal below ten units (two for seconds), none above.
fn scaled(nanos: u64, unit: u64, name: &str) -> String {
    let round = |per: u64| (u128::from(nanos) * u128::from(per) * 2 + u128::from(unit)) / (u128::from(unit) * 2);
    let decimals = match (name, nanos / unit) {
        ("s", 0..10) => 2,
        ("s", 10..100) | (_, 0..10) => 1,
        _ => 0,
    };
    let per = 10_u64.pow(decimals);
    let value = round(per);
    let (whole, rest) = (value / u128::from(per), value % u128::from(per));
    if rest == 0 {
        return format!("{whole} {name}");
    }
    let fraction = format!("{rest:0width$}", width = decimals as usize);
    format!("{whole}.{} {name}", fraction.trim_end_matches('0'))
}

/// Whole seconds of the largest difference of clocks that is kept: a larger one is kept as that.
const LARGEST_DIFFERENCE: u64 = i64::MAX.unsigned_abs() / 1_000_000_000;

/// A difference of two clocks, from nanoseconds.
#[must_use]
pub fn difference(nanos: u64) -> String {
    if nanos / 1_000_000_000 >= LARGEST_DIFFERENCE {
        return "more than 292 years".to_owned();
    }
    let tenths = nanos / 100_000_000;
    format!("{}.{} s", grouped(tenths / 10), tenths % 10)
}

/// A point in time as text, to the second: `2026-11-24T14:02:00Z`.
#[must_use]
pub fn moment(nanos: u64) -> String {
    let seconds = i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX);
    let moment = time::OffsetDateTime::from_unix_timestamp(seconds).ok();
    let text = moment.and_then(|moment| moment.format(&time::format_description::well_known::Rfc3339).ok());
    text.unwrap_or_else(|| "no time".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{difference, duration, grouped, share};

    #[test]
    fn thousands_are_separated() {
        assert_eq!([0, 999, 1_000, 65_880, 1_234_567].map(grouped), ["0", "999", "1,000", "65,880", "1,234,567"]);
    }

    #[test]
    fn almost_all_never_reads_as_all_and_almost_none_never_as_none() {
        assert_eq!(share(0, 10), "0");
        assert_eq!(share(1, 1_000_000), "<0.01 %");
        assert_eq!(share(9_999_999, 10_000_000), ">99.99 %");
        assert_eq!(share(9_999, 10_000), "99.99 %");
        assert_eq!(share(999_899, 1_000_000), "99.98 %");
        assert_eq!(share(10, 10), "100 %");
        assert_eq!(share(0, 0), "-");
    }

    #[test]
    fn shares_carry_one_decimal_between() {
        assert_eq!(share(300, 12_000), "2.5 %");
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(1, 200), "0.5 %");
        assert_eq!(share(204, 2_400), "8.5 %");
    }

    #[test]
    fn a_difference_that_was_too_large_to_keep_is_no_figure() {
        let decade = 10 * 365 * 86_400 * 1_000_000_000;
        assert_eq!(
            [2_543_000_000, 3_600_000_000_000, decade].map(difference),
            ["2.5 s", "3,600.0 s", "315,360,000.0 s"]
        );
        for kept in [i64::MAX.unsigned_abs(), i64::MIN.unsigned_abs()] {
            assert_eq!(difference(kept), "more than 292 years");
        }
    }

    #[test]
    fn durations_carry_their_unit() {
        assert_eq!(duration(954), "<1 us");
        assert_eq!(duration(9_000_000), "9 ms");
        assert_eq!(duration(1_900_000), "1.9 ms");
        assert_eq!(duration(402_400_000), "402 ms");
        assert_eq!(duration(1_230_000_000), "1.23 s");
        assert_eq!(duration(4_096_000_000_000), ">4096 s");
    }
}
