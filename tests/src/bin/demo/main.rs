//! `make demo`: a mesh of real Envoy sidecars, its map, and a collector that is killed in the middle. Ends by itself after
//! `--seconds`, else on Ctrl-C; exits with 1 when what was sent and what was counted differ.

mod cast;
mod redis;
mod traffic;

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::ledger;
use hogusu_tests::mesh::MeshBuilder;
use hogusu_tests::workdir::Workdir;

use tokio::time::Instant;

use crate::redis::Redis;
use crate::traffic::Traffic;

/// Load after the collector came back, so that its second life has something to count.
const AFTER_RESTART: Duration = Duration::from_secs(4);
/// An unattended demo ends too.
const LONGEST: Duration = Duration::from_secs(4 * 3600);

fn main() -> std::process::ExitCode {
    let seconds = match arguments() {
        Ok(seconds) => seconds,
        Err(error) => {
            eprintln!("{error}");
            return std::process::ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = runtime.context("starting").and_then(|runtime| {
        runtime.block_on(async {
            tokio::select! {
                outcome = demo(seconds) => outcome,
                _ = tokio::signal::ctrl_c() => {
                    println!("\nstopping");
                    Ok(true)
                }
            }
        })
    });
    match outcome {
        Ok(true) => std::process::ExitCode::SUCCESS,
        Ok(false) => std::process::ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo failed: {error:?}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Option<Duration>> {
    let mut words = std::env::args().skip(1);
    let Some(flag) = words.next() else { return Ok(None) };
    anyhow::ensure!(flag == "--seconds", "usage: demo [--seconds N]    (make demo SECONDS=20)");
    let number = words.next().context("--seconds takes a number")?;
    let seconds: u64 = number.parse().with_context(|| format!("--seconds takes a number, not {number:?}"))?;
    Ok(Some(Duration::from_secs(seconds)))
}

/// Says what was done and how long after the start.
struct Steps(Instant);

impl Steps {
    fn say(&self, what: &str) {
        println!("[{:5.1} s] {what}", self.0.elapsed().as_secs_f64());
    }
}

async fn demo(seconds: Option<Duration>) -> Result<bool> {
    let steps = Steps(Instant::now());
    let workdir = Workdir::create("demo")?;
    let builder = MeshBuilder::new("demo", &workdir)?;
    let redis = Redis::start(&builder, &workdir).await?;
    steps.say(&format!("Redis at {}", redis.address()));
    let folder = workdir.folder("collector")?;
    let mut collector =
        Collector::start(builder.collector_address(), &folder, &["--expect", &cast::expected(&workdir)?]).await?;
    steps.say(&format!("collector at {}", collector.url()));
    let mesh = cast::mesh(builder, redis.address()).start().await?;
    steps.say(&format!("{} real Envoy sidecars with the filter", mesh.sidecars().len()));

    let loaded = Instant::now();
    let mut traffic = Traffic::start(&mesh)?;
    steps.say("load on every edge; waiting for the first sealed slot (10 s of traffic and its margin)");
    first_sealed_slot(&collector, &steps, seconds).await?;
    println!("\n{}", collector.run(&["map"]).await?);

    collector.kill().await?;
    steps.say("collector killed with kill -9 under load");
    collector.restart().await?;
    steps.say("collector started again on the same data");
    let rest = seconds.unwrap_or_default().saturating_sub(loaded.elapsed()).max(AFTER_RESTART);
    traffic.run_for(rest).await;
    let account = traffic.stop(&mesh).await?;
    steps.say("load stopped; every proxy sends what it still has");
    let is_exact = ledger::report(&account, &collector).await?;
    if is_exact {
        workdir.succeed();
    }
    if seconds.is_none() {
        traffic = Traffic::start(&mesh)?;
        println!("the map: {}    (load goes on; Ctrl-C stops)", collector.url());
        traffic.run_for(LONGEST).await;
        traffic.stop(&mesh).await?;
    } else {
        println!("the map was at {}", collector.url());
    }
    mesh.stop().await?;
    collector.stop().await?;
    drop(redis);
    Ok(is_exact)
}

/// Waits until a slot with traffic is sealed: its numbers are final.
async fn first_sealed_slot(collector: &Collector, steps: &Steps, seconds: Option<Duration>) -> Result<()> {
    let limit = Duration::from_secs(60) + seconds.unwrap_or_default();
    eventually("a slot with traffic is sealed", limit, async || match ledger::sealed_requests(collector).await {
        Ok(requests) if requests > 0 => Seen::Done(()),
        other => Seen::Waiting(format!("{other:?} requests in sealed slots")),
    })
    .await?;
    steps.say("the first slot is sealed: hogusu map");
    Ok(())
}
