//! The first figure of two answers that differs, by where it stands.

use serde_json::Value;

/// Where it stands, and both values, shortened; `None` where they say the same.
pub(super) fn first(told: &Value, found: &Value) -> Option<String> {
    at("", told, found)
}

fn at(place: &str, told: &Value, found: &Value) -> Option<String> {
    match (told, found) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let missing = theirs.keys().find(|key| !ours.contains_key(*key));
            let inner = ours
                .iter()
                .find_map(|(key, value)| at(&format!("{place}/{key}"), value, theirs.get(key).unwrap_or(&Value::Null)));
            inner.or_else(|| missing.map(|key| format!("{place}/{key} is not in it")))
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            let inner = ours.iter().zip(theirs).enumerate();
            let first = inner.into_iter().find_map(|(index, (a, b))| at(&format!("{place}/{index}"), a, b));
            let lengths = (ours.len(), theirs.len());
            first.or_else(|| {
                (lengths.0 != lengths.1)
                    .then(|| format!("{place} has {} entries, and {} by the facts", lengths.0, lengths.1))
            })
        }
        _ if told == found => None,
        _ => Some(format!("{place} is {}, and {} by the facts", short(told), short(found))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
