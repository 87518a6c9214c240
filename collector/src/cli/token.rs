//! The bearer token that a command shows to what stands before a collector: out of a file or the environment, never off the command line,
//! which every process of a machine may read. Read once, at the start of a command; shown nowhere.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::net::IpAddr;
use std::path::Path;

use hyper::body::Bytes;
use hyper::header::HeaderValue;

use super::CliError;

/// Holds a token where no file is named.
pub(super) const VARIABLE: &str = "HOGUSU_TOKEN";

/// Longer ones are no tokens: what reads them takes heads of 8 or 16 KiB.
const BYTES: usize = 8 * 1024;

/// What proves who asks.
#[derive(Clone)]
pub(super) struct Token {
    /// Marked as sensitive, so that nothing prints it.
    pub(super) header: HeaderValue,
    /// Where it comes from, for people.
    pub(super) source: String,
}

impl Token {
    /// The one of `file`, else the one that the environment holds, if there is any.
    pub(super) fn read(file: Option<&Path>, environment: Option<OsString>) -> Result<Option<Self>, CliError> {
        match (file, environment) {
            (Some(file), _) => {
                let source = format!("--token-file {}", file.display());
                let bytes = bytes(file).map_err(|error| CliError::Usage(format!("{source}: {error}")))?;
                Self::of(&bytes, source).map(Some)
            }
            (None, Some(held)) => Self::of(held.as_encoded_bytes(), VARIABLE.to_owned()).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn of(bytes: &[u8], source: String) -> Result<Self, CliError> {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let wrong = match bytes {
            [] => Some("there is no token in it"),
            _ if bytes.len() > BYTES => Some("it is too long for a token"),
            _ if !bytes.iter().all(u8::is_ascii_graphic) => {
                Some("a token is one line without spaces, control characters or other than ASCII")
            }
            _ => None,
        };
        let written = HeaderValue::from_bytes(&[b"Bearer ", bytes].concat());
        match (wrong, written) {
            (None, Ok(mut header)) => {
                header.set_sensitive(true);
                Ok(Self { header, source })
            }
            (wrong, _) => Err(CliError::Usage(format!("{source}: {}", wrong.unwrap_or("it is no token")))),
        }
    }

    /// A text without it.
    pub(super) fn hidden(&self, text: &str) -> String {
        let secret = self.header.to_str().unwrap_or_default().trim_start_matches("Bearer ");
        if secret.is_empty() { text.to_owned() } else { text.replace(secret, "[token]") }
    }

    /// The body of an answer without it.
    pub(super) fn hidden_in(&self, body: &Bytes) -> Bytes {
        Bytes::from(self.hidden(&String::from_utf8_lossy(body)))
    }

    /// Whoever is on the way to another machine could read it.
    pub(super) fn refuse_plaintext(&self, host: &str) -> Result<(), CliError> {
        if is_loopback(host) {
            return Ok(());
        }
        let source = &self.source;
        Err(CliError::Usage(format!(
            "the token of {source} is not sent to {host} in plaintext: give a --url that begins with https://, or ask without a token"
        )))
    }
}

/// By its name: what `localhost` leads to is for the system to say.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut read = Vec::new();
    // One more, and a line's end, tell that it is too long.
    let bound = u64::try_from(BYTES).unwrap_or(u64::MAX).saturating_add(3);
    File::open(file)?.take(bound).read_to_end(&mut read)?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(token: &str) -> Result<Option<Token>, CliError> {
        Token::read(None, Some(token.into()))
    }

    #[test]
    fn a_token_is_read_without_the_end_of_its_line_and_is_not_shown() {
        for written in ["aB3-._~+/=", "aB3-._~+/=\n", "aB3-._~+/=\r\n"] {
            let token = held(written).unwrap().unwrap();
            assert_eq!(token.header.as_bytes(), b"Bearer aB3-._~+/=");
            assert_eq!(format!("{:?}", token.header), "Sensitive");
        }
        assert!(Token::read(None, None).unwrap().is_none());
        assert!(held(&"x".repeat(BYTES)).is_ok());
    }

    #[test]
    fn what_is_no_token_is_refused_by_where_it_stands_and_not_repeated() {
        let long = "x".repeat(BYTES + 1);
        for (written, why) in [
            ("", "no token"),
            ("\n", "no token"),
            ("secret\n\n", "control characters"),
            ("secret\nX-Other: 1", "control characters"),
            ("secret\u{7}", "control characters"),
            ("secret word", "without spaces"),
            ("secrét", "other than ASCII"),
            (&long, "too long"),
        ] {
            let error = held(written).err().unwrap();
            assert_eq!(error.exit_code(), 2);
            let error = error.to_string();
            assert!(error.starts_with("HOGUSU_TOKEN: ") && error.contains(why) && !error.contains("secr"), "{error}");
        }
    }

    #[test]
    fn a_token_goes_in_plaintext_to_loopback_alone() {
        let token = held("secret").unwrap().unwrap();
        for host in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "localhost", "LocalHost"] {
            assert!(token.refuse_plaintext(host).is_ok(), "{host}");
        }
        for host in ["10.0.0.1", "localhost.example.com", "collector", "0.0.0.0", "::"] {
            let error = token.refuse_plaintext(host).err().unwrap().to_string();
            assert!(error.contains("begins with https://") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_an_error_repeats_of_it_is_hidden() {
        let token = Token::of(b"s3cret-of-mine", "a test".to_owned()).unwrap();
        let told = Bytes::from_static(b"{\"message\":\"no: Bearer s3cret-of-mine\"}");
        assert_eq!(token.hidden_in(&told), &b"{\"message\":\"no: Bearer [token]\"}"[..]);
        assert_eq!(token.hidden("http://x/?t=s3cret-of-mine"), "http://x/?t=[token]");
    }
}
