//! Batches as a filter would send them, and a writer to take them.

use hogusu_collector::ingest::{Delivery, Verdict};
use hogusu_collector::journal::Disk;
use hogusu_collector::period::Period;
use hogusu_collector::store::Files;
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::Writer;
use hogusu_model::{
    AnsweredBy, BatchHeader, Histogram, Hook, Measure, Outcome, Peer, Protocol, Proxy, Reporter, Security, SenderId,
    SeriesData, SeriesKey, Service, TlsVersion, Workload,
};
use hogusu_wire::{BatchWriter, Resource, encode_resource, encode_series};
use tokio::sync::oneshot;

pub(crate) const SECOND: u64 = 1_000_000_000;
/// 2026-11-24T00:00:00Z.
pub(crate) const MIDNIGHT: u64 = 20_781 * 24 * 3600 * SECOND;
pub(crate) const FLUSH: u64 = 5 * SECOND;

/// A sender and how far it has come.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) resource: Resource,
    pub(crate) begun: u64,
    pub(crate) sequence: u64,
    pub(crate) cumulative: u64,
}

impl Filter {
    pub(crate) fn new(number: u8, begun: u64) -> Self {
        let name = format!("workload-{number}");
        let resource = Resource {
            sender: SenderId([number; 16]),
            proxy: Proxy {
                id: format!("sidecar~127.1.0.{number}~{name}-0.shop~shop.svc.cluster.local"),
                workload: Workload { cluster: "c1".into(), namespace: "shop".into(), name },
                addresses: format!("127.1.0.{number}"),
                mesh: "mesh1".into(),
                ..Proxy::default()
            },
            hook: Hook::AccessLog,
            filter_version: "0.1.0".into(),
            filter_digest: "d".into(),
            revision: "r1".into(),
            wire_version: Resource::WIRE_VERSION,
            flush_interval_ms: 5_000,
            marks: false,
        };
        Self { resource, begun, sequence: 0, cumulative: 0 }
    }

    /// The next batch: `count` requests over the flush interval that follows the last batch.
    pub(crate) fn batch(&mut self, count: u64) -> Vec<u8> {
        self.sequence += 1;
        self.cumulative += count;
        let start = self.begun + (self.sequence - 1) * FLUSH;
        self.batch_over(start, start + FLUSH, count)
    }

    /// The current sequence's batch over [start, end).
    pub(crate) fn batch_over(&self, start: u64, end: u64, count: u64) -> Vec<u8> {
        self.write(
            &BatchHeader { start, end, sequence: self.sequence, cumulative: self.cumulative, ..BatchHeader::default() },
            count,
        )
    }

    pub(crate) fn presence(&self, start: u64, end: u64) -> Vec<u8> {
        self.write(&BatchHeader { start, end, ..BatchHeader::default() }, 0)
    }

    pub(crate) fn write(&self, header: &BatchHeader, count: u64) -> Vec<u8> {
        let mut writer = BatchWriter::new(header.start, header.end);
        if count > 0 {
            let duration = Histogram::from_parts(0, 0, 100, vec![count], count).unwrap();
            let data = SeriesData { duration, ..SeriesData::default() };
            writer.series(Measure::Request, &encode_series(&series()), &data);
        }
        writer.finish(&encode_resource(&self.resource), header)
    }
}

pub(crate) fn series() -> SeriesKey {
    SeriesKey {
        peer: Peer {
            workload: Workload { cluster: "c1".into(), namespace: "shop".into(), name: "orders".into() },
            ..Peer::default()
        },
        service: Service { host: "orders.shop.svc.cluster.local".into(), port: 80 },
        port: 8080,
        security: Security::Tls,
        tls_version: TlsVersion::V1_3,
        ..SeriesKey::new(Measure::Request, Reporter::Source, Protocol::Http, Outcome::Ok, AnsweredBy::Upstream)
    }
}

/// Delivers bodies as one group, each arriving at `arrival`. `None` for one that was never answered.
pub(crate) fn deliver<D: Disk, F: Files>(
    writer: &mut Writer<D, F>,
    bodies: &[Vec<u8>],
    arrival: u64,
) -> Vec<Option<Verdict>> {
    let (mut group, mut verdicts) = (Vec::new(), Vec::new());
    for body in bodies {
        let (answer, verdict) = oneshot::channel();
        group.push(Delivery { arrival, body: body.clone().into(), identity: None, waited: true, answer });
        verdicts.push(verdict);
    }
    drop(writer.group(group, &Telemetry::default()));
    verdicts.into_iter().map(|mut verdict| verdict.try_recv().ok()).collect()
}

/// Requests of the period, by name of the reporting workload.
pub(crate) fn requests(period: &Period) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = period
        .rows
        .iter()
        .map(|row| (period.reporters[row.reporter].workload.name.clone(), row.data.duration.count()))
        .collect();
    counts.sort();
    counts
}
