//! What the chart renders is accepted by Istio and by the API server without a word, for each documented combination of values; a
//! value that is not in the schema is refused by its name.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use hogusu_tests::istio::chart;
use serde_json::{Value, json};

use crate::on_lab;

const TRAFFIC_EXTENSION: &str = "extensions.istio.io/v1alpha1/TrafficExtension";

fn filter() -> Value {
    json!({"url": "oci://registry.example.com/hogusu/filter:1", "sha256": "ab".repeat(32)})
}

/// (what it is, values), as docs/install-istio.md and values.yaml have them.
fn combinations() -> Vec<(&'static str, Value)> {
    let workload = json!([{"namespace": "alpha", "labels": {"app": "client"}}]);
    let everything = json!({"measure": {"bytes": true, "backend_latency": true, "attempts": true, "exemplars": true,
        "operation": "path_templates", "path_templates": ["/users/{id}"]}, "flush_interval_ms": 60_000, "max_edges": 10_000,
        "max_waiting_batches": 60});
    let configured = json!({"url": "https://modules.example.com/hogusu.wasm", "sha256": "ab".repeat(32),
        "imagePullSecret": "registry", "kind": "WasmPlugin", "config": everything});
    vec![
        ("collector alone", json!({})),
        ("one workload", json!({"scope": {"workloads": workload}, "filter": filter()})),
        ("one namespace", json!({"scope": {"namespaces": ["beta"]}, "filter": filter()})),
        (
            "workloads and namespaces",
            json!({"scope": {"namespaces": ["beta"], "workloads": workload}, "filter": filter()}),
        ),
        ("the mesh", json!({"scope": {"mesh": true}, "filter": filter()})),
        (
            "module as a file",
            json!({"scope": {"namespaces": ["beta"]}, "filter": filter(), "moduleFile": {"enabled": true}}),
        ),
        (
            "module as a file in every pod of a workload",
            json!({"scope": {"workloads": workload}, "filter": filter(),
            "moduleFile": {"enabled": true, "tcp": false, "podLabels": {"hogusu-module": null}}}),
        ),
        ("a waypoint", json!({"waypoints": [{"namespace": "beta", "name": "waypoint"}], "filter": filter()})),
        (
            "filters alone, all keys",
            json!({"collector": {"enabled": false}, "scope": {"namespaces": ["alpha"]},
            "filter": configured}),
        ),
        (
            "viewers and a Prometheus in the mesh",
            json!({"viewers": {"principals": ["cluster.local/ns/beta/sa/web"],
            "namespaces": ["alpha"]}, "prometheus": {"principals": ["cluster.local/ns/monitoring/sa/prometheus"]}}),
        ),
        (
            "no cluster access, an own volume, no policies",
            json!({
            "collector": {"kubernetes": {"enabled": false}, "storage": {"existingClaim": "mine"}, "logFormat": "text",
                "image": {"digest": format!("sha256:{}", "cd".repeat(32)), "pullSecrets": ["registry"]},
                "nodeSelector": {"disk": "ssd"}, "tolerations": [{"operator": "Exists"}], "priorityClassName": "high",
                "podLabels": {"team": "mesh"}, "podAnnotations": {"note": "ours"}},
            "networkPolicy": {"enabled": false}, "podDisruptionBudget": {"enabled": false}}),
        ),
    ]
}

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
    let others = json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "default", "labels": {"istio-injection": "disabled"}}});
    objects.into_iter().flatten().chain([others]).collect()
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
    assert!(lines.all(|line| is_clean(line) || is_of_its_kind(line)), "{}: {said}", file.display());
}

/// Every combination, rendered for API servers with and without TrafficExtension, and what is committed for people without Helm.
async fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let committed = std::fs::read_dir(chart::folder().join("manifests"))?;
    let mut files = committed.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    assert!(!files.is_empty(), "no manifest is committed");
    for (title, values) in combinations() {
        chart::lint(&values).await.context(title)?;
        for (number, capabilities) in [&[][..], &["--api-versions", TRAFFIC_EXTENSION]].into_iter().enumerate() {
            let file = folder.join(format!("{}-{number}.yaml", title.replace([' ', ','], "-")));
            std::fs::write(&file, chart::render(&values, capabilities).await.context(title)?)?;
            files.push(file);
        }
    }
    Ok(files)
}

#[test]
fn the_chart_has_the_version_of_this_release() {
    let chart = std::fs::read_to_string(chart::folder().join("Chart.yaml")).expect("a chart");
    for key in ["version", "appVersion"] {
        let line = format!("{key}: {}", env!("CARGO_PKG_VERSION"));
        assert!(chart.lines().any(|own| own == line), "no {line} in {chart}");
    }
}

#[test]
fn a_value_of_the_wrong_type_is_refused_by_its_name() {
    on_lab("chart_refusals", async |_, _lab| {
        let workload = json!({"namespace": "beta", "labels": {"app": "web"}});
        let cases = [
            (json!({"scope": {"mesh": "yes"}}), "at '/scope/mesh': got string, want boolean"),
            (json!({"scope": {"namespaces": "beta"}}), "at '/scope/namespaces': got string, want array"),
            (
                json!({"scope": {"workloads": [{"namespace": "beta"}]}}),
                "at '/scope/workloads/0': missing property 'labels'",
            ),
            (json!({"filter": {"sha256": "abc"}}), "at '/filter/sha256': 'abc' does not match"),
            (json!({"filter": {"config": {"max_edges": 0}}}), "at '/filter/config/max_edges': minimum: got 0, want 1"),
            (json!({"filter": {"config": {"hook": "access_log"}}}), "additional properties 'hook' not allowed"),
            (json!({"collector": {"user": 0}}), "at '/collector/user': minimum: got 0, want 1"),
            (json!({"moduleFile": {"enable": true}}), "at '/moduleFile': additional properties 'enable' not allowed"),
            (json!({"scope": {"namespaces": ["beta"]}}), "filter.url: say where"),
            (
                json!({"scope": {"mesh": true, "namespaces": ["beta"]}, "filter": filter()}),
                "scope.mesh is the whole mesh",
            ),
            (json!({"scope": {"namespaces": ["istio-system"]}, "filter": filter()}), "Istio's root namespace"),
            (
                json!({"scope": {"namespaces": ["beta"], "workloads": [workload]}, "filter": filter()}),
                "would count twice",
            ),
            (json!({"scope": {"workloads": [workload, workload]}, "filter": filter()}), "is there twice"),
            (
                json!({"scope": {"namespaceSelector": {"hogusu": "on"}}, "filter": filter()}),
                "no namespace has the labels",
            ),
        ];
        for (values, name) in cases {
            let refusal = match chart::render(&values, &[]).await {
                Ok(_) => anyhow::bail!("{values} was accepted"),
                Err(error) => format!("{error:#}"),
            };
            assert!(refusal.contains(name), "{values}: {refusal}");
        }
        Ok(())
    });
}
