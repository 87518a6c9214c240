//! Names from outside, as they may stand in a policy. What Istio would read as more than the name itself is none that a rule can be made of.

const SCHEME: &str = "spiffe://";
/// Characters of a URI SAN, at most: SPIFFE's own bound.
const LONGEST: usize = 2_048;

/// A certificate's name as `principals` takes it; `None` where Istio would not match exactly it. SPIFFE allows no other characters, and `*` at
/// an end would match others too.
pub(super) fn principal(name: &str) -> Option<&str> {
    let value = name.strip_prefix(SCHEME).filter(|value| value.len() <= LONGEST)?;
    let is_part = |part: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        !part.is_empty() && part.bytes().all(is_plain)
    };
    (value.contains('/') && value.split('/').all(is_part)).then_some(value)
}

/// True for what Kubernetes takes as a name of a namespace or a workload: letters, digits, `-` and, within, `.`.
pub(super) fn is_object(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let is_edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = name.as_bytes();
    name.len() <= 240 && name.bytes().all(is_inner) && is_edge(bytes.first()) && is_edge(bytes.last())
}

/// True for a label that Kubernetes takes, by key and value.
pub(super) fn is_label(key: &str, value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let is_word = |text: &str| {
        let ends = [text.as_bytes().first(), text.as_bytes().last()];
        text.len() <= 63
            && text.bytes().all(is_plain)
            && ends.into_iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
    };
    let is_key = match key.split_once('/') {
        Some((prefix, name)) => is_object(prefix) && is_word(name),
        None => is_word(key),
    };
    is_key && is_word(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_istio_matches_exactly_is_a_principal() {
        assert_eq!(principal("spiffe://cluster.local/ns/shop/sa/web"), Some("cluster.local/ns/shop/sa/web"));
        for hostile in [
            "",
            "spiffe://",
            "spiffe://*",
            "spiffe://td",
            "spiffe://*/ns/a/sa/b",
            "spiffe://td/ns/a/sa/*",
            "cluster.local/ns/a/sa/b",
            "spiffe://spiffe://td/a",
            "spiffe://td/ns/a/sa/b\n- x",
            "spiffe://td/ns/a/sa/b\" x",
            "spiffe://td/ns/a/sa/b: {}",
            "spiffe://td/ns/\u{202e}/sa/b",
            "spiffe://td//sa/b",
        ] {
            assert_eq!(principal(hostile), None, "{hostile:?}");
        }
    }

    #[test]
    fn only_what_kubernetes_takes_is_a_name_or_a_label() {
        assert!(is_object("cart-v1.x") && is_label("app.kubernetes.io/name", "cart") && is_label("app", "1.0_x"));
        for hostile in ["", "-a", "a\nb", "A", "a: b", "a/b", "\u{e4}"] {
            assert!(!is_object(hostile), "{hostile:?}");
        }
        for (key, value) in [("a b", "c"), ("app", ""), ("app", "a\nb"), ("a/b/c", "d"), ("app", "{x}"), ("", "d")] {
            assert!(!is_label(key, value), "{key:?} {value:?}");
        }
    }
}
