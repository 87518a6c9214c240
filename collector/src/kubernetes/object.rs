//! A pod as the API server describes it, cut down to what matters here. What other objects make of it is in
//! [`super::scope`].

use std::collections::BTreeMap;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::pod::ProxyKind;
use super::workload;

/// Istio's name for the container that holds its proxy.
const PROXY_CONTAINER: &str = "istio-proxy";
/// Says which of Istio's controllers made a gateway's pod.
const MANAGED_LABEL: &str = "gateway.istio.io/managed";
/// That of waypoints.
const WAYPOINT_CONTROLLER: &str = "istio.io-mesh-controller";

/// What is kept of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodObject {
    /// Unique among all pods that ever were.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Name of its workload.
    pub workload: String,
    /// Its service account.
    pub service_account: String,
    /// The node it runs on.
    pub node: String,
    /// Its own addresses.
    pub addresses: Vec<IpAddr>,
    /// Its labels: selectors ask for them.
    pub labels: BTreeMap<String, String>,
    /// Its proxy; `None` without one.
    pub proxy: Option<ProxyKind>,
    /// It runs, and nobody has asked it to end.
    pub is_running: bool,
    /// When its node took it; when it was made, where that is not known.
    pub since: Option<u64>,
}

impl PodObject {
    /// Reads it; `None` without a uid.
    #[must_use]
    pub fn of(pod: &Pod) -> Option<Self> {
        let metadata = &pod.metadata;
        let spec = pod.spec.as_ref();
        let status = pod.status.as_ref();
        let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or_default();
        // A pod that ended has given its address back, and one on its node's network never had one of its own.
        let has_own_address =
            !matches!(phase, "Succeeded" | "Failed") && !spec.and_then(|spec| spec.host_network).unwrap_or_default();
        let started = status.and_then(|status| status.start_time.as_ref());
        Some(Self {
            uid: metadata.uid.clone()?,
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            workload: workload::name(metadata),
            service_account: spec.and_then(|spec| spec.service_account_name.clone()).unwrap_or_default(),
            node: spec.and_then(|spec| spec.node_name.clone()).unwrap_or_default(),
            addresses: if has_own_address { addresses(pod) } else { Vec::new() },
            labels: metadata.labels.clone().unwrap_or_default(),
            proxy: spec.and_then(|spec| proxy(pod, spec)),
            is_running: phase == "Running" && metadata.deletion_timestamp.is_none(),
            since: started.or(metadata.creation_timestamp.as_ref()).and_then(nanos),
        })
    }
}

fn addresses(pod: &Pod) -> Vec<IpAddr> {
    let status = pod.status.as_ref();
    let one = status.and_then(|status| status.pod_ip.as_deref());
    let all =
        status.and_then(|status| status.pod_ips.as_ref()).into_iter().flatten().map(|address| address.ip.as_str());
    let mut found: Vec<IpAddr> =
        one.into_iter().chain(all).filter_map(|text| text.parse::<IpAddr>().ok()).map(|ip| ip.to_canonical()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// A proxy beside others is a sidecar, also as an init container that goes on; one alone is a gateway.
fn proxy(pod: &Pod, spec: &PodSpec) -> Option<ProxyKind> {
    let is_proxy = |name: &str| name == PROXY_CONTAINER;
    let as_init = spec.init_containers.iter().flatten().any(|container| is_proxy(&container.name));
    let as_container = spec.containers.iter().any(|container| is_proxy(&container.name));
    if !as_init && !as_container {
        return None;
    }
    let managed = pod.metadata.labels.as_ref().and_then(|labels| labels.get(MANAGED_LABEL));
    if managed.is_some_and(|controller| controller == WAYPOINT_CONTROLLER) {
        return Some(ProxyKind::Waypoint);
    }
    let is_alone = as_container && spec.containers.len() == 1;
    Some(if is_alone { ProxyKind::Gateway } else { ProxyKind::Sidecar })
}

/// Nanoseconds since the epoch.
fn nanos(time: &Time) -> Option<u64> {
    u64::try_from(time.0.as_nanosecond()).ok()
}
