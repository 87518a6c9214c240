//! Any batch that a sender can write.

use std::collections::BTreeMap;

use hogusu_model::{
    AnsweredBy, BatchHeader, Counters, Exemplar, Histogram, Hook, Measure, Outcome, Peer, Protocol, Proxy, Reason,
    Reporter, Security, SenderId, SeriesData, SeriesKey, Service, TlsVersion, Traffic, Workload,
};
use hogusu_wire::Resource;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::batch::Whole;

/// Names as meshes have them, none, and some that nobody should have.
pub(crate) fn name() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just(String::new()), 4 => "[a-z0-9.:/~-]{1,24}", 1 => any::<String>()]
}

/// Durations whose sum over one series stays exact.
pub(crate) fn histogram() -> impl Strategy<Value = Histogram> {
    let magnitude = (any::<u64>(), 18..64_u32).prop_map(|(bits, shift)| bits >> shift);
    vec(magnitude, 0..40).prop_map(|durations| {
        let mut histogram = Histogram::default();
        durations.iter().for_each(|nanos| histogram.record(*nanos));
        histogram
    })
}

fn exemplar() -> impl Strategy<Value = Exemplar> {
    (any::<[u8; 16]>(), 0..1_u64 << 52, any::<u64>()).prop_map(|(trace, nanos, at)| Exemplar { trace, nanos, at })
}

/// What `as_int` holds.
fn integer() -> impl Strategy<Value = u64> {
    prop_oneof![0..300_u64, 0..=i64::MAX.cast_unsigned()]
}

/// Data of a series, with only what its measure carries.
fn data(measure: Measure) -> impl Strategy<Value = SeriesData> {
    let rest =
        (option::of(histogram()), option::of((integer(), integer())), option::of(integer()), option::of(exemplar()));
    (histogram(), rest).prop_map(move |(duration, (backend, bytes, attempts, exemplar))| SeriesData {
        duration,
        backend: backend.filter(|_| measure == Measure::Request),
        bytes: bytes.filter(|_| measure != Measure::Attempt),
        attempts: attempts.filter(|_| measure == Measure::Request),
        exemplar,
    })
}

fn workload() -> impl Strategy<Value = Workload> {
    (name(), name(), name()).prop_map(|(cluster, namespace, name)| Workload { cluster, namespace, name })
}

fn peer(name: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = Peer> {
    let workload = (name.clone(), name.clone(), name.clone()).prop_map(|(cluster, namespace, name)| Workload {
        cluster,
        namespace,
        name,
    });
    (workload, name.clone(), name.clone(), name.clone(), name).prop_map(
        |(workload, canonical_service, canonical_revision, principal, address)| Peer {
            workload,
            canonical_service,
            canonical_revision,
            principal,
            address,
        },
    )
}

/// A series over names from `name` and ports below `ports`.
pub(crate) fn series_key(
    name: impl Strategy<Value = String> + Clone,
    ports: std::ops::RangeInclusive<u16>,
) -> impl Strategy<Value = SeriesKey> {
    let words = (
        select(Measure::ALL),
        select(Reporter::ALL),
        select(Protocol::ALL),
        select(Security::ALL),
        select(TlsVersion::ALL),
        (select(Outcome::ALL), select(Reason::ALL)),
        select(AnsweredBy::ALL),
        select(Traffic::ALL),
    );
    let service = (name.clone(), ports.clone()).prop_map(|(host, port)| Service { host, port });
    let rest = (peer(name.clone()), service, ports, [name.clone(), name.clone(), name], any::<[bool; 3]>());
    (words, rest).prop_map(
        |(words, (peer, service, port, [own_principal, operation, server_name], [streaming, twice, overflow]))| {
            let (measure, reporter, protocol, security, tls_version, (outcome, reason), answered_by, traffic) = words;
            SeriesKey {
                measure,
                reporter,
                protocol,
                peer,
                service,
                port,
                security,
                tls_version,
                own_principal,
                outcome,
                reason,
                answered_by,
                operation,
                traffic,
                streaming,
                server_name,
                twice,
                overflow,
            }
        },
    )
}

fn resource() -> impl Strategy<Value = Resource> {
    let names = vec(name(), 10);
    let own = (any::<[u8; 16]>(), workload(), "[a-z~.0-9-]{1,40}", select(Hook::ALL), 1..=u32::MAX, any::<u64>());
    (names, own).prop_map(|(names, (sender, workload, id, hook, wire_version, flush_interval_ms))| {
        let [pod, account, service, version, mesh, domain, region, zone, addresses, revision] =
            <[String; 10]>::try_from(names).expect("ten names");
        // On the wire the service's name is the workload's where no canonical name is known.
        let canonical_service = if service.is_empty() { workload.name.clone() } else { service };
        let proxy = Proxy {
            id,
            workload,
            pod,
            service_account: account,
            canonical_service,
            canonical_revision: version,
            mesh,
            trust_domain: domain,
            region,
            zone,
            addresses,
        };
        Resource {
            sender: SenderId(sender),
            proxy,
            hook,
            filter_version: "0.1.0".into(),
            filter_digest: "sha256:0123".into(),
            revision,
            wire_version,
            flush_interval_ms,
            marks: sender[0] & 1 == 1,
        }
    })
}

fn header() -> impl Strategy<Value = BatchHeader> {
    let times = (any::<u64>(), any::<u64>()).prop_map(|(a, b)| (a.min(b), a.max(b)));
    let sequence = 1..=i64::MAX.cast_unsigned();
    (times, sequence, integer(), any::<bool>(), vec(integer(), 12)).prop_map(
        |(times, sequence, cumulative, last, c)| {
            let counters = Counters {
                memory_bytes: c[0],
                waiting: c[1],
                folded: c[2],
                refused: c[3],
                refused_exchanges: c[4],
                retried: c[5],
                overflowed: c[6],
                host_errors: c[7],
                longest_entry: c[8],
                configuration_refused: c[9],
                clock_steps: c[10],
            };
            BatchHeader { start: times.0, end: times.1, sent: c[11], sequence, cumulative, last, counters }
        },
    )
}

/// A batch of up to a dozen series.
pub(crate) fn whole() -> impl Strategy<Value = Whole> {
    let keyed = series_key(name().boxed(), 0..=u16::MAX).prop_flat_map(|key| {
        let data = data(key.measure);
        (Just(key), data)
    });
    let series = vec(keyed, 0..12).prop_map(|series| series.into_iter().collect());
    (resource(), header(), series).prop_map(|(resource, header, series)| Whole { resource, header, series })
}

/// A batch before a sender's first exchange.
pub(crate) fn presence() -> impl Strategy<Value = Whole> {
    (resource(), header()).prop_map(|(resource, header)| Whole {
        resource,
        header: BatchHeader { sequence: 0, ..header },
        series: BTreeMap::new(),
    })
}
