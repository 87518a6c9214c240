//! What history takes: of disk at each resolution, and of time to read a month of a large mesh. Writer and store are driven in this process,
//! for a month has to pass in seconds.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::RwLock;

use anyhow::{Context, Result, anyhow, bail, ensure};
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

/// 5,000 edges at one request a second, told of by both ends: bytes of a row at each resolution, and what the default reach takes. A row is
/// what a file grows by from the first hour to the third; what names rows and who sent is in each file once.
fn disk(bench: &Bench) -> Result<Vec<Row>> {
    let slots = if bench.quick { 6 } else { 60 };
    let mesh = Mesh { workloads: 1_000, pods: 1, workers: 1, calls: &[1, 3, 53, 405, 807], failing: 0 };
    let mut house = House::build(bench.workdir.folder("disk")?, mesh)?;
    let mut sizes = Vec::new();
    for hour in 0..4 {
        for slot in 0..slots {
            let start = MIDNIGHT + hour * HOUR + slot * SLOT;
            house.take(start, start + SLOT, 10)?;
            house.commit(start + SLOT)?;
            if hour == 0 && slot < 2 || slot == slots - 1 {
                let slots = house.bytes(if hour == 0 { "2026-11-24.redb" } else { "2026-11-24T" })?;
                sizes.push([slots, house.bytes("minutes-")?, house.bytes("hours-")?, house.bytes("days-")?]);
            }
        }
    }
    let series = 2 * mesh.edges();
    let minutes = (slots * SLOT).div_ceil(60 * SECOND);
    let [begun, _, first, second, _, fourth] = sizes[..] else { bail!("sizes of four hours") };
    // By the end of the second hour the first one is rolled up, by the end of the fourth the first three.
    let (two, grown) = (2 * series, |place: usize| fourth[place].saturating_sub(second[place]));
    let once = second[2].saturating_sub(grown(2) / 2);
    let (mut rows, mut reach) = (Vec::new(), 0.0);
    for (resolution, bytes, counted, files) in [
        (Resolution::Slot, first[0].saturating_sub(begun[0]), (slots - 1) * series, 3),
        (Resolution::Minute, grown(1), minutes * two, 3),
        (Resolution::Hour, grown(2), two, 4),
        // A day's row is an hour's with more in it.
        (Resolution::Day, grown(2), two, 2),
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
