//! TLS of the collector's own listeners: certificate and key from files, and who is at the other end when clients show theirs.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{NoServerSessionStorage, ServerConnection, WebPkiClientVerifier};
use tokio_rustls::rustls::{Error, RootCertStore, ServerConfig};
use webpki::EndEntityCert;

use super::pem::{certificates, private_key};
use super::validity::Validity;
use super::{ServeError, Tls};
use crate::ingest::{ClientCertificate, Identity, Unverified};
use crate::limits;

/// What stands in the files of a TLS server at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Contents {
    pub(super) fn read(files: &Tls) -> Result<Self, ServeError> {
        let client_ca = files.client_ca.as_deref().map(bytes).transpose()?;
        Ok(Self { certificate: bytes(&files.certificate)?, key: bytes(&files.key)?, client_ca })
    }
}

fn bytes(file: &Path) -> Result<Vec<u8>, ServeError> {
    let mut read = Vec::new();
    let bound = u64::try_from(limits::TLS_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let opened = File::open(file).and_then(|opened| opened.take(bound).read_to_end(&mut read));
    opened.map_err(|error| unusable(file, &error))?;
    if read.len() > limits::TLS_FILE_BYTES {
        return Err(unusable(file, &"it is too long for a certificate or key"));
    }
    Ok(read)
}

/// What accepts connections, the host names that its certificate proves to be ours, and when that is valid.
pub(super) struct Acceptor {
    pub(super) accept: TlsAcceptor,
    pub(super) names: BTreeSet<String>,
    pub(super) valid: Validity,
}

/// What accepts connections with what the files hold.
pub(super) fn acceptor(files: &Tls, contents: &Contents) -> Result<Acceptor, ServeError> {
    let chain = certificates(&contents.certificate).map_err(|error| unusable(&files.certificate, &error))?;
    // Roots are taken by their keys alone: their dates keep nobody out.
    let valid = Validity::of(&chain).map_err(|error| unusable(&files.certificate, &error))?;
    let leaf = chain.first().and_then(|leaf| EndEntityCert::try_from(leaf).ok());
    let names = leaf.iter().flat_map(|leaf| leaf.valid_dns_names()).map(str::to_ascii_lowercase).collect();
    let key = private_key(&contents.key).map_err(|error| unusable(&files.key, &error))?;
    // Named, for a process's default is whatever other crates bring along.
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&files.certificate, &error))?;
    let builder = match files.client_ca.as_deref().zip(contents.client_ca.as_deref()) {
        None => builder.with_no_client_auth(),
        Some((file, roots)) => builder.with_client_cert_verifier(verifier(file, roots, provider)?),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| match error {
        Error::InconsistentKeys(_) => {
            unusable(&files.key, &format!("it is not the key of {}", files.certificate.display()))
        }
        other => unusable(&files.certificate, &other),
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if files.client_ca.is_some() {
        // A resumed session would count on a certificate that may have expired since.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(Acceptor { accept: TlsAcceptor::from(Arc::new(config)), names, valid })
}

/// Verifies a client's certificate when it shows one. Who only reads need not; a batch without one is refused at its endpoint.
fn verifier(
    file: &Path,
    roots: &[u8],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, ServeError> {
    let mut store = RootCertStore::empty();
    for root in certificates(roots).map_err(|error| unusable(file, &error))? {
        store.add(root).map_err(|error| unusable(file, &error))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider);
    builder.allow_unauthenticated().build().map_err(|error| unusable(file, &error))
}

fn unusable(file: &Path, error: &dyn std::fmt::Display) -> ServeError {
    ServeError::Tls { file: file.to_owned(), message: error.to_string() }
}

/// Who is at the other end, by the certificate that the handshake verified.
pub(super) fn client(connection: &ServerConnection) -> ClientCertificate {
    ClientCertificate(identity(connection))
}

fn identity(connection: &ServerConnection) -> Result<Identity, Unverified> {
    let chain = connection.peer_certificates().unwrap_or_default();
    let certificate = chain.first().ok_or(Unverified::NoCertificate)?;
    let certificate = EndEntityCert::try_from(certificate).map_err(|_| Unverified::UnreadableCertificate)?;
    Identity::among(certificate.valid_uri_names())
}
