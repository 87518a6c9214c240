//! How text from outside is shown to people. Names come from proxies, k8s clusters, files and servers, and may hold anything: in
//! whatever a terminal, a log or a drawing shows, nothing may be invisible, nothing may steer the reader, and two names that differ
//! must look different. What has no glyph of its own, and what is written from right to left, stands as `\u{1b}`. JSON keeps every value as it is, and writes it with escapes.

use std::borrow::Cow;
use std::fmt::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Letters and symbols by their category, and blank all the same.
const BLANK: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];

/// Draws data for people, with every text in it as [`name`] shows it. Every writer of text goes through here.
pub fn drawn<T: Serialize + DeserializeOwned>(data: &T, draw: impl FnOnce(&T) -> String) -> String {
    match serde_json::to_value(data).and_then(|value| serde_json::from_value(seen(value))) {
        Ok(data) => draw(&data),
        Err(error) => format!("could not be shown: {}\n", line(&error.to_string())),
    }
}

/// Texts within a value, keys among them.
fn seen(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(name(&text).into_owned()),
        Value::Array(items) => items.into_iter().map(seen).collect(),
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| (name(&key).into_owned(), seen(value))).collect()
        }
        other => other,
    }
}

/// A name: a space is shown as such only between two other characters, for elsewhere it does not show.
#[must_use]
pub fn name(text: &str) -> Cow<'_, str> {
    written(text, true)
}

/// A whole line that others' words are part of, such as an error: its spaces are our own.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    written(text, false)
}

/// A name within a sentence, or beside others in a row: in quotes where it holds what could be taken for the words around it, such as a
/// space, a comma or an arrow. Names as Kubernetes, DNS and SPIFFE have them hold nothing of that.
#[must_use]
pub fn word(text: &str) -> Cow<'_, str> {
    if is_word(text) { Cow::Borrowed(text) } else { Cow::Owned(quoted(text)) }
}

/// True where nothing in a text could be taken for the words around it.
pub(crate) fn is_word(text: &str) -> bool {
    text.chars().all(|char| char.is_alphanumeric() || "-._:/~@%+=*[]#&?".contains(char))
}

/// A text in quotes, whatever it holds. No escape of [`name`] is in it that the text has not, so that it reads the same however it is shown.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace("\\u{", "\\u\\{"))
}

/// What [`name`] and [`line()`] show, told back. What only begins like an escape of theirs stays as it is.
#[must_use]
pub fn told(shown: &str) -> String {
    let mut parts = shown.split("\\u{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let escaped = part.split_once('}');
        let char = escaped.and_then(|(code, _)| char::from_u32(u32::from_str_radix(code, 16).ok()?));
        match (char, escaped) {
            (Some(char), Some((_, rest))) => {
                out.push(char);
                out.push_str(rest);
            }
            _ => {
                out.push_str("\\u{");
                out.push_str(part);
            }
        }
    }
    out
}

fn written(text: &str, is_name: bool) -> Cow<'_, str> {
    let (mut out, mut changed) = (String::with_capacity(text.len()), false);
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        let is_plain = match char {
            // Else a name could be written that looks like another one's escapes.
            '\\' => !rest.as_str().starts_with("u{"),
            ' ' if is_name => !(out.is_empty() || out.ends_with(' ') || rest.as_str().is_empty()),
            other => is_seen(other),
        };
        if is_plain {
            out.push(char);
            continue;
        }
        changed = true;
        // Writing to a String cannot fail.
        let _ignored = write!(out, "\\u{{{:x}}}", u32::from(char));
    }
    if changed { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

/// JSON in which what has no glyph of its own is escaped, as JSON itself allows: it says the same, and shows what it says.
#[must_use]
pub fn json(text: String) -> String {
    // Other controls cannot stand in a string of JSON, and outside of strings everything is seen.
    let is_plain = |char: char| (char.is_ascii() && char != '\u{7f}') || is_seen(char);
    if text.chars().all(is_plain) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 32);
    for char in text.chars() {
        if is_plain(char) {
            out.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            let _ignored = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

/// The standard library escapes what has no glyph: controls, formats (bidi controls are some), separators, marks that join the
/// character before, what is not assigned. It escapes quotes and backslashes too, which hide nothing.
fn is_seen(char: char) -> bool {
    matches!(char, '"' | '\'' | '\\') || (char.escape_debug().len() == 1 && !BLANK.contains(&char) && !turns(char))
}

/// Blocks that Unicode has for scripts from right to left. One such letter turns the words around it about: of a row or of `a -> b` it
/// would show the destination where the source belongs.
const fn turns(char: char) -> bool {
    matches!(char, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod laws;
