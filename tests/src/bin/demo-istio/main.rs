//! `make demo-istio`: the demo's services as pods of a real Istio, the chart applied to them while they run, and a collector that is
//! killed in the middle. Needs root. Ends as `make demo` does.

mod cast;
mod traffic;

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::demo::{self, AFTER_RESTART, LONGEST, Steps, WORKLOADS};
use hogusu_tests::istio::{IstioLab, programs};
use hogusu_tests::workdir::Workdir;
use hogusu_tests::{compliance, ledger};
use tokio::time::Instant;

use crate::traffic::Traffic;

fn main() -> std::process::ExitCode {
    demo::main(run)
}

async fn run(seconds: Option<Duration>) -> Result<bool> {
    programs::check().await.context("this machine cannot run the lab")?;
    let steps = Steps::begin();
    let workdir = Workdir::create("demo-istio")?;
    let mut lab = IstioLab::start(&workdir).await?;
    steps.say("etcd, kube-apiserver and istiod in a network of their own");
    lab.install_chart(&lab.values(serde_json::json!({}))).await?;
    let (mut collector, _window) = lab.start_chart_collector().await?;
    steps.say(&format!("helm install: the collector, in its pod behind its sidecar; from here {}", collector.url()));
    lab.add(&cast::workloads()).await?;
    lab.kube().apply(&cast::rules()).await?;
    steps.say(&format!("{} pods with pilot-agent and Envoy; waiting until they reach each other", WORKLOADS.len()));
    traffic::until_open(&lab).await?;
    lab.install_chart(&cast::values(&lab)).await?;
    cast::until_measured(&lab).await?;
    steps.say("helm upgrade with three namespaces in scope and one more: every proxy runs the filter");

    let (loaded, from) = (Instant::now(), compliance::beginning(&collector).await?);
    let traffic = Traffic::start(&lab);
    demo::first_sealed_slot(&collector, &steps, seconds).await?;
    demo::kill_and_restart(&mut collector, &steps).await?;
    let rest = seconds.unwrap_or_default().saturating_sub(loaded.elapsed()).max(AFTER_RESTART);
    traffic.run_for(rest).await;
    let account = traffic.stop().await?;
    steps.say("load stopped; every proxy sends what it still has");
    let is_exact =
        ledger::report(&account, &collector).await? && compliance::report(&account, &from, &collector).await?;
    if is_exact {
        workdir.succeed();
    }
    if seconds.is_none() {
        println!("the map: {}    (load goes on; Ctrl-C stops)", collector.url());
        Traffic::start(&lab).run_for(LONGEST).await;
    } else {
        println!("the map was at {}", collector.url());
    }
    collector.stop().await?;
    lab.stop();
    Ok(is_exact)
}
