//! Which proxies Istio gives a plugin object to, by its own rule (`ShouldAttachPolicy` in its source): labels choose sidecars and
//! gateways, those of the Kubernetes Gateway API among them unless istiod is told otherwise; names in `targetRefs` choose such gateways
//! and waypoints; no labels choose a waypoint.

use super::facts::{Known, Labels, Place, Plugin, Pod, Unread};
use crate::kubernetes::pod::ProxyKind;
use crate::kubernetes::scope::{GATEWAY_LABEL, WAYPOINT_CLASS};

/// Where two plugin objects meet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// Nowhere.
    None,
    /// At what both name, or wherever the one applies.
    Whole,
    /// At this pod at least.
    At(Pod),
}

/// Whether Istio gives this plugin to that pod. Services and ServiceEntries that it names are not followed to their waypoints.
pub(super) fn applies(plugin: &Plugin, pod: &Pod, place: &Place) -> bool {
    if plugin.targets.is_empty() {
        return !is_by_name(pod, place) && chooses(plugin, pod, place);
    }
    pod.is_running && plugin.targets.iter().any(|target| is_target(plugin, target, pod, place))
}

/// Whether no labels ever choose this pod's proxy.
pub(super) fn is_by_name(pod: &Pod, place: &Place) -> bool {
    pod.proxy == Some(ProxyKind::Waypoint) || (place.gateways_by_name && pod.gateway().is_some())
}

/// By namespace and labels alone.
pub(super) fn chooses(plugin: &Plugin, pod: &Pod, place: &Place) -> bool {
    let is_here = plugin.name.namespace == pod.name.namespace || in_root(plugin, place);
    is_here && pod.is_running && selects(&plugin.selector, &pod.labels)
}

/// An empty selector chooses everything.
pub(super) fn selects(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(name, value)| labels.get(name) == Some(value))
}

fn is_target(plugin: &Plugin, target: &str, pod: &Pod, place: &Place) -> bool {
    match target.split_once('/') {
        Some(("Gateway", name)) => plugin.name.namespace == pod.name.namespace && pod.gateway() == Some(name),
        Some(("GatewayClass", WAYPOINT_CLASS)) => in_root(plugin, place) && pod.proxy == Some(ProxyKind::Waypoint),
        _ => false,
    }
}

fn in_root(plugin: &Plugin, place: &Place) -> bool {
    plugin.name.namespace == place.root_namespace
}

/// Whether some proxy gets both. Where only the pods could tell and they are not known, that is said.
pub(super) fn meeting(
    first: &Plugin,
    second: &Plugin,
    pods: &Known<Vec<Pod>>,
    place: &Place,
) -> Result<Meeting, Unread> {
    let is_one_namespace = first.name.namespace == second.name.namespace;
    if !is_one_namespace && !in_root(first, place) && !in_root(second, place) {
        return Ok(Meeting::None);
    }
    let names_the_same = is_one_namespace && first.targets.iter().any(|target| second.targets.contains(target));
    let takes_all = |plugin: &Plugin| plugin.targets.is_empty() && plugin.selector.is_empty();
    if names_the_same || (takes_all(first) && takes_all(second)) {
        return Ok(Meeting::Whole);
    }
    let pods = pods.as_ref().map_err(Clone::clone)?;
    let both = |pod: &&Pod| pod.has_proxy() && applies(first, pod, place) && applies(second, pod, place);
    Ok(pods.iter().find(both).cloned().map_or(Meeting::None, Meeting::At))
}

impl Pod {
    /// The gateway of the Kubernetes Gateway API, or the waypoint, that it is one of.
    pub(super) fn gateway(&self) -> Option<&str> {
        self.labels.get(GATEWAY_LABEL).map(String::as_str)
    }
}
