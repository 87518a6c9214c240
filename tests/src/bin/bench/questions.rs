//! Questions about a large mesh while its proxies report: 10,000 workloads whose 50,000 edges both ends tell of. What the last five minutes
//! hold is sent first, as fast as it is taken; then every proxy goes on at its flush interval while people ask.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use hogusu_tests::client;
use hogusu_tests::collector::Collector;
use hyper::Request;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at};

use crate::account::Account;
use crate::lines::Line;
use crate::mesh::proxies::Mesh;
use crate::report::Row;
use crate::sender::{Sender, now};
use crate::surroundings::{Bench, Servers};

const CONNECTIONS: usize = 100;
const FLUSH: Duration = Duration::from_secs(5);
/// Questions of one kind are repeated for so long.
const PATIENCE: Duration = Duration::from_secs(30);
const SLOT: u64 = 10_000_000_000;
const LARGE: Mesh = Mesh { workloads: 10_000, pods: 1, workers: 1, calls: &[1, 3, 53, 405, 3_007], failing: 1 };
const SMALL: Mesh = Mesh { workloads: 400, pods: 1, workers: 1, calls: &[1, 3, 53], failing: 1 };

/// Seconds from a batch's sending to its acknowledgement.
type Lags = Vec<f64>;

pub async fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let mesh = if bench.quick { SMALL } else { LARGE };
    let servers = Servers::start(bench, "questions").await?;
    let address = servers.block.next()?;
    let listen = SocketAddr::from((address, servers.block.port(address, 4318)?));
    let collector = Collector::start(listen, &servers.folder.join("hogusu"), &[]).await?;
    let slots = if bench.quick { 3 } else { 30 };
    let begin = now() / SLOT * SLOT - slots * SLOT;
    let lines = fill(listen, mesh, begin, slots).await?;
    let ended = Arc::new(AtomicBool::new(false));
    let mut running = JoinSet::new();
    for (number, (line, senders)) in lines.into_iter().enumerate() {
        let first = Instant::now() + FLUSH.mul_f64(number as f64 / CONNECTIONS as f64);
        running.spawn(go_on(line, senders, first, Arc::clone(&ended)));
    }
    let asked = ask(&collector, mesh, if bench.quick { 2 } else { 20 }).await;
    ended.store(true, Ordering::Relaxed);
    let mut lags = Lags::new();
    while let Some(done) = running.join_next().await {
        lags.extend(done.context("a connection panicked")??);
    }
    let mut rows = asked?;
    let acknowledged =
        Row::new("acknowledgement of a batch while such questions are asked, P99", at(&mut lags, 0.99), "s");
    rows.push(acknowledged.goal(0.25).note(format!("{} batches, longest {:.3} s", lags.len(), at(&mut lags, 1.0))));
    let memory = Account::of(&collector)?.peak_memory()?;
    rows.push(Row::new("peak memory of the collector with 50,000 edges and their questions", memory, "MB"));
    Ok(rows)
}

/// Sends what every proxy saw in each slot since `begin`, and returns the connections with their senders.
async fn fill(to: SocketAddr, mesh: Mesh, begin: u64, slots: u64) -> Result<Vec<(Line, Vec<Sender>)>> {
    let started = Instant::now();
    let mut shares: Vec<Vec<Sender>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    for number in 0..mesh.senders() {
        shares[number % CONNECTIONS].push(mesh.sender(number, begin)?);
    }
    let mut running = JoinSet::new();
    for mut senders in shares {
        let mut line = Line::open(to).await?;
        running.spawn(async move {
            for slot in 0..slots {
                for sender in &mut senders {
                    deliver(&mut line, sender, begin + (slot + 1) * SLOT).await?;
                }
            }
            anyhow::Ok((line, senders))
        });
    }
    let mut lines = Vec::new();
    while let Some(filled) = running.join_next().await {
        lines.push(filled.context("a connection panicked")??);
    }
    eprintln!("bench: {} batches in {:.1} s", mesh.senders() as u64 * slots, started.elapsed().as_secs_f64());
    Ok(lines)
}

/// Every sender's batch, interval after interval, until the questions are answered.
async fn go_on(mut line: Line, mut senders: Vec<Sender>, first: Instant, ended: Arc<AtomicBool>) -> Result<Lags> {
    let mut pace = interval_at(first, FLUSH / u32::try_from(senders.len())?);
    let mut lags = Lags::new();
    while !ended.load(Ordering::Relaxed) {
        for sender in &mut senders {
            pace.tick().await;
            let sent = Instant::now();
            deliver(&mut line, sender, now()).await?;
            lags.push(sent.elapsed().as_secs_f64());
        }
    }
    Ok(lags)
}

async fn deliver(line: &mut Line, sender: &mut Sender, end: u64) -> Result<()> {
    let request = sender.batch(end);
    loop {
        match line.exchange(&request).await? {
            200 => return Ok(()),
            429 | 503 => interval_at(Instant::now() + FLUSH / 10, FLUSH).tick().await,
            status => anyhow::bail!("the collector answered {status}"),
        };
    }
}

async fn ask(collector: &Collector, mesh: Mesh, times: usize) -> Result<Vec<Row>> {
    let (mut rows, mut pages) = (Vec::new(), Lags::new());
    for (since, goal) in [("5m", 0.1), ("1h", 0.1)] {
        let mut first = Lags::new();
        let begun = Instant::now();
        while first.len() < times && (first.len() < 2 || begun.elapsed() < PATIENCE) {
            let (took, map) = timed(collector, &format!("/api/v1/map?since={since}&limit=500")).await?;
            first.push(took);
            ensure!(map["totals"]["edges"] == mesh.edges(), "{} edges are on the map", map["totals"]["edges"]);
            let Some(cursor) = map["next_cursor"].as_str() else { continue };
            pages.push(timed(collector, &format!("/api/v1/map?limit=500&cursor={cursor}")).await?.0);
        }
        let name = format!("map of {since} with 50,000 edges, first page, P95");
        let note =
            format!("of {}, the first one {:.3} s, median {:.3} s", first.len(), first[0], at(&mut first.clone(), 0.5));
        rows.push(Row::new(name, at(&mut first, 0.95), "s").goal(goal).note(note));
    }
    rows.push(Row::new("map with 50,000 edges, a further page, P95", at(&mut pages, 0.95), "s").goal(0.03));
    let (_, map) = timed(collector, "/api/v1/map?since=5m&limit=1").await?;
    let id = map["edges"][0]["id"].as_str().context("an edge")?.to_owned();
    let mut one = Lags::new();
    let begun = Instant::now();
    while one.len() < times && (one.len() < 2 || begun.elapsed() < PATIENCE) {
        one.push(timed(collector, &format!("/api/v1/edges/{id}?since=5m")).await?.0);
    }
    rows.push(Row::new("one edge of 50,000, P95", at(&mut one, 0.95), "s").goal(0.01));
    let length = serde_json::to_string(&map)?.len() as f64 / 1e3;
    rows.push(Row::new("a page of one edge of 50,000", length, "kB"));
    rows.extend(graph(collector, mesh, times).await?);
    Ok(rows)
}

/// All edges in one answer, as a browser asks for it.
async fn graph(collector: &Collector, mesh: Mesh, times: usize) -> Result<[Row; 2]> {
    let (mut all, mut length, begun) = (Lags::new(), 0.0, Instant::now());
    while all.len() < times && (all.len() < 2 || begun.elapsed() < PATIENCE) {
        let to = collector.address();
        let request = Request::get("/api/v1/graph?since=5m").header("host", to.to_string());
        let asked = Instant::now();
        let answer =
            client::fetch(to, request.header("accept-encoding", "gzip").body(client::Body::default())?).await?;
        all.push(asked.elapsed().as_secs_f64());
        let graph: Value = serde_json::from_reader(GzDecoder::new(&answer.body()[..]))?;
        ensure!(graph["totals"]["edges"] == mesh.edges(), "{} edges are on the graph", graph["totals"]["edges"]);
        length = answer.body().len() as f64;
    }
    let note = format!("{:.0} kB; of {}, the first one {:.3} s", length / 1e3, all.len(), all[0]);
    let of_edge = Row::new("graph of 50,000 edges, gzipped, per edge", length / mesh.edges() as f64, "B").goal(60.0);
    Ok([of_edge, Row::new("graph of 5m with 50,000 edges, gzipped, P95", at(&mut all, 0.95), "s").note(note)])
}

async fn timed(collector: &Collector, path: &str) -> Result<(f64, Value)> {
    let asked = Instant::now();
    let (status, body) = collector.get(path).await?;
    let took = asked.elapsed().as_secs_f64();
    ensure!(status == 200, "{path} answered {status}: {body}");
    Ok((took, serde_json::from_str(&body)?))
}

/// The value at a share of some values, by nearest rank.
fn at(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}
