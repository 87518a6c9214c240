//! WasmPlugin and TrafficExtension: every rule by one object that breaks it alone.

use hogusu_collector::lint::State::{Fail, Ignored, Pass, Warn};
use serde_json::{Value, json};

use super::{one, only};

pub(crate) fn wasm_plugin() -> Value {
    json!({
        "apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin",
        "metadata": {"name": "hogusu", "namespace": "shop"},
        "spec": {
            "url": "oci://registry.example.com/hogusu/filter:1", "sha256": "0a".repeat(32),
            "phase": "STATS", "failStrategy": "FAIL_OPEN", "pluginName": "hogusu",
            "match": [{"mode": "CLIENT_AND_SERVER"}],
            "pluginConfig": {
                "version": 1, "hook": "http_filter",
                "collector": {"envoy_cluster": "outbound|4318||hogusu-collector.hogusu-system.svc.cluster.local"},
            },
        },
    })
}

fn extension() -> Value {
    let mut object = wasm_plugin();
    let mut module = object["spec"].take();
    let (phase, matched) = (module["phase"].take(), module["match"].take());
    module.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    object["kind"] = json!("TrafficExtension");
    object["spec"] = json!({"phase": phase, "match": matched, "wasm": module});
    object
}

/// Sets what a pointer names; null removes it.
fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = object.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), value);
    }
    object
}

#[test]
fn objects_as_the_chart_writes_them_pass() {
    for object in [wasm_plugin(), extension()] {
        let report = one(&object.to_string());
        assert_eq!((report.result, report.documents[0].findings.len()), (Pass, 0), "{report:#?}");
    }
    assert_eq!(one(&wasm_plugin().to_string()).documents[0].what, "WasmPlugin shop/hogusu");
}

#[test]
fn each_mistake_is_told_by_its_key() {
    let digits = "1".repeat(64).parse::<f64>().unwrap();
    for (key, value, state, says) in [
        ("pluginName", json!(null), Fail, "missing"),
        ("pluginName", json!("hogusu2"), Fail, "hogusu2"),
        ("url", json!(null), Fail, "missing"),
        ("url", json!("https://x y/hogusu.wasm"), Fail, "x y"),
        ("url", json!("ftp://x/hogusu.wasm"), Fail, "ftp"),
        ("sha256", json!(null), Warn, "whatever the registry serves"),
        ("sha256", json!(""), Fail, "empty"),
        ("sha256", json!("sha256:".to_owned() + &"0a".repeat(32)), Fail, "sha256:"),
        ("sha256", json!("0A".repeat(32)), Fail, "no digest"),
        ("sha256", json!("0a".repeat(31)), Fail, "62 characters"),
        ("sha256", json!(digits), Fail, "a number, not a string"),
        ("failStrategy", json!(null), Warn, "FAIL_CLOSE"),
        ("failStrategy", json!("FAIL_CLOSE"), Warn, "every request is refused"),
        ("failStrategy", json!("FAIL_RELOAD"), Warn, "FAIL_RELOAD"),
        ("type", json!("NETWORK"), Fail, "connections"),
        ("pluginConfig", json!(null), Fail, "no collector"),
        ("pluginConfig/hook", json!(null), Fail, "access_log"),
        ("pluginConfig/hook", json!("access_log"), Fail, "http_filter"),
        ("pluginConfig/hook", json!("upstream_log"), Fail, "http_filter"),
        ("pluginConfig/direction", json!("outbound"), Fail, "both directions"),
        ("pluginConfig/protocol", json!("tcp"), Fail, "requests"),
        ("pluginConfig/version", json!(2), Fail, "it is 2"),
        ("pluginConfig/max_edge", json!(2), Fail, "unknown field"),
        ("pluginConfig/max_edges", json!("2"), Fail, "invalid type"),
        ("pluginConfig/flush_interval_ms", json!(99), Fail, "it is 99"),
        ("pluginConfig/collector", json!(null), Fail, "no Envoy cluster of Istio"),
        ("pluginConfig/collector/envoy_cluster", json!("my-collector"), Warn, "that Istio makes"),
        ("pluginConfig/collector/envoy_cluster", json!("outbound|http|collector"), Fail, "PORT"),
        ("pluginConfig/collector/envoy_cluster", json!("inbound|4318||"), Fail, "outbound"),
    ] {
        for (object, part) in [(wasm_plugin(), "spec"), (extension(), "spec/wasm")] {
            let changed = with(object, &format!("/{part}/{key}"), value.clone());
            let (told, path, said) = only(&one(&changed.to_string()));
            let wanted = format!("{part}/{key}").replace('/', ".");
            let wanted = if key == "pluginConfig/collector" { wanted + ".envoy_cluster" } else { wanted };
            assert_eq!((told, path.as_str()), (state, wanted.as_str()), "{said}");
            assert!(said.contains(says), "{said:?} does not say {says:?}");
        }
    }
}

#[test]
fn what_stands_outside_the_module_is_looked_at_too() {
    for object in [wasm_plugin(), extension()] {
        for phase in [json!(null), json!("AUTHN")] {
            let (state, path, _) = only(&one(&with(object.clone(), "/spec/phase", phase).to_string()));
            assert_eq!((state, path.as_str()), (Warn, "spec.phase"));
        }
        let (state, path, said) = only(&one(&with(object, "/spec/match", json!([{"mode": "SERVER"}])).to_string()));
        assert_eq!((state, path.as_str()), (Warn, "spec.match"));
        assert!(said.contains("inbound"), "{said}");
    }
}

#[test]
fn a_module_that_needs_no_digest_is_not_asked_for_one() {
    let url = format!("oci://r/hogusu/filter@sha256:{}", "0a".repeat(32));
    let object = with(with(wasm_plugin(), "/spec/sha256", json!(null)), "/spec/url", json!(url));
    assert_eq!(one(&object.to_string()).result, Pass);
}

#[test]
fn a_module_that_is_a_file_of_the_pod_is_refused() {
    let object = with(wasm_plugin(), "/spec/url", json!("file:///opt/hogusu.wasm"));
    let (state, path, said) = only(&one(&object.to_string()));
    assert_eq!((state, path.as_str()), (Fail, "spec.url"));
    assert!(said.contains("500"), "{said}");
}

#[test]
fn another_plugin_is_nobodys_business() {
    let mut other = wasm_plugin();
    other["metadata"]["name"] = json!("auth");
    other["spec"] = json!({"url": "oci://r/auth:1", "pluginName": "auth"});
    let lua = json!({"kind": "TrafficExtension", "metadata": {"name": "x"}, "spec": {"lua": {"inlineCode": "hogusu"}}});
    for object in [other, lua] {
        assert_eq!(one(&object.to_string()).result, Ignored, "{object}");
    }
}

#[test]
fn two_objects_that_count_one_listener_are_told() {
    let cases = [
        ("the same namespace", json!(null), json!(null), Fail),
        ("the root namespace", json!({"namespace": "istio-system"}), json!(null), Fail),
        ("another namespace", json!({"namespace": "bank"}), json!(null), Pass),
        ("labels and all", json!({"labels": {"app": "a"}}), json!(null), Fail),
        ("the same labels", json!({"labels": {"app": "a"}}), json!({"labels": {"app": "a"}}), Fail),
        ("more labels", json!({"labels": {"app": "a"}}), json!({"labels": {"app": "a", "v": "1"}}), Fail),
        ("other labels", json!({"labels": {"app": "a"}}), json!({"labels": {"app": "b"}}), Pass),
        ("one direction each", json!({"mode": "CLIENT"}), json!({"mode": "SERVER"}), Warn),
        ("one direction twice", json!({"mode": "CLIENT"}), json!({"mode": "CLIENT_AND_SERVER"}), Fail),
        ("a waypoint beside sidecars", json!({"target": "w"}), json!(null), Pass),
        ("one waypoint", json!({"target": "w"}), json!({"target": "w"}), Fail),
        ("two waypoints", json!({"target": "w"}), json!({"target": "v"}), Pass),
    ];
    let object = |keys: &Value| {
        let mut object = wasm_plugin();
        if let Some(namespace) = keys.get("namespace") {
            object["metadata"]["namespace"] = namespace.clone();
        }
        if let Some(labels) = keys.get("labels") {
            object["spec"]["selector"] = json!({"matchLabels": labels});
        }
        if let Some(mode) = keys.get("mode") {
            object["spec"]["match"] = json!([{"mode": mode}]);
        }
        if let Some(target) = keys.get("target") {
            object["spec"]["targetRefs"] = json!([{"kind": "Gateway", "name": target}]);
        }
        object
    };
    for (name, first, second, result) in cases {
        let text = format!("{}\n---\n{}\n", object(&first), object(&second));
        assert_eq!(one(&text).result, result, "{name}");
    }
}

#[test]
fn templates_that_fit_nothing_or_are_not_looked_at_are_told_and_do_not_fail() {
    let used = |templates: Value| json!({"operation": "path_templates", "path_templates": templates});
    for (measure, path, says) in [
        (used(json!(["/a", "/a?x"])), "measure.path_templates[1]", "no path fits \"/a?x\""),
        (used(json!(["/a#x"])), "measure.path_templates[0]", "no path fits \"/a#x\""),
        (used(json!(["/{id}/{"])), "measure.path_templates[0]", "the segment \"{\" stands for itself"),
        (used(json!(["/v{n}/a"])), "measure.path_templates[0]", "the segment \"v{n}\" stands for itself"),
        (json!({"path_templates": ["/a"]}), "measure.path_templates", "measure.operation is none"),
        (
            json!({"operation": "route", "path_templates": ["/a"]}),
            "measure.path_templates",
            "measure.operation is route",
        ),
    ] {
        let report = one(&json!({"version": 1, "measure": measure}).to_string());
        let (state, found, said) = only(&report);
        assert_eq!((report.result, state, found.as_str()), (Warn, Warn, path), "{said}");
        assert!(said.contains(says), "{said}");
    }
    let good = json!({"version": 1, "measure": used(json!(["/", "/users/{id}", "/{}/orders/{id}"]))});
    assert_eq!(one(&good.to_string()).result, Pass);
}
