//! As many senders as are remembered, and more: each with two batches, some of them again. Nothing of it is lost or counted twice.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hogusu_model::{
    AnsweredBy, BatchHeader, Histogram, Hook, Measure, Outcome, Peer, Protocol, Proxy, Reporter, Security, SenderId,
    SeriesData, SeriesKey, Service, Workload,
};
use hogusu_wire::{BatchWriter, Resource, WIRE_VERSION, encode_resource, encode_series};
use tokio::time::Instant;

use super::posts::{Busy, post};
use super::{collector, questions};
use crate::account::Metrics;
use crate::report::Row;
use crate::sender::now;
use crate::surroundings::Bench;

/// As many as the collector remembers whole.
const SENDERS: u64 = 100_000;
/// Of them so many say that they have one and the same address.
const SHARING: u64 = 5_000;
const WORKLOADS: u64 = 100;
const REPEATED: u64 = 20_000;
const NEWCOMERS: u64 = 2_000;
const FLUSH: u64 = 5_000_000_000;
/// In one group, which may exceed the bound by its own length.
const GROUP: f64 = 512.0;

pub async fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let (collector, account) = collector(bench, "senders").await?;
    let to = collector.address();
    let share = if bench.quick { 50 } else { 1 };
    let (senders, repeated) = (SENDERS / share, REPEATED / share);
    let begun = Instant::now();
    let end = now();
    for sequence in [1, 2] {
        let end = end - FLUSH * (2 - sequence);
        let statuses = post(to, 0..senders, Busy::Again, move |number| batch(number, sequence, end)).await?;
        ensure!(statuses == [(200, senders)].into(), "answers by status: {statuses:?}");
    }
    let statuses = post(to, 0..repeated, Busy::Again, move |number| batch(number, 1, end - FLUSH)).await?;
    ensure!(statuses == [(200, repeated)].into(), "answers to repetitions by status: {statuses:?}");
    let took = begun.elapsed();
    let strangers = senders..senders + NEWCOMERS;
    let statuses = post(to, strangers, Busy::Enough, move |number| batch(number, 1, end)).await?;
    let taken = statuses.get(&200).copied().unwrap_or_default();
    let metrics = Metrics::of(&collector).await?;
    let lost = metrics.value("lost_batches_total")? + metrics.value("lost_exchanges_total")?;
    let commits = metrics.value("commits_total{result=\"ok\"}")?;
    let (memory, peak) = (account.memory()?, account.peak_memory()?);
    account.forget_peak()?;
    let asked = Instant::now();
    let map = collector.json("/api/v1/map?since=15m&limit=1").await?;
    let (answered, of_one) = (asked.elapsed(), account.peak_memory()? - memory);
    let counted = map["totals"]["requests"].as_u64().context("requests on the map")?;
    let beyond = counted.abs_diff(2 * senders + taken);
    let rate = (2 * senders + repeated) as f64 / took.as_secs_f64();
    let mut rows = vec![
        Row::new("hostile: 100,000 senders: batches and exchanges called lost", lost, "1")
            .goal(0.0)
            .note("once 120,000"),
        Row::new("hostile: 100,000 senders: requests lost or counted twice", beyond as f64, "1")
            .goal(0.0)
            .note(format!("{counted} on the map, {repeated} batches repeated, {rate:.0} batches/s")),
        Row::new("hostile: 100,000 senders: commits for each 10 s", per_slot(commits, took), "1")
            .goal(3.0)
            .note(format!("{commits} in {:.0} s; once 92", took.as_secs_f64())),
        Row::new("hostile: 100,000 senders: memory", peak, "MB")
            .goal(600.0)
            .note(format!("at its peak, with commits; {memory:.0} MB at the end")),
    ];
    if !bench.quick {
        let beyond =
            Row::new("hostile: newcomers that were taken beyond 100,000 senders", taken as f64, "1").goal(GROUP);
        rows.push(beyond.note(format!("of {NEWCOMERS}; the others come again")));
    }
    let note = format!("{SHARING} of them say that they have one address; {of_one:.0} MB for the answer");
    rows.push(Row::new("hostile: a map of 100,000 senders", answered.as_secs_f64(), "s").goal(10.0).note(note));
    rows.extend(questions::dropped(&collector, account, of_one).await?);
    Ok(rows)
}

/// Slots are sealed, and committed, every 10 s.
fn per_slot(commits: f64, took: Duration) -> f64 {
    commits / (took.as_secs_f64() / 10.0).max(1.0)
}

/// A batch of the sender of this number: one request, in the five seconds up to `end`.
pub fn batch(number: u64, sequence: u64, end: u64) -> Vec<u8> {
    let (start, cumulative) = (end - FLUSH, sequence);
    let mut writer = BatchWriter::new(start, end);
    let peer = name(number + 1);
    writer.series(Measure::Request, &encode_series(&series(&peer, 8080)), &one_request());
    let header = BatchHeader { start, end, sequence, cumulative, ..BatchHeader::default() };
    writer.finish(&encode_resource(&resource(number)), &header)
}

/// Requests to a workload.
pub fn series(name: &str, port: u16) -> SeriesKey {
    let workload = Workload { cluster: "c1".to_owned(), namespace: "shop".to_owned(), name: name.to_owned() };
    SeriesKey {
        peer: Peer { workload, ..Peer::default() },
        service: Service { host: format!("{name}.shop.svc.cluster.local"), port: 80 },
        port,
        security: Security::Tls,
        ..SeriesKey::new(Measure::Request, Reporter::Source, Protocol::Http, Outcome::Ok, AnsweredBy::Upstream)
    }
}

pub fn one_request() -> SeriesData {
    let mut duration = Histogram::default();
    duration.record(3_000_000);
    SeriesData { duration, ..SeriesData::default() }
}

fn name(number: u64) -> String {
    format!("workload-{:02}", number % WORKLOADS)
}

pub fn resource(number: u64) -> Resource {
    let name = name(number);
    let [.., a, b, c] = number.to_be_bytes();
    let address = if number < SHARING { "10.255.255.255".to_owned() } else { format!("10.{a}.{b}.{c}") };
    let pod = format!("{name}-{number}");
    Resource {
        sender: SenderId((u128::from(number) << 64 | 7).to_be_bytes()),
        proxy: Proxy {
            id: format!("sidecar~{address}~{pod}.shop~shop.svc.cluster.local"),
            workload: Workload { cluster: "c1".to_owned(), namespace: "shop".to_owned(), name: name.clone() },
            pod,
            service_account: name.clone(),
            canonical_service: name,
            mesh: "bench".to_owned(),
            trust_domain: "cluster.local".to_owned(),
            addresses: address,
            ..Proxy::default()
        },
        hook: Hook::HttpFilter,
        filter_version: "0".to_owned(),
        filter_digest: "0123456789abcdef".to_owned(),
        revision: String::new(),
        wire_version: WIRE_VERSION,
        flush_interval_ms: 5_000,
        marks: true,
    }
}
