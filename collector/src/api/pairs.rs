//! The parameters behind the `?` of an address, in order. What is no UTF-8 is refused, not read as something near to it.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use super::answer::Problem;

/// Names and values, decoded.
#[derive(Debug)]
pub(super) struct Pairs(pub(super) Vec<(String, String)>);

/// The value of a parameter that may be given once; `None` where it is not.
pub(super) fn only(pairs: &[(String, String)], name: &str) -> Result<Option<String>, Problem> {
    match pairs.iter().filter(|(given, _)| given == name).collect::<Vec<_>>()[..] {
        [] => Ok(None),
        [(_, value)] => Ok(Some(value.clone())),
        _ => Err(Problem::bad("repeated_parameter", &format!("{name} is given twice"), "give it once")),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Pairs {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let unreadable =
            || Problem::bad("bad_address", "a parameter of the address is no UTF-8", "write each byte of UTF-8 as %XX");
        // Separators are ASCII: the whole is UTF-8 if and only if each part of it is.
        if std::str::from_utf8(&unescaped(parts.uri.query().unwrap_or_default())).is_err() {
            return Err(unreadable());
        }
        let read = Query::from_request_parts(parts, state).await;
        read.map(|Query(pairs)| Self(pairs)).map_err(|_unreadable| unreadable())
    }
}

/// Its bytes, with each `%XX` as the byte that it stands for.
fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, behind @ ..] = rest {
        let escaped = match behind {
            [high, low, behind @ ..] if *first == b'%' => digit(*high).zip(digit(*low)).map(|both| (both, behind)),
            _ => None,
        };
        let (byte, behind) = escaped.map_or((*first, behind), |((high, low), behind)| ((high << 4) | low, behind));
        bytes.push(byte);
        rest = behind;
    }
    bytes
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
