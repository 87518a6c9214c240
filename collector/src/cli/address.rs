//! Where a collector is and what opens the way to it, as a command line says it: read once for every command that asks.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use hyper::Uri;
use rustls_pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::CliError;
use super::tls::connector;
use super::token::Token;

/// Where it is when nothing is said.
pub(super) const DEFAULT_URL: &str = "http://127.0.0.1:7070";

/// Where the collector is.
#[derive(Debug, Clone, Args)]
pub(super) struct Address {
    /// Where the collector is: http or https, with the path that leads to it where there is one.
    #[arg(long, value_name = "URL", default_value = DEFAULT_URL)]
    pub(super) url: String,
    /// Roots of the collector's certificate, PEM, for https. Without it: the system's.
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<PathBuf>,
    /// Certificate that is shown where one is asked for, PEM with its chain, for https.
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub(super) client_certificate: Option<PathBuf>,
    /// Its private key, PEM.
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    pub(super) client_key: Option<PathBuf>,
    /// File with a bearer token for what stands before the collector. Without it: the environment's HOGUSU_TOKEN, if it is set. Sent by
    /// https or to loopback alone.
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
}

/// The same, read.
#[derive(Clone)]
pub(super) struct Place {
    /// As given, without a slash at its end.
    pub(super) url: String,
    /// What stands before every path; empty or beginning with a slash.
    pub(super) path: String,
    /// For the header `Host`.
    pub(super) authority: String,
    /// Without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// For https: what makes the connection secure, and whom the certificate has to name.
    pub(super) tls: Option<(TlsConnector, ServerName<'static>)>,
    /// Whether a certificate is shown to who asks for one.
    pub(super) has_certificate: bool,
    /// What is shown with every question.
    pub(super) token: Option<Token>,
}

impl Address {
    /// `token`: the one that the environment holds.
    pub(super) fn read(&self, token: Option<OsString>) -> Result<Place, CliError> {
        let url = self.url.trim_end_matches('/');
        let unusable = |why: &str| CliError::Usage(format!("--url {}: {why}, as {DEFAULT_URL}", self.url));
        let uri: Uri = url.parse().map_err(|_| unusable("give a URL"))?;
        let is_secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(unusable("give a URL that begins with http:// or https://")),
        };
        let authority = uri.authority().ok_or_else(|| unusable("give a host"))?;
        if authority.as_str().contains('@') {
            return Err(unusable("give it without a user"));
        }
        if url.contains(['?', '#']) {
            return Err(unusable("give it without a question or a fragment (? or #)"));
        }
        let after_host = authority.as_str().get(authority.host().len()..).unwrap_or_default();
        let port = authority.port_u16().filter(|port| *port > 0);
        if after_host.len() > 1 && port.is_none() {
            return Err(unusable("give a port from 1 to 65535"));
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let token = Token::read(self.token_file.as_deref(), token)?;
        let tls = if is_secure {
            let name = ServerName::try_from(host.clone()).map_err(|_| unusable("give a host"))?;
            Some((connector(self)?, name))
        } else {
            self.refuse_files_of_tls()?;
            token.as_ref().map_or(Ok(()), |token| token.refuse_plaintext(&host))?;
            None
        };
        Ok(Place {
            url: url.to_owned(),
            path: uri.path().trim_end_matches('/').to_owned(),
            authority: authority.to_string(),
            host,
            port: port.unwrap_or(if is_secure { 443 } else { 80 }),
            tls,
            has_certificate: self.client_certificate.is_some(),
            token,
        })
    }

    /// Without TLS nothing would be verified by them, or shown.
    fn refuse_files_of_tls(&self) -> Result<(), CliError> {
        let given = [("ca", &self.ca), ("client-certificate", &self.client_certificate)];
        let told = given.iter().find(|(_, file)| file.is_some());
        told.map_or(Ok(()), |(name, _)| {
            Err(CliError::Usage(format!("--{name} is for a --url that begins with https://")))
        })
    }

    /// Its options by name, so that a further command asks the same.
    pub(super) fn named(&self) -> [(&'static str, Option<String>); 5] {
        let file = |file: &Option<PathBuf>| file.as_ref().map(|file| file.display().to_string());
        [
            ("url", Some(self.url.clone()).filter(|url| *url != DEFAULT_URL)),
            ("ca", file(&self.ca)),
            ("client-certificate", file(&self.client_certificate)),
            ("client-key", file(&self.client_key)),
            ("token-file", file(&self.token_file)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Address {
        Address { url: url.to_owned(), ca: None, client_certificate: None, client_key: None, token_file: None }
    }

    fn read(url: &str) -> Result<Place, CliError> {
        at(url).read(None)
    }

    #[test]
    fn host_port_and_path_are_read_off_a_url() {
        for (url, whole, path, host, port) in [
            ("http://127.0.0.1:7070", "http://127.0.0.1:7070", "", "127.0.0.1", 7070),
            ("http://h/", "http://h", "", "h", 80),
            ("http://[::1]:1/hogusu/", "http://[::1]:1/hogusu", "/hogusu", "::1", 1),
            ("http://h/a/b//", "http://h/a/b", "/a/b", "h", 80),
        ] {
            let place = read(url).unwrap();
            assert_eq!((&*place.url, &*place.path, &*place.host, place.port), (whole, path, host, port));
        }
    }

    #[test]
    fn what_is_no_url_is_refused_with_what_is_wanted() {
        for (url, wanted) in [
            ("127.0.0.1:7070", "begins with http:// or https://"),
            ("ftp://h", "begins with http:// or https://"),
            ("http://", "give a"),
            ("http://h/?since=5m", "without a question or a fragment"),
            ("http://h/#x", "without a question or a fragment"),
            ("http://user:secret@h", "without a user"),
            ("http://127.0.0.1:99999", "a port from 1 to 65535"),
            ("http://[::1]:0", "a port from 1 to 65535"),
        ] {
            let error = read(url).err().unwrap();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(wanted), "{url}: {error}");
        }
        let with_roots = Address { ca: Some("roots.pem".into()), ..at("http://h") };
        assert!(with_roots.read(None).err().unwrap().to_string().contains("--ca is for"));
        let certified = Address { client_certificate: Some("cert.pem".into()), ..at("http://h") };
        assert!(certified.read(None).err().unwrap().to_string().contains("--client-certificate is for"));
        let told = at("http://h").read(Some("secret".into())).err().unwrap().to_string();
        assert!(told.contains("HOGUSU_TOKEN is not sent to h in plaintext"), "{told}");
        assert!(at("http://[::1]").read(Some("secret".into())).is_ok_and(|place| place.token.is_some()));
    }
}
