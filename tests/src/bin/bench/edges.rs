//! What many edges cost one VM: its linear memory while the collector is away, and its longest entry, by the filter's own account.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hogusu_tests::backend::{Backend, Directory};
use hogusu_tests::otlp_sink::Reply;
use tokio::task::JoinSet;

use crate::batches::{Reader, Said};
use crate::fleet::Fleet;
use crate::lines::{Limits, Lines};
use crate::report::Row;
use crate::surroundings::{Bench, Servers};

const LIMIT: Duration = Duration::from_secs(60);

/// Linear memory with 500 edges and a backlog of 60 s, each edge with two requests a second between 1 and 8 ms.
pub async fn memory(bench: &Bench) -> Result<Vec<Row>> {
    const REVISION: &str = "memory";
    const EDGES: usize = 500;
    let servers = Servers::start(bench, "memory").await?;
    let application = Backend::start((Ipv4Addr::LOCALHOST, 0).into(), Directory::default()).await?;
    let fleet = Fleet::start(&servers, application.address(), EDGES, &[REVISION]).await?;
    servers.sink.reply_always(Reply::RetryAfter(5));
    let mut lines = Lines::open(fleet.ways[0], std::iter::repeat_n(fleet.requests.clone(), 32)).await?;
    let period = Duration::from_secs(if bench.quick { 7 } else { 66 });
    let done = lines.run(Limits::rate(EDGES as f64 * 2.0, period)).await?;
    servers.sink.reply_always(Reply::Accept);
    let mut reader = Reader::default();
    let complete = |said: &Said| said.exchanges == done.exchanges && said.batches_since > 0;
    let what = "the backlog is sent";
    reader.wait(&servers.sink, what, LIMIT, |reader| reader.senders(REVISION).any(complete)).await?;
    let said = reader.senders(REVISION).find(|said| complete(said)).context("the sender")?;
    ensure!(said.overflowed == 0 && said.series.len() >= EDGES, "{} of {EDGES} edges were counted", said.series.len());
    let note = format!("{} exchanges, up to {} batches waiting", done.exchanges, said.waiting_at_most + 1);
    Ok(vec![
        Row::new("linear memory per VM, 500 edges, 60 s backlog", said.memory as f64 / 1e6, "MB").goal(2.0).note(note),
    ])
}

/// The longest entry into a VM with 5,000 edges, none of them under way meanwhile. A thread that was preempted only adds to it, so the
/// smallest of several VMs' longest is told.
pub async fn longest_entry(bench: &Bench) -> Result<Vec<Row>> {
    const REVISIONS: [&str; 3] = ["entry-1", "entry-2", "entry-3"];
    let edges = if bench.quick { 500 } else { 5_000 };
    let servers = Servers::start(bench, "entry").await?;
    let fleet = Fleet::start(&servers, servers.around().application, edges, &REVISIONS).await?;
    let mut reader = Reader::default();
    let mut sent = 0;
    for _wave in 0..2 {
        sent += 2 * edges as u64;
        let mut loads = JoinSet::new();
        for way in &fleet.ways {
            let mut lines = Lines::open(*way, std::iter::repeat_n(fleet.requests.clone(), 8)).await?;
            loads.spawn(async move { lines.run(Limits::count(2 * edges as u64)).await });
        }
        while let Some(done) = loads.join_next().await {
            done??;
        }
        let complete = |said: &Said| said.exchanges == sent && said.batches_since > 0;
        let all = |reader: &Reader| REVISIONS.iter().all(|revision| reader.senders(revision).any(complete));
        reader.wait(&servers.sink, "all edges' batches", LIMIT, all).await?;
    }
    let senders =
        || REVISIONS.iter().flat_map(|revision| reader.senders(revision)).filter(|said| said.exchanges == sent);
    ensure!(senders().all(|said| said.overflowed == 0 && said.series.len() >= edges), "not every edge was counted");
    let mut longest: Vec<f64> = senders().map(|said| said.longest_entry as f64 / 1e3).collect();
    longest.sort_by(f64::total_cmp);
    let memory = senders().map(|said| said.memory).max().unwrap_or(0) as f64 / 1e6;
    let note = format!("of three VMs: {longest:.0?}; smoke test with {edges} edges")
        .replace("; smoke test with 5000 edges", "");
    Ok(vec![
        Row::new("longest entry into a VM, 5,000 edges", longest.first().copied().context("no sender")?, "us")
            .note(note),
        Row::new("linear memory per VM, 5,000 edges, no backlog", memory, "MB"),
    ])
}
