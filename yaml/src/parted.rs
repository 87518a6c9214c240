//! JSON objects one after another in a file, which YAML does not know.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// JSON objects one after another, as Kubernetes takes them, made documents: what stands before each stays in its line, but for objects
/// in one line.
pub(crate) fn parted(text: &str) -> Cow<'_, str> {
    if !text.trim_start().starts_with('{') {
        return Cow::Borrowed(text);
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let (mut ends, mut whole) = (Vec::new(), String::new());
    while let Some(value) = values.next() {
        if value.is_err() {
            return Cow::Borrowed(text);
        }
        ends.push(values.byte_offset());
    }
    let mut begin = 0;
    for end in ends.iter().copied() {
        let part = text.get(begin..end).unwrap_or_default();
        let object = part.trim_start();
        let before = part.strip_suffix(object).unwrap_or_default();
        // The mark takes the place of the line's end before it.
        let before = if begin > 0 { before.strip_suffix('\n').unwrap_or(before) } else { before };
        whole.push_str(before);
        whole.push_str(if begin > 0 { "\n--- " } else { "" });
        whole.push_str(object);
        begin = end;
    }
    whole.push_str(text.get(begin..).unwrap_or_default());
    if ends.len() > 1 { Cow::Owned(whole) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_one_after_another_are_documents_in_their_lines() {
        assert_eq!(parted("{\"a\": 1}\n{\n\"b\": 2}\n"), "{\"a\": 1}\n--- {\n\"b\": 2}\n");
        assert_eq!(parted("{\"a\": 1}{}"), "{\"a\": 1}\n--- {}");
        for as_it_is in ["{\"a\": 1}\n", "{a: 1}\n---\n{b: 2}\n", "a: 1\n", "{\"a\": 1}\n---\n{\"b\": 2}\n", ""] {
            assert_eq!(parted(as_it_is), as_it_is);
        }
    }
}
