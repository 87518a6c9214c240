//! What both demos share: their workloads, their command line, their way to end, what they say while they run, and the wait for the first final numbers.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::Instant;

use crate::collector::Collector;
use crate::eventually::{Seen, eventually};
use crate::ledger;

/// (namespace, name) of every workload; each has a sidecar with the filter.
pub const WORKLOADS: [(&str, &str); 10] = [
    ("shop", "frontend"),
    ("shop", "checkout"),
    ("shop", "cart"),
    ("stock", "inventory"),
    ("stock", "pricing"),
    ("stock", "catalog"),
    ("data", "ledger"),
    ("data", "redis"),
    ("data", "audit"),
    ("legacy", "cron"),
];

/// Who asks in plaintext, by the label of a source; everybody else does over mutual TLS.
#[must_use]
pub fn is_plaintext(source: &str) -> bool {
    source.starts_with("legacy/cron")
}

/// What is counted by connections, by the label of a destination.
#[must_use]
pub fn is_by_connections(destination: &str) -> bool {
    destination.starts_with("data/redis")
}

/// Load after the collector came back, so that its second life has something to count.
pub const AFTER_RESTART: Duration = Duration::from_secs(4);
/// An unattended demo ends too.
pub const LONGEST: Duration = Duration::from_secs(4 * 3600);

/// Runs a demo for the seconds that the command line names, else until Ctrl-C. It says whether its account is exact.
pub fn main(demo: impl AsyncFnOnce(Option<Duration>) -> Result<bool>) -> ExitCode {
    let seconds = match arguments() {
        Ok(seconds) => seconds,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
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
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo failed: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Option<Duration>> {
    let mut words = std::env::args().skip(1);
    let Some(flag) = words.next() else { return Ok(None) };
    anyhow::ensure!(flag == "--seconds", "the only argument is --seconds N    (make demo SECONDS=20)");
    let number = words.next().context("--seconds takes a number")?;
    let seconds: u64 = number.parse().with_context(|| format!("--seconds takes a number, not {number:?}"))?;
    Ok(Some(Duration::from_secs(seconds)))
}

/// Says what was done and how long after the start.
#[derive(Debug)]
pub struct Steps(Instant);

impl Steps {
    pub fn begin() -> Self {
        Self(Instant::now())
    }

    pub fn say(&self, what: &str) {
        println!("[{:5.1} s] {what}", self.0.elapsed().as_secs_f64());
    }
}

/// Waits until a slot with traffic is sealed: its numbers are final. Then prints the map.
pub async fn first_sealed_slot(collector: &Collector, steps: &Steps, seconds: Option<Duration>) -> Result<()> {
    steps.say("load on every edge; waiting for the first sealed slot (10 s of traffic and its margin)");
    let limit = Duration::from_secs(60) + seconds.unwrap_or_default();
    eventually("a slot with traffic is sealed", limit, async || match ledger::sealed_requests(collector).await {
        Ok(requests) if requests > 0 => Seen::Done(()),
        other => Seen::Waiting(format!("{other:?} requests in sealed slots")),
    })
    .await?;
    steps.say("the first slot is sealed: hogusu map");
    println!("\n{}", collector.run(&["map"]).await?);
    Ok(())
}

/// Kills the collector under load, and starts it again on the same data.
pub async fn kill_and_restart(collector: &mut Collector, steps: &Steps) -> Result<()> {
    collector.kill().await?;
    steps.say("collector killed with kill -9 under load");
    collector.restart().await?;
    steps.say("collector started again on the same data");
    Ok(())
}
