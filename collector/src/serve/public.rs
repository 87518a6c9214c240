//! A further name of the collector, as `--public-host` gives it.

use std::net::IpAddr;
use std::str::FromStr;

/// A host name or an address, without a port, as names are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicHost(pub(super) String);

/// It is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a host name or an address, without scheme, port and path, as hogusu.example.com")]
pub struct NoHost;

impl FromStr for PublicHost {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, NoHost> {
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Self(address.to_canonical().to_string()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_part = |part: &str| {
            let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !part.is_empty() && part.len() <= 63 && part.bytes().all(is_letter)
        };
        if name.len() > 253 || !name.split('.').all(is_part) {
            return Err(NoHost);
        }
        Ok(Self(name.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_an_address_is_taken_and_a_url_is_not() {
        for (text, name) in [
            ("Hogusu.Example.com.", "hogusu.example.com"),
            ("collector", "collector"),
            ("10.0.0.7", "10.0.0.7"),
            ("[2001:DB8::7]", "2001:db8::7"),
        ] {
            assert_eq!(text.parse(), Ok(PublicHost(name.to_owned())));
        }
        for text in ["", ".", "http://a", "a:443", "a/b", "*.example.com", "a..b", "a b", "*"] {
            assert_eq!(text.parse::<PublicHost>(), Err(NoHost), "{text}");
        }
    }
}
