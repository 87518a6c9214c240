//! `x-forwarded-client-cert` as Envoy writes it: elements by comma, pairs by semicolon, a value quoted where it holds one of
//! those, with a backslash before a quote in it.
//!
//! A proxy appends what it saw to what its peer sent. So only the last element is our own sidecar's word; whoever sent the
//! request may have written all before it, also to confuse a reader about where the last one begins. The whole header must
//! be well-formed, or none of it counts.

use super::Unverified;

/// The URIs of the peer's certificate in the last element.
pub(super) fn last_uris(header: &str) -> Result<Vec<String>, Unverified> {
    let mut uris = Vec::new();
    let mut rest = header;
    loop {
        let (key, after) = key(rest)?;
        let (value, after) = value(after)?;
        if key.eq_ignore_ascii_case("uri") {
            uris.push(value);
        }
        let mut further = after.chars();
        match further.next() {
            None => return Ok(uris),
            Some(';') => {}
            // Another element: this one was not the last.
            Some(',') => uris.clear(),
            Some(_) => return Err(Unverified::Malformed("something follows a closing quote")),
        }
        rest = further.as_str();
    }
}

fn key(text: &str) -> Result<(&str, &str), Unverified> {
    let (key, after) = text.split_once('=').ok_or(Unverified::Malformed("a pair has no ="))?;
    let is_word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_word { Ok((key, after)) } else { Err(Unverified::Malformed("a key is not a word")) }
}

/// A value and what comes behind it.
fn value(text: &str) -> Result<(String, &str), Unverified> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted_value(quoted);
    }
    let end = text.find([',', ';']).unwrap_or(text.len());
    let (value, after) = text.split_at_checked(end).ok_or(Unverified::Malformed("a value is cut"))?;
    if value.contains('"') {
        return Err(Unverified::Malformed("a quote stands inside a value that is not quoted"));
    }
    Ok((value.to_owned(), after))
}

fn quoted_value(text: &str) -> Result<(String, &str), Unverified> {
    let mut value = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '"' => return Ok((value, rest.as_str())),
            '\\' => value.push(rest.next().ok_or(Unverified::Malformed("it ends in a backslash"))?),
            other => value.push(other),
        }
    }
    Err(Unverified::Malformed("a quote is not closed"))
}
