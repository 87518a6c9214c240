//! What the chart renders is accepted by Istio and by the API server without a word, for each documented combination of values.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use hogusu_tests::istio::chart;
use serde_json::{Value, json};

use super::combinations::combinations;
use crate::on_lab;

const TRAFFIC_EXTENSION: &str = "extensions.istio.io/v1alpha1/TrafficExtension";

/// Namespaces with injection, and in each a pod with a sidecar.
fn mesh() -> Vec<Value> {
    let pods = [
        ("alpha", "app", "client"),
        ("beta", "app", "web"),
        ("shop", "app", "checkout"),
        (chart::NAMESPACE, "app.kubernetes.io/name", "hogusu-collector"),
    ];
    let objects = pods.map(|(namespace, key, name)| {
        let labels = json!({key: name, chart::MODULE_LABEL.0: chart::MODULE_LABEL.1});
        let containers = json!([{"name": "app", "image": "app:v1"}, {"name": "istio-proxy", "image": "proxyv2"}]);
        [
            json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": namespace, "labels": {"istio-injection": "enabled"}}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": {"containers": containers}}),
        ]
    });
    // `mesh-root` is the root namespace of an Istio with names of its own.
    let others = ["default", "mesh-root"].map(|name| {
        json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {"istio-injection": "disabled"}}})
    });
    objects.into_iter().flatten().chain(others).collect()
}

#[test]
fn istio_and_the_api_server_accept_every_manifest_in_silence() {
    on_lab("chart_manifests", async |workdir, lab| {
        lab.kube().apply(&mesh()).await?;
        let files = files(&workdir.folder("manifests")?).await?;
        for file in &files {
            let said = lab.try_manifests(file).await?;
            for line in said.lines() {
                assert!(line.ends_with("serverside-applied (server dry run)"), "{}: {said}", file.display());
            }
            assert_valid(file, &lab.validate(file).await?);
        }
        // The analyzer asks whether somebody is there who is meant.
        lab.install_chart(&json!({})).await?;
        for file in &files {
            let said = lab.analyze(file).await?;
            assert_nothing_found(file, &said);
        }
        Ok(())
    });
}

/// What Istio says of every EnvoyFilter, whatever is in it.
const OF_ITS_KIND: &str = "EnvoyFilter exposes internal implementation details that may change at any time.";

fn assert_valid(file: &Path, said: &str) {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let verdict = lines.next().unwrap_or_default();
    let is_so = |words: &str| verdict == format!("\"{}\" {words}", file.display());
    assert!(is_so("is valid") || is_so("has warnings:"), "{said}");
    assert!(lines.all(|line| line.starts_with("* EnvoyFilter/") && line.contains(OF_ITS_KIND)), "{said}");
}

fn assert_nothing_found(file: &Path, said: &str) {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_of_its_kind = |line: &str| line.starts_with("Warning [IST0133] (EnvoyFilter ") && line.contains(OF_ITS_KIND);
    let is_clean = |line: &str| line.starts_with("✔ No validation issues found when analyzing");
    // Whatever the mesh says, the analyzer takes Services to be in `cluster.local`.
    let is_of_its_domain = |line: &str| line.starts_with("Warning [IST0174] ") && line.contains(".svc.mesh.example ");
    let is_fine = |line: &str| is_clean(line) || is_of_its_kind(line) || is_of_its_domain(line);
    assert!(lines.all(is_fine), "{}: {said}", file.display());
}

/// Every combination, rendered for API servers with and without TrafficExtension where that makes a difference, and what is committed
/// for people without Helm.
async fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let committed = std::fs::read_dir(chart::folder().join("manifests"))?;
    let mut files = committed.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    assert!(!files.is_empty(), "no manifest is committed");
    for (title, values) in combinations() {
        chart::lint(&values).await.context(title)?;
        let mut rendered = Vec::new();
        for capabilities in [&[][..], &["--api-versions", TRAFFIC_EXTENSION]] {
            rendered.push(without_monitor(&chart::render(&values, capabilities).await.context(title)?));
        }
        rendered.dedup();
        for (number, rendered) in rendered.iter().enumerate() {
            let file = folder.join(format!("{}-{number}.yaml", title.replace([' ', ','], "-")));
            std::fs::write(&file, rendered)?;
            files.push(file);
        }
    }
    Ok(files)
}

/// The operator's ServiceMonitor is left out: its definition is the operator's, so neither the lab's API server nor Istio knows it.
/// `rendered.rs` looks at what it says.
fn without_monitor(rendered: &str) -> String {
    let objects = rendered.split("\n---\n").filter(|object| !object.contains("\nkind: ServiceMonitor\n"));
    objects.collect::<Vec<_>>().join("\n---\n")
}

#[test]
fn the_chart_has_the_version_of_this_release() {
    let chart = std::fs::read_to_string(chart::folder().join("Chart.yaml")).expect("a chart");
    for key in ["version", "appVersion"] {
        let line = format!("{key}: {}", env!("CARGO_PKG_VERSION"));
        assert!(chart.lines().any(|own| own == line), "no {line} in {chart}");
    }
}
