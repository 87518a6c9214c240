//! One exchange: the reads that name its edge and its outcome, in the order and number that docs price.
//!
//! Source: Envoy cluster, upstream address, upstream local address, code, flags, duration. Destination: connection id,
//! code, flags, duration, details (of TCP the upstream address instead). Both: the content type (absent on most requests, then
//! nearly free), and gRPC status only for gRPC. What else is read is read only of an end that is not plainly in order, and
//! what tells a stream only when it lasted.

use hogusu_config::{Config, Direction, Transport};
use hogusu_model::{AnsweredBy, Exemplar, Hook, Outcome, Protocol, Reason, Reporter, SeriesKey, TraceId, Traffic};

use crate::addresses::Addresses;
use crate::cache::Cache;
use crate::classify::grpc::Status;
use crate::classify::{self, Headers, HttpEnd, TcpEnd};
use crate::edges::{Edge, Edges};
use crate::host::Host;
use crate::operation::{self, Operation};
use crate::peer;
use crate::property::{self as path, integer, text};
use crate::recorder::{Pick, Recorder};
use crate::stream::{self, Streams};

/// Keeps keys of upstream connections apart from those of downstream connections, eight bytes of an id.
const UPSTREAM_KEY: &[u8] = b"upstream\0";

/// Set in a cached number: exchanges on that connection name themselves probe or telemetry, each is asked whose it is.
const SHARED: u32 = 1 << 31;

/// What the exchanges of a sender share.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) edges: Edges,
    pub(crate) recorder: Recorder,
    cache: Cache,
    addresses: Addresses,
    operations: Operation,
    streams: Streams,
    key: Vec<u8>,
    /// Grows with each cut; what is cached lives for one.
    pub(crate) epoch: u32,
    pub(crate) overflowed: u64,
    /// The hook that may count the same requests in this proxy.
    rival: Option<Hook>,
    has_rival: bool,
}

impl Table {
    pub(crate) fn new(config: &Config) -> Self {
        let measure = match config.hook {
            Hook::UpstreamLog => hogusu_model::Measure::Attempt,
            Hook::AccessLog | Hook::HttpFilter | Hook::ListenerLog => hogusu_model::Measure::Request,
        };
        Self {
            edges: Edges::new(config.max_edges),
            recorder: Recorder::new(measure, config.max_edges),
            cache: Cache::default(),
            addresses: Addresses::default(),
            operations: Operation::new(&config.measures),
            streams: Streams::default(),
            key: Vec::with_capacity(256),
            epoch: 1,
            overflowed: 0,
            rival: match config.hook {
                Hook::AccessLog if config.transport != Transport::Tcp => Some(Hook::HttpFilter),
                Hook::HttpFilter => Some(Hook::AccessLog),
                _ => None,
            },
            has_rival: false,
        }
    }

    /// Looks whether the other hook that counts requests is in this proxy too.
    pub(crate) fn look_around(&mut self, host: &impl Host) {
        self.has_rival = self.rival.is_some_and(|rival| host.enlisted(rival) > 0);
    }

    /// True when the other hook counted this request before. Filters come first: they leave a mark, and loggers look for it.
    fn is_counted(&self, host: &impl Host, hook: Hook) -> bool {
        if self.has_rival && hook == Hook::HttpFilter {
            host.leave(path::COUNTED);
        }
        self.has_rival && hook == Hook::AccessLog && host.property(path::COUNTED).is_some()
    }

    /// Counts the exchange that the host shows now.
    pub(crate) fn count(&mut self, host: &impl Host, config: &Config) {
        if config.hook == Hook::ListenerLog {
            return self.count_refused(host, config);
        }
        let cluster = match config.direction {
            Direction::Inbound => &[],
            Direction::Auto | Direction::Outbound => host.property(path::ENVOY_CLUSTER).unwrap_or_default(),
        };
        let reporter = reporter(host, config.direction, cluster);
        let (edge, connected, is_first) = match reporter {
            Reporter::Source => {
                let (edge, connected, is_first) = self.upstream(host, cluster);
                (edge, Some(connected), is_first)
            }
            Reporter::Destination => {
                let (edge, is_first) = self.downstream(host);
                (edge, None, is_first)
            }
        };
        let code = if config.transport == Transport::Tcp { None } else { integer(host.property(path::CODE)) };
        let is_tcp = match config.transport {
            Transport::Tcp => true,
            Transport::Http => false,
            Transport::Auto => code.is_none() && host.property(path::REQUEST_PROTOCOL).is_none(),
        };
        let flags = integer(host.property(path::FLAGS)).unwrap_or(0);
        let nanos = integer(host.property(path::DURATION)).unwrap_or(0);
        let pick = if is_tcp {
            self.tcp_pick(host, TcpSeen { edge, flags, connected, cluster, is_first }, reporter)
        } else {
            let has_upstream = connected.map(|connected| connected.has_upstream);
            let seen = HttpSeen { edge, code: code.unwrap_or(0), flags, has_upstream, nanos };
            let twice = self.is_counted(host, config.hook);
            Pick { twice, ..self.http_pick(host, seen, config, reporter) }
        };
        self.add(host, config, pick, nanos);
    }

    /// Counts a connection that the listener refused; every other one is counted by another hook, or by none.
    fn count_refused(&mut self, host: &impl Host, config: &Config) {
        let flags = integer(host.property(path::FLAGS)).unwrap_or(0);
        if flags & classify::NO_ROUTE == 0 || text(host.property(path::DETAILS)) != classify::NO_FILTER_CHAIN {
            return;
        }
        let edge = self.edges.intern(peer::refused_edge(host), self.epoch);
        let (outcome, reason) = (Outcome::Denied, Reason::NoFilterChain);
        let (operation, answered_by, streaming) = (operation::NONE, AnsweredBy::Nobody, false);
        let twice = false;
        let pick = Pick { edge, protocol: Protocol::Tcp, outcome, reason, answered_by, operation, streaming, twice };
        self.add(host, config, pick, integer(host.property(path::DURATION)).unwrap_or(0));
    }

    /// What a series is about.
    pub(crate) fn describe(&self, number: u32) -> Option<SeriesKey> {
        self.recorder.describe(number, &self.edges, &self.operations)
    }

    fn add(&mut self, host: &impl Host, config: &Config, pick: Pick, nanos: u64) {
        let Some((data, is_overflow)) = self.recorder.data(pick, &self.edges) else {
            return;
        };
        data.duration.record(nanos);
        self.overflowed += u64::from(is_overflow);
        let measures = &config.measures;
        if measures.bytes {
            let size = |name: &str| integer(host.property(name)).unwrap_or(0);
            let (received, sent) = data.bytes.unwrap_or_default();
            data.bytes = Some((
                received.saturating_add(size(path::REQUEST_SIZE)),
                sent.saturating_add(size(path::RESPONSE_SIZE)),
            ));
        }
        if measures.backend_latency
            && let Some(latency) = integer(host.property(path::BACKEND_LATENCY))
        {
            data.backend.get_or_insert_default().record(latency);
        }
        if measures.attempts {
            let attempts = integer(host.property(path::ATTEMPTS)).unwrap_or(0);
            data.attempts = Some(data.attempts.unwrap_or(0).saturating_add(attempts));
        }
        if measures.exemplars
            && data.exemplar.is_none_or(|kept| nanos > kept.nanos)
            && let Some(trace) = host.request_header("traceparent").and_then(trace_of)
        {
            data.exemplar = Some(Exemplar { trace, nanos, at: host.wall() });
        }
    }

    /// The edge towards the upstream, whether there was a connection, and whether this is the first exchange on it in this
    /// flush interval, as every connection of TCP is.
    fn upstream(&mut self, host: &impl Host, cluster: &[u8]) -> (u32, Connected, bool) {
        let address = host.property(path::UPSTREAM_ADDRESS).unwrap_or_default();
        let local =
            if address.is_empty() { &[] } else { host.property(path::UPSTREAM_LOCAL_ADDRESS).unwrap_or_default() };
        let connected = Connected { has_upstream: !address.is_empty(), is_connected: !local.is_empty() };
        // Only a route's own answer leads to no Envoy cluster: Istio's say for which one they stand.
        let cluster = if cluster.is_empty() { peer::cluster_of_route(host.property(path::ROUTE)) } else { cluster };
        self.key.clear();
        for part in [UPSTREAM_KEY, cluster, b"\0", address, b"\0", local] {
            self.key.extend_from_slice(part);
        }
        if let Some(edge) = self.cache.get(&self.key, self.epoch) {
            return (edge, connected, false);
        }
        self.look_around(host);
        let mut edge = peer::upstream_edge(host, text(Some(cluster)), text(Some(address)), connected.is_connected);
        let is_told_apart = edge.peer.address.is_empty()
            || !edge.service.is_outside()
            || self.addresses.keeps(&edge.service, &edge.peer.address, self.epoch);
        if !is_told_apart {
            edge.peer.address.clear();
        }
        (self.remember(edge), connected, true)
    }

    /// The edge from the downstream. One connection is one edge, unless its first exchange named itself a probe: then each
    /// is asked, for users' requests may share the connection.
    fn downstream(&mut self, host: &impl Host) -> (u32, bool) {
        let id = host.property(path::CONNECTION_ID).unwrap_or_default();
        let whose = || peer::traffic_of(host.request_header("user-agent"));
        self.key.clear();
        self.key.extend_from_slice(id);
        if !id.is_empty()
            && let Some(edge) = self.cache.get(&self.key, self.epoch)
        {
            let edge = if edge & SHARED == 0 { edge } else { self.of_traffic(edge & !SHARED, whose()) };
            return (edge, false);
        }
        self.look_around(host);
        let (edge, traffic) = (self.edges.intern(peer::downstream_edge(host), self.epoch), whose());
        // Without an id there is no telling whether the next exchange is on the same connection.
        if !id.is_empty() {
            let shared = if traffic == Traffic::Mesh { 0 } else { SHARED };
            self.cache.put(&self.key, self.epoch, edge | shared);
        }
        (self.of_traffic(edge, traffic), true)
    }

    /// The same edge for another traffic.
    fn of_traffic(&mut self, edge: u32, traffic: Traffic) -> u32 {
        match self.edges.get(edge) {
            Some(known) if traffic != Traffic::Mesh => {
                let other = Edge { traffic, ..Edge::clone(known) };
                self.edges.intern(other, self.epoch)
            }
            _ => edge,
        }
    }

    fn remember(&mut self, edge: Edge) -> u32 {
        let number = self.edges.intern(edge, self.epoch);
        self.cache.put(&self.key, self.epoch, number);
        number
    }

    fn http_pick(&mut self, host: &impl Host, seen: HttpSeen, config: &Config, reporter: Reporter) -> Pick {
        let content_type = host.request_header("content-type");
        let protocol = classify::protocol_of(content_type);
        let HttpSeen { edge, code, mut flags, has_upstream, nanos } = seen;
        let status = match protocol {
            Protocol::Grpc => classify::grpc::status(host, code, content_type.unwrap_or_default()),
            _ => Status::OfCode,
        };
        let grpc_status = status.as_read();
        let is_quiet = classify::is_usual(code) && code < 400 && flags == 0 && grpc_status.unwrap_or(0) == 0;
        let mut details = match has_upstream {
            Some(true) if is_quiet && nanos < UNCUT => "",
            _ => text(host.property(path::DETAILS)),
        };
        let has_upstream = has_upstream
            .unwrap_or_else(|| classify::is_answer(details) || !read(host, path::UPSTREAM_ADDRESS).is_empty());
        let failure =
            if flags & classify::CONNECT_FAILURE == 0 { "" } else { text(host.property(path::UPSTREAM_FAILURE)) };
        let is_switched = stream::is_switched(host, code, flags);
        if is_switched && let Some(rest) = stream::closed_by_an_end(flags, details) {
            (flags, details) = (rest, "via_upstream");
        }
        let headers = if has_upstream && code > 0 { headers(host, details, protocol) } else { Headers::Silent };
        let end = HttpEnd { code, flags, details, grpc_status, has_upstream, failure, headers };
        let has_no_end = code == 0 || status == Status::Missing;
        let is_unanswered = config.hook == Hook::UpstreamLog && has_no_end && flags == 0;
        let (outcome, reason) = if is_unanswered { (Outcome::Unanswered, Reason::None) } else { classify::http(&end) };
        let answered_by = if is_unanswered { AnsweredBy::Nobody } else { classify::answered_by(&end, reporter) };
        if is_quiet && has_upstream && (details.is_empty() || classify::is_answer(details)) {
            self.streams.learn(host);
        }
        let is_of_other_side = matches!(answered_by, AnsweredBy::Upstream | AnsweredBy::Application);
        let streaming = is_switched
            || nanos >= stream::LEAST
                && is_of_other_side
                && match protocol {
                    Protocol::Grpc => self.streams.is_grpc_stream(host, nanos),
                    _ => stream::is_http_stream(host),
                };
        let operation = self.operations.read(host, protocol);
        Pick { edge, protocol, outcome, reason, answered_by, operation, streaming, twice: false }
    }

    /// A connection that carried nothing either way and was closed in order is what a check of a port leaves behind: no
    /// request of anybody. Both ends of it see the same.
    fn tcp_pick(&mut self, host: &impl Host, seen: TcpSeen<'_>, reporter: Reporter) -> Pick {
        let pick = tcp_pick(host, seen, reporter);
        let is_empty = |path: &str| integer(host.property(path)) == Some(0);
        if pick.outcome == Outcome::Ok && seen.is_first && is_empty(path::REQUEST_SIZE) && is_empty(path::RESPONSE_SIZE)
        {
            return Pick { edge: self.of_traffic(seen.edge, Traffic::Probe), ..pick };
        }
        pick
    }
}

/// An answer that took less was not cut by a limit of time: those that cut an answer in its middle leave its code and set no
/// flag, so that only the details tell. Nobody sets one so short.
const UNCUT: u64 = 20_000_000;

#[derive(Debug, Clone, Copy)]
struct Connected {
    has_upstream: bool,
    is_connected: bool,
}

#[derive(Debug, Clone, Copy)]
struct HttpSeen {
    edge: u32,
    code: u64,
    flags: u64,
    /// Not known before the details are read, where the edge does not need the upstream's address.
    has_upstream: Option<bool>,
    nanos: u64,
}

#[derive(Debug, Clone, Copy)]
struct TcpSeen<'a> {
    edge: u32,
    flags: u64,
    connected: Option<Connected>,
    cluster: &'a [u8],
    is_first: bool,
}

fn read<'a>(host: &'a impl Host, path: &str) -> &'a [u8] {
    host.property(path).unwrap_or_default()
}

/// What the answer's headers say of where it began, where the details leave that open.
fn headers(host: &impl Host, details: &str, protocol: Protocol) -> Headers {
    if details.is_empty() || classify::is_answer(details) {
        Headers::Silent
    } else if host.property(path::BEGAN_AFTER).is_some() {
        Headers::OfUpstream
    } else if protocol == Protocol::Grpc && host.property(path::GRPC_HEADER).is_some() {
        Headers::OfGrpcReply
    } else {
        Headers::Silent
    }
}

fn tcp_pick(host: &impl Host, seen: TcpSeen<'_>, reporter: Reporter) -> Pick {
    let TcpSeen { edge, flags, connected, cluster, .. } = seen;
    let has_failed = flags & classify::CONNECT_FAILURE != 0;
    // An address alone is that of the last host that was tried, once one of them failed.
    let is_connected = connected.map_or_else(
        || {
            let proof = if has_failed { path::UPSTREAM_LOCAL_ADDRESS } else { path::UPSTREAM_ADDRESS };
            !read(host, proof).is_empty()
        },
        |connected| connected.is_connected,
    );
    let is_routed = is_connected || !cluster.is_empty() || !read(host, path::ENVOY_CLUSTER).is_empty();
    let failure = if has_failed { text(host.property(path::UPSTREAM_FAILURE)) } else { "" };
    let termination = text(host.property(path::TERMINATION_DETAILS));
    let end = TcpEnd { flags, failure, termination, is_connected, is_routed };
    let (outcome, reason, answered_by) = classify::tcp(&end, reporter);
    Pick {
        edge,
        protocol: Protocol::Tcp,
        outcome,
        reason,
        answered_by,
        operation: operation::NONE,
        streaming: false,
        twice: false,
    }
}

/// Which end this proxy is, for the exchange shown now.
fn reporter(host: &impl Host, direction: Direction, cluster: &[u8]) -> Reporter {
    match direction {
        Direction::Inbound => Reporter::Destination,
        Direction::Outbound => Reporter::Source,
        Direction::Auto => {
            if cluster.starts_with(b"outbound|") {
                Reporter::Source
            } else if peer::is_inbound(cluster) || integer(host.property(path::LISTENER_DIRECTION)) == Some(1) {
                Reporter::Destination
            } else {
                Reporter::Source
            }
        }
    }
}

/// The trace id of a W3C `traceparent`: `VERSION-TRACE-PARENT-FLAGS`.
fn trace_of(header: &[u8]) -> Option<TraceId> {
    let text = std::str::from_utf8(header).ok()?;
    let hex = text.split('-').nth(1)?;
    let is_hex = hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let trace = is_hex.then(|| u128::from_str_radix(hex, 16).ok())??;
    (trace != 0).then(|| trace.to_be_bytes())
}

#[cfg(test)]
mod tests;
