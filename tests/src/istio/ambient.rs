//! A lab whose istiod knows waypoints: its feature switch, the Gateway API's definitions, and a waypoint with what makes it run in an
//! Envoy without Istio's own filters. There is no ztunnel: a gateway sends into the tunnel, and who is behind the waypoint has no proxy.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::istio::IstioLab;
use crate::istio::istiod::Istiod;
use crate::istio::programs::program;
use crate::istio::workload::{TUNNEL_PORT, WAYPOINT_CLASS, Workload};

/// Pod and Service of a waypoint are the lab's to make: Istio's controller would need its injection, and a kubelet.
const FEATURES: [(&str, &str); 2] =
    [("PILOT_ENABLE_AMBIENT", "true"), ("PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER", "false")];
const DEFINITIONS: [&str; 2] =
    ["crd/gatewayclasses.gateway.networking.k8s.io", "crd/gateways.gateway.networking.k8s.io"];
/// What only Istio's build of Envoy has, and no switch of istiod's takes away.
const ISTIO_ALONE: [&str; 2] = ["waypoint_downstream_peer_metadata", "waypoint_upstream_peer_metadata"];

impl IstioLab {
    /// Starts istiod again, in ambient mode. `restart_istiod` would end that.
    pub async fn make_ambient(&mut self) -> Result<()> {
        let file = program("gateway-api.yaml");
        let file = file.to_str().context("a path in UTF-8")?;
        self.kube.ask(&["apply", "--server-side", "-f", file]).await?;
        self.kube.ask(&[&["wait", "--for=condition=Established"], &DEFINITIONS[..]].concat()).await?;
        self.istiod.kill().await?;
        let folder = self.workdir.folder("istiod-ambient")?;
        self.istiod = Istiod::start_with(&self.network, self.kube.kubeconfig(), &folder, &FEATURES).await?;
        Ok(())
    }

    /// Starts a waypoint; istiod itself makes its class, accepts its Gateway and finds its address.
    pub async fn add_waypoint(&mut self, waypoint: &Workload) -> Result<()> {
        self.kube.apply(&[gateway(waypoint), without_istio_alone(waypoint)]).await?;
        self.add(std::slice::from_ref(waypoint)).await
    }

    /// Puts a waypoint before a workload's Service, for what comes from gateways, too.
    pub async fn put_before(&self, waypoint: &Workload, service: &Workload) -> Result<()> {
        let label = format!("istio.io/use-waypoint={}", waypoint.name);
        let labels = [label.as_str(), "istio.io/ingress-use-waypoint=true"];
        let service = ["label", "service", &service.name, "-n", &service.namespace];
        self.kube.ask(&[&service[..], &labels].concat()).await.map(drop)
    }
}

fn gateway(waypoint: &Workload) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": waypoint.name, "namespace": waypoint.namespace},
        "spec": {
            "gatewayClassName": WAYPOINT_CLASS,
            "listeners": [{"name": "mesh", "port": TUNNEL_PORT, "protocol": "HBONE"}],
        },
    })
}

/// Takes away from the waypoint's listeners what a plain Envoy refuses, and adds nothing.
fn without_istio_alone(waypoint: &Workload) -> Value {
    let manager = "envoy.filters.network.http_connection_manager";
    let patches = ISTIO_ALONE.map(|name| {
        let filter = json!({"filter": {"name": manager, "subFilter": {"name": name}}});
        json!({
            "applyTo": "HTTP_FILTER", "patch": {"operation": "REMOVE"},
            "match": {"context": "SIDECAR_INBOUND", "listener": {"filterChain": filter}},
        })
    });
    json!({
        "apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter",
        "metadata": {"name": "without-istio-alone", "namespace": waypoint.namespace},
        "spec": {
            "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": waypoint.name}],
            "configPatches": patches,
        },
    })
}
