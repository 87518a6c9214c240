//! One TCP connection, or one that no request ever came from: how it was secured, and what became of it.
//!
//! The proxy logs a connection whose handshake broke off as any other, with the certificate that the downstream showed. Only
//! what was received over it, or a policy that looked at it, shows that the handshake ended well.

use hogusu_config::Config;
use hogusu_model::{AnsweredBy, Outcome, Protocol, Reason, Reporter, Security, TlsVersion, Traffic};

use super::{Table, duration, read};
use crate::classify::{self, TcpEnd};
use crate::edges::Edge;
use crate::host::Host;
use crate::operation;
use crate::peer::{self, downstream};
use crate::property::{self as path, integer, is_true, text};
use crate::recorder::Pick;

/// How far the handshake of a downstream's connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handshake {
    /// To its end, or there was none to make.
    Ended,
    /// It broke off.
    Failed(Reason),
    /// A certificate was shown, and nothing more is known.
    Shown,
    /// Nothing shows that there was one.
    Unseen,
}

impl Table {
    /// A TCP connection. Each has an edge of its own to read: nothing of another is remembered for it.
    pub(super) fn tcp(&mut self, host: &impl Host, config: &Config, reporter: Reporter, cluster: &[u8]) -> Pick {
        let flags = integer(host.property(path::FLAGS)).unwrap_or(0);
        let termination = text(host.property(path::TERMINATION_DETAILS));
        let received = integer(host.property(path::REQUEST_SIZE));
        match reporter {
            Reporter::Source => {
                let (mut edge, connected) = self.new_upstream(host, cluster, flags);
                let is_connected = connected.is_connected;
                self.look_inside(host, &mut edge);
                let handshake = Handshake::Ended;
                self.ended(host, edge, End { flags, termination, received, is_connected, handshake, cluster, reporter })
            }
            Reporter::Destination => {
                let is_connected = is_application_connected(host, flags);
                let version = downstream::version(host);
                let handshake = handshake(host, version, received, termination);
                let mut edge = match handshake {
                    Handshake::Ended => downstream::edge_over(host, config.trust, version).0,
                    Handshake::Failed(_) | Handshake::Shown | Handshake::Unseen => {
                        downstream::unproven_edge(host, config.trust)
                    }
                };
                self.look_inside(host, &mut edge);
                if let Handshake::Failed(reason) = handshake {
                    return self.failed(edge, reason);
                }
                self.ended(host, edge, End { flags, termination, received, is_connected, handshake, cluster, reporter })
            }
        }
    }

    /// Counts a connection that its listener refused, or whose handshake broke off before there was a request: every other one
    /// is counted by another hook, or by none.
    pub(super) fn count_refused(&mut self, host: &impl Host, config: &Config) {
        let flags = integer(host.property(path::FLAGS)).unwrap_or(0);
        let pick = if flags & classify::NO_ROUTE != 0 {
            if text(host.property(path::DETAILS)) != classify::NO_FILTER_CHAIN {
                return;
            }
            let edge = self.edges.intern(downstream::unproven_edge(host, config.trust), self.epoch);
            let (outcome, reason) = (Outcome::Denied, Reason::NoFilterChain);
            Pick { outcome, reason, ..connection(edge, AnsweredBy::Nobody) }
        } else {
            let Some(reason) = refused_handshake(host) else { return };
            self.failed(downstream::unproven_edge(host, config.trust), reason)
        };
        self.add(host, config, pick, duration(host));
    }

    /// Looks for TLS of the applications' own in what passes through: a listener that looked into it says for whom it asks.
    fn look_inside(&mut self, host: &impl Host, edge: &mut Edge) {
        if edge.security != Security::Plaintext {
            return;
        }
        let asked = text(host.property(path::SERVER_NAME));
        // A source's own TLS towards the application that it serves, as a gateway ends it, has a server name too.
        if asked.is_empty() || downstream::version(host) != TlsVersion::None {
            return;
        }
        edge.security = Security::ApplicationTls;
        edge.server_name = self.server_names.known(asked, self.epoch);
    }

    fn ended(&mut self, host: &impl Host, edge: Edge, end: End<'_>) -> Pick {
        let End { flags, termination, received, is_connected, handshake, cluster, reporter } = end;
        let is_routed = is_connected || !cluster.is_empty() || !read(host, path::ENVOY_CLUSTER).is_empty();
        let has_text = flags & classify::CONNECT_FAILURE != 0 || flags & classify::RETRY_LIMIT != 0 && !is_connected;
        let failure = if has_text { text(host.property(path::UPSTREAM_FAILURE)) } else { "" };
        let end = TcpEnd { flags, failure, termination, is_connected, is_routed };
        let (mut outcome, reason, mut answered_by) = classify::tcp(&end, reporter);
        let mut edge = edge;
        // A connection that carried nothing either way and was closed in order is what a check of a port leaves behind: no
        // request of anybody. Both ends of it see the same. One that did not even begin with a certificate is a scan.
        let is_check = outcome == Outcome::Ok && received == Some(0) && handshake != Handshake::Unseen;
        if is_check && integer(host.property(path::RESPONSE_SIZE)) == Some(0) {
            edge.traffic = Traffic::Probe;
        }
        // Nothing shows that a handshake ended: what the application said first may have reached nobody.
        if handshake != Handshake::Ended {
            answered_by = AnsweredBy::Nobody;
            outcome = if outcome == Outcome::Ok { Outcome::ClientGone } else { outcome };
        }
        Pick { outcome, reason, ..connection(self.edges.intern(edge, self.epoch), answered_by) }
    }

    fn failed(&mut self, edge: Edge, reason: Reason) -> Pick {
        let edge = self.edges.intern(edge, self.epoch);
        Pick { outcome: Outcome::TlsFailure, reason, ..connection(edge, AnsweredBy::Nobody) }
    }
}

/// What was read of a connection's end.
#[derive(Debug, Clone, Copy)]
struct End<'a> {
    flags: u64,
    termination: &'a str,
    received: Option<u64>,
    is_connected: bool,
    handshake: Handshake,
    cluster: &'a [u8],
    reporter: Reporter,
}

const fn connection(edge: u32, answered_by: AnsweredBy) -> Pick {
    Pick {
        edge,
        protocol: Protocol::Tcp,
        outcome: Outcome::Ok,
        reason: Reason::None,
        answered_by,
        operation: operation::NONE,
        streaming: false,
        twice: false,
    }
}

/// What is known of the downstream's handshake. Bytes that were received came over a connection that was secured, and a policy
/// that denied it looked at who was authenticated.
fn handshake(host: &impl Host, version: TlsVersion, received: Option<u64>, termination: &str) -> Handshake {
    if version == TlsVersion::None || received.unwrap_or(0) > 0 || classify::is_denial(termination) {
        return Handshake::Ended;
    }
    match text(host.property(path::DOWNSTREAM_FAILURE)) {
        failure if classify::is_verdict(failure) => Handshake::Failed(classify::handshake_reason(failure)),
        // A reset is no verdict on a handshake: it may be all that a downstream did after one.
        _ if is_true(host.property(path::CONNECTION_MTLS)) => Handshake::Shown,
        _ => Handshake::Unseen,
    }
}

/// Whether the application that a destination serves was connected. An address alone is that of the last host that was tried, once one of
/// them failed.
fn is_application_connected(host: &impl Host, flags: u64) -> bool {
    let address = read(host, path::UPSTREAM_ADDRESS);
    let has_failed = flags & classify::CONNECT_FAILURE != 0;
    !address.is_empty()
        && (!has_failed || !read(host, path::UPSTREAM_LOCAL_ADDRESS).is_empty() || is_socket_made(host, address, flags))
}

/// Whether a TCP connection to a Unix socket was made, which has no address of the proxy's own: unless the proxy says that it was not. Where a
/// first try failed and a later one did not, the flag of the first stays, and without that of the last bytes show it: none is read
/// from the downstream before there is an upstream.
pub(super) fn is_socket_made(host: &impl Host, address: &[u8], flags: u64) -> bool {
    let carried = |path| integer(host.property(path)).unwrap_or(0) > 0;
    let is_made_later =
        || flags & classify::RETRY_LIMIT == 0 && (carried(path::REQUEST_SIZE) || carried(path::RESPONSE_SIZE));
    peer::is_unix_socket(address) && (flags & classify::CONNECT_FAILURE == 0 || is_made_later())
}

fn has_received(host: &impl Host) -> bool {
    integer(host.property(path::REQUEST_SIZE)).unwrap_or(0) > 0
}

/// Why a handshake broke off before any request, as the listener of an HTTP filter chain alone sees it. One with an Envoy cluster
/// is a TCP connection, which its own logger counts.
fn refused_handshake(host: &impl Host) -> Option<Reason> {
    let failure = text(host.property(path::DOWNSTREAM_FAILURE));
    let is_broken = classify::is_verdict(failure) && !has_received(host) && read(host, path::ENVOY_CLUSTER).is_empty();
    is_broken.then(|| classify::handshake_reason(failure))
}
