//! What the bytes of an answer are called, so that who has them already need not be sent them again: entity tags of RFC 9110. Knows no
//! addresses, and nothing of what the bytes say.

use std::fmt::Write;

use axum::http::header::IF_NONE_MATCH;
use axum::http::{HeaderMap, HeaderValue};
use ring::digest::{SHA256, digest};

/// Bytes of the digest that a tag shows: no two answers that differ have the same, however they are chosen.
const SHOWN: usize = 16;

/// The tag of some bytes. It is a strong one: who has it has these very bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag(String);

impl Tag {
    /// Of these. Equal bytes have equal tags, whoever answers and whenever.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(2 * SHOWN + 2);
        text.push('"');
        for byte in digest(&SHA256, bytes).as_ref().iter().take(SHOWN) {
            // Writing to a String cannot fail.
            let _ignored = write!(text, "{byte:02x}");
        }
        text.push('"');
        Self(text)
    }

    /// As `ETag` says it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a request says that its sender has: its fields `If-None-Match`.
#[derive(Debug, Clone)]
pub(crate) struct Known(Vec<HeaderValue>);

impl Known {
    /// What these headers say.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self(headers.get_all(IF_NONE_MATCH).iter().cloned().collect())
    }

    /// Whether what is called so is among it. Compared weakly, as a cache may have weakened what it was told.
    pub(crate) fn holds(&self, tag: &Tag) -> bool {
        let fields = self.0.iter().filter_map(|field| field.to_str().ok()).map(str::trim);
        // A tag of another server may hold a comma, but never a quote: between two commas our own is whole, or it is not there.
        let is_named = |field: &str| {
            field.split(',').map(str::trim).any(|one| one.strip_prefix("W/").unwrap_or(one) == tag.as_str())
        };
        fields.into_iter().any(|field| field == "*" || is_named(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(fields: &[&'static str], tag: &Tag) -> bool {
        let fields = fields.iter().map(|field| (IF_NONE_MATCH, HeaderValue::from_static(field)));
        Known::of(&HeaderMap::from_iter(fields)).holds(tag)
    }

    #[test]
    fn a_tag_is_found_alone_in_lists_in_several_fields_and_weakened() {
        let tag = Tag::of(b"abc");
        assert_eq!(tag.as_str(), "\"ba7816bf8f01cfea414140de5dae2223\"", "the test vector of FIPS 180-4, cut");
        for fields in [
            &["\"ba7816bf8f01cfea414140de5dae2223\""][..],
            &["W/\"ba7816bf8f01cfea414140de5dae2223\""],
            &["\"a\", \"b,c\" ,W/\"ba7816bf8f01cfea414140de5dae2223\""],
            &["\"a\"", "\"ba7816bf8f01cfea414140de5dae2223\",\"b\""],
            &[" * "],
        ] {
            assert!(holds(fields, &tag), "{fields:?}");
        }
    }

    #[test]
    fn what_is_no_tag_of_the_answer_is_not_taken_for_it() {
        let tag = Tag::of(b"abc");
        for fields in [
            &[][..],
            &[""],
            &["\"\""],
            &["\"a,*,b\""],
            &["ba7816bf8f01cfea414140de5dae2223"],
            &["w/\"ba7816bf8f01cfea414140de5dae2223\""],
            &["\"BA7816BF8F01CFEA414140DE5DAE2223\""],
        ] {
            assert!(!holds(fields, &tag), "{fields:?}");
        }
    }
}
