//! Which proxies a plugin object covers, by Istio's rules.

use std::collections::BTreeMap;

use hogusu_collector::kubernetes::plugin::Plugin;
use hogusu_collector::kubernetes::pod::{ProxyKind, Standing};
use hogusu_collector::kubernetes::scope::Scope;
use serde_json::{Value, json};

use crate::manifests::{object, ours, plugin, pod};

fn scope(plugins: &[Plugin]) -> Scope {
    let plugins = plugins.iter().map(|plugin| (plugin.label(), plugin.clone())).collect();
    Scope { root_namespace: "istio-system".to_owned(), plugins, ..Scope::default() }
}

/// The plugin object that covers the pod.
fn covering(scope: &Scope, pod: &Value) -> Option<String> {
    match scope.standing(&object(pod)) {
        Standing::Expected { plugin, .. } => Some(plugin),
        Standing::Apart => None,
        other => panic!("{other:?}"),
    }
}

/// A plugin object's `spec` that names this.
fn target(kind: &str, name: &str) -> Value {
    let group = if kind == "Service" { "" } else { "gateway.networking.k8s.io" };
    json!({"targetRefs": [{"group": group, "kind": kind, "name": name}]})
}

fn waypoint(name: &str) -> Value {
    let mut pod = pod("shop/waypoint", "10.0.0.5");
    pod["metadata"]["labels"] = json!({
        "gateway.istio.io/managed": "istio.io-mesh-controller",
        "gateway.networking.k8s.io/gateway-name": name, "gateway.networking.k8s.io/gateway-class-name": "istio-waypoint",
    });
    pod["spec"]["containers"] = json!([{"name": "istio-proxy"}]);
    pod
}

#[test]
fn a_plugin_object_covers_its_namespace_and_in_the_root_namespace_every_one() {
    let checkout = pod("shop/checkout", "10.0.0.1");
    assert_eq!(covering(&scope(&[ours("shop", json!({}))]), &checkout).as_deref(), Some("shop/hogusu"));
    assert_eq!(covering(&scope(&[ours("stock", json!({}))]), &checkout), None);
    let root = ours("istio-system", json!({}));
    assert_eq!(covering(&scope(std::slice::from_ref(&root)), &checkout).as_deref(), Some("istio-system/hogusu"));
    let both = [root, ours("shop", json!({}))];
    assert_eq!(covering(&scope(&both), &checkout).as_deref(), Some("shop/hogusu"), "the nearer one");
}

#[test]
fn a_selector_must_match_all_labels() {
    let checkout = pod("shop/checkout", "10.0.0.1");
    let selecting = |labels: Value| scope(&[ours("shop", json!({"selector": {"matchLabels": labels}}))]);
    assert!(covering(&selecting(json!({"app": "checkout"})), &checkout).is_some());
    assert!(covering(&selecting(json!({"app": "checkout", "version": "v2"})), &checkout).is_none());
}

#[test]
fn only_pods_with_a_proxy_that_run_are_expected() {
    let scope = scope(&[ours("shop", json!({}))]);
    let mut bare = pod("shop/checkout", "10.0.0.1");
    bare["spec"]["containers"] = json!([{"name": "app"}]);
    assert_eq!(covering(&scope, &bare), None);
    let mut ending = pod("shop/checkout", "10.0.0.1");
    ending["metadata"]["deletionTimestamp"] = json!("2026-11-24T15:00:00Z");
    assert_eq!(covering(&scope, &ending), None);
    let mut pending = pod("shop/checkout", "10.0.0.1");
    pending["status"]["phase"] = json!("Pending");
    assert_eq!(covering(&scope, &pending), None);
}

#[test]
fn a_ztunnel_is_expected_nowhere() {
    let mut ztunnel = pod("istio-system/ztunnel", "10.0.0.9");
    ztunnel["metadata"]["labels"] = json!({"app": "ztunnel", "istio.io/dataplane-mode": "none"});
    ztunnel["spec"]["containers"] =
        json!([{"name": "istio-proxy", "image": "docker.io/istio/ztunnel:1.29.1", "args": ["proxy", "ztunnel"]}]);
    let mut whole = scope(&[ours("istio-system", json!({}))]);
    let ambient: BTreeMap<String, String> = [("istio.io/dataplane-mode".to_owned(), "ambient".to_owned())].into();
    whole.namespaces.insert("istio-system".to_owned(), ambient);
    assert_eq!(whole.standing(&object(&ztunnel)), Standing::Apart);
}

#[test]
fn a_waypoint_is_covered_by_what_it_is_attached_to_and_by_nothing_else() {
    let by = |plugin: Plugin| covering(&scope(&[plugin]), &waypoint("wp"));
    assert_eq!(by(ours("shop", json!({}))), None);
    assert!(by(ours("shop", target("Gateway", "wp"))).is_some());
    assert_eq!(by(ours("shop", target("Gateway", "other"))), None);
    assert_eq!(by(ours("stock", target("Gateway", "wp"))), None);
    assert!(by(ours("istio-system", target("GatewayClass", "istio-waypoint"))).is_some());
    assert_eq!(by(ours("shop", target("GatewayClass", "istio-waypoint"))), None);
    assert_eq!(by(ours("shop", target("Service", "orders"))), None);
    let label = |key: &str| [(key.to_owned(), "wp".to_owned())].into();
    let mut of_service = scope(&[ours("shop", target("Service", "orders"))]);
    of_service.services.insert(("shop".to_owned(), "orders".to_owned()), label("istio.io/use-waypoint"));
    assert!(covering(&of_service, &waypoint("wp")).is_some());
    let mut of_namespace = scope(&[ours("shop", target("Service", "orders"))]);
    of_namespace.namespaces.insert("shop".to_owned(), label("istio.io/use-waypoint"));
    assert!(covering(&of_namespace, &waypoint("wp")).is_some());
    let sidecar = pod("shop/checkout", "10.0.0.1");
    assert_eq!(covering(&scope(&[ours("shop", target("Gateway", "wp"))]), &sidecar), None);
}

#[test]
fn a_gateway_is_covered_by_labels_and_by_its_own_name_and_by_no_class() {
    let mut ingress = waypoint("in");
    ingress["metadata"]["labels"] = json!({
        "gateway.istio.io/managed": "istio.io-gateway-controller",
        "gateway.networking.k8s.io/gateway-name": "in", "gateway.networking.k8s.io/gateway-class-name": "istio",
    });
    assert!(covering(&scope(&[ours("shop", json!({}))]), &ingress).is_some());
    assert!(covering(&scope(&[ours("shop", target("Gateway", "in"))]), &ingress).is_some());
    for class in ["istio", "istio-waypoint"] {
        assert_eq!(covering(&scope(&[ours("istio-system", target("GatewayClass", class))]), &ingress), None);
    }
}

#[test]
fn a_target_of_another_group_or_in_another_namespace_covers_nothing() {
    let by = |target: Value| covering(&scope(&[ours("shop", json!({"targetRefs": [target]}))]), &waypoint("wp"));
    let gateway = |group: &str, namespace: &str| {
        by(json!({"group": group, "kind": "Gateway", "name": "wp", "namespace": namespace})).is_some()
    };
    assert!(gateway("gateway.networking.k8s.io", "") && gateway("gateway.networking.k8s.io", "shop"));
    assert!(!gateway("gateway.networking.k8s.io", "stock"));
    assert!(!gateway("networking.istio.io", "") && !gateway("", ""));
    let mut scope =
        scope(&[ours("shop", json!({"targetRefs": [{"group": "apps", "kind": "Service", "name": "orders"}]}))]);
    scope.namespaces.insert("shop".to_owned(), [("istio.io/use-waypoint".to_owned(), "wp".to_owned())].into());
    assert_eq!(covering(&scope, &waypoint("wp")), None);
}

#[test]
fn the_older_name_of_a_target_counts_where_the_newer_has_none() {
    let one = |name: &str| target("Gateway", name)["targetRefs"][0].clone();
    let by = |spec: Value| covering(&scope(&[ours("shop", spec)]), &waypoint("wp")).is_some();
    assert!(by(json!({"targetRef": one("wp")})) && by(json!({"targetRef": one("wp"), "targetRefs": []})));
    assert!(!by(json!({"targetRef": one("wp"), "targetRefs": [one("other")]})));
}

#[test]
fn ambient_pods_in_scope_are_not_observable() {
    let mut bare = pod("shop/checkout", "10.0.0.1");
    bare["spec"]["containers"] = json!([{"name": "app"}]);
    let mut ambient = scope(&[ours("shop", json!({}))]);
    ambient.namespaces.insert("shop".to_owned(), [("istio.io/dataplane-mode".to_owned(), "ambient".to_owned())].into());
    let unseen = Standing::NotObservable { plugin: "shop/hogusu".to_owned() };
    assert_eq!(ambient.standing(&object(&bare)), unseen);
    let expected = Standing::Expected { kind: ProxyKind::Sidecar, plugin: "shop/hogusu".to_owned() };
    assert_eq!(ambient.standing(&object(&pod("shop/checkout", "10.0.0.1"))), expected);
    bare["metadata"]["labels"]["istio.io/dataplane-mode"] = json!("none");
    assert_eq!(ambient.standing(&object(&bare)), Standing::Apart);
}

#[test]
fn a_plugin_object_is_ours_by_its_plugins_name_in_either_kind() {
    let found = ours("shop", json!({}));
    assert_eq!(found.revision.as_deref(), Some("r1"));
    assert_eq!(Plugin::of(&plugin("shop", json!({"pluginName": "other"}))), None);
    let mut extension = plugin("shop", json!({}));
    extension.data["spec"] = json!({"wasm": extension.data["spec"], "selector": {"matchLabels": {"app": "checkout"}}});
    let extension = Plugin::of(&extension).unwrap();
    assert_eq!(extension.revision.as_deref(), Some("r1"));
    assert_eq!(extension.selector["app"], "checkout");
}
