//! Who sends a batch, as far as that is verified, and whether it may say what it says of itself.
//!
//! A verified identity is a SPIFFE id as Istio issues them: trust domain, namespace, service account. It comes from the
//! client certificate of the collector's own TLS, or from what the collector's own sidecar wrote of its peer's. The name of a
//! workload is in no certificate: workloads that share a service account can speak for each other.

mod forwarded;

use std::sync::Arc;

use axum::http::{Extensions, HeaderMap};
use hogusu_model::{Proxy, parse_spiffe};

use crate::peer::Party;

/// The header in which a sidecar hands on the certificates it saw.
const FORWARDED: &str = "x-forwarded-client-cert";

/// Longest header that is read.
const HEADER_BYTES: usize = 8 * 1024;

/// Longest SPIFFE id; the standard's bound.
const ID_BYTES: usize = 2048;

/// Longest claimed name that is repeated in a message, in characters.
const SHOWN: usize = 128;

/// Whose word counts for who a sender is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trust {
    /// Nobody's: identities are as the batches claim them.
    #[default]
    Nobody,
    /// The collector's own sidecar: the last element of `x-forwarded-client-cert`.
    OwnSidecar,
    /// The client certificate of the connection, verified by the collector's own TLS.
    ClientCertificate,
}

/// Who sends a request, by whose word counts; `None` where nobody's does.
///
/// # Errors
/// When it should be verified and is not.
pub fn verified(trust: Trust, headers: &HeaderMap, extensions: &Extensions) -> Result<Option<Identity>, Unverified> {
    match trust {
        Trust::Nobody => Ok(None),
        Trust::OwnSidecar => Identity::forwarded(headers).map(Some),
        Trust::ClientCertificate => match extensions.get() {
            Some(ClientCertificate(found)) => found.clone().map(Some),
            None => Err(Unverified::NoCertificate),
        },
    }
}

/// A verified SPIFFE id of the form `spiffe://DOMAIN/ns/NAMESPACE/sa/ACCOUNT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(Arc<str>);

/// Why a sender's identity is not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// The connection has no client certificate.
    #[error("the connection has no client certificate")]
    NoCertificate,
    /// The certificate cannot be read.
    #[error("the client certificate cannot be read")]
    UnreadableCertificate,
    /// There is no header.
    #[error("the request has no x-forwarded-client-cert, so it did not come over mutual TLS")]
    NoHeader,
    /// More than one header.
    #[error("the request has more than one x-forwarded-client-cert, which no sidecar writes")]
    Headers,
    /// The header is too long.
    #[error("x-forwarded-client-cert is longer than {HEADER_BYTES} bytes")]
    TooLong,
    /// The header breaks Envoy's grammar.
    #[error("x-forwarded-client-cert is not as Envoy writes it: {0}")]
    Malformed(&'static str),
    /// No SPIFFE id of the right form.
    #[error("the certificate has no URI of the form spiffe://DOMAIN/ns/NAMESPACE/sa/ACCOUNT")]
    NoId,
    /// Several SPIFFE ids.
    #[error("the certificate has more than one SPIFFE id")]
    Ids,
}

/// What the collector's own TLS found out about a connection's other end; an extension of each of its requests.
#[derive(Debug, Clone)]
pub struct ClientCertificate(pub Result<Identity, Unverified>);

/// A batch that says something else of its sender than its certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}, which sent it, is not {what} {claimed:?}", &*identity.0)]
pub struct Mismatch {
    identity: Identity,
    what: &'static str,
    claimed: String,
}

impl Identity {
    /// The one SPIFFE id among a certificate's URIs.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn among<'a>(uris: impl IntoIterator<Item = &'a str>) -> Result<Self, Unverified> {
        let mut ids = uris.into_iter().filter(|uri| uri.starts_with("spiffe://"));
        let id = ids.next().ok_or(Unverified::NoId)?;
        if ids.next().is_some() {
            return Err(Unverified::Ids);
        }
        if id.len() > ID_BYTES || !id.bytes().all(|byte| byte.is_ascii_graphic()) || parse_spiffe(id).is_none() {
            return Err(Unverified::NoId);
        }
        Ok(Self(id.into()))
    }

    /// What the collector's own sidecar says of its peer.
    ///
    /// # Errors
    /// When it says nothing, or not as Envoy does.
    pub fn forwarded(headers: &HeaderMap) -> Result<Self, Unverified> {
        let mut lines = headers.get_all(FORWARDED).iter();
        let value = lines.next().ok_or(Unverified::NoHeader)?;
        if lines.next().is_some() {
            return Err(Unverified::Headers);
        }
        if value.len() > HEADER_BYTES {
            return Err(Unverified::TooLong);
        }
        let text = value.to_str().map_err(|_| Unverified::Malformed("it holds more than printable ASCII"))?;
        let uris = forwarded::last_uris(text)?;
        Self::among(uris.iter().map(String::as_str))
    }

    /// To whom it counts.
    #[must_use]
    pub fn party(&self) -> Party {
        Party::Identity(Arc::clone(&self.0))
    }

    /// Whether a proxy that says this of itself can be the one with this identity. A trust domain counts when it is stated.
    ///
    /// # Errors
    /// When it cannot.
    pub fn confirm(&self, proxy: &Proxy) -> Result<(), Mismatch> {
        let (domain, namespace, account) = parse_spiffe(&self.0).unwrap_or_default();
        let claims = [
            ("of namespace", namespace, proxy.workload.namespace.as_str()),
            ("of service account", account, proxy.service_account.as_str()),
            ("of trust domain", if proxy.trust_domain.is_empty() { "" } else { domain }, proxy.trust_domain.as_str()),
        ];
        match claims.into_iter().find(|(_, verified, claimed)| verified != claimed) {
            None => Ok(()),
            Some((what, _, claimed)) => {
                Err(Mismatch { identity: self.clone(), what, claimed: claimed.chars().take(SHOWN).collect() })
            }
        }
    }
}

#[cfg(test)]
mod tests;
