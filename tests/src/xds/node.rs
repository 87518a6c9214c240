//! The node a sidecar claims to be, with the metadata that istio-agent writes.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

/// The workload behind a sidecar, as the control plane would know it.
#[derive(Clone, Debug)]
pub struct Identity<'a> {
    pub namespace: &'a str,
    pub workload: &'a str,
    pub service_account: &'a str,
    pub revision: &'a str,
    pub k8s_cluster: &'a str,
    pub mesh: &'a str,
    pub address: Ipv4Addr,
}

pub fn node(of: &Identity<'_>) -> Value {
    let (namespace, workload) = (of.namespace, of.workload);
    json!({
        "id": node_id(of),
        "cluster": format!("{workload}.{namespace}"),
        "locality": {"region": "test-1", "zone": "test-1a"},
        "metadata": {
            "NAME": format!("{workload}-0"),
            "NAMESPACE": namespace,
            "CLUSTER_ID": of.k8s_cluster,
            "MESH_ID": of.mesh,
            "WORKLOAD_NAME": workload,
            "LABELS": {
                "app": workload,
                "service.istio.io/canonical-name": workload,
                "service.istio.io/canonical-revision": of.revision,
            },
            "SERVICE_ACCOUNT": of.service_account,
            "OWNER": format!("kubernetes://apis/apps/v1/namespaces/{namespace}/deployments/{workload}"),
            "INSTANCE_IPS": of.address.to_string(),
            "ISTIO_VERSION": "1.30.0",
        },
    })
}

pub fn node_id(of: &Identity<'_>) -> String {
    format!("sidecar~{}~{}-0.{}~{}.svc.cluster.local", of.address, of.workload, of.namespace, of.namespace)
}

/// How istiod describes an endpoint's workload in the endpoint's metadata.
pub fn endpoint_workload(of: &Identity<'_>) -> String {
    let workload = of.workload;
    format!("{workload};{};{workload};{};{}", of.namespace, of.revision, of.k8s_cluster)
}
