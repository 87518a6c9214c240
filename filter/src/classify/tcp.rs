//! How a TCP connection ended. Envoy gives its access loggers no word for how a connection that was made went away (idle, or
//! reset by the downstream): those are `ok`, as docs/ends.md says.

use hogusu_model::{AnsweredBy, Outcome, Reason, Reporter};

use super::details::{End, end_of};
use super::flags::{Flag, mask};
use super::handshake::reason_of;
use super::{CONNECT_FAILURE, NO_ROUTE, RETRY_LIMIT, connect_failure};

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
    /// True when the proxy had chosen an Envoy cluster: not before the filters in front of `tcp_proxy` let the connection in.
    pub(crate) is_routed: bool,
}

/// Class of a TCP connection, why where the class does not say it, and who answered.
pub(crate) fn tcp(end: &TcpEnd<'_>, reporter: Reporter) -> (Outcome, Reason, AnsweredBy) {
    let outcome = class(end);
    let is_answered = end.is_connected && !outcome.is_connect_failure() && outcome != Outcome::Denied;
    let answered = match (is_answered, reporter) {
        (false, _) => AnsweredBy::Nobody,
        (true, Reporter::Source) => AnsweredBy::Upstream,
        (true, Reporter::Destination) => AnsweredBy::Application,
    };
    let reason = if outcome == Outcome::TlsFailure { reason_of(end.failure) } else { Reason::None };
    (outcome, reason, answered)
}

fn class(end: &TcpEnd<'_>) -> Outcome {
    let has = |flag: Flag| end.flags & mask(flag) != 0;
    // A connection that was made says that the failures before it were attempts: Envoy leaves their flags where they are.
    let is_unmade = !end.is_connected;
    if end_of(end.termination) == End::Denied || has(Flag::Denied) {
        Outcome::Denied
    } else if end.flags & NO_ROUTE != 0 {
        Outcome::NoRoute
    } else if is_unmade && has(Flag::NoHealthyUpstream) {
        Outcome::NoHealthyUpstream
    } else if is_unmade && has(Flag::Overflow) {
        Outcome::Overflow
    } else if end.flags & CONNECT_FAILURE != 0 && (is_unmade || end.flags & RETRY_LIMIT != 0) {
        connect_failure(end.failure)
    } else if has(Flag::Timeout) {
        Outcome::Timeout
    } else if has(Flag::RateLimited) {
        Outcome::RateLimited
    } else if has(Flag::Reset) {
        Outcome::ResetAfterHeaders
    } else if has(Flag::ClientGone) {
        Outcome::ClientGone
    } else if is_unmade {
        unmade(end)
    } else {
        Outcome::Ok
    }
}

/// No connection to an upstream, and no flag that says why. Without an Envoy cluster a filter in front of `tcp_proxy` closed
/// the connection: a rate limit marks it with the retries' flag, a limit of connections with nothing at all. With one, that
/// flag is the overload manager's, which refused the upstream's connection, unless a text says that it could not be made; and
/// nothing is a downstream that did not wait.
fn unmade(end: &TcpEnd<'_>) -> Outcome {
    match (end.is_routed, end.flags & RETRY_LIMIT != 0) {
        (false, true) => Outcome::RateLimited,
        (true, true) if !end.failure.is_empty() => connect_failure(end.failure),
        (false, false) | (true, true) => Outcome::Overflow,
        (true, false) => Outcome::ClientGone,
    }
}
