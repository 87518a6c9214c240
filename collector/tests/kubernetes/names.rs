//! A pod's workload, as Istio names it; its addresses, its proxy, whether it runs.

use hogusu_collector::kubernetes::pod::ProxyKind;
use serde_json::{Value, json};

use crate::manifests::{BEGAN, object, pod};

fn owned_by(kind: &str, name: &str, labels: Value) -> String {
    let mut pod = pod("shop/any", "10.0.0.1");
    pod["metadata"]["labels"] = labels;
    pod["metadata"]["ownerReferences"][0]["kind"] = json!(kind);
    pod["metadata"]["ownerReferences"][0]["name"] = json!(name);
    object(&pod).workload
}

#[test]
fn a_workload_is_the_controller_behind_a_pod() {
    let none = || json!({});
    assert_eq!(owned_by("ReplicaSet", "checkout-7d9f", json!({"pod-template-hash": "7d9f"})), "checkout");
    assert_eq!(owned_by("ReplicaSet", "checkout-7d9f", json!({"rollouts-pod-template-hash": "7d9f"})), "checkout");
    assert_eq!(owned_by("ReplicaSet", "checkout-7d9f", json!({"pod-template-hash": "aaaa"})), "checkout-7d9f");
    assert_eq!(owned_by("ReplicaSet", "lone", none()), "lone");
    assert_eq!(owned_by("StatefulSet", "redis", none()), "redis");
    assert_eq!(owned_by("DaemonSet", "agent", none()), "agent");
    assert_eq!(owned_by("Job", "report-28123456", none()), "report");
    assert_eq!(owned_by("Job", "report-2812345", none()), "report-2812345", "seven digits are no time");
    assert_eq!(owned_by("Job", "migrate", none()), "migrate");
    assert_eq!(owned_by("ReplicationController", "web-3", json!({"deploymentconfig": "web"})), "web");
    let named = json!({"service.istio.io/workload-name": "chosen", "pod-template-hash": "7d9f"});
    assert_eq!(owned_by("ReplicaSet", "checkout-7d9f", named), "chosen");
}

#[test]
fn without_a_generated_name_or_a_controller_a_pod_is_its_own_workload() {
    let mut own = pod("shop/checkout", "10.0.0.1");
    own["metadata"]["generateName"] = json!(null);
    assert_eq!(object(&own).workload, "checkout-7d9f-0");
    let mut orphan = pod("shop/checkout", "10.0.0.1");
    orphan["metadata"]["ownerReferences"][0]["controller"] = json!(false);
    assert_eq!(object(&orphan).workload, "checkout-7d9f-0");
}

#[test]
fn a_pod_has_its_addresses_as_long_as_it_runs_and_none_on_its_nodes_network() {
    let mut both = pod("shop/checkout", "10.0.0.1");
    both["status"]["podIPs"] = json!([{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]);
    assert_eq!(object(&both).addresses.len(), 2);
    assert_eq!(object(&both).since, Some(BEGAN));
    let mut ended = both.clone();
    ended["status"]["phase"] = json!("Succeeded");
    assert!(object(&ended).addresses.is_empty());
    both["spec"]["hostNetwork"] = json!(true);
    assert!(object(&both).addresses.is_empty());
}

#[test]
fn what_a_pod_on_its_nodes_network_calls_its_own_is_the_nodes_as_is_what_the_node_is_said_to_have() {
    let written = |pod: &Value| object(pod).node_addresses.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut on_node = pod("edge/gateway", "10.9.0.1");
    on_node["spec"]["hostNetwork"] = json!(true);
    assert_eq!(written(&on_node), ["10.9.0.1"]);
    on_node["status"]["hostIPs"] = json!([{"ip": "10.9.0.1"}, {"ip": "fd00::9"}]);
    assert_eq!(written(&on_node), ["10.9.0.1", "fd00::9"]);
    let mut beside = pod("shop/checkout", "10.0.0.1");
    beside["status"]["hostIP"] = json!("10.9.0.1");
    assert_eq!(written(&beside), ["10.9.0.1"]);
    assert_eq!(object(&beside).addresses.len(), 1);
    beside["status"]["phase"] = json!("Failed");
    assert!(written(&beside).is_empty(), "a pod that is over says nothing of whose its node's address is");
}

#[test]
fn a_proxy_is_told_by_its_container_wherever_it_stands() {
    let kind = |spec: Value, labels: Value| {
        let mut pod = pod("shop/checkout", "10.0.0.1");
        (pod["spec"], pod["metadata"]["labels"]) = (spec, labels);
        object(&pod).proxy
    };
    let (app, proxy) = (json!({"name": "app"}), json!({"name": "istio-proxy"}));
    assert_eq!(kind(json!({"containers": [app, proxy]}), json!({})), Some(ProxyKind::Sidecar));
    let native = json!({"containers": [app], "initContainers": [{"name": "istio-init"}, proxy]});
    assert_eq!(kind(native, json!({})), Some(ProxyKind::Sidecar));
    assert_eq!(kind(json!({"containers": [proxy]}), json!({})), Some(ProxyKind::Gateway));
    let waypoint = json!({"gateway.istio.io/managed": "istio.io-mesh-controller"});
    assert_eq!(kind(json!({"containers": [proxy]}), waypoint), Some(ProxyKind::Waypoint));
    assert_eq!(kind(json!({"containers": [app]}), json!({})), None);
}

#[test]
fn a_container_of_the_proxys_name_without_an_envoy_is_no_proxy() {
    let kind = |spec: Value| {
        let mut pod = pod("istio-system/ztunnel", "10.0.0.1");
        pod["spec"] = spec;
        object(&pod).proxy
    };
    let proxy = |more: Value| {
        let mut proxy = json!({"name": "istio-proxy"});
        proxy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        proxy
    };
    for ztunnel in [
        json!({"image": "docker.io/istio/ztunnel:1.29.1", "args": ["proxy", "ztunnel"]}),
        json!({"image": "registry.example:5000/mirror/ztunnel@sha256:00"}),
        json!({"image": "registry.example/ours:1", "args": ["proxy", "ztunnel"]}),
    ] {
        assert_eq!(kind(json!({"containers": [proxy(ztunnel.clone())]})), None, "{ztunnel}");
    }
    // Istio's template for gRPC without a proxy: the agent brings certificates and configuration, and starts nothing.
    let agent = |disabled: &str| {
        let env = json!([{"name": "DISABLE_ENVOY", "value": disabled}]);
        json!({"containers": [{"name": "app"}, proxy(json!({"image": "docker.io/istio/proxyv2:1.29.1", "env": env}))]})
    };
    assert_eq!(kind(agent("true")), None);
    assert_eq!(kind(agent("false")), Some(ProxyKind::Sidecar));
    let proxyv2 = json!({"image": "docker.io/istio/proxyv2:1.29.1", "args": ["proxy", "router"]});
    assert_eq!(kind(json!({"containers": [proxy(proxyv2)]})), Some(ProxyKind::Gateway));
}

#[test]
fn a_pod_that_is_asked_to_end_does_not_run() {
    let mut pod = pod("shop/checkout", "10.0.0.1");
    assert!(object(&pod).is_running);
    pod["metadata"]["deletionTimestamp"] = json!("2026-11-24T15:00:00Z");
    assert!(!object(&pod).is_running);
}
