//! Fixed batches, one of each kind that the filter sends. The goldens of wire version 1 hold their bytes: a batch here is
//! never changed, another is added.

use std::collections::BTreeMap;

use hogusu_model::{
    AnsweredBy, BatchHeader, Counters, Exemplar, Histogram, Hook, Measure, Outcome, Peer, Protocol, Proxy, Reason,
    Reporter, Security, SenderId, SeriesData, SeriesKey, Service, TlsVersion, Traffic, Workload,
};
use hogusu_wire::Resource;

use crate::batch::Whole;

/// 2026-11-24T14:02:00Z.
pub(crate) const START: u64 = 1_795_528_920_000_000_000;
const SECOND: u64 = 1_000_000_000;

/// Every batch by the name of its golden.
pub(crate) fn all() -> [(&'static str, Whole); 9] {
    [
        ("presence", presence()),
        ("requests", requests()),
        ("connections", connections()),
        ("attempts", attempts()),
        ("minimal", minimal()),
        ("reasons", reasons()),
        ("refused", refused()),
        ("clocks", clocks()),
        ("streams_and_names", streams_and_names()),
    ]
}

fn workload(namespace: &str, name: &str) -> Workload {
    Workload { cluster: "demo".into(), namespace: namespace.into(), name: name.into() }
}

fn resource(hook: Hook) -> Resource {
    let proxy = Proxy {
        id: "sidecar~127.1.0.3~checkout-7d9f-x2x4q.shop~shop.svc.cluster.local".into(),
        workload: workload("shop", "checkout"),
        pod: "checkout-7d9f-x2x4q".into(),
        service_account: "checkout".into(),
        canonical_service: "checkout".into(),
        canonical_revision: "v3".into(),
        mesh: "demo-mesh".into(),
        trust_domain: "cluster.local".into(),
        region: "eu-west-1".into(),
        zone: "eu-west-1b".into(),
        addresses: "127.1.0.3,fd00::3".into(),
    };
    Resource {
        sender: SenderId(*b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"),
        proxy,
        hook,
        filter_version: "0.1.0".into(),
        filter_digest: "sha256:4f1c".into(),
        revision: "2026-11-24.1".into(),
        wire_version: 1,
        flush_interval_ms: 5_000,
        marks: false,
    }
}

fn histogram(durations: &[u64]) -> Histogram {
    let mut histogram = Histogram::default();
    durations.iter().for_each(|nanos| histogram.record(*nanos));
    histogram
}

/// Requests of one source over mutual TLS that were answered.
fn answered() -> SeriesKey {
    let peer = Peer {
        workload: workload("stock", "inventory"),
        canonical_service: "inventory".into(),
        canonical_revision: "v1".into(),
        principal: "spiffe://cluster.local/ns/stock/sa/inventory".into(),
        address: String::new(),
    };
    SeriesKey {
        peer,
        service: Service { host: "inventory.stock.svc.cluster.local".into(), port: 80 },
        port: 8080,
        security: Security::Tls,
        tls_version: TlsVersion::V1_3,
        own_principal: "spiffe://cluster.local/ns/shop/sa/checkout".into(),
        operation: "stock.Inventory/Reserve".into(),
        ..SeriesKey::new(Measure::Request, Reporter::Source, Protocol::Grpc, Outcome::Ok, AnsweredBy::Upstream)
    }
}

/// A series of which nothing is known but that it is there.
fn bare(measure: Measure, protocol: Protocol) -> SeriesKey {
    SeriesKey::new(measure, Reporter::Destination, protocol, Outcome::Ok, AnsweredBy::Application)
}

/// Before the first exchange.
pub(crate) fn presence() -> Whole {
    let counters = Counters { memory_bytes: 1_310_720, ..Counters::default() };
    let header = BatchHeader { start: START, end: START + 5 * SECOND, counters, ..BatchHeader::default() };
    Whole { resource: resource(Hook::AccessLog), header, series: BTreeMap::new() }
}

/// Requests with everything that the configuration can add, every place in the histogram, and the overflow edge.
pub(crate) fn requests() -> Whole {
    let counters = Counters {
        memory_bytes: 1_441_792,
        waiting: 1,
        folded: 2,
        refused: 3,
        refused_exchanges: 400,
        retried: 5,
        overflowed: 6,
        host_errors: 7,
        longest_entry: 81_000,
        ..Counters::default()
    };
    let header = BatchHeader {
        start: START + 5 * SECOND,
        end: START + 10 * SECOND,
        sent: 0,
        sequence: 42,
        cumulative: 120_012,
        last: false,
        counters,
    };
    let trace = *b"\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36";
    let full = SeriesData {
        duration: histogram(&[900, 954, 9_000_000, 9_100_000, 30_000_000, 4_096_000_000_000, 5_000_000_000_000]),
        backend: Some(histogram(&[8_000_000, 8_100_000, 29_000_000])),
        bytes: Some((1_024, 65_536)),
        attempts: Some(9),
        exemplar: Some(Exemplar { trace, nanos: 5_000_000_000_000, at: START + 7 * SECOND }),
    };
    let counted = |durations: &[u64]| SeriesData { duration: histogram(durations), ..SeriesData::default() };
    let late = SeriesKey { outcome: Outcome::Timeout, answered_by: AnsweredBy::LocalProxy, ..answered() };
    let probe = SeriesKey { traffic: Traffic::Probe, ..bare(Measure::Request, Protocol::Http) };
    let rest = SeriesKey {
        reporter: Reporter::Source,
        outcome: Outcome::NoHealthyUpstream,
        answered_by: AnsweredBy::LocalProxy,
        overflow: true,
        ..bare(Measure::Request, Protocol::Http)
    };
    let series = BTreeMap::from([
        (answered(), full),
        (late, counted(&[5_000_000_000, 5_000_100_000])),
        (probe, counted(&[400_000])),
        (rest, counted(&[8_600_000_000_000])),
    ]);
    Whole { resource: resource(Hook::AccessLog), header, series }
}

/// Connections of a sender that ends in order.
pub(crate) fn connections() -> Whole {
    let header = BatchHeader {
        start: START + 10 * SECOND,
        end: START + 12 * SECOND,
        sent: 0,
        sequence: 43,
        cumulative: 120_014,
        last: true,
        counters: Counters::default(),
    };
    let key = SeriesKey {
        reporter: Reporter::Source,
        peer: Peer { address: "10.9.8.7".into(), ..Peer::default() },
        service: Service { host: "redis.data.svc.cluster.local".into(), port: 6379 },
        port: 6379,
        security: Security::Plaintext,
        answered_by: AnsweredBy::Upstream,
        ..bare(Measure::Connection, Protocol::Tcp)
    };
    let data = SeriesData {
        duration: histogram(&[60_000_000_000, 3_600_000_000_000]),
        bytes: Some((0, 12)),
        ..SeriesData::default()
    };
    Whole { resource: resource(Hook::AccessLog), header, series: BTreeMap::from([(key, data)]) }
}

/// Attempts, reported by the router's access log.
pub(crate) fn attempts() -> Whole {
    let header = BatchHeader {
        start: START,
        end: START + 5 * SECOND,
        sent: 0,
        sequence: 1,
        cumulative: 2,
        last: false,
        counters: Counters { configuration_refused: 1, ..Counters::default() },
    };
    let key = SeriesKey {
        measure: Measure::Attempt,
        outcome: Outcome::ResetBeforeHeaders,
        answered_by: AnsweredBy::Nobody,
        operation: String::new(),
        ..answered()
    };
    let data = SeriesData { duration: histogram(&[1_000_000, 2_000_000]), ..SeriesData::default() };
    Whole { resource: resource(Hook::UpstreamLog), header, series: BTreeMap::from([(key, data)]) }
}

/// Requests that ended as they did for a reason that has a word.
pub(crate) fn reasons() -> Whole {
    let header =
        BatchHeader { start: START, end: START + 5 * SECOND, sequence: 7, cumulative: 6, ..BatchHeader::default() };
    let counted = |durations: &[u64]| SeriesData { duration: histogram(durations), ..SeriesData::default() };
    let delayed = SeriesKey { outcome: Outcome::InjectedDelay, ..answered() };
    let delayed_failure = SeriesKey { outcome: Outcome::ServerError, reason: Reason::InjectedDelay, ..answered() };
    let misfit = SeriesKey {
        outcome: Outcome::TlsFailure,
        reason: Reason::SanMismatch,
        answered_by: AnsweredBy::LocalProxy,
        security: Security::Unknown,
        tls_version: TlsVersion::None,
        own_principal: String::new(),
        ..answered()
    };
    let series = BTreeMap::from([
        (delayed, counted(&[2_000_000_000, 2_001_000_000])),
        (delayed_failure, counted(&[2_002_000_000])),
        (misfit, counted(&[3_000_000, 3_100_000, 3_200_000])),
    ]);
    Whole { resource: resource(Hook::HttpFilter), header, series }
}

/// Connections that a listener refused.
pub(crate) fn refused() -> Whole {
    let header =
        BatchHeader { start: START, end: START + 5 * SECOND, sequence: 1, cumulative: 3, ..BatchHeader::default() };
    let key = SeriesKey {
        peer: Peer { address: "10.9.8.7".into(), ..Peer::default() },
        port: 8080,
        outcome: Outcome::Denied,
        reason: Reason::NoFilterChain,
        answered_by: AnsweredBy::Nobody,
        ..bare(Measure::Connection, Protocol::Tcp)
    };
    let data = SeriesData { duration: histogram(&[0, 0, 0]), ..SeriesData::default() };
    Whole { resource: resource(Hook::ListenerLog), header, series: BTreeMap::from([(key, data)]) }
}

/// A sender whose wall clock was set twice and that says what it shows, of a request that another hook counts too.
pub(crate) fn clocks() -> Whole {
    let header = BatchHeader {
        start: START,
        end: START + 5 * SECOND,
        sent: START + 5 * SECOND + 321_000_000,
        sequence: 2,
        cumulative: 1,
        counters: Counters { clock_steps: 2, ..Counters::default() },
        ..BatchHeader::default()
    };
    let data = SeriesData { duration: histogram(&[1_000_000]), ..SeriesData::default() };
    let resource = Resource { marks: true, ..resource(Hook::AccessLog) };
    Whole { resource, header, series: BTreeMap::from([(SeriesKey { twice: true, ..answered() }, data)]) }
}

/// Streams beside requests of the same class, and a connection whose applications have TLS of their own.
pub(crate) fn streams_and_names() -> Whole {
    let header =
        BatchHeader { start: START, end: START + 5 * SECOND, sequence: 3, cumulative: 9, ..BatchHeader::default() };
    let counted = |durations: &[u64]| SeriesData { duration: histogram(durations), ..SeriesData::default() };
    let stream = SeriesKey { streaming: true, ..answered() };
    let named = SeriesKey {
        security: Security::ApplicationTls,
        server_name: "db.example.org".into(),
        ..bare(Measure::Connection, Protocol::Tcp)
    };
    let series = BTreeMap::from([
        (answered(), counted(&[1_000_000, 1_100_000])),
        (named, counted(&[2_000_000])),
        (stream, counted(&[3_000_000_000, 60_000_000_000])),
    ]);
    Whole { resource: resource(Hook::AccessLog), header, series }
}

/// The least that a sender can say.
pub(crate) fn minimal() -> Whole {
    let proxy = Proxy { id: "sidecar~127.0.0.1~a.b~c".into(), ..Proxy::default() };
    let resource = Resource {
        proxy,
        filter_version: String::new(),
        filter_digest: String::new(),
        revision: String::new(),
        ..resource(Hook::HttpFilter)
    };
    let header = BatchHeader { start: START, end: START + 1, sequence: 1, cumulative: 1, ..BatchHeader::default() };
    let data = SeriesData { duration: histogram(&[0]), ..SeriesData::default() };
    Whole { resource, header, series: BTreeMap::from([(bare(Measure::Request, Protocol::Http), data)]) }
}
