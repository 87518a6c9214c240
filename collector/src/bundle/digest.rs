//! Digests: SHA-256 in hexadecimal digits, and as a content security policy names it.

use ring::digest::{SHA256, digest};

/// 64 hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `sha256-BASE64`.
#[must_use]
pub fn of_policy(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::from("sha256-");
    for part in digest(&SHA256, bytes).as_ref().chunks(3) {
        let byte = |place: usize| u32::from(part.get(place).copied().unwrap_or_default());
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS.get((word >> (18 - 6 * place) & 63) as usize).copied().unwrap_or_default();
            out.push(if place > part.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

/// The digits of a digest as people keep it, `sha256:` before it or not; `None` for anything else.
#[must_use]
pub fn parse(text: &str) -> Option<String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let is_digest = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| digits.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(b""), empty);
        assert_eq!(of_policy(b""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(parse(&format!("sha256:{}", empty.to_uppercase())).as_deref(), Some(empty));
        assert_eq!(parse("sha256:12"), None);
    }
}
