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
    let mut objects = vec![service_account(workload), self::pod(workload)];
    if !workload.ports.is_empty() {
        objects.extend([self::service(workload, service), endpoints(workload, pod)]);
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
    let deployment = workload.deployment();
    let mut labels = json!({"app": workload.name, "version": "v1", "pod-template-hash": "7d9f"});
    let mut containers = vec![json!({"name": "app", "image": "app:v1"})];
    let mut annotations = json!({});
    if workload.proxy != Proxy::None {
        labels["service.istio.io/canonical-name"] = json!(workload.name);
        labels["service.istio.io/canonical-revision"] = json!("v1");
        labels["security.istio.io/tlsMode"] = json!("istio");
        annotations["sidecar.istio.io/status"] = json!(r#"{"containers":["istio-proxy"]}"#);
        containers.push(json!({"name": "istio-proxy", "image": "proxyv2"}));
    }
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": workload.pod(), "namespace": workload.namespace, "labels": labels, "annotations": annotations,
            // Istiod reads the owner only of a pod whose name was generated.
            "generateName": format!("{deployment}-7d9f-"),
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("{deployment}-7d9f"), "controller": true,
                "uid": "00000000-0000-0000-0000-000000000001",
            }],
        },
        "spec": {"nodeName": NODE, "serviceAccountName": workload.name, "containers": containers},
    })
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
            "name": format!("{}-1", workload.name), "namespace": workload.namespace,
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
            "port": {"number": port.number, "protocol": "HTTP", "name": port.name},
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
