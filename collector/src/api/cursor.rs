//! Where the next page begins. Opaque to clients: it pins the question and its period, so that pages do not drift apart.

use std::fmt;

/// A place in the list that answers a question about a pinned period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Which question's, see [`Cursor::question`].
    pub(super) question: u32,
    /// Entries before it.
    pub(super) offset: usize,
    /// Start of the period.
    pub(super) from: u64,
    /// End of it.
    pub(super) to: u64,
    /// The answer that its page is of, as long as that is kept; 0: none in particular.
    pub(super) answer: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { question, offset, from, to, answer } = self;
        write!(f, "2-{question:x}-{offset:x}-{from:x}-{to:x}-{answer:x}")
    }
}

impl Cursor {
    /// A question in short, by everything that makes its list another one. It tells mistakes apart, not malice: who writes a cursor
    /// of his own is answered what he asks.
    pub(super) fn question(parts: &[&str]) -> u32 {
        crc32c::crc32c(parts.join("\0").as_bytes())
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("2-")?.split('-').map(|part| u64::from_str_radix(part, 16).ok());
        let (question, offset) = (parts.next()??, parts.next()??);
        let (from, to, answer) = (parts.next()??, parts.next()??, parts.next()??);
        let (question, offset) = (u32::try_from(question).ok()?, usize::try_from(offset).ok()?);
        let cursor = Self { question, offset, from, to, answer };
        // Only what was written here: no second spelling of the same place.
        (cursor.to_string() == text).then_some(cursor)
    }
}
