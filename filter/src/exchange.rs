//! One exchange: the reads that name its edge and its outcome, in the order and number that docs price.
//!
//! Source: Envoy cluster, upstream address, upstream local address, code, flags, duration. Destination: connection id,
//! code, flags, duration, details (of TCP the upstream address instead). Both: the content type (absent on most requests, then
//! nearly free), and gRPC status only for gRPC. What else is read is read only of an end that is not plainly in order, and
//! what tells a stream only when it lasted. Connections are in [`connection`], requests' sources in [`received`].

mod connection;
mod measured;
mod received;

use hogusu_config::{Config, Direction, Transport};
use hogusu_model::{AnsweredBy, Exemplar, Hook, Outcome, Protocol, Reason, Reporter, SeriesKey, Traffic};

use crate::addresses::Addresses;
use crate::cache::{Cache, Cached};
use crate::classify::grpc::Status;
use crate::classify::{self, Headers, HttpEnd};
use crate::doubts::Doubts;
use crate::edges::{Edge, Edges};
use crate::host::Host;
use crate::operation::Operation;
use crate::peer::{self, Upstream};
use crate::property::{self as path, integer, text, whole};
use crate::recorder::{Pick, Recorder};
use crate::server_name::ServerNames;
use crate::stream::{self, Streams};

pub(crate) use measured::Measured;

/// Keeps keys of upstream connections apart from those of downstream connections, eight bytes of an id.
const UPSTREAM_KEY: &[u8] = b"upstream\0";

/// What the exchanges of a sender share.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) edges: Edges,
    pub(crate) recorder: Recorder,
    cache: Cache,
    addresses: Addresses,
    operations: Operation,
    streams: Streams,
    server_names: ServerNames,
    doubts: Doubts,
    key: Vec<u8>,
    /// Grows with each cut; what is cached lives for one.
    pub(crate) epoch: u32,
    pub(crate) overflowed: u64,
    /// The hook that may count the same requests in this proxy.
    rival: Option<Hook>,
    has_rival: bool,
    /// The proxy verifies its upstreams' certificates.
    is_verified: bool,
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
            server_names: ServerNames::default(),
            doubts: Doubts::default(),
            key: Vec::with_capacity(256),
            epoch: 1,
            is_verified: config.trust.server_certificates,
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
        let (code, is_tcp) = match config.transport {
            Transport::Tcp => (None, true),
            Transport::Http => (None, false),
            Transport::Auto => {
                let code = integer(host.property(path::CODE));
                (code, code.is_none() && host.property(path::REQUEST_PROTOCOL).is_none())
            }
        };
        if is_tcp {
            let pick = self.tcp(host, config, reporter, cluster);
            return self.add(host, config, pick, duration(host));
        }
        let (edge, has_upstream, in_doubt) = match reporter {
            Reporter::Source => {
                let (edge, connected) = self.upstream(host, cluster);
                (edge, Some(connected.has_upstream), None)
            }
            Reporter::Destination => {
                let (edge, in_doubt) = self.downstream(host, config);
                (edge, None, in_doubt)
            }
        };
        let code = code.or_else(|| integer(host.property(path::CODE))).unwrap_or(0);
        let flags = integer(host.property(path::FLAGS)).unwrap_or(0);
        let nanos = duration(host);
        let seen = HttpSeen { edge, code, flags, has_upstream, nanos };
        let twice = self.is_counted(host, config.hook);
        let pick = Pick { twice, ..self.http_pick(host, seen, config, reporter) };
        match in_doubt {
            None => self.add(host, config, pick, nanos),
            Some(connection) => self.wait(host, config, connection, pick, nanos),
        }
    }

    /// What a series is about.
    pub(crate) fn describe(&self, number: u32) -> Option<SeriesKey> {
        self.recorder.describe(number, &self.edges, &self.operations)
    }

    fn add(&mut self, host: &impl Host, config: &Config, pick: Pick, nanos: u64) {
        let measured = Measured::read(host, &config.measures, nanos);
        self.record(pick, measured, |kept| {
            let is_kept = kept.is_some_and(|kept| measured.nanos <= kept.nanos);
            if config.measures.exemplars && !is_kept { measured::exemplar(host, measured.nanos) } else { None }
        });
    }

    /// Counts on a series; `exemplar` is asked for one that takes the place of the one it is shown.
    fn record(&mut self, pick: Pick, measured: Measured, exemplar: impl FnOnce(Option<Exemplar>) -> Option<Exemplar>) {
        let Some((data, is_overflow)) = self.recorder.data(pick, &self.edges) else {
            return;
        };
        measured.add_to(data);
        data.exemplar = exemplar(data.exemplar).or(data.exemplar);
        self.overflowed += u64::from(is_overflow);
    }

    /// True when nothing was counted since the last cut.
    pub(crate) fn is_idle(&self) -> bool {
        self.recorder.is_idle() && self.doubts.is_empty()
    }

    /// The edge towards the upstream, and whether there was a connection.
    fn upstream(&mut self, host: &impl Host, cluster: &[u8]) -> (u32, Connected) {
        let address = host.property(path::UPSTREAM_ADDRESS).unwrap_or_default();
        let flags = || integer(host.property(path::FLAGS)).unwrap_or(0);
        let (local, connected) = local_address(host, address, flags);
        let cluster = cluster_or_route(host, cluster);
        self.key.clear();
        for part in [UPSTREAM_KEY, cluster, b"\0", address, b"\0", local] {
            self.key.extend_from_slice(part);
        }
        if let Some(Cached { edge, .. }) = self.cache.get(&self.key, self.epoch) {
            return (edge, connected);
        }
        self.look_around(host);
        let mut edge = peer::upstream_edge(host, named(cluster, address, connected, self.is_verified));
        self.bound(&mut edge);
        (self.remember(edge), connected)
    }

    /// The edge towards the upstream of a connection that is no other's.
    fn new_upstream(&mut self, host: &impl Host, cluster: &[u8], flags: u64) -> (Edge, Connected) {
        let address = host.property(path::UPSTREAM_ADDRESS).unwrap_or_default();
        let mut connected = local_address(host, address, || flags).1;
        connected.is_connected |= connection::is_socket_made(host, address, flags);
        let mut edge =
            peer::upstream_edge(host, named(cluster_or_route(host, cluster), address, connected, self.is_verified));
        self.bound(&mut edge);
        (edge, connected)
    }

    /// Of a host outside only so many addresses are told apart.
    fn bound(&mut self, edge: &mut Edge) {
        let is_told_apart = edge.peer.address.is_empty()
            || !edge.service.is_outside()
            || self.addresses.keeps(&edge.service, &edge.peer.address, self.epoch);
        if !is_told_apart {
            edge.peer.address.clear();
        }
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
        self.cache.put(&self.key, self.epoch, Cached { edge: number, is_sure: true, is_shared: false });
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
        let is_read = has_upstream != Some(true) || !is_quiet || nanos >= UNCUT;
        let mut details = if is_read { text(host.property(path::DETAILS)) } else { "" };
        if details.is_empty() && code > 0 && flags == 0 && is_read && config.hook != Hook::UpstreamLog {
            details = classify::UNSTATED;
        }
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

fn duration(host: &impl Host) -> u64 {
    integer(host.property(path::DURATION)).unwrap_or(0)
}

/// The proxy's own address towards an upstream, and whether there was a connection. One to a Unix socket has no address: it was
/// made unless the proxy says that it could not be.
fn local_address<'a>(host: &'a impl Host, address: &[u8], flags: impl FnOnce() -> u64) -> (&'a [u8], Connected) {
    let local = if address.is_empty() { &[] } else { host.property(path::UPSTREAM_LOCAL_ADDRESS).unwrap_or_default() };
    let is_made = || peer::is_unix_socket(address) && flags() & classify::CONNECT_FAILURE == 0;
    let local = if local.is_empty() && is_made() { peer::UNIX } else { local };
    (local, Connected { has_upstream: !address.is_empty(), is_connected: !local.is_empty() })
}

/// Only a route's own answer leads to no Envoy cluster: Istio's say for which one they stand.
fn cluster_or_route<'a>(host: &'a impl Host, cluster: &'a [u8]) -> &'a [u8] {
    if cluster.is_empty() { peer::cluster_of_route(host.property(path::ROUTE)) } else { cluster }
}

fn named<'a>(cluster: &'a [u8], address: &'a [u8], connected: Connected, is_verified: bool) -> Upstream<'a> {
    let is_connected = connected.is_connected;
    Upstream { envoy_cluster: whole(Some(cluster)), address: text(Some(address)), is_connected, is_verified }
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

#[cfg(test)]
mod tests;
