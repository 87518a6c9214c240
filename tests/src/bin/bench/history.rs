//! What history takes: of disk at each resolution, and of time to read a month of a large mesh. Writer and store are driven in this process,
//! for a month has to pass in seconds.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::RwLock;

use anyhow::{Context, Result, anyhow, ensure};
use hogusu_collector::analysis::join::Include;
use hogusu_collector::ingest::{Delivery, Verdict};
use hogusu_collector::journal::Folder;
use hogusu_collector::report::Selection;
use hogusu_collector::report::analysed::Analysed;
use hogusu_collector::store::{Resolution, Retention, SlotFolder};
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::wanted::Wanted;
use hogusu_collector::writer::Writer;
use hogusu_model::{BatchHeader, Histogram, SeriesData, SeriesKey};
use hogusu_wire::{BatchWriter, Preamble, encode_resource, encode_series};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::mesh::proxies::Mesh;
use crate::report::Row;
use crate::surroundings::Bench;

const SECOND: u64 = 1_000_000_000;
const SLOT: u64 = 10 * SECOND;
const HOUR: u64 = 3600 * SECOND;
const DAY: u64 = 24 * HOUR;
/// 2026-11-24T00:00:00Z.
const MIDNIGHT: u64 = 20_781 * DAY;
/// As the collector keeps by default, in a folder of 5 GiB.
const RETENTION: Retention =
    Retention { keep: [2 * HOUR, 3 * DAY, 90 * DAY, 400 * DAY], age: 400 * DAY, bytes: 5 << 30 };

pub fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = disk(bench)?;
    rows.push(idle(bench)?);
    rows.extend(month(bench)?);
    Ok(rows)
}

/// Journal and store of a collector, and the senders that it hears.
struct House {
    folder: PathBuf,
    writer: Writer<Folder, SlotFolder>,
    proxies: Vec<Proxy>,
}

/// A sender's parts of a batch that never change, and how far it has come.
struct Proxy {
    preamble: Preamble,
    series: Vec<(SeriesKey, Vec<u8>)>,
    sequence: u64,
    cumulative: u64,
}

impl House {
    fn build(folder: PathBuf, mesh: Mesh) -> Result<Self> {
        let journal = Folder::open(folder.join("journal"))?;
        let slots = SlotFolder::open(folder.join("slots"))?;
        let (writer, _) = Writer::open(journal, slots, &Telemetry::default())?;
        let proxy = |number| {
            let series = mesh.series_of(number).into_iter().map(|key| (key.clone(), encode_series(&key)));
            let preamble = encode_resource(&mesh.resource(number, number, number));
            Proxy { preamble, series: series.collect(), sequence: 0, cumulative: 0 }
        };
        Ok(Self { folder, writer, proxies: (0..mesh.senders()).map(proxy).collect() })
    }

    /// Every sender's batch over [start, end): so many requests in each of its series, or presence where that is 0.
    fn take(&mut self, start: u64, end: u64, requests: u64) -> Result<()> {
        for proxies in self.proxies.chunks_mut(500) {
            let mut answers = Vec::with_capacity(proxies.len());
            let group = proxies.iter_mut().map(|proxy| {
                let (answer, verdict) = oneshot::channel();
                answers.push(verdict);
                let body = proxy.batch(start, end, requests).into();
                Delivery { arrival: end, body, identity: None, waited: true, answer }
            });
            self.writer.group(group.collect(), &Telemetry::default())?;
            for mut answer in answers {
                ensure!(answer.try_recv()? == Verdict::Durable, "a batch was not taken");
            }
        }
        Ok(())
    }

    /// So many batches of each sender, one after the other, over so long each, and each committed in the hour in which it began.
    fn fill(&mut self, from: u64, length: u64, batches: u64) -> Result<()> {
        for batch in 0..batches {
            let (start, end) = (from + batch * length, from + (batch + 1) * length);
            self.take(start, end, length / SECOND)?;
            self.commit(end - 1)?;
        }
        Ok(())
    }

    /// Commits, rolls up what is due and drops what is no longer kept.
    fn commit(&mut self, now: u64) -> Result<()> {
        self.writer.commit(now)?;
        while let Some(job) = self.writer.begin_roll_up(RETENTION, now)? {
            job.run(&RwLock::default(), now)?;
        }
        self.writer.retain(RETENTION, now)?;
        Ok(())
    }

    /// Bytes of the store's files whose name begins so.
    fn bytes(&self, prefix: &str) -> Result<u64> {
        let mut bytes = 0;
        for entry in fs::read_dir(self.folder.join("slots"))? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                bytes += taken(&entry.path())?;
            }
        }
        Ok(bytes)
    }
}

fn taken(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file).with_context(|| format!("{}", file.display()))?.blocks() * 512)
}

impl Proxy {
    fn batch(&mut self, start: u64, end: u64, requests: u64) -> Vec<u8> {
        let mut writer = BatchWriter::new(start, end);
        let mut header = BatchHeader { start, end, ..BatchHeader::default() };
        if requests > 0 {
            self.sequence += 1;
            self.cumulative += requests * self.series.len() as u64;
            (header.sequence, header.cumulative) = (self.sequence, self.cumulative);
            for (place, (key, attributes)) in self.series.iter().enumerate() {
                let duration = durations(requests, self.sequence + place as u64);
                writer.series(key.measure, attributes, &SeriesData { duration, ..SeriesData::default() });
            }
        }
        writer.finish(&self.preamble, &header)
    }
}

/// So many requests of about 5 ms, spread as a service's are: most within a factor of two, a few ten times as long.
fn durations(requests: u64, seed: u64) -> Histogram {
    let mut histogram = Histogram::default();
    for number in 0..requests {
        let mut bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let uniform = ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        histogram.record((5e6 * (1.0 / uniform).powf(0.6)) as u64);
    }
    histogram
}

/// 5,000 edges at one request a second, told of by both ends: bytes of a row at each resolution, and what the default reach takes. In the
/// first hour batches are of a slot, and a slot's row is what the file grows by; then they are of two, for what is rolled up of them is the
/// same, and of more they would count as folded. A row of those is what a file grows by with the third hour: what names rows and who sent is in it already.
fn disk(bench: &Bench) -> Result<Vec<Row>> {
    let steps = if bench.quick { 6 } else { 60 };
    let mesh = Mesh { workloads: 1_000, pods: 1, workers: 1, calls: &[1, 3, 53, 405, 807], failing: 0 };
    let mut house = House::build(bench.workdir.folder("disk")?, mesh)?;
    house.fill(MIDNIGHT, SLOT, 1)?;
    let begun = house.bytes("2026-11-24.redb")?;
    house.fill(MIDNIGHT + SLOT, SLOT, steps - 1)?;
    let slots = house.bytes("2026-11-24.redb")?.saturating_sub(begun);
    house.fill(MIDNIGHT + HOUR, 2 * SLOT, 3 * steps)?;
    house.fill(MIDNIGHT + 2 * HOUR, 2 * SLOT, 3 * steps)?;
    // The first two are rolled up, and then the third one.
    let before = [house.bytes("minutes-")?, house.bytes("hours-")?];
    house.fill(MIDNIGHT + 3 * HOUR + 180 * SECOND, SLOT, 1)?;
    let grown = [house.bytes("minutes-")?.saturating_sub(before[0]), house.bytes("hours-")?.saturating_sub(before[1])];
    let series = 2 * mesh.edges();
    let once = before[1].saturating_sub(2 * grown[1]);
    let (mut rows, mut reach) = (Vec::new(), 0.0);
    for (resolution, bytes, counted, files) in [
        (Resolution::Slot, slots, (steps - 1) * series, 3),
        (Resolution::Minute, grown[0], steps * series, 3),
        (Resolution::Hour, grown[1], series, 4),
        // Of 24 times as many requests, a day's row has longer numbers, and some buckets more: it is taken for twice an hour's.
        (Resolution::Day, 2 * grown[1], series, 2),
    ] {
        let of_row = bytes as f64 / counted as f64;
        // A file of slots is kept until its hour is over, too.
        let kept = RETENTION.of(resolution) + if resolution == Resolution::Slot { HOUR } else { 0 };
        let taken = of_row * series as f64 * (kept / resolution.nanos()) as f64 + (files * once) as f64;
        reach += taken;
        let of_edge_day = of_row * 2.0 * DAY as f64 / resolution.nanos() as f64;
        let note =
            format!("{:.1} kB an edge-day of both ends; {:.0} MB over its reach", of_edge_day / 1e3, taken / 1e6);
        rows.push(Row::new(format!("bytes of a row at {}", resolution.as_str()), of_row, "B").note(note));
    }
    let name = "5,000 edges at one request a second over the default reach";
    let note = format!("of them {:.1} MB in each file that names rows and who sent", once as f64 / 1e6);
    rows.push(Row::new(name, reach / f64::from(1_u32 << 30), "GiB").goal(5.0).note(note));
    Ok(rows)
}

/// 4,000 senders that see nothing for a day.
fn idle(bench: &Bench) -> Result<Row> {
    let mesh = Mesh { workloads: 4_000, pods: 1, workers: 1, calls: &[1], failing: 0 };
    let mut house = House::build(bench.workdir.folder("idle")?, mesh)?;
    let steps = if bench.quick { 12 } else { 144 };
    for step in 0..steps {
        let start = MIDNIGHT + step * 600 * SECOND;
        house.take(start, start + 600 * SECOND, 0)?;
        house.commit(start + 600 * SECOND)?;
    }
    let name = "4,000 idle senders for a day on disk";
    Ok(Row::new(name, house.bytes("")? as f64 / 1e6, "MB").goal(50.0))
}

/// A month of 50,000 edges, each with traffic on every day.
fn month(bench: &Bench) -> Result<Vec<Row>> {
    let mesh = if bench.quick {
        Mesh { workloads: 400, pods: 1, workers: 1, calls: &[1, 3, 53], failing: 1 }
    } else {
        Mesh { workloads: 10_000, pods: 1, workers: 1, calls: &[1, 3, 53, 405, 3_007], failing: 1 }
    };
    let mut house = House::build(bench.workdir.folder("month")?, mesh)?;
    let filled = Instant::now();
    let mut rolled = 0.0;
    for day in 0..30 {
        let start = MIDNIGHT + day * DAY + 12 * HOUR;
        house.take(start, start + SLOT, 10)?;
        let begun = Instant::now();
        house.commit(start + SLOT)?;
        rolled += begun.elapsed().as_secs_f64();
    }
    eprintln!(
        "bench: a month in {:.1} s, of them {rolled:.1} s for commits and roll-ups",
        filled.elapsed().as_secs_f64()
    );
    let now = MIDNIGHT + 30 * DAY;
    let mut took = f64::INFINITY;
    for _ in 0..3 {
        let asked = Instant::now();
        let view = house.writer.view(MIDNIGHT, now)?;
        let period = view.period(&RwLock::default(), now)?;
        ensure!(period.resolution == Resolution::Day, "read by the day");
        let analysed = Analysed::of(&period, None, Include::default(), &Wanted::default());
        let analysed = analysed.map_err(|unwanted| anyhow!("{unwanted}"))?;
        let (map, _) = analysed.page(&Selection::default(), 0, 500);
        took = took.min(asked.elapsed().as_secs_f64());
        ensure!(map.observed.totals.edges == mesh.edges(), "{} edges are on the map", map.observed.totals.edges);
    }
    let rows = 30 * (mesh.senders() * mesh.series()) as u64;
    let note = format!("best of 3; {rows} rows of slots were committed and rolled up in {rolled:.1} s");
    Ok(vec![Row::new("map of 30 days with 50,000 edges, first page", took, "s").goal(1.0).note(note)])
}
