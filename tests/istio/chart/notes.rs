//! What helm says after an install: how to look at it, and what the filter costs in the pods that are in scope now.

use hogusu_tests::istio::chart;
use serde_json::{Value, json};

use crate::on_lab;

const GATEWAY: (&str, &str) = ("gateway.networking.k8s.io/gateway-name", "gateway.istio.io/managed");

fn pod(namespace: &str, name: &str, labels: &Value, spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "spec": spec,
        "metadata": {"name": name, "namespace": namespace, "labels": labels}})
}

/// In alpha three pods with a proxy, one of them a native sidecar, and one without; in beta one, a gateway of the Gateway API and a
/// waypoint. Beside them two whose container has the proxy's name and runs no plugin: ztunnel, and the agent of gRPC without a proxy.
fn mesh() -> Vec<Value> {
    let (app, proxy) = (json!({"name": "app", "image": "app:v1"}), json!({"name": "istio-proxy", "image": "proxyv2"}));
    let sidecar = json!({"containers": [app, proxy]});
    let native = json!({"containers": [app], "initContainers": [proxy]});
    let alone = json!({"containers": [proxy]});
    let ztunnel =
        json!({"name": "istio-proxy", "image": "docker.io/istio/ztunnel:1.29.1", "args": ["proxy", "ztunnel"]});
    let off = json!([{"name": "DISABLE_ENVOY", "value": "true"}]);
    let agent = json!({"name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.29.1", "env": off});
    let gateway = |name: &str, controller: &str| json!({GATEWAY.0: name, GATEWAY.1: controller});
    let namespace = |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    vec![
        namespace("alpha"),
        namespace("beta"),
        pod("alpha", "client-1", &json!({"app": "client"}), &sidecar),
        pod("alpha", "client-2", &json!({"app": "client"}), &native),
        pod("alpha", "other", &json!({"app": "other"}), &sidecar),
        pod("alpha", "bare", &json!({"app": "client"}), &json!({"containers": [app]})),
        pod("beta", "web", &json!({"app": "web", "tier": "front"}), &sidecar),
        pod("beta", "ztunnel", &json!({"app": "ztunnel"}), &json!({"containers": [ztunnel]})),
        pod("beta", "grpc", &json!({"app": "grpc"}), &json!({"containers": [app, agent]})),
        pod("beta", "gateway", &gateway("gateway", "istio.io-gateway-controller"), &alone),
        pod("beta", "waypoint", &gateway("waypoint", "istio.io-mesh-controller"), &alone),
    ]
}

/// Pods that are over cost nothing.
fn ended() -> [Value; 2] {
    let job = pod(
        "beta",
        "job",
        &json!({"app": "web"}),
        &json!({"containers": [{"name": "istio-proxy", "image": "proxyv2"}]}),
    );
    let mut status = json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Succeeded"}});
    status["metadata"] = json!({"name": "job", "namespace": "beta"});
    [job, status]
}

#[test]
fn what_it_costs_is_said_for_the_pods_in_scope_and_no_others() {
    on_lab("chart_notes", async |_, lab| {
        let [job, status] = ended();
        lab.kube().apply(&[mesh(), vec![job]].concat()).await?;
        lab.kube().apply_status(&[status]).await?;
        let waypoint = json!([{"namespace": "beta", "name": "waypoint"}]);
        let client = json!({"namespace": "alpha", "labels": {"app": "client"}});
        let twice = json!([{"namespace": "beta", "labels": {"app": "web"}}, {"namespace": "beta", "labels": {"tier": "front"}}]);
        for (scope, waypoints, said) in [
            (json!({"workloads": [client]}), json!([]), "are 2 pods with a proxy now: about 90 MB"),
            (json!({"workloads": twice}), json!([]), "is 1 pod with a proxy now: about 45 MB"),
            (json!({"namespaces": ["beta"]}), json!([]), "are 2 pods with a proxy now: about 90 MB"),
            (json!({"namespaces": ["beta"]}), waypoint.clone(), "are 3 pods with a proxy now: about 135 MB"),
            (json!({}), waypoint, "is 1 pod with a proxy now: about 45 MB"),
            (json!({"mesh": true}), json!([]), "are 5 pods with a proxy now: about 225 MB"),
        ] {
            let mut values = lab.values(scope);
            values["waypoints"] = waypoints;
            let notes = lab.install_chart(&values).await?;
            assert!(notes.contains(&format!("In scope {said} in all.")), "{values}: {notes}");
            let check = format!("--kubernetes ~/.kube/config --namespace {}", chart::NAMESPACE);
            assert!(notes.contains(&check), "{notes}");
        }
        Ok(())
    });
}

#[test]
fn attempts_tcp_and_refused_connections_are_said_to_be_measured_only_where_something_measures_them() {
    on_lab("chart_notes_hooks", async |_, lab| {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "beta"}});
        lab.kube().apply(&[namespace]).await?;
        let (measured, missing) = ("\nMeasured in pods that have the module as a file", "\nNot measured: attempts");
        for (namespaces, has_waypoint, has_file) in [
            (json!([]), true, true),
            (json!([]), true, false),
            (json!(["beta"]), true, true),
            (json!(["beta"]), true, false),
            (json!(["beta"]), false, true),
            (json!(["beta"]), false, false),
        ] {
            let is_measured = has_file && namespaces != json!([]);
            let mut values = lab.values(json!({"namespaces": namespaces}));
            values["moduleFile"] = json!({"enabled": has_file});
            if has_waypoint {
                values["waypoints"] = json!([{"namespace": "beta", "name": "waypoint"}]);
            }
            let notes = lab.install_chart(&values).await?;
            assert_eq!(notes.contains(measured), is_measured, "{values}: {notes}");
            assert_eq!(notes.contains(missing), !is_measured, "{values}: {notes}");
            let none = notes.to_lowercase().contains("waypoints have none of the three");
            assert_eq!(none, has_waypoint, "{values}: {notes}");
        }
        Ok(())
    });
}
