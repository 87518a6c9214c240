//! Kubernetes objects of the lab's workloads, made whole, as no controller runs. Values in, JSON out.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::istio::workload::{Port, Proxy, Workload};

const NODE: &str = "node1";

pub fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

pub fn node() -> Value {
    let labels = json!({"topology.kubernetes.io/region": "r1", "topology.kubernetes.io/zone": "z1"});
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": labels}})
}

/// Service account, pod, Service and endpoints of one workload with one pod.
pub fn of_workload(workload: &Workload, pod: Ipv4Addr, service: Ipv4Addr) -> Vec<Value> {
    if workload.stateful_set.is_some() {
        return vec![self::pod(workload), endpoints(workload, pod)];
    }
    let mut objects = vec![service_account(workload), self::pod(workload)];
    if !workload.ports.is_empty() {
        objects.push(endpoints(workload, pod));
        if workload.is_first() {
            objects.push(self::service(workload, service));
        }
    }
    if let Some(sidecar) = loopback_ingress(workload) {
        objects.push(sidecar);
    }
    objects
}

pub fn pod_status(workload: &Workload, address: Ipv4Addr) -> Value {
    let conditions = ["Ready", "ContainersReady", "Initialized", "PodScheduled"];
    let conditions = conditions.map(|kind| json!({"type": kind, "status": "True"}));
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": workload.pod(), "namespace": workload.namespace},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": conditions},
    })
}

fn service_account(workload: &Workload) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": workload.name, "namespace": workload.namespace}})
}

fn pod(workload: &Workload) -> Value {
    if let Some(set) = &workload.stateful_set {
        return pod_of_set(workload, set);
    }
    let deployment = workload.deployment();
    let mut containers = vec![json!({"name": "app", "image": "app:v1"})];
    let mut annotations = json!({});
    if workload.proxy == Proxy::Waypoint {
        containers = vec![sidecar()];
    } else if workload.proxy != Proxy::None {
        annotations[INJECTED.0] = json!(INJECTED.1);
        containers.push(sidecar());
    }
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": workload.pod(), "namespace": workload.namespace,
            "labels": workload.pod_labels(), "annotations": annotations,
            // Istiod reads the owner only of a pod whose name was generated.
            "generateName": format!("{deployment}-7d9f-"),
            "ownerReferences": [owner("ReplicaSet", &format!("{deployment}-7d9f"))],
        },
        "spec": {"nodeName": NODE, "serviceAccountName": workload.service_account(), "containers": containers},
    })
}

/// What the controller of StatefulSets makes of a template, and Istio's injection of that.
fn pod_of_set(workload: &Workload, set: &Value) -> Value {
    let template = &set["spec"]["template"];
    let (mut annotations, mut spec) = (template["metadata"]["annotations"].clone(), template["spec"].clone());
    annotations[INJECTED.0] = json!(INJECTED.1);
    spec["nodeName"] = json!(NODE);
    if let Some(containers) = spec["containers"].as_array_mut() {
        containers.push(sidecar());
    }
    let claims = set["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
    let claims = claims.map(|claim| {
        let name = &claim["metadata"]["name"];
        let claim = format!("{}-{}", name.as_str().unwrap_or_default(), workload.pod());
        json!({"name": name, "persistentVolumeClaim": {"claimName": claim}})
    });
    spec["volumes"] = claims.collect();
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": workload.pod(), "namespace": workload.namespace,
            "labels": workload.pod_labels(), "annotations": annotations,
            "generateName": format!("{}-", workload.name),
            "ownerReferences": [owner("StatefulSet", &workload.name)],
        },
        "spec": spec,
    })
}

/// How the injection marks what it changed.
const INJECTED: (&str, &str) = ("sidecar.istio.io/status", r#"{"containers":["istio-proxy"]}"#);

fn sidecar() -> Value {
    json!({"name": "istio-proxy", "image": "proxyv2"})
}

fn owner(kind: &str, name: &str) -> Value {
    let uid = "00000000-0000-0000-0000-000000000001";
    json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "controller": true, "uid": uid})
}

fn service(workload: &Workload, address: Ipv4Addr) -> Value {
    let ports = workload.ports.iter();
    let ports: Vec<_> = ports
        .map(|port| json!({"name": port.name, "port": port.number, "targetPort": port.number, "protocol": "TCP"}))
        .collect();
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": workload.name, "namespace": workload.namespace},
        "spec": {"clusterIP": address, "selector": {"app": workload.name}, "ports": ports},
    })
}

fn endpoints(workload: &Workload, address: Ipv4Addr) -> Value {
    let ports = workload.ports.iter();
    let ports: Vec<_> = ports.map(|port| json!({"name": port.name, "port": port.number, "protocol": "TCP"})).collect();
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": workload.deployment(), "namespace": workload.namespace,
            "labels": {"kubernetes.io/service-name": workload.name, "endpointslice.kubernetes.io/managed-by": "lab"},
        },
        "addressType": "IPv4", "ports": ports,
        "endpoints": [{
            "addresses": [address], "nodeName": NODE,
            "conditions": {"ready": true, "serving": true, "terminating": false},
            "targetRef": {"kind": "Pod", "name": workload.pod(), "namespace": workload.namespace},
        }],
    })
}

/// An application that listens on loopback alone is reached through its sidecar or not at all.
fn loopback_ingress(workload: &Workload) -> Option<Value> {
    let ingress = |port: &Port| {
        json!({
            "port": {"number": port.number, "protocol": protocol(port), "name": port.name},
            "defaultEndpoint": format!("127.0.0.1:{}", port.number),
        })
    };
    workload.loopback.then(|| {
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "Sidecar",
            "metadata": {"name": workload.name, "namespace": workload.namespace},
            "spec": {
                "workloadSelector": {"labels": {"app": workload.name}},
                "ingress": workload.ports.iter().map(ingress).collect::<Vec<_>>(),
                "egress": [{"hosts": ["./*"]}],
            },
        })
    })
}

/// What Istio reads from a port's name.
fn protocol(port: &Port) -> &'static str {
    if port.name.starts_with("http2") { "HTTP2" } else { "HTTP" }
}
