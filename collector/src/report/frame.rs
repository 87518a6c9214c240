//! The frame of whatever is shown as lines of text: how wide it is, and how what is wider is broken or cut.

/// Widest line.
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
        // A single word wider than the page is cut: nothing here is worth breaking the frame for.
        current.push_str(&shortened(part, WIDTH - indent.len()));
    }
    lines.push(current);
    lines.join("\n")
}

/// Both ends of a text that is too long.
pub(super) fn shortened(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    text.chars().take(head).chain(std::iter::once('…')).chain(text.chars().skip(length - tail)).collect()
}
