//! Server names (SNI) of the applications' own TLS. Whoever connects chooses them: they are host names or nothing, and few at a
//! time, so that nobody fills the table of edges with them.

use std::collections::HashMap;

use crate::hash::BuildWordHasher;

/// Names in use at a time, per sender; a connection that asks for one more has none.
const MAX: usize = 200;
/// Longest host name of DNS.
const MAX_LENGTH: usize = 253;
/// Epochs after which a name that nobody asked for makes room.
const IDLE: u32 = 12;

#[derive(Debug, Default)]
pub(crate) struct ServerNames {
    /// Epoch of each name's last connection.
    used: HashMap<Box<str>, u32, BuildWordHasher>,
}

impl ServerNames {
    /// The name as it is counted: in small letters; empty when it is no host name, or one too many.
    pub(crate) fn known(&mut self, asked: &str, epoch: u32) -> String {
        if !is_host_name(asked) {
            return String::new();
        }
        let name = asked.to_ascii_lowercase();
        if let Some(used) = self.used.get_mut(name.as_str()) {
            *used = epoch;
            return name;
        }
        if self.used.len() >= MAX {
            self.used.retain(|_, used| used.saturating_add(IDLE) >= epoch);
        }
        if self.used.len() >= MAX {
            return String::new();
        }
        self.used.insert(name.as_str().into(), epoch);
        name
    }
}

/// Letters, digits, `-`, `_` and dots.
fn is_host_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn only_host_names_are_names_and_letters_do_not_tell_them_apart() {
        let mut names = ServerNames::default();
        assert_eq!(names.known("API.Example.com", 1), "api.example.com");
        assert_eq!(names.known("outbound_.80_._.orders.shop.svc.cluster.local", 1).len(), 45);
        let long = "a".repeat(MAX_LENGTH + 1);
        for odd in ["", "a b", "a\u{1b}[31m", "b\u{fc}cher.example", "a|b", "a/b", "a\nb", &long] {
            assert_eq!(names.known(odd, 1), "", "{odd:?}");
        }
    }

    #[test]
    fn names_that_outsiders_make_up_are_bounded_and_make_room_when_nobody_asks_for_them_any_more() {
        let mut names = ServerNames::default();
        let made_up: Vec<String> = (0..10_000).map(|at| names.known(&format!("n{at}.example"), 1)).collect();
        assert_eq!(made_up.iter().filter(|name| !name.is_empty()).count(), MAX);
        assert_eq!(names.known("n7.example", 5), "n7.example", "one that is in use stays");
        assert_eq!(names.known("late.example", 1 + IDLE), "");
        assert_eq!(names.known("late.example", 2 + IDLE), "late.example");
        assert_eq!(names.used.len(), 2, "n7 and late");
    }
}
