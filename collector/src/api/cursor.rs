//! Where the next page begins. Opaque to clients: it pins the period, so that pages do not drift apart.

use std::fmt;

/// A place in the list of a pinned period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Entries before it.
    pub(super) offset: usize,
    /// Start of the period.
    pub(super) from: u64,
    /// End of it.
    pub(super) to: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1-{:x}-{:x}-{:x}", self.offset, self.from, self.to)
    }
}

impl Cursor {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("1-")?.split('-').map(|part| u64::from_str_radix(part, 16).ok());
        let (offset, from, to) = (parts.next()??, parts.next()??, parts.next()??);
        let cursor = Self { offset: usize::try_from(offset).ok()?, from, to };
        // Only what was written here: no second spelling of the same place.
        (cursor.to_string() == text).then_some(cursor)
    }
}
