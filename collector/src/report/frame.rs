//! The frame of whatever is shown as lines of text: how wide it is, and where what is wider is broken. Nothing is ever cut: what two long
//! names differ by may stand anywhere in them.

use unicode_width::UnicodeWidthStr;

/// Widest line, in a terminal's columns, but for one that a single name is wider than.
pub const WIDTH: usize = 118;

/// How many columns of a terminal a text takes: letters of Chinese, Japanese and Korean take two, those that join the one before none.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// A text with spaces behind it, so that it takes so many columns at least.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{:1$}", "", width.saturating_sub(columns(text)))
}

/// Joins parts by `between`, breaking before a part that would not fit; later lines begin with `indent`.
pub(super) fn wrapped(parts: &[String], between: &str, indent: &str) -> String {
    let mut lines = Vec::new();
    let mut current = String::new();
    for part in parts {
        let fits = columns(&current) + between.len() + columns(part) <= WIDTH;
        if !current.is_empty() && !fits {
            lines.push(std::mem::replace(&mut current, indent.to_owned()));
        } else if !current.is_empty() && current != indent {
            current.push_str(between);
        }
        current.push_str(part);
    }
    lines.push(current);
    lines.join("\n")
}
