//! A whole mesh against one collector: 2,000 proxies in 200 namespaces, two workers each, a batch from each worker every 5 s, as
//! the filter sends them: cut at the same moments, sent within the second after. They come over as many connections as the collector's
//! own sidecar would open, each with the sender's certificate in a header, which the collector checks.
//!
//! CPU is that of the collector's process over whole flushes and its commits, whatever else the machine does.

pub mod proxies;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hogusu_tests::collector::Collector;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at};

use self::proxies::Mesh;
use crate::account::{Account, Metrics};
use crate::cpu;
use crate::lines::Line;
use crate::report::Row;
use crate::sender::{Sender, now};
use crate::surroundings::{Bench, Servers};

/// 1,000 workloads of two pods with two workers each; errors on three edges of each.
const MESH: Mesh = Mesh {
    workloads: 1_000,
    pods: 2,
    workers: 2,
    calls: &[1, 2, 3, 11, 29, 53, 117, 211, 307, 405, 613, 809],
    failing: 3,
};
const CONNECTIONS: usize = 500;
const FLUSH: Duration = Duration::from_secs(5);
/// The filter's: a fifth of the interval.
const JITTER: Duration = Duration::from_secs(1);
/// What a refused sender waits.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// When batches are cut, and how many of them.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// The first cut.
    first: Instant,
    /// The same on the wall clock, in nanoseconds.
    first_wall: u64,
    flushes: u32,
    /// Of them, so many before the measurement.
    warm_up: u32,
}

impl Plan {
    /// Cuts are at multiples of the interval on the wall clock.
    fn new(warm_up: u32, measured: u32) -> Self {
        let (now, wall, flush) = (Instant::now(), now(), FLUSH.as_nanos() as u64);
        let first_wall = (wall / flush + 2) * flush;
        let first = now + Duration::from_nanos(first_wall - wall);
        Self { first, first_wall, flushes: warm_up + measured, warm_up }
    }

    fn wall_of(&self, flush: u32) -> u64 {
        self.first_wall + u64::from(flush) * FLUSH.as_nanos() as u64
    }
}

/// What one connection did while it was measured.
#[derive(Debug, Default)]
struct Done {
    sent: u64,
    /// Before the next was due.
    in_time: u64,
    refused: u64,
    /// Seconds from when a batch was due to its acknowledgement.
    lags: Vec<f64>,
}

pub async fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let servers = Servers::start(bench, "mesh").await?;
    let address = servers.block.next()?;
    let listen = SocketAddr::from((address, servers.block.port(address, 4318)?));
    let folder = servers.folder.join("hogusu");
    let collector = Collector::start(listen, &folder, &["--trust-forwarded-client-cert"]).await?;
    let pid = collector.process().context("hogusu")?.id();
    let (warm_up, measured) = if bench.quick { (1, 1) } else { (3, 8) };
    let plan = Plan::new(warm_up, measured);
    let (running, body) = start(listen, plan).await?;
    let cores = cores_used(pid, plan, measured).await?;
    let done = finish(running).await?;
    let metrics = Metrics::of(&collector).await?;
    ensure!(metrics.value("lost_batches_total")? == 0.0, "batches are missing");
    ensure!(metrics.value("batches_total{result=\"duplicate\"}")? == 0.0, "batches came twice");
    let accepted = metrics.value("batches_total{result=\"accepted\"}")?;
    let all = (MESH.senders() as u64 * u64::from(plan.flushes)) as f64;
    ensure!(accepted == all, "{accepted} of {all} batches were accepted");
    let account = Account::of(&collector)?;
    let memory = account.peak_memory()?;
    let commit = metrics.value("commit_max_seconds")?;
    let mut rows = report(&done, cores, memory, &format!("{body} B a batch; longest commit {commit:.2} s"));
    let map = collector.map("5m").await?;
    let edges = map["totals"]["edges"].as_u64().context("edges on the map")?;
    ensure!(edges == MESH.edges(), "{edges} of {} edges are on the map", MESH.edges());
    let read = Row::new("mesh of 2,000 proxies: peak memory after its map was read", account.peak_memory()?, "MB");
    rows.push(read.note(format!("{edges} edges")));
    Ok(rows)
}

fn report(done: &Done, cores: f64, memory: f64, note: &str) -> Vec<Row> {
    let mut lags = done.lags.clone();
    lags.sort_by(f64::total_cmp);
    let longest = lags.last().copied().unwrap_or(f64::NAN);
    let p99 = lags.get(lags.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    let per_second = (MESH.senders() * MESH.series()) as u64 / FLUSH.as_secs();
    let what = format!("{} senders, {} series each, {per_second} points/s", MESH.senders(), MESH.series());
    vec![
        Row::new("mesh of 2,000 proxies: CPU of the collector", cores, "cores")
            .goal(0.5)
            .note(format!("{what}; {note}")),
        Row::new("mesh of 2,000 proxies: peak memory", memory, "MB").goal(500.0),
        Row::new(
            "mesh of 2,000 proxies: acknowledged within a flush / sent",
            done.in_time as f64 / done.sent as f64,
            "x",
        )
        .higher()
        .goal(1.0)
        .note(format!("{} batches, {} refused at first", done.sent, done.refused)),
        Row::new("mesh of 2,000 proxies: longest time to acknowledge", longest, "s")
            .goal(FLUSH.as_secs_f64())
            .note(format!("P99 {p99:.3} s")),
    ]
}

/// Opens the connections and gives each its share of the senders; also says how large a batch is.
async fn start(to: SocketAddr, plan: Plan) -> Result<(JoinSet<Result<Done>>, usize)> {
    let begin = plan.wall_of(0) - FLUSH.as_nanos() as u64;
    let mut shares: Vec<Vec<(Duration, Sender)>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    for number in 0..MESH.senders() {
        // Multiples of the golden ratio are spread evenly, the same on every run.
        let jitter = JITTER.mul_f64((number as f64 * 0.618_033_988_749).fract());
        shares[number % CONNECTIONS].push((jitter, MESH.sender(number, begin)?));
    }
    let body = shares[0][0].1.size();
    let mut running = JoinSet::new();
    for mut senders in shares {
        senders.sort_by_key(|(jitter, _)| *jitter);
        running.spawn(carry(Line::open(to).await?, senders, plan));
    }
    ensure!(Instant::now() < plan.first, "the machine was too slow to begin in time");
    Ok((running, body))
}

/// One connection's life: a batch of each of its senders, flush after flush.
async fn carry(mut line: Line, mut senders: Vec<(Duration, Sender)>, plan: Plan) -> Result<Done> {
    let mut ticks: Vec<_> = senders.iter().map(|(jitter, _)| interval_at(plan.first + *jitter, FLUSH)).collect();
    let mut done = Done::default();
    for flush in 0..plan.flushes {
        for ((_, sender), ticks) in senders.iter_mut().zip(&mut ticks) {
            let due = ticks.tick().await;
            let request = sender.batch(plan.wall_of(flush));
            let refused = deliver(&mut line, &request).await?;
            if flush >= plan.warm_up {
                done.sent += 1;
                done.in_time += u64::from(due.elapsed() < FLUSH);
                done.refused += refused;
                done.lags.push(due.elapsed().as_secs_f64());
            }
        }
    }
    Ok(done)
}

/// Sends until it is taken; how often it was not.
async fn deliver(line: &mut Line, request: &[u8]) -> Result<u64> {
    let mut refused = 0;
    loop {
        match line.exchange(request).await? {
            200 => return Ok(refused),
            429 | 503 => refused += 1,
            status => anyhow::bail!("the collector answered {status}"),
        }
        interval_at(Instant::now() + RETRY_AFTER, RETRY_AFTER).tick().await;
    }
}

async fn cores_used(pid: i32, plan: Plan, measured: u32) -> Result<f64> {
    let period = FLUSH * measured;
    let mut ends = interval_at(plan.first + FLUSH * plan.warm_up, period);
    ends.tick().await;
    let (begin, before) = (Instant::now(), cpu::seconds_of_process(pid)?);
    ends.tick().await;
    Ok((cpu::seconds_of_process(pid)? - before) / begin.elapsed().as_secs_f64())
}

async fn finish(mut running: JoinSet<Result<Done>>) -> Result<Done> {
    let mut sum = Done::default();
    while let Some(ended) = running.join_next().await {
        let done = ended.context("a connection panicked")??;
        sum.sent += done.sent;
        sum.in_time += done.in_time;
        sum.refused += done.refused;
        sum.lags.extend(done.lags);
    }
    Ok(sum)
}
