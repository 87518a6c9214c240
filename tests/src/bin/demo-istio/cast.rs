//! Who is in this mesh, who asks whom, and the chart's values for them: the services of `make demo`. Traffic itself is in `traffic.rs`.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::demo::WORKLOADS;
use hogusu_tests::istio::{IstioLab, Workload, chart};
use serde_json::{Value, json};

pub const HTTP: u16 = 8080;
pub const REDIS: u16 = 6379;
/// Virtual machines that run a module: a proxy whose filter is in force has some.
const VMS: &str = r"^wasm\..*\.active$";
const LIMIT: Duration = Duration::from_secs(90);

/// (source, destination) of every HTTP edge; checkout also asks Redis.
pub const EDGES: [(&str, &str); 9] = [
    ("shop/frontend", "shop/checkout"),
    ("shop/frontend", "shop/cart"),
    ("shop/checkout", "stock/inventory"),
    ("shop/checkout", "stock/pricing"),
    ("shop/cart", "stock/inventory"),
    ("stock/pricing", "stock/catalog"),
    ("stock/catalog", "data/ledger"),
    ("data/audit", "stock/pricing"),
    ("legacy/cron", "stock/catalog"),
];

pub fn workloads() -> Vec<Workload> {
    let (label, value) = chart::MODULE_LABEL;
    let workload = |(namespace, name): &(&str, &str)| {
        let workload = Workload::new(namespace, name).labelled(label, value);
        if *name == "redis" { workload.tcp(REDIS) } else { workload.http(HTTP) }
    };
    WORKLOADS.iter().map(workload).collect()
}

/// Whoever asks from `legacy` does so in plaintext.
pub fn rules() -> [Value; 1] {
    [json!({
        "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": "plaintext", "namespace": "legacy"},
        "spec": {"host": "catalog.stock.svc.cluster.local", "trafficPolicy": {"tls": {"mode": "DISABLE"}}},
    })]
}

/// Every namespace in scope, with the module as a file too, for TCP.
pub fn values(lab: &IstioLab) -> Value {
    let mut namespaces: Vec<_> = WORKLOADS.iter().map(|(namespace, _)| namespace).collect();
    namespaces.dedup();
    let mut values = lab.values(json!({"namespaces": namespaces}));
    values["moduleFile"] = json!({"enabled": true});
    values
}

/// Waits until every proxy runs the filter and no connection lives without it.
pub async fn until_measured(lab: &IstioLab) -> Result<()> {
    for (namespace, name) in WORKLOADS {
        let pod = lab.pod(&format!("{namespace}/{name}"));
        pod.wait_for_stat(VMS, LIMIT, |active| active > 0).await?;
        pod.wait_until_drained().await?;
    }
    Ok(())
}
