//! `--kubernetes`: what cannot be used is refused at the start; what the API server says is on the map's numbers as it changes; and
//! where it says nothing, that is said.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};

use super::api_server::ApiServer;
use super::process::{Collector, command, folder, now};

/// The collector knows within this, or the test fails.
const PATIENCE_NANOS: u64 = 20_000_000_000;

/// Pods, nodes, namespaces and Services, as any API server has them.
fn core(pods: Vec<Value>) -> HashMap<&'static str, Vec<Value>> {
    let node = json!({"metadata": {"name": "node1", "labels": {"topology.kubernetes.io/zone": "z1"}}});
    HashMap::from([("pods", pods), ("nodes", vec![node]), ("namespaces", vec![]), ("services", vec![])])
}

/// A running pod with a sidecar.
fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"uid": name, "namespace": "shop", "name": name, "resourceVersion": "2"},
        "spec": {"nodeName": "node1", "serviceAccountName": "sa", "containers": [{"name": "app"}, {"name": "istio-proxy"}]},
        "status": {"phase": "Running", "podIP": "192.0.2.1", "startTime": "2026-11-24T14:00:00Z"},
    })
}

fn plugin() -> Value {
    json!({
        "apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin",
        "metadata": {"namespace": "istio-system", "name": "hogusu", "resourceVersion": "3"},
        "spec": {"pluginName": "hogusu", "pluginConfig": {"revision": "r1"}},
    })
}

fn serve(data: &Path, kubeconfig: &str) -> Collector {
    let file = data.join("kubeconfig.json");
    std::fs::write(&file, kubeconfig).unwrap();
    Collector::started(command(data).arg("--kubernetes").arg(&file).spawn().unwrap(), "http")
}

fn proxies(collector: &Collector) -> Value {
    serde_json::from_slice(&collector.get("/api/v1/proxies").body).unwrap()
}

/// Asks until the answer is as wanted.
fn until(collector: &Collector, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = now();
    loop {
        let answer = proxies(collector);
        if wanted(&answer) {
            return answer;
        }
        assert!(now() - begun < PATIENCE_NANOS, "never {what}: {answer}");
        std::thread::yield_now();
    }
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_refused_by_name() {
    let data = folder();
    let missing = data.path().join("no-such-file");
    let output = command(data.path()).arg("--kubernetes").arg(&missing).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("--kubernetes {}: No such file", missing.display())), "{said}");
    assert!(said.contains("--kubernetes takes a kubeconfig, or in-cluster within a pod"), "{said}");
}

#[test]
fn what_the_api_server_lists_and_tells_is_who_should_report() {
    let data = folder();
    let mut objects = core(vec![pod("checkout-0")]);
    objects.insert("wasmplugins", vec![plugin()]);
    let server = ApiServer::start(objects, &[]);
    let collector = serve(data.path(), &server.kubeconfig());
    let listed = until(&collector, "one proxy", |answer| answer["expected"] == 1);
    assert_eq!(listed["kubernetes"], json!({"state": "watching", "error": null, "server": "v1.36.3"}));
    let proxy = &listed["proxies"][0];
    assert_eq!((&proxy["pod"], &proxy["zone"]), (&json!("checkout-0"), &json!("z1")), "{proxy}");
    assert_eq!(
        (&proxy["plugin"], &proxy["expected_revision"]),
        (&json!("istio-system/hogusu"), &json!("r1")),
        "{proxy}"
    );

    until(&collector, "watched", |_| server.is_watched("pods") && server.is_watched("wasmplugins"));
    server.tell("pods", "ADDED", &pod("checkout-1"));
    until(&collector, "two proxies", |answer| answer["expected"] == 2);
    server.tell("pods", "DELETED", &pod("checkout-0"));
    until(&collector, "one proxy again", |answer| answer["expected"] == 1);
    server.tell("wasmplugins", "DELETED", &plugin());
    until(&collector, "no proxy", |answer| answer["expected"] == 0);
    assert!(collector.metric("hogusu_collector_kubernetes_watching") > 0.5);
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
}

#[test]
fn without_the_right_to_read_plugin_objects_nobody_knows_who_should_report() {
    let data = folder();
    let server = ApiServer::start(core(vec![pod("checkout-0")]), &["wasmplugins"]);
    let collector = serve(data.path(), &server.kubeconfig());
    let answer = until(&collector, "watching", |answer| answer["kubernetes"]["state"] == "watching");
    assert_eq!(
        (&answer["expected"], &answer["kubernetes"]["error"]),
        (&Value::Null, &json!("wasmplugins: not for you"))
    );
    let map: Value = serde_json::from_slice(&collector.get("/api/v1/map").body).unwrap();
    let statement = "0 seen so far, completeness unknown: plugin objects cannot be read";
    assert_eq!(map["completeness"]["proxies"]["statement"], statement);
    assert_eq!(map["findings"][0]["kind"], "kubernetes_unread", "{map}");
}

#[test]
fn without_an_api_server_that_answers_the_collector_serves_and_says_so() {
    let data = folder();
    // A port that was free a moment ago, and on which nobody listens.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = ApiServer::start(HashMap::new(), &[]);
    let kubeconfig = server.kubeconfig().replace(&server.address().to_string(), &nobody.to_string());
    let collector = serve(data.path(), &kubeconfig);
    assert_eq!(collector.get("/readyz").status, 200);
    let answer = until(&collector, "refused", |answer| answer["kubernetes"]["error"] != "not listed yet");
    assert_eq!(
        (&answer["kubernetes"]["state"], &answer["expected"]),
        (&json!("unreachable"), &Value::Null),
        "{answer}"
    );
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
    assert!(data.path().join("kubernetes.redb").exists());
}
