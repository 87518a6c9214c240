//! How a value of a policy is compared with a text: exactly, by its beginning or end, or by its presence; and path templates.

use crate::call::Text;
use crate::truth::Truth;

/// A value with at most one `*` that means something: its first character, else its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern<'a> {
    /// `*`: anything that is not empty.
    Present,
    /// `*x`.
    Suffix(&'a str),
    /// `x*`.
    Prefix(&'a str),
    /// Any other.
    Exact(&'a str),
}

impl<'a> Pattern<'a> {
    pub(crate) fn of(value: &'a str) -> Self {
        if value == "*" {
            Self::Present
        } else if let Some(suffix) = value.strip_prefix('*') {
            Self::Suffix(suffix)
        } else if let Some(prefix) = value.strip_suffix('*') {
            Self::Prefix(prefix)
        } else {
            Self::Exact(value)
        }
    }

    pub(crate) fn matches(self, text: &str) -> bool {
        match self {
            Self::Present => !text.is_empty(),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Exact(exact) => text == exact,
        }
    }

    /// Of a text of which perhaps only the beginning is known; `field` is what it is called.
    fn of_text(self, text: &Text, field: &str) -> Truth {
        let beginning = match text {
            Text::Whole(text) => return Truth::from(self.matches(text)),
            Text::Beginning(beginning) => beginning,
        };
        let depends = |is_possible: bool| if is_possible { Truth::unknown(field) } else { Truth::No };
        match self {
            Self::Present if !beginning.is_empty() => Truth::Yes,
            Self::Prefix(prefix) if beginning.starts_with(prefix) => Truth::Yes,
            Self::Prefix(other) | Self::Exact(other) => depends(other.starts_with(beginning.as_str())),
            Self::Present | Self::Suffix(_) => depends(true),
        }
    }
}

/// Whether a value of `paths` matches.
pub(crate) fn path(value: &str, text: &Text, field: &str) -> Truth {
    if !is_template(value) {
        return Pattern::of(value).of_text(text, field);
    }
    match text {
        // What is no literal of a path is matched by no operator, and not every version says which those are.
        Text::Whole(text) if template(value, text) && !text.chars().all(is_literal) => Truth::unknown(field),
        Text::Whole(text) => Truth::from(template(value, text)),
        Text::Beginning(beginning) => {
            let head = value.split('{').next().unwrap_or_default();
            let is_possible = head.starts_with(beginning.as_str()) || beginning.starts_with(head);
            if is_possible { Truth::unknown(field) } else { Truth::No }
        }
    }
}

/// True where a value of `paths` is a template.
pub(crate) fn is_template(value: &str) -> bool {
    value.contains("{*}") || value.contains("{**}")
}

/// What may stand in a path by its grammar; `*` is taken for an operator.
fn is_literal(one: char) -> bool {
    one.is_ascii_alphanumeric() || "-._~%!$&'()+,;:@=/".contains(one)
}

/// `{*}` is one segment that is not empty, `{**}` any characters, also none; after that stand no further ones.
fn template(template: &str, text: &str) -> bool {
    match template.find("{*") {
        None => template == text,
        Some(at) => {
            let (head, rest) = template.split_at(at);
            let Some(text) = text.strip_prefix(head) else { return false };
            if let Some(tail) = rest.strip_prefix("{**}") {
                return text.ends_with(tail);
            }
            let end = text.find('/').unwrap_or(text.len());
            let (segment, text) = text.split_at(end);
            !segment.is_empty() && rest.strip_prefix("{*}").is_some_and(|rest| self::template(rest, text))
        }
    }
}

/// A pattern in which each `*` is any text, of the whole of a text: in time that grows with the product of both lengths at most.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let head = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        // The first place that fits leaves most for those that follow.
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    true
}
