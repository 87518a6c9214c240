//! An edge in words: the labels of its ends with an arrow between them. Whether there is one is not known here.

/// The two sides of `SOURCE -> DESTINATION`, each as it is printed; `None` where there is no arrow. One within quotes is part of a name.
#[must_use]
pub fn split(text: &str) -> Option<(&str, &str)> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (place, char) in text.char_indices() {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '-' if !is_quoted => {
                let (source, rest) = text.split_at_checked(place)?;
                if let Some(destination) = rest.strip_prefix("->") {
                    return Some((source.trim(), destination.trim()));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_parts_two_ends_and_one_within_quotes_is_a_name() {
        for (text, sides) in [
            ("shop/web -> stock/inventory", Some(("shop/web", "stock/inventory"))),
            ("a->b:80", Some(("a", "b:80"))),
            ("a-->b", Some(("a-", "b"))),
            (r#""a -> b"/c -> "d\" -> e""#, Some((r#""a -> b"/c"#, r#""d\" -> e""#))),
            ("unknown -> 10.0.0.1:80", Some(("unknown", "10.0.0.1:80"))),
            (" -> b", Some(("", "b"))),
            (r#""a -> b""#, None),
            ("shop/web", None),
            ("6a09e667f3bcc908", None),
            (r#"\"#, None),
        ] {
            assert_eq!(split(text), sides, "{text}");
        }
    }
}
