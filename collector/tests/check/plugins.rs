//! Plugin objects: what Istio lets through and a proxy then suffers from.

use hogusu_collector::check::facts::{Facts, Plugin};
use hogusu_collector::check::objects;
use hogusu_collector::check::report::State;
use serde_json::{Value, json};

use crate::world::{assert_line, healthy, plugin, pod, pod_of};

fn with(plugins: Vec<Plugin>) -> Facts {
    let mut facts = healthy();
    facts.mesh.plugins = Ok(plugins);
    facts
}

#[test]
fn a_plugin_object_that_can_harm_or_measures_less_is_named() {
    let rows: [(&str, Value, State, &str); 8] = [
        ("plugin-fail-open", json!({"failStrategy": "FAIL_CLOSE"}), State::Fail, "failStrategy is FAIL_CLOSE"),
        (
            "plugin-fail-open",
            json!({"failStrategy": null}),
            State::Fail,
            "failStrategy is not set, which is FAIL_CLOSE",
        ),
        ("plugin-digest", json!({"sha256": null}), State::Warn, "no sha256 for oci://registry.example/hogusu:1"),
        (
            "plugin-placement",
            json!({"phase": "AUTHN"}),
            State::Warn,
            "phase is AUTHN: requests that a policy denies may pass it by",
        ),
        (
            "plugin-placement",
            json!({"match": [{"mode": "SERVER"}]}),
            State::Warn,
            "match mode is SERVER: the other direction is not measured",
        ),
        (
            "plugin-placement",
            json!({"type": "NETWORK"}),
            State::Warn,
            "type is NETWORK: it sees connections, not requests",
        ),
        (
            "plugin-placement",
            json!({"pluginConfig": {"version": 1, "hook": "access_log"}}),
            State::Warn,
            "its hook is access_log, yet a plugin object is an http_filter",
        ),
        (
            "plugin-config",
            json!({"pluginConfig": null}),
            State::Fail,
            "it has no pluginConfig; the filter observes with defaults and knows no collector",
        ),
    ];
    for (id, spec, state, said) in rows {
        assert_line(&with(vec![plugin("alpha", &spec)]), id, state, &[&format!("WasmPlugin alpha/hogusu: {said}")]);
    }
    let said = "no WasmPlugin or TrafficExtension has the pluginName hogusu; no proxy is expected to report";
    assert_line(&with(Vec::new()), "plugin-found", State::Fail, &[said]);
}

#[test]
fn a_configuration_that_the_filter_would_refuse_fails() {
    let facts = with(vec![plugin("alpha", &json!({"pluginConfig": {"version": 7}}))]);
    let line = crate::world::line(&facts, "plugin-config");
    assert_eq!(line.state, State::Fail);
    assert!(line.said.iter().all(|said| said.starts_with("WasmPlugin alpha/hogusu: ")), "{line:?}");
    assert!(line.said.iter().any(|said| said.contains("version")), "{line:?}");
}

#[test]
fn a_condition_that_is_false_is_told() {
    let mut object = plugin("alpha", &json!({}));
    let status = json!({
        "metadata": {"namespace": "alpha", "name": "hogusu"}, "spec": {"pluginName": "hogusu"},
        "status": {"conditions": [
            {"type": "Reconciled", "status": "True"},
            {"type": "Accepted", "status": "False", "reason": "Invalid", "message": "no such target"},
        ]},
    });
    object.conditions = objects::wasm_plugin(&status).expect("ours").conditions;
    let said = "WasmPlugin alpha/hogusu: Accepted is False: Invalid: no such target";
    assert_line(&with(vec![object]), "plugin-accepted", State::Fail, &[said]);
}

#[test]
fn what_istiods_analysis_says_fails_or_warns_by_its_level() {
    let analysed = |messages: Value| {
        let object = json!({
            "metadata": {"namespace": "alpha", "name": "hogusu"}, "spec": {"pluginName": "hogusu"},
            "status": {"validationMessages": messages},
        });
        with(vec![objects::wasm_plugin(&object).expect("ours")])
    };
    let message =
        |code: &str, level: &str| json!({"type": {"code": code}, "level": level, "documentationUrl": "https://x"});
    let said = |text: &str| format!("WasmPlugin alpha/hogusu: istiod's analysis says {text}");
    let warning = analysed(json!([message("IST0102", "INFO"), message("IST0166", "WARNING")]));
    assert_line(&warning, "plugin-accepted", State::Warn, &[&said("IST0166 https://x")]);
    let mut named = message("IST0101", "Error");
    named["type"]["name"] = json!("ReferencedResourceNotFound");
    let error = analysed(json!([message("IST0166", "WARNING"), named]));
    let wanted = [said("IST0101 ReferencedResourceNotFound https://x"), said("IST0166 https://x")];
    assert_line(&error, "plugin-accepted", State::Fail, &[&wanted[0], &wanted[1]]);
    assert_line(&analysed(json!([message("IST0102", "INFO")])), "plugin-accepted", State::Pass, &[]);
}

#[test]
fn a_traffic_extension_is_a_plugin_and_others_are_not() {
    let wasm =
        json!({"url": "oci://x", "pluginName": "hogusu", "failStrategy": "FAIL_CLOSE", "pluginConfig": {"version": 1}});
    let object = json!({"metadata": {"namespace": "alpha", "name": "h"}, "spec": {"phase": "STATS", "wasm": wasm}});
    let found = objects::traffic_extension(&object).expect("ours");
    let said = "TrafficExtension alpha/h: failStrategy is FAIL_CLOSE";
    assert_line(&with(vec![found]), "plugin-fail-open", State::Fail, &[said]);
    assert_eq!(objects::wasm_plugin(&json!({"spec": {"pluginName": "other"}})), None);
}

#[test]
fn an_object_that_applies_to_nothing_says_why() {
    let selecting = |labels: Value| with(vec![plugin("alpha", &json!({"selector": {"matchLabels": labels}}))]);
    let warn = |facts: &Facts, said: &str| {
        assert_line(facts, "plugin-selection", State::Warn, &[&format!("WasmPlugin alpha/hogusu: {said}")]);
    };
    warn(&selecting(json!({"app": "nobody"})), "its selector chooses no pod");
    let mut facts = selecting(json!({"app": "client"}));
    let mut bare = pod("alpha", "client");
    bare["spec"]["containers"].as_array_mut().expect("containers").pop();
    facts.mesh.pods = Ok(vec![pod_of(&bare)]);
    warn(&facts, "no pod that it chooses has a proxy, such as alpha/client-0");
    let mut waypoint = pod("alpha", "client");
    waypoint["metadata"]["labels"]["gateway.istio.io/managed"] = json!("istio.io-mesh-controller");
    waypoint["metadata"]["labels"]["gateway.networking.k8s.io/gateway-name"] = json!("waypoint");
    facts.mesh.pods = Ok(vec![pod_of(&waypoint)]);
    warn(&facts, "alpha/client-0 is a waypoint: only targetRefs reach it");
    facts.mesh.plugins = Ok(vec![plugin("alpha", &json!({"targetRefs": [{"kind": "Gateway", "name": "waypoint"}]}))]);
    assert_line(&facts, "plugin-selection", State::Pass, &[]);
}

#[test]
fn an_envoy_filter_without_priority_is_named() {
    let mut facts = healthy();
    let filter =
        |spec: Value| objects::envoy_filter(&json!({"metadata": {"namespace": "a", "name": "b"}, "spec": spec}));
    facts.mesh.envoy_filters = Ok(vec![filter(json!({"priority": 10})), filter(json!({}))]);
    assert_line(&facts, "envoyfilter-priority", State::Warn, &["EnvoyFilter a/b has no priority"]);
}
