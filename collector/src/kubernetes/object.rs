//! A pod as the API server describes it, cut down to what matters here. What other objects make of it is in
//! [`super::scope`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::pod::ProxyKind;
use super::workload;

/// Istio's name for the container that holds its proxy.
const PROXY_CONTAINER: &str = "istio-proxy";
/// The proxy of ambient nodes: its image, and what it is told to be.
const ZTUNNEL: &str = "ztunnel";
/// Tells Istio's agent to start no Envoy.
const NO_ENVOY: &str = "DISABLE_ENVOY";
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
    /// Those of its node, while it uses them or has some of its own.
    pub node_addresses: Vec<IpAddr>,
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
        let (addresses, node_addresses) = match phase {
            // A pod that ended has given its address back.
            "Succeeded" | "Failed" => Default::default(),
            _ => addresses(pod),
        };
        let started = status.and_then(|status| status.start_time.as_ref());
        Some(Self {
            uid: metadata.uid.clone()?,
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            workload: workload::name(metadata),
            service_account: spec.and_then(|spec| spec.service_account_name.clone()).unwrap_or_default(),
            node: spec.and_then(|spec| spec.node_name.clone()).unwrap_or_default(),
            addresses,
            node_addresses,
            labels: metadata.labels.clone().unwrap_or_default(),
            proxy: spec.and_then(|spec| proxy(pod, spec)),
            is_running: phase == "Running" && metadata.deletion_timestamp.is_none(),
            since: started.or(metadata.creation_timestamp.as_ref()).and_then(nanos),
        })
    }
}

/// The pod's own addresses, and those of its node. A pod on its node's network has none of its own.
fn addresses(pod: &Pod) -> (Vec<IpAddr>, Vec<IpAddr>) {
    let Some(status) = &pod.status else { return Default::default() };
    let (one, all) = (status.pod_ip.as_deref(), status.pod_ips.iter().flatten().map(|address| address.ip.as_str()));
    let of_pod = parsed(one.into_iter().chain(all));
    let (one, all) = (status.host_ip.as_deref(), status.host_ips.iter().flatten().map(|address| address.ip.as_str()));
    let of_node = one.into_iter().chain(all);
    let is_on_nodes_network = pod.spec.as_ref().and_then(|spec| spec.host_network).unwrap_or_default();
    match (is_on_nodes_network, of_pod.is_empty()) {
        (_, true) => Default::default(),
        (true, false) => (Vec::new(), merged(of_pod, parsed(of_node))),
        (false, false) => (of_pod, parsed(of_node)),
    }
}

fn parsed<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<IpAddr> {
    let addresses = texts.filter_map(|text| text.parse::<IpAddr>().ok()).map(|ip| ip.to_canonical());
    addresses.collect::<BTreeSet<_>>().into_iter().collect()
}

fn merged(some: Vec<IpAddr>, more: Vec<IpAddr>) -> Vec<IpAddr> {
    some.into_iter().chain(more).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A proxy beside others is a sidecar, also as an init container that goes on; one alone is a gateway.
fn proxy(pod: &Pod, spec: &PodSpec) -> Option<ProxyKind> {
    let as_init = spec.init_containers.iter().flatten().any(runs_plugins);
    let as_container = spec.containers.iter().any(runs_plugins);
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

/// True for a container with Istio's Envoy, which runs plugins. Two others have its name and none: ztunnel, and the agent that only
/// brings certificates to gRPC without a proxy.
pub(crate) fn runs_plugins(container: &Container) -> bool {
    let image = container.image.as_deref().unwrap_or_default();
    let image = image.rsplit('/').next().unwrap_or_default();
    let image = image.split(['@', ':']).next().unwrap_or_default();
    let is_ztunnel = image.starts_with(ZTUNNEL) || container.args.iter().flatten().any(|argument| argument == ZTUNNEL);
    let of_agent = container.env.iter().flatten().filter(|one| one.name == NO_ENVOY);
    // As Go reads it.
    let is_true = |text: &str| matches!(text, "1" | "t" | "T" | "true" | "True" | "TRUE");
    let has_no_envoy = of_agent.filter_map(|one| one.value.as_deref()).any(is_true);
    container.name == PROXY_CONTAINER && !is_ztunnel && !has_no_envoy
}

/// Nanoseconds since the epoch.
fn nanos(time: &Time) -> Option<u64> {
    u64::try_from(time.0.as_nanosecond()).ok()
}
