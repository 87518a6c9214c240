//! How an exchange ended and who answered, from what the proxy says of it. docs/metrics.md holds the same in a table.
//!
//! The order of the checks is the meaning: a fault injected on purpose is never read as a real failure, a downstream that
//! went away explains whatever followed, and a flag of the proxy explains more than the status it then sent itself.

use hogusu_model::{AnsweredBy, Outcome, Protocol, Reason, Reporter};

pub(crate) mod grpc;
mod handshake;

use handshake::{broke_off, reason_of};

/// What was read of an HTTP or gRPC exchange.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HttpEnd<'a> {
    /// Response code; 0 when there is none.
    pub(crate) code: u64,
    pub(crate) flags: u64,
    /// Response code details; empty when not read.
    pub(crate) details: &'a str,
    /// gRPC status, for gRPC only and where one was stated.
    pub(crate) grpc_status: Option<u64>,
    /// True when an upstream host was chosen.
    pub(crate) has_upstream: bool,
    /// Text of the upstream's transport failure; empty when none or not read.
    pub(crate) failure: &'a str,
}

const fn bits(indices: &[u32]) -> u64 {
    let mut mask = 0;
    let mut rest = indices;
    while let [index, tail @ ..] = rest {
        mask |= 1 << *index;
        rest = tail;
    }
    mask
}

const NO_HEALTHY_UPSTREAM: u64 = bits(&[0, 1, 26]);
const UPSTREAM_TIMEOUT: u64 = bits(&[2, 16, 19, 22]);
const RESET: u64 = bits(&[3, 4, 6]);
pub(crate) const CONNECT_FAILURE: u64 = bits(&[5]);
const OVERFLOW: u64 = bits(&[7, 25, 27]);
pub(crate) const NO_ROUTE: u64 = bits(&[8, 24]);
const DELAY_INJECTED: u64 = bits(&[9]);
const FAULT_INJECTED: u64 = bits(&[10]);
const RATE_LIMITED: u64 = bits(&[11, 13]);
const UNAUTHORIZED: u64 = bits(&[12]);
const CLIENT_GONE: u64 = bits(&[14, 28]);
const INVALID_HEADER: u64 = bits(&[17, 18]);
const UPSTREAM_PROTOCOL: u64 = bits(&[23]);

/// Class of an HTTP or gRPC exchange, and why where the class does not say it. A delay on purpose takes the place of an
/// answer in order, and of a downstream's patience; beside any other end it is the reason that its duration means nothing.
pub(crate) fn http(end: &HttpEnd<'_>) -> (Outcome, Reason) {
    let outcome = undelayed(end);
    let is_delayed = end.flags & DELAY_INJECTED != 0;
    match outcome {
        Outcome::TlsFailure => (outcome, reason_of(end.failure)),
        Outcome::Ok if is_delayed => (Outcome::InjectedDelay, Reason::None),
        Outcome::ClientGone if is_delayed && !end.has_upstream => (Outcome::InjectedFault, Reason::None),
        Outcome::InjectedFault => (outcome, Reason::None),
        _ if is_delayed => (outcome, Reason::InjectedDelay),
        _ => (outcome, Reason::None),
    }
}

fn undelayed(end: &HttpEnd<'_>) -> Outcome {
    let has = |mask: u64| end.flags & mask != 0;
    if has(FAULT_INJECTED) {
        Outcome::InjectedFault
    } else if has(CLIENT_GONE) {
        Outcome::ClientGone
    } else if has(NO_ROUTE) {
        Outcome::NoRoute
    } else if has(NO_HEALTHY_UPSTREAM) {
        Outcome::NoHealthyUpstream
    } else if has(UPSTREAM_TIMEOUT) {
        Outcome::Timeout
    } else if has(CONNECT_FAILURE) {
        connect_failure(end.failure)
    } else if has(RATE_LIMITED) {
        Outcome::RateLimited
    } else if has(UNAUTHORIZED) || is_denial(end.details) {
        Outcome::Denied
    } else if has(RESET | UPSTREAM_PROTOCOL) && !is_answer(end.details) {
        reset(end)
    } else if has(OVERFLOW) && !is_answer(end.details) {
        // Beside another flag or an answer it is a retry that was refused: how the last attempt ended says more.
        Outcome::Overflow
    } else if has(INVALID_HEADER) {
        Outcome::ProtocolError
    } else {
        by_status(end)
    }
}

/// A TLS handshake that failed says so in the failure's text.
fn connect_failure(failure: &str) -> Outcome {
    if broke_off(failure) { Outcome::TlsFailure } else { Outcome::ConnectFailure }
}

fn is_denial(details: &str) -> bool {
    details.starts_with("rbac_access_denied") || details.starts_with("jwt_authn_access_denied")
}

/// The details of a response that came whole from the upstream.
fn is_answer(details: &str) -> bool {
    details == "via_upstream"
}

/// The details of the answer that the proxy itself gives when the upstream's headers did not come in time. To a gRPC
/// request that answer has code 200.
fn is_own_timeout(details: &str) -> bool {
    matches!(details, "response_timeout" | "upstream_response_timeout")
        || details.starts_with("upstream_per_try_")
        || details.starts_with("upstream_max_stream_duration_reached")
}

fn reset(end: &HttpEnd<'_>) -> Outcome {
    // An attempt has no details; its code came with its headers.
    let has_headers = end.details.is_empty() && end.code > 0;
    if has_headers || end.details.starts_with("upstream_reset_after_response_started") {
        Outcome::ResetAfterHeaders
    } else if end.details.contains("protocol_error") {
        Outcome::ProtocolError
    } else {
        Outcome::ResetBeforeHeaders
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
pub(crate) fn answered_by(end: &HttpEnd<'_>, outcome: Outcome, reporter: Reporter) -> AnsweredBy {
    let upstream = match reporter {
        Reporter::Source => AnsweredBy::Upstream,
        Reporter::Destination => AnsweredBy::Application,
    };
    if end.code == 0 {
        return AnsweredBy::Nobody;
    }
    if end.details.is_empty() {
        return if end.has_upstream { upstream } else { AnsweredBy::LocalProxy };
    }
    let began_upstream = match outcome {
        Outcome::ResetAfterHeaders => true,
        Outcome::ClientGone | Outcome::Timeout => end.code < 400 && end.has_upstream && !is_own_timeout(end.details),
        _ => is_answer(end.details),
    };
    if began_upstream { upstream } else { AnsweredBy::LocalProxy }
}

/// What was read of a TCP connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TcpEnd<'a> {
    pub(crate) flags: u64,
    pub(crate) failure: &'a str,
    /// Why the proxy itself ended the connection; empty when it did not. A policy is asked at the first bytes, when there
    /// may be a connection to the upstream already.
    pub(crate) termination: &'a str,
    /// True when there was a connection to an upstream host.
    pub(crate) is_connected: bool,
}

/// Class of a TCP connection, why where the class does not say it, and who answered.
pub(crate) fn tcp(end: &TcpEnd<'_>, reporter: Reporter) -> (Outcome, Reason, AnsweredBy) {
    let has = |mask: u64| end.flags & mask != 0;
    let outcome = if is_denial(end.termination) || has(UNAUTHORIZED) {
        Outcome::Denied
    } else if has(NO_ROUTE) {
        Outcome::NoRoute
    } else if has(NO_HEALTHY_UPSTREAM) {
        Outcome::NoHealthyUpstream
    } else if has(OVERFLOW) {
        Outcome::Overflow
    } else if has(CONNECT_FAILURE) {
        connect_failure(end.failure)
    } else if has(UPSTREAM_TIMEOUT) {
        Outcome::Timeout
    } else if has(RATE_LIMITED) {
        Outcome::RateLimited
    } else if has(RESET) {
        Outcome::ResetAfterHeaders
    } else if has(CLIENT_GONE) || !end.is_connected {
        Outcome::ClientGone
    } else {
        Outcome::Ok
    };
    let is_answered = end.is_connected && !outcome.is_connect_failure() && outcome != Outcome::Denied;
    let answered = match (is_answered, reporter) {
        (false, _) => AnsweredBy::Nobody,
        (true, Reporter::Source) => AnsweredBy::Upstream,
        (true, Reporter::Destination) => AnsweredBy::Application,
    };
    let reason = if outcome == Outcome::TlsFailure { reason_of(end.failure) } else { Reason::None };
    (outcome, reason, answered)
}

/// The details of a connection that no filter chain of its listener takes: only the listener's own access log sees it.
pub(crate) const NO_FILTER_CHAIN: &str = "filter_chain_not_found";

/// The protocol a content type names.
pub(crate) fn protocol_of(content_type: Option<&[u8]>) -> Protocol {
    match content_type {
        Some(value) if is_grpc(value) => Protocol::Grpc,
        _ => Protocol::Http,
    }
}

/// `application/grpc`, alone or followed by `+` or `;` (not `application/grpc-web`).
fn is_grpc(content_type: &[u8]) -> bool {
    content_type.strip_prefix(b"application/grpc").is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

#[cfg(test)]
mod tests;
