//! The frame of whatever is shown as lines of text: how wide it is, and where what is wider is broken. Nothing is ever cut: what two long
//! names differ by may stand anywhere in them.

/// Widest line, but for one that a single name is wider than.
pub const WIDTH: usize = 118;

/// Joins parts by `between`, breaking before a part that would not fit; later lines begin with `indent`.
pub(super) fn wrapped(parts: &[String], between: &str, indent: &str) -> String {
    let mut lines = Vec::new();
    let mut current = String::new();
    for part in parts {
        let fits = current.chars().count() + between.len() + part.chars().count() <= WIDTH;
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
