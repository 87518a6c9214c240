//! TLS of the collector's own listeners: certificate and key from files, and who is at the other end when clients show theirs.

use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{NoServerSessionStorage, ServerConnection, WebPkiClientVerifier};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use webpki::EndEntityCert;

use super::{ServeError, Tls};
use crate::ingest::{ClientCertificate, Identity, Unverified};

/// What accepts connections with these files.
pub(super) fn acceptor(files: &Tls) -> Result<TlsAcceptor, ServeError> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unusable(&files.key, &error))?;
    // Named, for a process's default is whatever other crates bring along.
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&files.certificate, &error))?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(roots) => builder.with_client_cert_verifier(verifier(roots, provider)?),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| unusable(&files.certificate, &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if files.client_ca.is_some() {
        // A resumed session would count on a certificate that may have expired since.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Verifies a client's certificate when it shows one. Who only reads need not; a batch without one is refused at its endpoint.
fn verifier(roots: &Path, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, ServeError> {
    let mut store = RootCertStore::empty();
    for root in certificates(roots)? {
        store.add(root).map_err(|error| unusable(roots, &error))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider);
    builder.allow_unauthenticated().build().map_err(|error| unusable(roots, &error))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    read.map_err(|error| unusable(file, &error))
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
