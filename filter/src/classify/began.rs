//! Who answered: whether the answer that the downstream saw had begun at the upstream, where the exchange did not end in order.
//!
//! The router adds `x-envoy-upstream-service-time` to an answer's headers when it passes them on, never to a reply of the
//! proxy itself. It is absent when an answer begins before its request is complete, and where it is switched off: then a reply
//! of the proxy's own is told by the status that Envoy gives it.

use super::HttpEnd;
use super::details::End;

/// What the answer's headers say of where it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Headers {
    /// Not read, or nothing in them tells.
    #[default]
    Silent,
    /// The router passed them on.
    OfUpstream,
    /// A gRPC status stands in them: an answer in one piece, as the proxy gives it itself.
    OfGrpcReply,
}

/// A status with which applications answer. Others are nothing to go by, as an operator's word for a reply of the proxy.
pub(crate) const fn is_usual(code: u64) -> bool {
    matches!(code, 101 | 200..=208 | 226 | 300..=308 | 400..600)
}

/// True for an interim answer: no answer yet. 101 is final.
pub(crate) const fn is_interim(code: u64) -> bool {
    matches!(code, 100 | 102..200)
}

/// True when the answer that the downstream saw began at the upstream.
pub(super) fn began_upstream(end: &HttpEnd<'_>, says: End) -> bool {
    if is_interim(end.code) {
        return false;
    }
    match (says, end.headers) {
        // Also where no upstream host is shown: what asked it may be a filter, as a cache that fills itself.
        (End::Answer, _) => true,
        _ if !end.has_upstream => false,
        (_, Headers::OfUpstream) => true,
        (End::ClientGone | End::ProxyClosed, _) => true,
        (_, Headers::OfGrpcReply) | (End::ByStatus, _) => false,
        _ => is_usual(end.code) && !is_own(end, says),
    }
}

/// True when the code is the one that Envoy's own reply has where the details say this.
fn is_own(end: &HttpEnd<'_>, says: End) -> bool {
    match says {
        End::Timeout => matches!(end.code, 408 | 504),
        End::Protocol => matches!(end.code, 400 | 431),
        End::ResetBefore => true,
        End::ResetAfter => matches!(end.code, 502 | 503),
        _ => end.code >= 400,
    }
}
