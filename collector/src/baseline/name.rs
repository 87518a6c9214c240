//! What a baseline may be called: something that is a file's name on any system, and nothing else.

use std::fmt;

/// Bytes of a name at most.
const LONGEST: usize = 64;

/// A name: small letters, digits, and `-`, `_` and `.` behind the first character; at most 64 of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// How one is written, for people.
    pub const GRAMMAR: &str = "up to 64 of a-z, 0-9, and behind the first one - _ and .";

    /// Reads one; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let mut bytes = text.bytes();
        let is_name = text.len() <= LONGEST
            && bytes.next().is_some_and(is_plain)
            && bytes.all(|byte| is_plain(byte) || matches!(byte, b'-' | b'_' | b'.'));
        is_name.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_out_of_no_folder() {
        for name in ["before-cut-over", "2026.11", "a"] {
            assert_eq!(Name::parse(name).unwrap().to_string(), name);
        }
        for name in ["", ".", "..", ".hidden", "-x", "a/b", "../a", "A", "a b", "a\0", "ä", &"a".repeat(65)] {
            assert_eq!(Name::parse(name), None, "{name:?}");
        }
    }
}
