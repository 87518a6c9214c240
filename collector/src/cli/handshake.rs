//! Why a TLS handshake with a collector failed, and what to do: in words for who asks.

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error, OtherError};

/// Of a handshake with `host`, to which a certificate was shown, or none.
pub(super) fn why(error: &std::io::Error, host: &str, has_certificate: bool) -> String {
    let told = error.get_ref().and_then(|inner| inner.downcast_ref());
    match told {
        Some(Error::InvalidCertificate(certificate)) => of_certificate(certificate, host),
        Some(Error::AlertReceived(alert)) => refused(*alert, has_certificate),
        _ => format!("TLS failed: {error}"),
    }
}

/// What a server says to a handshake only behind it, as with TLS 1.3 to the certificate that it was shown: found among the causes of what
/// ended the exchange.
pub(super) fn why_behind(error: &(dyn std::error::Error + 'static), has_certificate: bool) -> Option<String> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut inner = causes.filter_map(|cause| cause.downcast_ref::<std::io::Error>()?.get_ref());
    inner.find_map(|inner| match inner.downcast_ref() {
        Some(Error::AlertReceived(alert)) => Some(refused(*alert, has_certificate)),
        _ => None,
    })
}

/// By a server that was shown a certificate, or none.
fn refused(alert: AlertDescription, has_certificate: bool) -> String {
    use AlertDescription::{
        AccessDenied, BadCertificate, CertificateExpired, CertificateRequired, CertificateRevoked, CertificateUnknown,
        DecryptError, HandshakeFailure, UnknownCA, UnsupportedCertificate,
    };
    match (alert, has_certificate) {
        (CertificateRequired, false) => {
            "it asks for a client certificate; --client-certificate and --client-key give one".to_owned()
        }
        // Before TLS 1.3 there is no word for that alone.
        (HandshakeFailure | BadCertificate, false) => format!(
            "TLS failed: it says {alert:?}; where it asks for a client certificate, --client-certificate and --client-key give one"
        ),
        (
            AccessDenied
            | BadCertificate
            | CertificateExpired
            | CertificateRequired
            | CertificateRevoked
            | CertificateUnknown
            | DecryptError
            | UnknownCA
            | UnsupportedCertificate,
            true,
        ) => format!("it does not take the certificate of --client-certificate: {alert:?}"),
        _ => format!("TLS failed: it says {alert:?}"),
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
