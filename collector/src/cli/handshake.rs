//! Why a TLS handshake with a collector failed, and what to do: in words for who asks.

use tokio_rustls::rustls::{CertificateError, Error, OtherError};

/// Of a handshake with `host`.
pub(super) fn why(error: &std::io::Error, host: &str) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(Error::InvalidCertificate(certificate)) => of_certificate(certificate, host),
        _ => format!("TLS failed: {error}"),
    }
}

fn of_certificate(error: &CertificateError, host: &str) -> String {
    match error {
        CertificateError::Other(other) if is_authority(other) => {
            "its certificate is that of an authority (CA:TRUE), which proves no server; give it one of its own, as by \
             openssl req -x509 -addext basicConstraints=critical,CA:FALSE"
                .to_owned()
        }
        // By a root of the same name with another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "nobody who is trusted here issued its certificate; --ca names the roots to trust".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("its certificate does not name {host}; --url has to name it as its certificate does")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired, by this machine's clock; give the collector a new one".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, by this machine's clock".to_owned()
        }
        other => format!("its certificate cannot be trusted: {other}; --ca names the roots to trust"),
    }
}

fn is_authority(OtherError(error): &OtherError) -> bool {
    matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}
