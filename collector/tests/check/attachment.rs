//! Which proxies get a plugin object twice, by Istio's rule of what labels and names choose.

use hogusu_collector::check::facts::{Facts, Istiod, Known, Plugin};
use hogusu_collector::check::objects;
use hogusu_collector::check::report::State;
use serde_json::{Value, json};

use crate::world::{assert_line, healthy, istiod, plugin, pod, pod_of, unread};

/// What a line hangs on while istiod's setting is not known, but for the reason.
const UNLESS: &str = "unless istiod runs with ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY=false";

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
    referring(namespace, name, json!({"group": "gateway.networking.k8s.io", "kind": kind, "name": target}))
}

fn referring(namespace: &str, name: &str, target: Value) -> Plugin {
    named(namespace, name, json!({"targetRefs": [target]}))
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
    facts.mesh.istiods = Ok(vec![setting(Some(true)), setting(Some(true))]);
    assert_line(&facts, "plugin-once", State::Pass, &[]);
    facts.mesh.plugins = Ok(vec![selecting("alpha", "some", json!({"app": "ingress"}))]);
    let said = "WasmPlugin alpha/some: alpha/ingress-0 is a gateway: only targetRefs reach it";
    assert_line(&facts, "plugin-selection", State::Warn, &[said]);
}

/// An istiod with this setting.
fn setting(gateways_by_name: Option<bool>) -> Istiod {
    Istiod { gateways_by_name, ..istiod("1.31.0") }
}

#[test]
fn istiods_setting_is_the_last_word_in_its_environment_and_not_known_where_that_stands_elsewhere() {
    let by = |container: Value| {
        let deployment = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
        objects::istiod(&deployment).gateways_by_name
    };
    let named = |what: &str, value: &str| json!({"name": "ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY", what: value});
    let other = json!({"name": "OTHER", "value": "false"});
    assert_eq!(by(json!({"env": [other]})), Some(false));
    assert_eq!(by(json!({"env": [other, named("value", "false")]})), Some(true));
    assert_eq!(by(json!({"env": [named("value", "false"), named("value", "true")]})), Some(false));
    assert_eq!(by(json!({"env": [named("valueFrom", "a ConfigMap")]})), None);
    assert_eq!(by(json!({"envFrom": [{"configMapRef": {"name": "more"}}]})), None);
    assert_eq!(by(json!({"envFrom": [{"configMapRef": {"name": "more"}}], "env": [named("value", "0")]})), Some(true));
}

/// Ways not to know it, and the reason that is given.
fn unknown() -> [(Known<Vec<Istiod>>, &'static str); 4] {
    [
        (unread("istiod"), "cannot read istiod: forbidden"),
        (Ok(Vec::new()), "cannot read istiod: no Deployment has the label app=istiod"),
        (
            Ok(vec![setting(Some(true)), setting(Some(false))]),
            "cannot read which istiod serves it: some run so and some do not",
        ),
        (
            Ok(vec![setting(Some(false)), setting(None)]),
            "cannot read that: Deployment istio-system/istiod takes its environment from elsewhere",
        ),
    ]
}

#[test]
fn a_gateway_that_gets_two_unless_istiod_is_set_otherwise_warns_while_that_is_not_known() {
    for (istiods, why) in unknown() {
        let mut facts = both(everywhere(), targeting("alpha", "own", "Gateway", "ingress"));
        facts.mesh.istiods = istiods;
        let said = "WasmPlugin istio-system/mesh and WasmPlugin alpha/own both apply to gateway alpha/ingress";
        let doubtful = format!("{said}, {UNLESS} ({why})");
        assert_line(&facts, "plugin-once", State::Warn, &[&doubtful]);
        facts.mesh.plugins.as_mut().expect("plugins").push(selecting("alpha", "some", json!({"app": "client"})));
        let certain = "WasmPlugin istio-system/mesh and WasmPlugin alpha/some both apply";
        assert_line(&facts, "plugin-once", State::Fail, &[certain, &doubtful]);
    }
}

#[test]
fn what_does_not_hang_on_istiods_setting_is_said_without_it() {
    let mut facts = both(everywhere(), selecting("alpha", "some", json!({"app": "client"})));
    facts.mesh.istiods = unread("istiod");
    let said = "WasmPlugin istio-system/mesh and WasmPlugin alpha/some both apply";
    assert_line(&facts, "plugin-once", State::Fail, &[said]);
    let waypoint = targeting("alpha", "own", "Gateway", "waypoint");
    facts.mesh.plugins = Ok(vec![everywhere(), waypoint]);
    assert_line(&facts, "plugin-once", State::Pass, &[]);
    assert_line(&facts, "plugin-selection", State::Pass, &[]);
}

#[test]
fn an_object_that_reaches_gateways_alone_is_neither_idle_nor_not_while_istiods_setting_is_not_known() {
    for (istiods, why) in unknown() {
        let mut facts = both(selecting("alpha", "some", json!({"app": "ingress"})), everywhere());
        facts.mesh.istiods = istiods;
        let said = format!("WasmPlugin alpha/some: it applies to alpha/ingress-0, a gateway, {UNLESS} ({why})");
        assert_line(&facts, "plugin-selection", State::Skipped, &[&said]);
        facts.mesh.plugins.as_mut().expect("plugins").push(selecting("alpha", "idle", json!({"app": "nobody"})));
        let idle = "WasmPlugin alpha/idle: its selector chooses no pod";
        assert_line(&facts, "plugin-selection", State::Warn, &[idle, &said]);
    }
}

#[test]
fn two_objects_that_name_what_istio_attaches_neither_to_do_not_meet() {
    let other_group = || json!({"group": "networking.istio.io", "kind": "Gateway", "name": "ingress"});
    let class = || json!({"group": "gateway.networking.k8s.io", "kind": "GatewayClass", "name": "istio-waypoint"});
    let elsewhere =
        || json!({"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "beta", "name": "ingress"});
    for target in [other_group, class, elsewhere] {
        let facts = both(referring("alpha", "a", target()), referring("alpha", "b", target()));
        assert_line(&facts, "plugin-once", State::Pass, &[]);
        let facts = both(referring("alpha", "a", target()), targeting("alpha", "b", "Gateway", "ingress"));
        assert_line(&facts, "plugin-once", State::Pass, &[]);
    }
    let in_root = both(referring("istio-system", "a", class()), referring("istio-system", "b", class()));
    let said = "WasmPlugin istio-system/a and WasmPlugin istio-system/b both apply";
    assert_line(&in_root, "plugin-once", State::Fail, &[said]);
    let mut own = elsewhere();
    own["namespace"] = json!("alpha");
    let facts = both(referring("alpha", "a", own), targeting("alpha", "b", "Gateway", "ingress"));
    assert_line(&facts, "plugin-once", State::Fail, &["WasmPlugin alpha/a and WasmPlugin alpha/b both apply"]);
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
