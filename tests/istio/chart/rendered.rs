//! What single values make of the manifests, where it matters in which object they are.

use anyhow::{Context, Result};
use hogusu_tests::istio::chart;
use serde_json::{Value, json};

use super::combinations::filter;
use super::schema;
use crate::as_root;

/// The object of this kind and name, as text.
pub(super) async fn object(values: &Value, kind: &str, name: &str) -> Result<String> {
    let rendered = chart::render(values, &[]).await?;
    let is_meant = |object: &&str| {
        object.contains(&format!("\nkind: {kind}\n")) && object.contains(&format!("\n  name: {name}\n"))
    };
    let found = rendered.split("\n---\n").find(is_meant);
    found.map(str::to_owned).with_context(|| format!("no {kind} {name} in {rendered}"))
}

pub(super) fn assert_holds(object: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(object.contains(text), "{text:?} is not in {object}");
    }
}

#[test]
fn other_names_of_istios_namespaces_and_domain_reach_everything_that_needs_them() {
    as_root("chart_names", async |_| {
        let istio = json!({"rootNamespace": "mesh-root", "controlPlaneNamespace": "mesh-control", "clusterDomain": "mesh.example"});
        let waypoints = json!([{"namespace": "beta", "name": "waypoint"}]);
        let values = json!({"scope": {"mesh": true}, "waypoints": waypoints, "filter": filter(), "istio": istio,
            "moduleFile": {"enabled": true}});
        let rendered = chart::render(&values, &[]).await?;
        assert!(!rendered.contains("istio-system") && !rendered.contains("cluster.local"), "{rendered}");
        let set = object(&values, "StatefulSet", "hogusu-collector").await?;
        assert_holds(&set, &["        - --root-namespace\n        - \"mesh-root\"\n"]);
        let names = "--public-host\n        - \"hogusu-collector.hogusu-system.svc.mesh.example\"\n";
        assert_holds(&set, &[names, "--public-host\n        - \"hogusu-collector\"\n"]);
        let policy = object(&values, "NetworkPolicy", "hogusu-collector").await?;
        assert_holds(&policy, &["kubernetes.io/metadata.name: \"mesh-control\"\n"]);
        let host = "hogusu-collector.hogusu-system.svc.mesh.example";
        for kind in ["WasmPlugin", "EnvoyFilter"] {
            let cluster = format!("outbound|4318||{host}");
            assert_holds(&object(&values, kind, "hogusu").await?, &["\n  namespace: \"mesh-root\"\n", &cluster]);
        }
        Ok(())
    });
}

#[test]
fn a_release_of_filters_alone_sends_to_a_collector_in_another_namespace() {
    as_root("chart_elsewhere", async |_| {
        let values = json!({"scope": {"namespaces": ["alpha"]}, "waypoints": [{"namespace": "beta", "name": "waypoint"}],
            "filter": filter(), "collector": {"enabled": false, "namespace": "shop"}});
        let host = "hogusu-collector.shop.svc.cluster.local";
        for name in ["hogusu", "hogusu-waypoint-waypoint"] {
            let (authority, cluster) = (format!("authority: {host}"), format!("envoy_cluster: outbound|4318||{host}"));
            assert_holds(&object(&values, "WasmPlugin", name).await?, &[&authority, &cluster]);
        }
        let way = format!("envoyfilter.istio.io/referenced-services: \"shop/{host}\"\n");
        assert_holds(&object(&values, "EnvoyFilter", "hogusu-waypoint-waypoint").await?, &[&way]);
        assert!(!chart::render(&values, &[]).await?.contains("hogusu-system"), "{values}");
        Ok(())
    });
}

#[test]
fn a_prometheus_operator_finds_the_metrics_by_the_labels_that_it_looks_for() {
    as_root("chart_operator", async |_| {
        let monitor = json!({"enabled": true, "interval": "1m", "labels": {"release": "monitoring"}});
        let values = json!({"prometheus": {"serviceMonitor": monitor}});
        let monitor = object(&values, "ServiceMonitor", "hogusu-collector").await?;
        let own = "app.kubernetes.io/name: hogusu-collector-metrics\n";
        assert_holds(&monitor, &["    \"release\": \"monitoring\"\n", "interval: 1m\n", "port: http-metrics\n", own]);
        let service = object(&values, "Service", "hogusu-collector-metrics").await?;
        assert_holds(&service, &["name: http-metrics\n", "port: 15020\n", own]);
        Ok(())
    });
}

/// A container without them runs as well. What the collector's pod then has.
const TAKEN_AWAY: [(&str, &str); 3] = [
    (
        "/collector/resources/requests",
        "        resources:\n          limits:\n            memory: 1Gi\n        securityContext:\n",
    ),
    (
        "/collector/resources/limits",
        "        resources:\n          requests:\n            cpu: 250m\n            memory: 384Mi\n        securityContext:\n",
    ),
    ("/collector/user", "        runAsNonRoot: true\n        fsGroupChangePolicy: OnRootMismatch\n"),
];

#[test]
fn null_for_a_value_that_is_not_required_is_the_same_as_nothing() {
    as_root("chart_optional", async |_| {
        let whole = json!({"scope": {"namespaces": ["beta"]}, "waypoints": [{"namespace": "beta", "name": "waypoint"}],
            "filter": filter(), "moduleFile": {"enabled": true}, "prometheus": {"serviceMonitor": {"enabled": true}}});
        let (_, optional) = schema::required_and_optional();
        for pointer in optional.iter().filter(|pointer| TAKEN_AWAY.iter().all(|(taken, _)| taken != pointer)) {
            // A scope that is not empty needs them.
            let of_scope = ["/filter/url", "/filter/sha256"].contains(&pointer.as_str());
            let mut without = if of_scope { json!({}) } else { whole.clone() };
            let mut nulled = without.clone();
            schema::put(&mut nulled, pointer, Value::Null);
            let (parent, key) = pointer.rsplit_once('/').context("a pointer")?;
            without.pointer_mut(parent).and_then(Value::as_object_mut).and_then(|object| object.remove(key));
            let rendered = chart::render(&nulled, &[]).await.context(pointer.clone())?;
            assert_eq!(rendered, chart::render(&without, &[]).await?, "{pointer}");
        }
        Ok(())
    });
}

#[test]
fn null_takes_the_collectors_requests_limits_or_ids_away() {
    as_root("chart_resources", async |_| {
        for (pointer, rest) in TAKEN_AWAY {
            let mut values = json!({});
            schema::put(&mut values, pointer, Value::Null);
            let set = object(&values, "StatefulSet", "hogusu-collector").await?;
            assert_holds(&set, &[rest]);
        }
        Ok(())
    });
}

/// Each hook of the module's file, and what only its patch has.
const HOOKS: [(&str, &str); 3] =
    [("attempts", "upstream_log:"), ("tcp", "envoy.filters.network.tcp_proxy"), ("refused", "applyTo: LISTENER\n")];

#[test]
fn each_hook_of_the_file_is_left_out_alone() {
    as_root("chart_hooks", async |_| {
        for (off, _) in HOOKS {
            let mut values =
                json!({"scope": {"namespaces": ["beta"]}, "filter": filter(), "moduleFile": {"enabled": true}});
            values["moduleFile"][off] = json!(false);
            let object = object(&values, "EnvoyFilter", "hogusu").await?;
            for (hook, patch) in HOOKS {
                assert_eq!(object.contains(patch), hook != off, "{hook} without {off}: {object}");
            }
        }
        Ok(())
    });
}
