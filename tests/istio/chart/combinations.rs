//! Values of the chart as the docs have them, in combinations that people install; together they set every value there is, and each
//! of them changes what is rendered.

use std::collections::HashMap;

use anyhow::{Context, Result};
use hogusu_tests::istio::chart;
use serde_json::{Map, Value, json};

use super::schema::{self, OF_HELM, Place};
use crate::as_root;

/// Asked of an API server, so not rendered without one: `release.rs` installs it.
const ASKED: &str = "/scope/namespaceSelector";

pub(super) fn filter() -> Value {
    json!({"url": "oci://registry.example.com/hogusu/filter:1", "sha256": "ab".repeat(32)})
}

fn configured(kind: &str, config: Value) -> Value {
    json!({"url": "https://modules.example.com/hogusu.wasm", "sha256": "ab".repeat(32), "kind": kind, "config": config})
}

/// (what it is, values).
pub(super) fn combinations() -> Vec<(&'static str, Value)> {
    [scopes(), files(), filters(), collectors(), surroundings()].concat()
}

fn workload() -> Value {
    json!([{"namespace": "alpha", "labels": {"app": "client"}}])
}

fn scopes() -> Vec<(&'static str, Value)> {
    vec![
        ("collector alone", json!({})),
        ("one workload", json!({"scope": {"workloads": workload()}, "filter": filter()})),
        ("one namespace", json!({"scope": {"mesh": false, "namespaces": ["beta"]}, "filter": filter()})),
        (
            "workloads and namespaces",
            json!({"scope": {"namespaces": ["beta"], "workloads": workload()}, "filter": filter()}),
        ),
        ("the mesh", json!({"scope": {"mesh": true}, "filter": filter()})),
        ("a waypoint", json!({"waypoints": [{"namespace": "beta", "name": "waypoint"}], "filter": filter()})),
    ]
}

fn files() -> Vec<(&'static str, Value)> {
    let with = |scope: Value, file: Value| json!({"scope": scope, "filter": filter(), "moduleFile": file});
    let beta = || json!({"namespaces": ["beta"]});
    vec![
        ("module as a file", with(beta(), json!({"enabled": true}))),
        (
            "module as a file in every pod of a workload",
            with(
                json!({"workloads": workload()}),
                json!({"enabled": true, "tcp": false, "podLabels": {"hogusu-module": null}}),
            ),
        ),
        (
            "module as a file in the mesh, refused connections alone",
            with(
                json!({"mesh": true}),
                json!({"enabled": true, "attempts": false, "tcp": false, "refused": true,
                    "path": "/opt/modules/hogusu.wasm", "podLabels": {"hogusu-module": null, "app": "web"}}),
            ),
        ),
        (
            "module as a file, refused connections not",
            with(beta(), json!({"enabled": true, "attempts": true, "tcp": true, "refused": false})),
        ),
        (
            "module as a file for nothing",
            with(beta(), json!({"enabled": true, "attempts": false, "tcp": false, "refused": false})),
        ),
    ]
}

fn filters() -> Vec<(&'static str, Value)> {
    let scope = json!({"namespaces": ["alpha"]});
    let everything = json!({"measure": {"bytes": true, "backend_latency": true, "attempts": true, "exemplars": true,
        "operation": "path_templates", "path_templates": ["/users/{id}"]}, "flush_interval_ms": 60_000, "max_edges": 10_000,
        "max_waiting_batches": 60, "trust": {"client_certificates": false, "server_certificates": false,
        "source_addresses": false}});
    let nothing = json!({"measure": {"bytes": false, "backend_latency": false, "attempts": false, "exemplars": false,
        "operation": "none"}, "trust": {"client_certificates": true, "server_certificates": true, "source_addresses": true}});
    let mut all = configured("WasmPlugin", everything);
    all["imagePullSecret"] = json!("registry");
    vec![
        ("filters alone, all keys", json!({"collector": {"enabled": false}, "scope": scope, "filter": all})),
        (
            "filters alone, for a collector elsewhere",
            json!({"collector": {"enabled": false, "namespace": "shop"}, "scope": scope,
                "waypoints": [{"namespace": "beta", "name": "waypoint"}], "filter": configured("TrafficExtension", nothing)}),
        ),
        (
            "operations by route",
            json!({"scope": scope, "filter": configured("auto", json!({"measure": {"operation": "route"}}))}),
        ),
        (
            "operations by method",
            json!({"scope": scope, "filter": configured("auto", json!({"measure": {"operation": "grpc_method"}}))}),
        ),
    ]
}

fn collectors() -> Vec<(&'static str, Value)> {
    let near = json!({"podAffinityTerm": {"topologyKey": "kubernetes.io/hostname",
        "labelSelector": {"matchLabels": {"app": "prometheus"}}}, "weight": 1});
    let zone = json!({"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["a"]});
    let affinity = json!({
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}},
        "podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [near]},
        "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [near]},
    });
    let taint = json!({"key": "dedicated", "operator": "Equal", "value": "mesh", "effect": "NoExecute", "tolerationSeconds": 60});
    vec![
        (
            "no cluster access, an own volume, no policies",
            json!({
            "collector": {"kubernetes": {"enabled": false}, "storage": {"existingClaim": "mine"}, "logFormat": "text",
                "publicHosts": ["hogusu.example.com"],
                "traceUrl": "https://tempo.example.com/trace/{trace_id}",
                "image": {"digest": format!("sha256:{}", "cd".repeat(32)), "pullSecrets": ["registry"], "pullPolicy": "Never"},
                "nodeSelector": {"disk": "ssd"}, "tolerations": [{"operator": "Exists"}], "priorityClassName": "high",
                "podLabels": {"team": "mesh"}, "podAnnotations": {"note": "ours"}},
            "networkPolicy": {"enabled": false}, "podDisruptionBudget": {"enabled": false}}),
        ),
        (
            "a collector of another size at another place",
            json!({
            "collector": {
                "image": {"repository": "registry.example.com/collector", "tag": "1", "pullPolicy": "Always"},
                "user": 1000, "keep": "1m=7d,10s=6h", "retention": "30d",
                "storage": {"size": "100Gi", "maxDisk": "80GiB", "className": "fast"},
                "resources": {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"cpu": 2.5, "memory": "2Gi"}},
                "tolerations": [taint], "affinity": affinity},
            "podDisruptionBudget": {"maxUnavailable": 0}, "networkPolicy": {"apiServerPorts": [8443]}}),
        ),
        (
            "switches written out",
            json!({
            "global": {"of": "another chart"},
            "collector": {"enabled": true, "kubernetes": {"enabled": true, "clusterId": "blue"}, "logFormat": "json",
                "image": {"pullPolicy": "IfNotPresent"}},
            "moduleFile": {"enabled": false}, "prometheus": {"serviceMonitor": {"enabled": false}},
            "networkPolicy": {"enabled": true}, "podDisruptionBudget": {"enabled": true}}),
        ),
    ]
}

fn surroundings() -> Vec<(&'static str, Value)> {
    vec![
        (
            "viewers and a Prometheus in the mesh",
            json!({"viewers": {"principals": ["cluster.local/ns/beta/sa/web"],
            "namespaces": ["alpha"]}, "prometheus": {"principals": ["cluster.local/ns/monitoring/sa/prometheus"]}}),
        ),
        (
            "a Prometheus operator",
            json!({"prometheus": {"serviceMonitor": {"enabled": true, "interval": "1m", "labels": {"release": "monitoring"}}}}),
        ),
        (
            "an Istio with names of its own",
            json!({"scope": {"mesh": true}, "filter": filter(), "istio": {"rootNamespace": "mesh-root",
            "controlPlaneNamespace": "mesh-control", "clusterDomain": "mesh.example"}}),
        ),
    ]
}

/// Places at which some combination has something.
fn is_set(values: &Value, place: &Place) -> bool {
    values.pointer(&place.pointer).is_some()
}

#[test]
fn every_value_and_each_of_its_choices_is_in_a_combination() {
    let combinations = combinations();
    for leaf in schema::leaves().iter().filter(|leaf| leaf.pointer != ASKED) {
        let found: Vec<_> = combinations.iter().filter_map(|(_, values)| values.pointer(&leaf.pointer)).collect();
        assert!(!found.is_empty(), "{} is in no combination", leaf.pointer);
        for choice in leaf.choices() {
            assert!(found.contains(&&choice), "{}: no combination has {choice}", leaf.pointer);
        }
    }
}

#[test]
fn every_value_changes_what_is_rendered() {
    as_root("chart_effects", async |_| {
        let mut whole = HashMap::new();
        for (title, values) in combinations() {
            whole.insert(title, chart::render(&values, &[]).await?);
        }
        for leaf in schema::leaves().iter().filter(|leaf| ![ASKED, OF_HELM].contains(&leaf.pointer.as_str())) {
            assert!(has_effect(leaf, &whole).await?, "{} changes nothing", leaf.pointer);
        }
        Ok(())
    });
}

/// True where a combination is another one without what it has at this place; where it is refused then, with something else there.
async fn has_effect(leaf: &Place, whole: &HashMap<&str, String>) -> Result<bool> {
    for (title, mut values) in combinations().into_iter().filter(|(_, values)| is_set(values, leaf)) {
        let (parent, key) = leaf.pointer.rsplit_once('/').expect("a place below the root");
        let removed = object(&mut values, parent).remove(key).expect("a value that is set");
        let changed = match chart::render(&values, &[]).await {
            Ok(rendered) => rendered,
            Err(_) => {
                object(&mut values, parent).insert(key.to_owned(), another(removed));
                chart::render(&values, &[]).await.with_context(|| format!("{title}: another {}", leaf.pointer))?
            }
        };
        if Some(&changed) != whole.get(title) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn object<'a>(values: &'a mut Value, pointer: &str) -> &'a mut Map<String, Value> {
    values.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object")
}

/// Of the same form: texts end otherwise.
fn another(value: Value) -> Value {
    match value {
        Value::String(mut text) => {
            let last = if text.pop() == Some('0') { '1' } else { '0' };
            Value::String(text + &last.to_string())
        }
        Value::Object(entries) => entries.into_iter().map(|(key, inner)| (key, another(inner))).collect(),
        other => other,
    }
}
