//! Where a collector is, as a command line says it: `--url` and `--ca`, read once for every command that asks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use hyper::Uri;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::CliError;

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
}

impl Address {
    pub(super) fn read(&self) -> Result<Place, CliError> {
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
        let tls = match (is_secure, &self.ca) {
            (false, None) => None,
            (false, Some(_)) => {
                return Err(CliError::Usage("--ca is for a --url that begins with https://".to_owned()));
            }
            (true, ca) => {
                let name = ServerName::try_from(host.clone()).map_err(|_| unusable("give a host"))?;
                Some((connector(ca.as_deref())?, name))
            }
        };
        Ok(Place {
            url: url.to_owned(),
            path: uri.path().trim_end_matches('/').to_owned(),
            authority: authority.to_string(),
            host,
            port: port.unwrap_or(if is_secure { 443 } else { 80 }),
            tls,
        })
    }
}

/// What verifies a server by these roots, or by the system's.
fn connector(ca: Option<&Path>) -> Result<TlsConnector, CliError> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(file) => {
            let unusable = |why: &dyn std::fmt::Display| CliError::Usage(format!("--ca {}: {why}", file.display()));
            let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            for root in read.map_err(|error| unusable(&error))? {
                roots.add(root).map_err(|error| unusable(&error))?;
            }
            if roots.is_empty() {
                return Err(unusable(&"there is no certificate in it"));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(CliError::Usage("this system has no roots of certificates: --ca names some".to_owned()));
            }
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(std::io::Error::other)?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Place, CliError> {
        Address { url: url.to_owned(), ca: None }.read()
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
        let with_roots = Address { url: "http://h".to_owned(), ca: Some("roots.pem".into()) };
        assert!(with_roots.read().err().unwrap().to_string().contains("--ca is for"));
    }
}
