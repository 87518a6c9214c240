//! `make demo`: a mesh of real Envoy sidecars, its map, and a collector that is killed in the middle. Ends by itself after
//! `--seconds`, else on Ctrl-C; exits with 1 when what was sent and what was counted, or what the compliance report says of it, differ.

mod cast;
mod redis;
mod traffic;

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::collector::Collector;
use hogusu_tests::demo::{self, AFTER_RESTART, LONGEST, Steps};
use hogusu_tests::mesh::MeshBuilder;
use hogusu_tests::workdir::Workdir;
use hogusu_tests::{compliance, ledger};
use tokio::time::Instant;

use crate::redis::Redis;
use crate::traffic::Traffic;

fn main() -> std::process::ExitCode {
    demo::main(run)
}

async fn run(seconds: Option<Duration>) -> Result<bool> {
    let steps = Steps::begin();
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

    let (loaded, from) = (Instant::now(), compliance::beginning(&collector).await?);
    let mut traffic = Traffic::start(&mesh)?;
    demo::first_sealed_slot(&collector, &steps, seconds).await?;
    demo::kill_and_restart(&mut collector, &steps).await?;
    let rest = seconds.unwrap_or_default().saturating_sub(loaded.elapsed()).max(AFTER_RESTART);
    traffic.run_for(rest).await;
    let account = traffic.stop(&mesh).await?;
    steps.say("load stopped; every proxy sends what it still has");
    let is_exact =
        ledger::report(&account, &collector).await? && compliance::report(&account, &from, &collector).await?;
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
