//! The mesh of these scenarios: two sidecars and a gateway in three namespaces, a pod without a proxy, the collector; and when the
//! plugin is in force.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::chart;
use hogusu_tests::istio::plugin::WasmPlugin;
use hogusu_tests::istio::window::Window;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::map;
use hogusu_tests::script::Script;
use serde_json::{Value, json};

pub const CLIENT: &str = "alpha/client";
pub const WEB: &str = "beta/web";
pub const LEGACY: &str = "beta/legacy";
pub const GATEWAY: &str = "edge/gateway";
/// Who runs the plugin, and where they are.
const MESHED: [&str; 3] = [CLIENT, WEB, GATEWAY];
const NAMESPACES: [&str; 3] = ["alpha", "beta", "edge"];
/// The host that the gateway serves.
pub const PUBLIC_HOST: &str = "web.example.com";
pub const WEB_HTTP: u16 = 8080;
pub const WEB_TCP: u16 = 9000;

const LIMIT: Duration = Duration::from_secs(60);

/// Starts the workloads and the collector; every way between them is open when this returns.
pub async fn start(lab: &mut IstioLab) -> Result<(Collector, Window)> {
    lab.add(&[&workloads()[..], &[IstioLab::collector_workload()]].concat()).await?;
    lab.kube().apply(&gateway()).await?;
    let collector = lab.start_collector(&[]).await?;
    until_open(lab).await?;
    Ok(collector)
}

/// Starts the workloads beside a chart without a scope, and the chart's own collector.
pub async fn start_with_chart(lab: &mut IstioLab) -> Result<(Collector, Window)> {
    lab.add(&workloads()).await?;
    lab.kube().apply(&gateway()).await?;
    lab.install_chart(&lab.values(json!({}))).await?;
    let collector = lab.start_chart_collector().await?;
    until_open(lab).await?;
    Ok(collector)
}

pub fn workloads() -> [Workload; 4] {
    let (label, file) = chart::MODULE_LABEL;
    [
        Workload::new("alpha", "client").labelled(label, file),
        Workload::new("beta", "web").http(WEB_HTTP).tcp(WEB_TCP).labelled(label, file),
        Workload::new("beta", "legacy").http(WEB_HTTP).without_sidecar(),
        Workload::new("edge", "gateway").gateway().labelled(label, file),
    ]
}

/// Waits until every way between the workloads is open.
pub async fn until_open(lab: &IstioLab) -> Result<()> {
    let (client, web, legacy) = (lab.pod(CLIENT), lab.pod(WEB), lab.pod(LEGACY));
    let ways = [
        ("client to web", client.load(web, WEB_HTTP)),
        ("client to legacy", client.load(legacy, WEB_HTTP)),
        ("gateway to web", legacy.load_through(lab.pod(GATEWAY), WEB_HTTP, PUBLIC_HOST)),
    ];
    for (way, load) in ways {
        let load = load.connections(1).requests(1, &Script::default());
        eventually(&format!("a request from {way} succeeds"), LIMIT, async || match load.run().await {
            Err(error) => Seen::Never(format!("{error:#}")),
            Ok(account) if account.answered(Answer::Status(200)) == 1 => Seen::Done(()),
            Ok(account) => Seen::Waiting(account),
        })
        .await?;
    }
    Ok(())
}

pub fn gateway() -> [Value; 2] {
    [
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": "gateway", "namespace": "edge"},
            "spec": {
                "selector": {"app": "gateway"},
                "servers": [{"port": {"number": WEB_HTTP, "name": "http", "protocol": "HTTP"}, "hosts": [PUBLIC_HOST]}],
            },
        }),
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "public", "namespace": "edge"},
            "spec": {
                "hosts": [PUBLIC_HOST], "gateways": ["gateway"],
                "http": [{"route": [{"destination": {"host": "web.beta.svc.cluster.local", "port": {"number": WEB_HTTP}}}]}],
            },
        }),
    ]
}

/// The plugin of every namespace, under this revision.
pub fn plugins(lab: &IstioLab, revision: &str) -> Vec<WasmPlugin> {
    let plugin =
        |namespace: &&str| lab.plugin(namespace).key("flush_interval_ms", json!(500)).key("revision", json!(revision));
    NAMESPACES.iter().map(plugin).collect()
}

/// Applies the plugins and waits for nothing.
pub async fn apply_alone(lab: &IstioLab, plugins: &[WasmPlugin]) -> Result<()> {
    lab.kube().apply(&plugins.iter().map(WasmPlugin::manifest).collect::<Vec<_>>()).await
}

/// Applies the plugins and waits until every proxy runs them and no connection lives without them.
pub async fn apply(lab: &IstioLab, plugins: &[WasmPlugin]) -> Result<()> {
    apply_alone(lab, plugins).await?;
    until_drained(lab).await
}

/// Waits until every proxy runs it and no connection lives without it.
pub async fn until_drained(lab: &IstioLab) -> Result<()> {
    for key in MESHED {
        lab.pod(key).wait_for_stat(VMS, LIMIT, |active| active > 0).await?;
        lab.pod(key).wait_until_drained().await?;
    }
    Ok(())
}

/// Waits until every proxy's senders of this revision, and no others, report.
pub async fn until_revision(collector: &Collector, revision: &str) -> Result<()> {
    eventually(&format!("every proxy reports revision {revision} alone"), LIMIT, async || {
        let senders = match map::senders(collector).await {
            Ok(senders) => senders,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let open = senders.iter().filter(|sender| sender["state"] != "closed");
        let open: Vec<_> = open.map(|sender| (sender["workload"].as_str(), sender["revision"].as_str())).collect();
        let reporting: BTreeSet<_> = open.iter().map(|(workload, _)| workload).collect();
        let is_new = open.iter().all(|(_, reported)| *reported == Some(revision));
        if is_new && reporting.len() == MESHED.len() { Seen::Done(()) } else { Seen::Waiting(format!("{open:?}")) }
    })
    .await
}

/// Waits until no proxy runs it any more.
pub async fn until_gone(lab: &IstioLab) -> Result<()> {
    for key in MESHED {
        lab.pod(key).wait_until_drained().await?;
        lab.pod(key).wait_for_stat(VMS, LIMIT, |active| active == 0).await?;
    }
    Ok(())
}

/// Virtual machines that run a module.
pub const VMS: &str = r"^wasm\..*\.active$";
