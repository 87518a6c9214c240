//! Exchanges whose duration is a life and no latency: switched protocols, and streams that their ends held open.
//!
//! A switched protocol is told by its code, 101 in every version of HTTP as Envoy shows it, or by the method CONNECT. Who
//! closes such a connection first says nothing of success. Whether an exchange was a stream is asked only of those that lasted
//! [`LEAST`], by what the answer itself says: docs/decisions/0029-streams-are-no-latency.md.

use crate::host::Host;
use crate::property::{self as path, text};

/// Shorter exchanges are never asked: 250 ms.
pub(crate) const LEAST: u64 = 250_000_000;

/// Plain exchanges that are asked at most whether this proxy states how long answers took to begin.
const TRIES: u8 = 8;

/// Flags with which either end of a connection leaves it: LR is the proxy's own and none of them.
const ENDS: u64 = 1 << 4 | 1 << 6 | 1 << 14 | 1 << 28;

/// True when the protocol was switched: what followed is a connection. CONNECT is asked for only where an end was flagged.
pub(crate) fn is_switched(host: &impl Host, code: u64, flags: u64) -> bool {
    code == 101 || (200..300).contains(&code) && flags & ENDS != 0 && is_connect(host)
}

/// The flags of a switched protocol that was closed by one of its ends without its proxies having a part in it: none is left
/// of those that say who closed. `None` where a proxy ended it.
pub(crate) fn closed_by_an_end(flags: u64, details: &str) -> Option<u64> {
    let closed = match details.strip_prefix("upstream_reset_after_response_started{") {
        Some(why) => why.starts_with("connection_termination") || why.starts_with("remote_"),
        None => {
            matches!(details, "" | "via_upstream" | "downstream_remote_disconnect")
                || details.ends_with(".remote_reset")
        }
    };
    closed.then_some(flags & !ENDS)
}

/// What is known of how this proxy's router describes answers.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    /// It states how long an answer took to begin, so an answer without that began before its request was complete.
    states_beginnings: bool,
    tries: u8,
}

impl Streams {
    /// Learns from an answer in order, until it is known; a handful of reads in a sender's life.
    pub(crate) fn learn(&mut self, host: &impl Host) {
        if !self.states_beginnings && self.tries < TRIES {
            self.tries += 1;
            self.states_beginnings = host.property(path::BEGAN_AFTER).is_some();
        }
    }

    /// True when a gRPC exchange of `nanos` that the other side answered was a stream: its answer began in the first half
    /// of its time, or before the request was complete, or more than one message went either way.
    pub(crate) fn is_grpc_stream(&self, host: &impl Host, nanos: u64) -> bool {
        let began = host.property(path::BEGAN_AFTER);
        let is_early = match text(began).parse::<u64>() {
            Ok(millis) => millis.saturating_mul(2_000_000) <= nanos,
            Err(_) => self.states_beginnings && began.is_none(),
        };
        is_early || has_messages(text(host.property(path::GRPC_MESSAGES)))
    }
}

/// True when an HTTP exchange that the other side answered is a stream by its own word, or a tunnel.
pub(crate) fn is_http_stream(host: &impl Host) -> bool {
    match host.property(path::RESPONSE_TYPE) {
        Some(answer) if !answer.is_empty() => {
            answer.starts_with(b"text/event-stream") || answer.starts_with(b"multipart/x-mixed-replace")
        }
        _ => is_connect(host),
    }
}

fn is_connect(host: &impl Host) -> bool {
    host.property(path::METHOD) == Some(b"CONNECT")
}

/// True when `SENT,RECEIVED`, as Envoy's filter of gRPC statistics counts messages, has more than one of either.
fn has_messages(counted: &str) -> bool {
    counted.split(',').any(|count| count.parse::<u64>().is_ok_and(|count| count > 1))
}

#[cfg(test)]
mod tests;
