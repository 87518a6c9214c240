//! What secures a connection to a collector: the roots that its certificate is verified by, and the certificate that is shown to who asks
//! for one. Read from files once, at the start of a command.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

use super::CliError;
use super::address::Address;
use crate::serve::pem;

/// By the files that the command line names; without roots among them, by the system's.
pub(super) fn connector(address: &Address) -> Result<TlsConnector, CliError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(std::io::Error::other)?;
    let builder = builder.with_root_certificates(roots(address.ca.as_deref())?);
    let mut config = match address.client_certificate.as_deref().zip(address.client_key.as_deref()) {
        None => builder.with_no_client_auth(),
        Some((file, key_file)) => {
            let chain = read("--client-certificate", file, pem::certificates)?;
            let key = read("--client-key", key_file, pem::private_key)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| match error {
                Error::InconsistentKeys(_) => {
                    unusable("--client-key", key_file, &format!("it is not the key of {}", file.display()))
                }
                other => unusable("--client-certificate", file, &other),
            })?
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, CliError> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(file) => {
            for root in read("--ca", file, pem::certificates)? {
                roots.add(root).map_err(|error| unusable("--ca", file, &error))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(CliError::Usage("this system has no roots of certificates: --ca names some".to_owned()));
            }
        }
    }
    Ok(roots)
}

/// What a file holds; an error names it.
fn read<T>(option: &str, file: &Path, read: fn(&[u8]) -> Result<T, String>) -> Result<T, CliError> {
    let bytes = std::fs::read(file).map_err(|error| unusable(option, file, &error))?;
    read(&bytes).map_err(|error| unusable(option, file, &error))
}

fn unusable(option: &str, file: &Path, why: &dyn std::fmt::Display) -> CliError {
    CliError::Usage(format!("{option} {}: {why}", file.display()))
}
