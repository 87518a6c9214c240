//! The mesh of these scenarios: two sidecars in two namespaces, a pod without one, the collector; and when the plugin is in force.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::window::Window;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::script::Script;
use serde_json::json;

pub const CLIENT: &str = "alpha/client";
pub const WEB: &str = "beta/web";
pub const LEGACY: &str = "beta/legacy";
pub const MESHED: [&str; 2] = [CLIENT, WEB];
pub const WEB_HTTP: u16 = 8080;
pub const WEB_TCP: u16 = 9000;

const LIMIT: Duration = Duration::from_secs(60);

/// Starts the workloads and the collector; every way between them is open when this returns.
pub async fn start(lab: &mut IstioLab) -> Result<(Collector, Window)> {
    lab.add(&[
        Workload::new("alpha", "client"),
        Workload::new("beta", "web").http(WEB_HTTP).tcp(WEB_TCP),
        Workload::new("beta", "legacy").http(WEB_HTTP).without_sidecar(),
        IstioLab::collector_workload(),
    ])
    .await?;
    let collector = lab.start_collector(&[]).await?;
    for to in [WEB, LEGACY] {
        eventually(&format!("a request to {to} succeeds"), LIMIT, async || {
            let load = lab.pod(CLIENT).load(lab.pod(to), WEB_HTTP).connections(1).requests(1, &Script::default());
            match load.run().await {
                Err(error) => Seen::Never(format!("{error:#}")),
                Ok(account) if account.answered(Answer::Status(200)) == 1 => Seen::Done(()),
                Ok(account) => Seen::Waiting(account),
            }
        })
        .await?;
    }
    Ok(collector)
}

/// Applies the plugin to both namespaces and waits until every sidecar runs it and no connection lives without it.
pub async fn apply_plugin(lab: &IstioLab) -> Result<()> {
    let plugins =
        ["alpha", "beta"].map(|namespace| lab.plugin(namespace).key("flush_interval_ms", json!(500)).manifest());
    lab.kube().apply(&plugins).await?;
    for key in MESHED {
        lab.pod(key).wait_for_stat(VMS, LIMIT, |active| active > 0).await?;
        lab.pod(key).wait_until_drained().await?;
    }
    Ok(())
}

/// Removes it and waits until no sidecar runs it.
pub async fn remove_plugin(lab: &IstioLab) -> Result<()> {
    for namespace in ["alpha", "beta"] {
        lab.kube().delete("wasmplugin", namespace, "hogusu").await?;
    }
    for key in MESHED {
        lab.pod(key).wait_until_drained().await?;
        lab.pod(key).wait_for_stat(VMS, LIMIT, |active| active == 0).await?;
    }
    Ok(())
}

/// Virtual machines that run a module.
const VMS: &str = r"^wasm\..*\.active$";
