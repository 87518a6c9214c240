//! A sender as the collector sees it: its batches follow each other without a gap. By itself a proxy with 30 edges, up to now.
//!
//! The body is written once, with marks where times and counts stand, and patched for each batch: they are all of fixed width.

use std::time::SystemTime;

use anyhow::{Result, ensure};
use bytes::Bytes;
use hogusu_model::{
    AnsweredBy, BatchHeader, Counters, Histogram, Hook, Measure, Outcome, Peer, Protocol, Proxy, Reporter, Security,
    SenderId, SeriesData, SeriesKey, Service, TlsVersion, Workload,
};
use hogusu_wire::{BatchWriter, Resource, WIRE_VERSION, encode_resource, encode_series};

use crate::lines::Source;

pub const EDGES: u64 = 30;
pub const BUCKETS: u64 = 25;
const START: u64 = 0x1112_1314_1516_1718;
const END: u64 = 0x2122_2324_2526_2728;
const SEQUENCE: u64 = 0x3132_3334_3536_3738;
const CUMULATIVE: u64 = 0x4142_4344_4546_4748;

#[derive(Debug)]
pub struct Sender {
    /// The whole request.
    request: Vec<u8>,
    starts: Vec<usize>,
    ends: Vec<usize>,
    sequence_at: usize,
    cumulative_at: usize,
    sequence: u64,
    /// Of one batch.
    exchanges: u64,
    end: u64,
}

impl Sender {
    pub fn new(number: u8, kind: u8) -> Result<Self> {
        let series: Vec<_> = (0..EDGES).map(|edge| series(number, kind, edge)).collect();
        Self::with(&resource(number, kind), &series, "", now())
    }

    /// Sends these series in each batch, the first of which starts at `begin`; `headers` are added to each request.
    pub fn with(resource: &Resource, series: &[SeriesKey], headers: &str, begin: u64) -> Result<Self> {
        let body = body(resource, series);
        let head = format!(
            "POST /v1/metrics HTTP/1.1\r\nhost: collector\r\ncontent-type: application/x-protobuf\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        let request = [head.into_bytes(), body].concat();
        let (starts, ends) = (places(&request, START), places(&request, END));
        let (sequence_at, cumulative_at) = (places(&request, SEQUENCE), places(&request, CUMULATIVE));
        ensure!(starts.len() == series.len() + 1 && ends.len() > starts.len(), "marks of times");
        let ([sequence_at], [cumulative_at]) = (sequence_at.as_slice(), cumulative_at.as_slice()) else {
            anyhow::bail!("marks of counts");
        };
        Ok(Self {
            sequence_at: *sequence_at,
            cumulative_at: *cumulative_at,
            request,
            starts,
            ends,
            sequence: 0,
            exchanges: series.len() as u64 * BUCKETS,
            end: begin,
        })
    }

    /// The next batch, which ends at `end`.
    pub fn batch(&mut self, end: u64) -> Bytes {
        let start = std::mem::replace(&mut self.end, end);
        for at in 0..self.starts.len() {
            self.patch(self.starts[at], start);
        }
        for at in 0..self.ends.len() {
            self.patch(self.ends[at], end);
        }
        self.sequence += 1;
        self.patch(self.sequence_at, self.sequence);
        self.patch(self.cumulative_at, self.sequence * self.exchanges);
        Bytes::copy_from_slice(&self.request)
    }

    /// Bytes of one batch's body, about.
    pub fn size(&self) -> usize {
        self.request.len()
    }

    fn patch(&mut self, at: usize, value: u64) {
        self.request[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
}

impl Source for Sender {
    fn request(&mut self, _turn: u64) -> Bytes {
        self.batch(now())
    }

    fn again(&mut self, status: u16) -> bool {
        matches!(status, 429 | 503)
    }
}

#[expect(clippy::disallowed_methods, reason = "batches end now: the bench is the clock of its senders")]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_nanos()).expect("this side of 2554")
}

fn places(bytes: &[u8], mark: u64) -> Vec<usize> {
    let mark = mark.to_le_bytes();
    bytes.windows(8).enumerate().filter(|(_, window)| **window == mark).map(|(at, _)| at).collect()
}

fn body(resource: &Resource, series: &[SeriesKey]) -> Vec<u8> {
    let mut writer = BatchWriter::new(START, END);
    for (edge, key) in series.iter().enumerate() {
        let counts = vec![1; usize::try_from(BUCKETS).expect("few buckets")];
        let duration = Histogram::from_parts(0, 0, 90 + edge, counts, BUCKETS * 3_000_000).expect("within the layout");
        let data = SeriesData { duration, ..SeriesData::default() };
        writer.series(Measure::Request, &encode_series(key), &data);
    }
    let counters = Counters { memory_bytes: 1 << 20, ..Counters::default() };
    writer.finish(
        &encode_resource(resource),
        &BatchHeader {
            start: START,
            end: END,
            sequence: SEQUENCE,
            cumulative: CUMULATIVE,
            counters,
            ..BatchHeader::default()
        },
    )
}

fn resource(number: u8, kind: u8) -> Resource {
    let name = format!("workload-{kind}-{number}");
    Resource {
        sender: SenderId([kind, number, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]),
        proxy: Proxy {
            id: format!("sidecar~10.1.{kind}.{number}~{name}-0.shop~shop.svc.cluster.local"),
            workload: Workload { cluster: "c1".to_owned(), namespace: "shop".to_owned(), name: name.clone() },
            pod: format!("{name}-0"),
            service_account: name.clone(),
            canonical_service: name,
            canonical_revision: "v1".to_owned(),
            mesh: "bench".to_owned(),
            trust_domain: "cluster.local".to_owned(),
            addresses: format!("10.1.{kind}.{number}"),
            ..Proxy::default()
        },
        hook: Hook::AccessLog,
        filter_version: "0".to_owned(),
        filter_digest: "0123456789abcdef".to_owned(),
        revision: String::new(),
        wire_version: WIRE_VERSION,
        flush_interval_ms: 5_000,
        marks: false,
    }
}

fn series(number: u8, kind: u8, edge: u64) -> SeriesKey {
    let name = format!("service-{edge:02}");
    SeriesKey {
        peer: Peer {
            workload: Workload { cluster: "c1".to_owned(), namespace: "shop".to_owned(), name: name.clone() },
            canonical_service: name.clone(),
            canonical_revision: "v1".to_owned(),
            principal: format!("spiffe://cluster.local/ns/shop/sa/{name}"),
            address: String::new(),
        },
        service: Service { host: format!("{name}.shop.svc.cluster.local"), port: 80 },
        port: 8080,
        security: Security::Tls,
        tls_version: TlsVersion::V1_3,
        own_principal: format!("spiffe://cluster.local/ns/shop/sa/workload-{kind}-{number}"),
        ..SeriesKey::new(Measure::Request, Reporter::Source, Protocol::Http, Outcome::Ok, AnsweredBy::Upstream)
    }
}
