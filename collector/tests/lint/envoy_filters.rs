//! EnvoyFilter: our configurations in it are found wherever they stand, and judged by where that is.

use hogusu_collector::lint::State::{Fail, Ignored, Pass, Warn};
use serde_json::{Value, json};

use super::plugins::wasm_plugin;
use super::{found, one, only};

/// An EnvoyFilter with one plugin at `key` of a filter named `filter`.
fn envoy_filter(context: &str, filter: &str, key: &str, configuration: &str) -> Value {
    let plugin = json!({
        "root_id": "hogusu", "failure_policy": "FAIL_OPEN", "vm_config": {"runtime": "envoy.wasm.runtime.v8"},
        "configuration": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": configuration},
    });
    let logger = json!([{"name": "envoy.access_loggers.wasm", "typed_config": {"config": plugin}}]);
    let typed = if key == "config" { json!({"config": plugin}) } else { json!({key: logger}) };
    json!({
        "apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter",
        "metadata": {"name": "hogusu", "namespace": "shop", "labels": {"app.kubernetes.io/part-of": "hogusu"}},
        "spec": {"priority": 10, "configPatches": [{
            "applyTo": "NETWORK_FILTER", "match": {"context": context},
            "patch": {"operation": "MERGE", "value": {"name": filter, "typed_config": typed}},
        }]},
    })
}

const MANAGER: &str = "envoy.filters.network.http_connection_manager";
const TCP: &str = "envoy.filters.network.tcp_proxy";
const ROUTER: &str = "envoy.filters.http.router";
const COLLECTOR: &str =
    r#""collector":{"envoy_cluster":"outbound|4318||hogusu-collector.hogusu-system.svc.cluster.local"}"#;

fn configuration(keys: &str) -> String {
    format!(r#"{{"version":1,{COLLECTOR}{keys}}}"#)
}

#[test]
fn every_place_has_its_hook() {
    for (context, filter, key, keys, result) in [
        ("SIDECAR_OUTBOUND", ROUTER, "upstream_log", r#","hook":"upstream_log""#, Pass),
        ("SIDECAR_OUTBOUND", ROUTER, "upstream_log", r#","hook":"access_log""#, Fail),
        ("SIDECAR_OUTBOUND", ROUTER, "upstream_log", "", Fail),
        ("ANY", TCP, "access_log", r#","hook":"access_log","protocol":"tcp""#, Pass),
        ("ANY", TCP, "access_log", r#","protocol":"http""#, Fail),
        ("ANY", TCP, "access_log", r#","hook":"http_filter""#, Fail),
        ("SIDECAR_INBOUND", MANAGER, "access_log", r#","direction":"inbound""#, Pass),
        ("SIDECAR_INBOUND", MANAGER, "access_log", r#","direction":"outbound""#, Fail),
        ("GATEWAY", MANAGER, "access_log", r#","direction":"outbound""#, Pass),
        ("ANY", MANAGER, "access_log", r#","direction":"outbound""#, Fail),
        ("ANY", MANAGER, "access_log", r#","protocol":"tcp""#, Fail),
        ("SIDECAR_INBOUND", "envoy.filters.http.wasm", "config", r#","hook":"http_filter""#, Pass),
        ("SIDECAR_INBOUND", "envoy.filters.http.wasm", "config", "", Fail),
    ] {
        let object = envoy_filter(context, filter, key, &configuration(keys));
        let report = one(&object.to_string());
        assert_eq!(report.result, result, "{context} {filter} {keys}: {report:#?}");
    }
}

#[test]
fn an_empty_configuration_is_refused_where_it_stands() {
    for text in ["", " "] {
        let report = one(&envoy_filter("ANY", MANAGER, "access_log", text).to_string());
        let value =
            "spec.configPatches[0].patch.value.typed_config.access_log[0].typed_config.config.configuration.value";
        assert!(found(&report).contains(&(Fail, 1, value.to_owned())), "{report:#?}");
        assert!(
            report.documents[0].findings.iter().any(|finding| finding.said.starts_with("it is empty")),
            "{report:#?}"
        );
    }
}

#[test]
fn a_listeners_own_log_is_a_hook_of_its_own_that_counts_nothing_twice() {
    let mut object = envoy_filter("SIDECAR_INBOUND", "", "access_log", &configuration(r#","hook":"listener_log""#));
    let patch = object.pointer_mut("/spec/configPatches/0").unwrap();
    let mut log = patch.pointer_mut("/patch/value/typed_config/access_log").unwrap().take();
    patch["applyTo"] = json!("LISTENER");
    patch["patch"]["value"] = json!({"access_log": log});
    let (state, path, said) = only(&one(&object.to_string()));
    assert_eq!((state, path.as_str()), (Warn, "spec.configPatches[0].patch.value.access_log"));
    assert!(said.contains("no filter"), "{said}");
    log = object.pointer_mut("/spec/configPatches/0/patch/value/access_log").unwrap().take();
    log[0]["filter"] = json!({"response_flag_filter": {"flags": ["NR"]}});
    *object.pointer_mut("/spec/configPatches/0/patch/value/access_log").unwrap() = log;
    assert_eq!(one(&format!("{}\n---\n{object}", wasm_plugin())).result, Pass);
    let lying = object.to_string().replace("listener_log", "access_log");
    assert!(only(&one(&lying)).1.ends_with("configuration.value.hook"));
}

#[test]
fn the_json_inside_is_read_as_the_filter_reads_it() {
    let path = "spec.configPatches[0].patch.value.typed_config.access_log[0].typed_config.config.configuration.value";
    for (text, key) in [
        ("{".to_owned(), ""),
        (configuration(r#","version":1"#), ""),
        (configuration(r#","max_edges":0"#), ".max_edges"),
        (configuration(r#","measure":{"byte":true}"#), ".measure.byte"),
    ] {
        let (state, told, said) = only(&one(&envoy_filter("ANY", MANAGER, "access_log", &text).to_string()));
        assert_eq!((state, told), (Fail, format!("{path}{key}")), "{said}");
    }
    let mut object = envoy_filter("ANY", MANAGER, "access_log", "");
    let value = "/spec/configPatches/0/patch/value/typed_config/access_log/0/typed_config/config/configuration/value";
    *object.pointer_mut(value).unwrap() = json!({"version": 1});
    assert!(only(&one(&object.to_string())).2.contains("an object, not a string"));
}

#[test]
fn what_istio_and_hogusu_check_need_of_the_object_is_asked_for() {
    let good = envoy_filter("ANY", MANAGER, "access_log", &configuration(""));
    let mut object = good.clone();
    object["spec"].as_object_mut().unwrap().remove("priority");
    assert_eq!(only(&one(&object.to_string())).1, "spec.priority");
    let mut object = good.clone();
    object["metadata"]["labels"] = json!({});
    assert_eq!(only(&one(&object.to_string())).1, "metadata.labels");
    let mut object = good;
    let config = "/spec/configPatches/0/patch/value/typed_config/access_log/0/typed_config/config";
    object.pointer_mut(config).unwrap().as_object_mut().unwrap().remove("failure_policy");
    assert_eq!(only(&one(&object.to_string())).0, Warn);
}

#[test]
fn a_logger_of_requests_beside_the_plugin_object_counts_twice_and_attempts_and_connections_do_not() {
    let plugin = wasm_plugin().to_string();
    for (filter, key, keys, result) in [
        (MANAGER, "access_log", "", Fail),
        (TCP, "access_log", r#","protocol":"tcp""#, Pass),
        (ROUTER, "upstream_log", r#","hook":"upstream_log""#, Pass),
    ] {
        let logger = envoy_filter("SIDECAR_OUTBOUND", filter, key, &configuration(keys)).to_string();
        for text in [format!("{plugin}\n---\n{logger}"), format!("{logger}\n---\n{plugin}")] {
            let report = one(&text);
            assert_eq!(report.result, result, "{filter}: {:?}", found(&report));
        }
    }
}

#[test]
fn the_filters_of_others_are_left_alone() {
    let mut object = envoy_filter("ANY", MANAGER, "access_log", "no JSON");
    let plugin = "/spec/configPatches/0/patch/value/typed_config/access_log/0/typed_config/config/root_id";
    *object.pointer_mut(plugin).unwrap() = json!("other");
    assert_eq!(one(&object.to_string()).result, Ignored);
}
