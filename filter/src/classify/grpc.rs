//! The status of a gRPC exchange: whether what the proxy shows is one that was stated, and whom it blames.
//!
//! Where no `grpc-status` is left, Envoy guesses one from the HTTP code. Filters that translate gRPC for a client of another
//! kind (gRPC-Web, Connect) take the trailers into the body: then the code is all that can be judged. An answer that nothing
//! translated and that has no status is none: gRPC's clients read it as UNKNOWN.

use hogusu_model::Outcome;

use crate::host::Host;
use crate::property::{self as path, integer};

const UNKNOWN: u64 = 2;

/// What the proxy knows of an exchange's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The other side, or this proxy itself, stated it.
    Stated(u64),
    /// Nobody did, and nothing took it away.
    Missing,
    /// The HTTP code says all that is known.
    OfCode,
}

impl Status {
    /// The status as a gRPC client reads it; `None` where the code is to be judged.
    pub(crate) const fn as_read(self) -> Option<u64> {
        match self {
            Self::Stated(status) => Some(status),
            Self::Missing => Some(UNKNOWN),
            Self::OfCode => None,
        }
    }
}

/// The status of the gRPC exchange that the host shows now, asked for with this content type.
pub(crate) fn status(host: &impl Host, code: u64, content_type: &[u8]) -> Status {
    let Some(shown) = integer(host.property(path::GRPC_STATUS)).filter(|_| code > 0) else { return Status::OfCode };
    if shown != guessed(code) {
        return Status::Stated(shown);
    }
    // A guess, or by chance the same: clients of gRPC read the one as the other. Not so where the code is a translation: an error of
    // Connect, which is JSON whatever its codec, or one of gRPC-Web.
    if code >= 400 {
        let answer = host.property(path::RESPONSE_TYPE).unwrap_or_default();
        let is_translation = translates(content_type, answer) || answer.starts_with(b"application/json");
        return if is_translation { Status::OfCode } else { Status::Stated(shown) };
    }
    if [path::GRPC_TRAILER, path::GRPC_HEADER].iter().any(|path| host.property(path).is_some()) {
        return Status::Stated(UNKNOWN);
    }
    let answer = host.property(path::RESPONSE_TYPE).unwrap_or_default();
    if translates(content_type, answer) { Status::OfCode } else { Status::Missing }
}

/// UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS blame the destination, as in
/// OpenTelemetry's conventions for RPC servers; the other errors blame the source. What is no status of gRPC is read as
/// UNKNOWN by every client.
pub(crate) const fn outcome(status: u64) -> Outcome {
    match status {
        0 => Outcome::Ok,
        1 | 3 | 5..=11 | 16 => Outcome::ClientError,
        _ => Outcome::ServerError,
    }
}

/// What Envoy makes of an HTTP code where it finds no status.
const fn guessed(code: u64) -> u64 {
    match code {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => UNKNOWN,
    }
}

/// True when an answer of this type to a request of that type was translated from gRPC on its way: to gRPC-Web, to a stream
/// of Connect, or to a single answer of Connect (`application/grpc+json` comes back as `application/json`).
fn translates(request: &[u8], answer: &[u8]) -> bool {
    let Some(answer) = answer.strip_prefix(b"application/") else { return false };
    let codec = request.strip_prefix(b"application/grpc+").unwrap_or(b"proto");
    answer.starts_with(b"grpc-web") || answer.starts_with(b"connect+") || answer == b"proto" || answer == codec
}

#[cfg(test)]
mod tests;
