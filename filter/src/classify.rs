//! How an exchange ended and who answered, from what the proxy says of it. docs/ends.md holds the same in a table.
//!
//! The order of the checks is the meaning: a fault injected on purpose is never read as a real failure, a downstream that
//! went away explains whatever followed, and a flag of the proxy explains more than the status it then sent itself.

use hogusu_model::{AnsweredBy, Outcome, Protocol, Reason, Reporter};

mod began;
mod details;
mod flags;
pub(crate) mod grpc;
mod handshake;
mod tcp;

use began::began_upstream;
pub(crate) use began::{Headers, is_usual};
use details::{End, end_of, why_closed};
use flags::{Flag, mask};
use handshake::{broke_off, reason_of};
pub(crate) use handshake::{is_verdict, reason_of as handshake_reason};
pub(crate) use tcp::{TcpEnd, tcp};

/// What was read of an HTTP or gRPC exchange.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HttpEnd<'a> {
    /// Response code; 0 when there is none.
    pub(crate) code: u64,
    pub(crate) flags: u64,
    /// Response code details; empty when not read, and for attempts, which have none.
    pub(crate) details: &'a str,
    /// gRPC status, for gRPC only and where one was stated.
    pub(crate) grpc_status: Option<u64>,
    /// True when an upstream host was chosen.
    pub(crate) has_upstream: bool,
    /// Text of the upstream's transport failure; empty when none or not read.
    pub(crate) failure: &'a str,
    /// What the answer's headers say of where it began.
    pub(crate) headers: Headers,
}

pub(crate) const CONNECT_FAILURE: u64 = mask(Flag::ConnectFailure);
pub(crate) const NO_ROUTE: u64 = mask(Flag::NoRoute);
pub(crate) const RETRY_LIMIT: u64 = mask(Flag::RetryLimit);

/// Class of an HTTP or gRPC exchange, and why where the class does not say it. A delay on purpose takes the place of an
/// answer in order, and of a downstream's patience; beside any other end it is the reason that its duration means nothing.
pub(crate) fn http(end: &HttpEnd<'_>) -> (Outcome, Reason) {
    let (outcome, reason) = undelayed(end);
    let is_delayed = end.flags & mask(Flag::DelayInjected) != 0;
    match outcome {
        Outcome::TlsFailure => (outcome, reason_of(end.failure)),
        Outcome::Ok if is_delayed => (Outcome::InjectedDelay, Reason::None),
        Outcome::ClientGone if is_delayed && !end.has_upstream => (Outcome::InjectedFault, Reason::None),
        Outcome::InjectedFault => (outcome, Reason::None),
        _ if is_delayed => (outcome, Reason::InjectedDelay),
        _ => (outcome, reason),
    }
}

/// The flags come first, for they say what the proxy did; then the details, then the status.
fn undelayed(end: &HttpEnd<'_>) -> (Outcome, Reason) {
    let has = |flag: Flag| end.flags & mask(flag) != 0;
    let says = end_of(end.details);
    let outcome = if has(Flag::FaultInjected) || says == End::Injected {
        Outcome::InjectedFault
    } else if says == End::ProxyClosed || has(Flag::ClientGone) {
        return closed(end, says);
    } else if end.flags & NO_ROUTE != 0 {
        Outcome::NoRoute
    } else if has(Flag::NoHealthyUpstream) {
        Outcome::NoHealthyUpstream
    } else if has(Flag::Timeout) {
        Outcome::Timeout
    } else if has(Flag::ConnectFailure) {
        connect_failure(end.failure)
    } else if has(Flag::RateLimited) {
        Outcome::RateLimited
    } else if has(Flag::Denied) || says == End::Denied {
        Outcome::Denied
    } else if (has(Flag::Reset) || has(Flag::UpstreamProtocol)) && says != End::Answer {
        reset(end, says)
    } else if has(Flag::Overflow) && says != End::Answer {
        // Beside another flag or an answer it is a retry that was refused: how the last attempt ended says more.
        Outcome::Overflow
    } else if has(Flag::Protocol) {
        Outcome::ProtocolError
    } else {
        unflagged(end, says)
    };
    (outcome, Reason::None)
}

/// The downstream's connection or stream went: by its own doing, unless the details say that the proxy closed it.
fn closed(end: &HttpEnd<'_>, says: End) -> (Outcome, Reason) {
    let why = if says == End::ProxyClosed { why_closed(end.details) } else { End::ClientGone };
    match why {
        End::ClientGone => (Outcome::ClientGone, Reason::None),
        End::Protocol => (Outcome::ProtocolError, Reason::None),
        End::Overflow => (Outcome::Overflow, Reason::None),
        _ if end.code > 0 && began_upstream(end, says) => (Outcome::ResetAfterHeaders, Reason::ProxyClosed),
        _ => (Outcome::ResetBeforeHeaders, Reason::ProxyClosed),
    }
}

/// A TLS handshake that failed says so in the failure's text.
fn connect_failure(failure: &str) -> Outcome {
    if broke_off(failure) { Outcome::TlsFailure } else { Outcome::ConnectFailure }
}

fn reset(end: &HttpEnd<'_>, says: End) -> Outcome {
    // An attempt has no details; its code came with its headers.
    let has_headers = end.details.is_empty() && end.code > 0;
    // What had begun may be an interim answer only, and then the proxy gave the final one.
    if has_headers || (says == End::ResetAfter && began_upstream(end, says)) {
        Outcome::ResetAfterHeaders
    } else if end.details.contains("protocol_error") {
        Outcome::ProtocolError
    } else {
        Outcome::ResetBeforeHeaders
    }
}

/// What no flag explains: a limit of the connection manager or a filter's refusal has its details only.
fn unflagged(end: &HttpEnd<'_>, says: End) -> Outcome {
    match says {
        End::Timeout => Outcome::Timeout,
        End::Overflow => Outcome::Overflow,
        End::RateLimited => Outcome::RateLimited,
        End::Protocol => Outcome::ProtocolError,
        End::ResetBefore | End::ResetAfter => reset(end, says),
        End::ClientGone => Outcome::ClientGone,
        End::Answer | End::Denied | End::Injected | End::ProxyClosed | End::ByStatus => by_status(end),
    }
}

fn by_status(end: &HttpEnd<'_>) -> Outcome {
    match (end.grpc_status, end.code) {
        (Some(status), _) => grpc::outcome(status),
        (_, 0) => Outcome::ClientGone,
        (_, 1..400) => Outcome::Ok,
        (_, 400..500) => Outcome::ClientError,
        _ => Outcome::ServerError,
    }
}

/// Who answered an HTTP or gRPC exchange.
pub(crate) fn answered_by(end: &HttpEnd<'_>, reporter: Reporter) -> AnsweredBy {
    let upstream = match reporter {
        Reporter::Source => AnsweredBy::Upstream,
        Reporter::Destination => AnsweredBy::Application,
    };
    let is_begun = if end.details.is_empty() { end.has_upstream } else { began_upstream(end, end_of(end.details)) };
    if end.code == 0 || began::is_interim(end.code) {
        AnsweredBy::Nobody
    } else if is_begun {
        upstream
    } else {
        AnsweredBy::LocalProxy
    }
}

/// True for details of a policy that refused.
pub(crate) fn is_denial(details: &str) -> bool {
    end_of(details) == End::Denied
}

/// True for the details of a response that came whole from the upstream.
pub(crate) fn is_answer(details: &str) -> bool {
    details == "via_upstream"
}

/// Stands for details that a request lacks: the router states them of whatever it passes on, so that this is a reply of a
/// filter, as `custom_response` makes one after the upstream had answered.
pub(crate) const UNSTATED: &str = "-";

/// The details of a connection that no filter chain of its listener takes: only the listener's own access log sees it.
pub(crate) const NO_FILTER_CHAIN: &str = "filter_chain_not_found";

/// The protocol a content type names.
pub(crate) fn protocol_of(content_type: Option<&[u8]>) -> Protocol {
    match content_type {
        Some(value) if is_grpc(value) => Protocol::Grpc,
        _ => Protocol::Http,
    }
}

/// `application/grpc`, alone or followed by `+`, as Envoy tells it (not `application/grpc-web`, and nothing with parameters).
fn is_grpc(content_type: &[u8]) -> bool {
    content_type.strip_prefix(b"application/grpc").is_some_and(|rest| matches!(rest.first(), None | Some(b'+')))
}

#[cfg(test)]
mod tests;
