//! Which proxies get a plugin object twice, by Istio's rule of what labels and names choose.

use hogusu_collector::check::facts::{Facts, Plugin};
use hogusu_collector::check::objects;
use hogusu_collector::check::report::State;
use serde_json::{Value, json};

use crate::world::{assert_line, healthy, plugin, pod, pod_of, unread};

/// A plugin object of this name; the world's `client` is in `alpha`.
fn named(namespace: &str, name: &str, spec: Value) -> Plugin {
    let mut object = plugin(namespace, &spec);
    name.clone_into(&mut object.name.name);
    object
}

fn everywhere() -> Plugin {
    named("istio-system", "mesh", json!({}))
}

fn selecting(namespace: &str, name: &str, labels: Value) -> Plugin {
    named(namespace, name, json!({"selector": {"matchLabels": labels}}))
}

fn targeting(namespace: &str, name: &str, kind: &str, target: &str) -> Plugin {
    named(namespace, name, json!({"targetRefs": [{"kind": kind, "name": target}]}))
}

/// With a gateway of the Kubernetes Gateway API, `alpha/ingress`, and a waypoint, `alpha/waypoint`.
fn both(first: Plugin, second: Plugin) -> Facts {
    let mut facts = healthy();
    let alone = |name: &str, controller: &str| {
        let mut alone = pod("alpha", name);
        alone["spec"]["containers"] = json!([{"name": "istio-proxy"}]);
        alone["metadata"]["labels"] = json!({
            "app": name, "gateway.networking.k8s.io/gateway-name": name, "gateway.istio.io/managed": controller,
        });
        pod_of(&alone)
    };
    let gateways = [alone("ingress", "istio.io-gateway-controller"), alone("waypoint", "istio.io-mesh-controller")];
    facts.mesh.pods.as_mut().expect("pods").extend(gateways);
    facts.mesh.plugins = Ok(vec![first, second]);
    facts
}

#[test]
fn two_objects_for_one_pod_fail_and_two_for_different_pods_do_not() {
    let said = "WasmPlugin istio-system/mesh and WasmPlugin alpha/own both apply";
    let facts = both(everywhere(), named("alpha", "own", json!({})));
    assert_line(&facts, "plugin-once", State::Fail, &[said]);
    let said = "WasmPlugin alpha/a and WasmPlugin alpha/b both apply";
    let facts = both(named("alpha", "a", json!({})), selecting("alpha", "b", json!({"app": "client"})));
    assert_line(&facts, "plugin-once", State::Fail, &[said]);
    let apart =
        both(selecting("alpha", "a", json!({"app": "other"})), selecting("alpha", "b", json!({"app": "client"})));
    assert_line(&apart, "plugin-once", State::Pass, &[]);
    let elsewhere = both(named("alpha", "a", json!({})), named("beta", "b", json!({})));
    assert_line(&elsewhere, "plugin-once", State::Pass, &[]);
}

#[test]
fn a_gateway_that_is_in_scope_and_named_too_gets_two_and_fails() {
    let ingress = || targeting("alpha", "own", "Gateway", "ingress");
    let chosen = json!({"app": "ingress"});
    let wide = [everywhere(), named("alpha", "all", json!({})), selecting("alpha", "some", chosen)];
    for (wide, name) in wide.into_iter().zip(["istio-system/mesh", "alpha/all", "alpha/some"]) {
        let said = format!("WasmPlugin {name} and WasmPlugin alpha/own both apply to gateway alpha/ingress");
        assert_line(&both(wide, ingress()), "plugin-once", State::Fail, &[&said]);
    }
    for apart in [selecting("alpha", "some", json!({"app": "client"})), named("beta", "all", json!({}))] {
        assert_line(&both(apart, ingress()), "plugin-once", State::Pass, &[]);
    }
}

#[test]
fn where_every_istiod_says_so_a_gateway_is_chosen_by_names_alone() {
    let mut facts = both(everywhere(), targeting("alpha", "own", "Gateway", "ingress"));
    facts.place.gateways_by_name = true;
    assert_line(&facts, "plugin-once", State::Pass, &[]);
    facts.mesh.plugins = Ok(vec![selecting("alpha", "some", json!({"app": "ingress"}))]);
    let said = "WasmPlugin alpha/some: alpha/ingress-0 is a gateway: only targetRefs reach it";
    assert_line(&facts, "plugin-selection", State::Warn, &[said]);
    let with = |value: &str| {
        let flag = json!({"name": "ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY", "value": value});
        let containers = json!([{"image": "pilot:1.31.0", "env": [{"name": "OTHER", "value": "false"}, flag]}]);
        objects::istiod(&json!({"spec": {"template": {"spec": {"containers": containers}}}})).gateways_by_name
    };
    assert_eq!((with("false"), with("true")), (true, false));
}

#[test]
fn a_waypoint_is_chosen_by_names_alone() {
    let waypoint = || targeting("alpha", "own", "Gateway", "waypoint");
    assert_line(&both(everywhere(), waypoint()), "plugin-once", State::Pass, &[]);
    assert_line(&both(waypoint(), targeting("alpha", "b", "Gateway", "ingress")), "plugin-once", State::Pass, &[]);
    let every = || targeting("istio-system", "every", "GatewayClass", "istio-waypoint");
    let said = "WasmPlugin istio-system/every and WasmPlugin alpha/own both apply to waypoint alpha/waypoint";
    assert_line(&both(every(), waypoint()), "plugin-once", State::Fail, &[said]);
    assert_line(&both(every(), everywhere()), "plugin-once", State::Pass, &[]);
    let said = "WasmPlugin alpha/own and WasmPlugin alpha/again both apply";
    assert_line(
        &both(waypoint(), targeting("alpha", "again", "Gateway", "waypoint")),
        "plugin-once",
        State::Fail,
        &[said],
    );
}

#[test]
fn what_only_pods_could_tell_is_skipped_without_them() {
    let mut facts = both(everywhere(), targeting("alpha", "own", "Gateway", "ingress"));
    facts.mesh.pods = unread("pods");
    assert_line(&facts, "plugin-once", State::Skipped, &["cannot read pods: forbidden"]);
    facts.mesh.plugins.as_mut().expect("plugins").push(named("alpha", "all", json!({})));
    let said = "WasmPlugin istio-system/mesh and WasmPlugin alpha/all both apply";
    assert_line(&facts, "plugin-once", State::Fail, &[said]);
}
