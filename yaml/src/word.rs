//! What a word of YAML that stands without quotes is to Helm, kubectl and Istio: they read YAML 1.1, as Go's library has it. There
//! `0x1f`, `0123`, `1_000` and `3240286e-210077` are numbers, and `yes`, `on` and `n` are booleans.

use serde_json::Number;

use crate::document::Content;

/// The value of a word.
pub(crate) fn resolved(word: &str) -> Content {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return Content::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Content::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Content::Bool(false);
        }
        word if is_beyond_json(word) => return Content::Number(0.into()),
        _ => {}
    }
    let plain = word.replace('_', "");
    let number = match word.bytes().next() {
        Some(b'.') => float(word),
        Some(b'+' | b'-' | b'0'..=b'9') => integer(&plain).or_else(|| float(&plain)),
        _ => None,
    };
    number.map_or_else(|| Content::Text(word.to_owned()), Content::Number)
}

/// A number, though none that JSON could write.
pub(crate) fn is_beyond_json(word: &str) -> bool {
    matches!(word, ".nan" | ".NaN" | ".NAN") || matches!(word.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF")
}

/// By its prefix: hexadecimal, octal (a zero is enough), binary, else decimal.
fn integer(plain: &str) -> Option<Number> {
    let (sign, digits) = plain.split_at_checked(usize::from(plain.starts_with(['+', '-'])))?;
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?),
        [b'0', b'o', ..] => (8, lower.get(2..)?),
        [b'0', b'b', ..] => (2, lower.get(2..)?),
        [b'0', _, ..] => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    // Rust takes a sign here too.
    let size = u64::from_str_radix(digits.trim_start_matches(['+', '-']), radix).ok()?;
    if digits.starts_with(['+', '-']) {
        return None;
    }
    match (sign, i64::try_from(size)) {
        ("-", Ok(size)) => Some((-size).into()),
        ("-", Err(_)) => (size == i64::MIN.unsigned_abs()).then(|| i64::MIN.into()),
        ("+", size) => size.ok().map(Number::from),
        _ => Some(size.into()),
    }
}

/// Digits with a point or an exponent; text where it is too large for a number.
fn float(plain: &str) -> Option<Number> {
    let unsigned = plain.trim_start_matches(['+', '-']);
    let is_signed_once = plain.len() - unsigned.len() <= 1;
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_number = is_signed_once && are_digits(whole) && are_digits(rest) && !(whole.is_empty() && rest.is_empty());
    if !is_number || power.is_empty() || !are_digits(power) {
        return None;
    }
    plain.parse().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: &str = "1234=1234 0=0 0123=83 0x1f=31 0X1F=31 0b101=5 0o17=15 08=8.0 -017=-15 +12=12 1_000=1000 8080=8080 \
        3240286e-210077=0.0 1e3=1000.0 1.=1.0 .5=0.5 -1.5E+2=-150.0 12e03=12000.0 18446744073709551615=18446744073709551615 \
        18446744073709551616=1.8446744073709552e+19 -9223372036854775808=-9223372036854775808 .inf=0 -.Inf=0 .nan=0";
    const TEXTS: &str = "shop 4e12345 1.2.3 0x 0xg 1e e3 . - +-1 --1 2026-11-24 12:30 tRUE yEs 1a nil 10.0.0.1 1Gi 7d 0x1f.5 ._ inf NaN 5-5";

    #[test]
    fn numbers_are_what_go_makes_of_them() {
        for pair in NUMBERS.split_ascii_whitespace() {
            let (word, value) = pair.split_once('=').unwrap();
            assert!(matches!(resolved(word), Content::Number(found) if found.to_string() == value), "{word}");
        }
    }

    #[test]
    fn booleans_and_nothing_have_many_words() {
        for (words, value) in [("yes y On TRUE on", true), ("off n No FALSE", false)] {
            for word in words.split(' ') {
                assert!(matches!(resolved(word), Content::Bool(found) if found == value), "{word}");
            }
        }
        for word in ["", "~", "null", "NULL"] {
            assert!(matches!(resolved(word), Content::Null), "{word}");
        }
    }

    #[test]
    fn everything_else_is_text() {
        for word in TEXTS.split_ascii_whitespace() {
            assert!(matches!(resolved(word), Content::Text(found) if found == word), "{word}");
        }
    }
}
