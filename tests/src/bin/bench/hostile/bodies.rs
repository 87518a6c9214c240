//! Bodies that are refused, and such as are small on the wire and large in memory.

use std::io::Write;

use anyhow::{Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use hogusu_model::{BatchHeader, Measure};
use hogusu_wire::{BatchWriter, encode_resource, encode_series};
use tokio::task::JoinSet;

use super::posts::{Busy, post, request};
use super::{collector, senders};
use crate::lines::Line;
use crate::report::Row;
use crate::sender::now;
use crate::surroundings::Bench;

const REPORTERS: u64 = 6_000;
const OVERTAKING: u64 = 12;
/// What each of them unpacks to.
const UNPACKED: usize = 15 << 20;

/// Batches of so many reporters, each refused for its last series.
pub async fn refused(bench: &Bench) -> Result<Row> {
    let (collector, account) = collector(bench, "refused").await?;
    let end = now();
    // What serving itself takes is there before.
    post(collector.address(), 0..500, Busy::Again, move |number| half_bad(number, end)).await?;
    let before = account.memory()?;
    let numbers = 500..500 + REPORTERS;
    let statuses = post(collector.address(), numbers, Busy::Again, move |number| half_bad(number, end)).await?;
    ensure!(statuses == [(400, REPORTERS)].into(), "answers by status: {statuses:?}");
    let grown = (account.memory()? - before).max(0.0);
    Ok(Row::new("hostile: memory that 6,000 refused reporters leave", grown, "MB").goal(8.0).note("once 72 MB"))
}

/// Series that nobody else has, and one whose protocol nobody knows.
fn half_bad(number: u64, end: u64) -> Vec<u8> {
    let header = BatchHeader { start: end - 1, end, sequence: 1, cumulative: 4, ..BatchHeader::default() };
    let mut writer = BatchWriter::new(header.start, header.end);
    let name = format!("nobody-{number}");
    for port in 1..=3 {
        let series = senders::series(&name, port);
        writer.series(Measure::Request, &encode_series(&series), &senders::one_request());
    }
    let mut bad = encode_series(&senders::series(&name, 4));
    let at = bad.windows(4).position(|word| word == b"http").expect("a protocol");
    bad[at..at + 4].copy_from_slice(b"smtp");
    writer.series(Measure::Request, &bad, &senders::one_request());
    writer.finish(&encode_resource(&senders::resource(number)), &header)
}

/// Batches whose predecessors never come, as small as gzip makes them: they are kept back for a moment.
pub async fn overtaking(bench: &Bench) -> Result<Row> {
    let (collector, account) = collector(bench, "overtaking").await?;
    let before = account.memory()?;
    let mut running = JoinSet::new();
    let mut size = 0;
    for number in 0..OVERTAKING {
        let mut body = senders::batch(number, 3, now());
        // A field that nobody reads.
        body.extend_from_slice(&[0x7a, 0x80, 0x80, 0xc0, 0x07]);
        body.resize(body.len() + UNPACKED, 0);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&body)?;
        let packed = encoder.finish()?;
        size = packed.len();
        let request = request("content-encoding: gzip\r\n", &packed);
        let mut line = Line::open(collector.address()).await?;
        running.spawn(async move { line.exchange(&request).await });
    }
    while let Some(answered) = running.join_next().await {
        let status = answered??;
        ensure!(matches!(status, 200 | 503), "a batch that overtook another was answered {status}");
    }
    let grown = account.peak_memory()? - before;
    let note = format!("{size} B each, 15 MiB unpacked; all that is unpacked at once has 64 MiB; once 197 MiB");
    Ok(Row::new("hostile: memory of 12 batches that overtook others, at its peak", grown, "MB").goal(100.0).note(note))
}
