//! Ingest of batches on one core: the collector, which acknowledges what is durable, beside the OpenTelemetry Collector, which keeps
//! nothing, fed the same bodies in turns. Per core is per second of CPU time: whoever waits for the disk is not charged for it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::collector::Collector;
use tokio::time::Instant;

use crate::cpu;
use crate::lines::{Limits, Lines};
use crate::numbers::Spread;
use crate::opentelemetry::OpenTelemetryCollector;
use crate::report::Row;
use crate::sender::{EDGES, Sender};
use crate::surroundings::{Bench, Servers};

const SENDERS_OF_A_KIND: u8 = 100;
const KINDS: u8 = 3;
const CORE: usize = 0;

struct Target {
    name: &'static str,
    pid: i32,
    lines: Lines<Sender>,
    per_core: Vec<f64>,
    per_second: Vec<f64>,
    sent_again: u64,
}

pub async fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let servers = Servers::start(bench, "ingest").await?;
    let address = servers.block.next()?;
    let at = |port| servers.block.port(address, port).map(|port| SocketAddr::from((address, port)));
    let (ours, theirs) = (at(4318)?, at(4328)?);
    let collector = Collector::start(ours, &servers.folder.join("hogusu"), &[]).await?;
    let stock = OpenTelemetryCollector::start(theirs, &servers.folder.join("otelcol")).await?;
    let mut targets = vec![
        Target::open("hogusu serve, durable", collector.process().context("hogusu")?.id(), ours).await?,
        Target::open("otelcol, delta_to_cumulative, nop", stock.process.id(), theirs).await?,
    ];
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1) {
        cpu::keep_on_core(i32::try_from(std::process::id())?, CORE + 1)?;
    }
    let (rounds, length) = if bench.quick { (1, 500) } else { (3, 4_000) };
    for target in &mut targets {
        target.run(Duration::from_millis(length / 2)).await?;
        (target.per_core, target.per_second) = Default::default();
    }
    for _round in 0..rounds {
        for target in &mut targets {
            target.run(Duration::from_millis(length)).await?;
        }
    }
    stock.process.stop().await?;
    Ok(targets.iter().flat_map(Target::rows).collect())
}

impl Target {
    async fn open(name: &'static str, pid: i32, at: SocketAddr) -> Result<Self> {
        cpu::keep_on_core(pid, CORE)?;
        let mut senders = Vec::new();
        for kind in 0..KINDS {
            for number in 0..SENDERS_OF_A_KIND {
                senders.push(Sender::new(number, kind)?);
            }
        }
        let lines = Lines::open(at, senders).await?;
        Ok(Self { name, pid, lines, per_core: Vec::new(), per_second: Vec::new(), sent_again: 0 })
    }

    async fn run(&mut self, length: Duration) -> Result<()> {
        let (begin, before) = (Instant::now(), cpu::seconds_of_process(self.pid)?);
        let done = self.lines.run(Limits::period(length)).await.with_context(|| self.name)?;
        let points = (done.exchanges * EDGES) as f64;
        self.per_second.push(points / begin.elapsed().as_secs_f64());
        self.per_core.push(points / (cpu::seconds_of_process(self.pid)? - before));
        self.sent_again += done.sent_again;
        Ok(())
    }

    fn rows(&self) -> Vec<Row> {
        let per_core = Spread::of(self.per_core.iter().copied());
        let per_second = Spread::of(self.per_second.iter().copied());
        let body = Sender::new(0, 0).map_or(0, |sender| sender.size());
        let senders = u32::from(SENDERS_OF_A_KIND) * u32::from(KINDS);
        let note = format!("{senders} senders, {EDGES} edges, {body} B a batch, {} sent again", self.sent_again);
        vec![
            Row::new(format!("ingest: {}", self.name), per_core.median, "points/s/core").higher().note(note),
            Row::new(format!("ingest: {}, reached", self.name), per_second.median, "points/s").higher(),
        ]
    }
}
