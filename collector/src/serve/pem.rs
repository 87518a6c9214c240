//! Certificates and keys as PEM holds them, and in words what is wrong with a file that holds none. Opens no files, and does not know which one
//! it is.

use rustls_pki_types::pem::{Error, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::crypto::ring::sign::any_supported_type;
use webpki::EndEntityCert;

/// At least one certificate.
///
/// # Errors
/// When there is none, or one of them cannot be read: a peer would only say that it was shown nothing it knows.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let read = read.map_err(|error| format!("{error}; give certificates as PEM"))?;
    if read.is_empty() {
        return Err("there is no certificate in it; give PEM, as it begins with -----BEGIN CERTIFICATE-----".to_owned());
    }
    // Of a version that is not known here, or without what a leaf has, it may be good for others.
    let is_none = |certificate: &CertificateDer<'_>| {
        matches!(EndEntityCert::try_from(certificate), Err(webpki::Error::BadDer | webpki::Error::TrailingData(_)))
    };
    match read.iter().position(is_none) {
        Some(place) => {
            let (number, all) = (place + 1, read.len());
            Err(format!(
                "certificate {number} of {all} in it is damaged; write the file again from where it was issued"
            ))
        }
        None => Ok(read),
    }
}

/// The first private key.
///
/// # Errors
/// When there is none, or it is of no kind that can be used.
pub(crate) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        Error::NoItemsFound => {
            "there is no private key in it, or it is encrypted; give PEM, as it begins with -----BEGIN PRIVATE KEY-----"
                .to_owned()
        }
        other => format!("{other}; give a private key as PEM"),
    })?;
    match any_supported_type(&key) {
        Ok(_) => Ok(key),
        Err(_unusable) => Err("the private key in it cannot be read; give one of RSA, ECDSA or Ed25519".to_owned()),
    }
}
