//! Objects as the API server sends them, built by hand.

use hogusu_collector::kubernetes::object::PodObject;
use hogusu_collector::kubernetes::plugin::Plugin;
use k8s_openapi::api::core::v1::Pod as ApiPod;
use kube::core::{DynamicObject, ObjectMeta};
use serde_json::{Value, json};

pub(crate) const SECOND: u64 = 1_000_000_000;
/// 2026-11-24T14:00:00Z, when every pod began.
pub(crate) const BEGAN: u64 = 1_795_528_800 * SECOND;

/// A running pod `namespace/name-7d9f-0` of Deployment `name`, with a sidecar.
pub(crate) fn pod(name: &str, address: &str) -> Value {
    let (namespace, name) = name.split_once('/').unwrap();
    json!({
        "metadata": {
            "uid": format!("uid-{namespace}-{name}"), "namespace": namespace, "name": format!("{name}-7d9f-0"),
            "generateName": format!("{name}-7d9f-"), "labels": {"app": name, "pod-template-hash": "7d9f"},
            "creationTimestamp": "2026-11-24T13:59:00Z",
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("{name}-7d9f"), "controller": true, "uid": "1"},
            ],
        },
        "spec": {
            "nodeName": "node1", "serviceAccountName": name,
            "containers": [{"name": "app"}, {"name": "istio-proxy"}],
        },
        "status": {
            "phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "startTime": "2026-11-24T14:00:00Z",
        },
    })
}

pub(crate) fn parsed(pod: &Value) -> ApiPod {
    serde_json::from_value(pod.clone()).unwrap()
}

pub(crate) fn object(pod: &Value) -> PodObject {
    PodObject::of(&parsed(pod)).unwrap()
}

/// Metadata of an object with labels.
pub(crate) fn labelled(namespace: Option<&str>, name: &str, labels: &[(&str, &str)]) -> ObjectMeta {
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    ObjectMeta {
        namespace: namespace.map(str::to_owned),
        name: Some(name.to_owned()),
        labels: Some(labels),
        ..ObjectMeta::default()
    }
}

/// A WasmPlugin of ours called `hogusu`, with what `spec` adds.
pub(crate) fn plugin(namespace: &str, spec: Value) -> DynamicObject {
    let mut whole = json!({"pluginName": "hogusu", "pluginConfig": {"revision": "r1"}});
    let Value::Object(spec) = spec else { panic!("a spec is an object") };
    whole.as_object_mut().unwrap().extend(spec);
    let object = json!({
        "apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin",
        "metadata": {"namespace": namespace, "name": "hogusu"}, "spec": whole,
    });
    serde_json::from_value(object).unwrap()
}

pub(crate) fn ours(namespace: &str, spec: Value) -> Plugin {
    Plugin::of(&plugin(namespace, spec)).unwrap()
}
