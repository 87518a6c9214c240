//! Whether a pod's proxy should report: it runs, and a plugin object of ours covers it. `Rule` is Istio's own rule of what it
//! covers (`ShouldAttachPolicy` in its source), for every stage that asks.

use std::collections::BTreeMap;

use super::object::PodObject;
use super::plugin::{Plugin, Target};
use super::pod::{ProxyKind, Standing};

/// Says of which gateway, or waypoint, a pod is one.
pub(crate) const GATEWAY_LABEL: &str = "gateway.networking.k8s.io/gateway-name";
/// With `false`, istiod gives gateways of the Kubernetes Gateway API only the plugin objects that name them. It is `true` by default.
pub(crate) const GATEWAY_SETTING: &str = "ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY";
/// The only class that Istio lets a plugin object name.
const WAYPOINT_CLASS: &str = "istio-waypoint";
const GATEWAY_API: &str = "gateway.networking.k8s.io";
const MODE_LABEL: &str = "istio.io/dataplane-mode";
const WAYPOINT_LABEL: &str = "istio.io/use-waypoint";
const WAYPOINT_NAMESPACE_LABEL: &str = "istio.io/use-waypoint-namespace";

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// Whom a plugin object is for.
#[derive(Clone, Copy)]
pub(crate) struct Policy<'a> {
    /// Its namespace.
    pub(crate) namespace: &'a str,
    /// Labels that a pod must have.
    pub(crate) selector: &'a Labels,
    /// What it is attached to by name instead.
    pub(crate) targets: &'a [Target],
}

/// Who may get it.
#[derive(Clone, Copy)]
pub(crate) struct Proxy<'a> {
    /// Namespace of its pod.
    pub(crate) namespace: &'a str,
    /// Labels of that.
    pub(crate) labels: &'a Labels,
    /// It is a waypoint.
    pub(crate) is_waypoint: bool,
}

/// Whether Istio gives a plugin object to a proxy.
#[derive(Clone, Copy)]
pub(crate) struct Rule<'a> {
    /// Namespace whose plugin objects are for every namespace.
    pub(crate) root_namespace: &'a str,
    /// No labels choose gateways of the Kubernetes Gateway API: [`GATEWAY_SETTING`] is `false`.
    pub(crate) gateways_by_name: bool,
}

/// What a target names, where it names anything that Istio attaches plugin objects to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// A gateway or a waypoint of the plugin object's own namespace.
    Gateway(&'a str),
    /// Every waypoint of the mesh.
    Waypoints,
    /// Waypoints in front of a Service of that namespace.
    Service(&'a str),
    /// Waypoints in front of a ServiceEntry of that namespace.
    ServiceEntry(&'a str),
}

impl Rule<'_> {
    /// Labels choose sidecars, and gateways as far as they may; names choose gateways and waypoints. `stands_before` says whether
    /// the proxy, a waypoint, is in front of a Service of the plugin object's namespace. ServiceEntries are not followed.
    pub(crate) fn attaches(self, policy: Policy<'_>, proxy: Proxy<'_>, stands_before: impl Fn(&str) -> bool) -> bool {
        let gateway = proxy.labels.get(GATEWAY_LABEL);
        if policy.targets.is_empty() {
            let is_by_name = gateway.is_some() && (proxy.is_waypoint || self.gateways_by_name);
            return !is_by_name && self.chooses(policy, proxy.namespace, proxy.labels);
        }
        let Some(gateway) = gateway else { return false };
        policy.targets.iter().filter_map(|target| self.named(policy.namespace, target)).any(|named| match named {
            Named::Gateway(name) => policy.namespace == proxy.namespace && name == gateway,
            Named::Waypoints => proxy.is_waypoint,
            Named::Service(name) => proxy.is_waypoint && stands_before(name),
            Named::ServiceEntry(_) => false,
        })
    }

    /// By namespace and labels alone, of what has no targets.
    pub(crate) fn chooses(self, policy: Policy<'_>, namespace: &str, labels: &Labels) -> bool {
        let is_here = policy.namespace == namespace || policy.namespace == self.root_namespace;
        is_here && policy.targets.is_empty() && selects(policy.selector, labels)
    }

    /// What a plugin object in `namespace` names by this target.
    pub(crate) fn named<'t>(self, namespace: &str, target: &'t Target) -> Option<Named<'t>> {
        let is_own = target.namespace.is_empty() || target.namespace == namespace;
        match (target.group.as_str(), target.kind.as_str(), target.name.as_str()) {
            (GATEWAY_API, "Gateway", name) if is_own => Some(Named::Gateway(name)),
            (GATEWAY_API, "GatewayClass", WAYPOINT_CLASS) if namespace == self.root_namespace => Some(Named::Waypoints),
            ("" | "core", "Service", name) => Some(Named::Service(name)),
            ("networking.istio.io", "ServiceEntry", name) => Some(Named::ServiceEntry(name)),
            _ => None,
        }
    }
}

/// An empty selector chooses everything.
pub(crate) fn selects(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(name, value)| labels.get(name) == Some(value))
}

/// What decides beside the pod itself. istiod's setting `ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY` is not read: by its default labels
/// choose gateways. Where it is `false`, gateways that a plugin object chooses by labels or namespace alone are expected all the
/// same, and stay never reported.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Namespace whose plugin objects cover every namespace.
    pub root_namespace: String,
    /// Plugin objects of ours, by `namespace/name`.
    pub plugins: BTreeMap<String, Plugin>,
    /// Labels of namespaces.
    pub namespaces: BTreeMap<String, Labels>,
    /// Labels of Services, by (namespace, name).
    pub services: BTreeMap<(String, String), Labels>,
}

impl Scope {
    /// Where the pod stands.
    #[must_use]
    pub fn standing(&self, pod: &PodObject) -> Standing {
        if !pod.is_running {
            return Standing::Apart;
        }
        match pod.proxy {
            Some(kind) => {
                let covering = self.first(&pod.namespace, |plugin| self.covers(plugin, pod, kind));
                covering.map_or(Standing::Apart, |plugin| Standing::Expected { kind, plugin })
            }
            None if self.is_ambient(pod) => {
                let reaching = self.first(&pod.namespace, |plugin| self.reaches(plugin, pod));
                reaching.map_or(Standing::Apart, |plugin| Standing::NotObservable { plugin })
            }
            None => Standing::Apart,
        }
    }

    /// The pod's own namespace before the root, then by name.
    fn first(&self, namespace: &str, covers: impl Fn(&Plugin) -> bool) -> Option<String> {
        let covering = self.plugins.values().filter(|plugin| covers(plugin));
        covering.min_by_key(|plugin| (plugin.namespace != namespace, &plugin.name)).map(Plugin::label)
    }

    fn rule(&self) -> Rule<'_> {
        Rule { root_namespace: &self.root_namespace, gateways_by_name: false }
    }

    fn covers(&self, plugin: &Plugin, pod: &PodObject, kind: ProxyKind) -> bool {
        let is_waypoint = kind == ProxyKind::Waypoint;
        let proxy = Proxy { namespace: &pod.namespace, labels: &pod.labels, is_waypoint };
        self.rule().attaches(plugin.policy(), proxy, |service| {
            let waypoint = self.waypoint_of(&plugin.namespace, service);
            waypoint.is_some_and(|(namespace, name)| {
                pod.namespace == namespace && pod.labels.get(GATEWAY_LABEL).is_some_and(|own| own == name)
            })
        })
    }

    fn reaches(&self, plugin: &Plugin, pod: &PodObject) -> bool {
        self.rule().chooses(plugin.policy(), &pod.namespace, &pod.labels)
    }

    /// Namespace and name of the waypoint that stands before a Service: its own word, else its namespace's.
    fn waypoint_of<'a>(&'a self, namespace: &'a str, service: &str) -> Option<(&'a str, &'a str)> {
        let own = self.services.get(&(namespace.to_owned(), service.to_owned()));
        let named = own.into_iter().chain(self.namespaces.get(namespace));
        let labels = named.into_iter().find(|labels| labels.contains_key(WAYPOINT_LABEL))?;
        let name = labels.get(WAYPOINT_LABEL).filter(|name| *name != "none")?;
        Some((labels.get(WAYPOINT_NAMESPACE_LABEL).map_or(namespace, String::as_str), name))
    }

    /// The pod's own label wins over its namespace's.
    fn is_ambient(&self, pod: &PodObject) -> bool {
        let of_namespace = self.namespaces.get(&pod.namespace).and_then(|labels| labels.get(MODE_LABEL));
        pod.labels.get(MODE_LABEL).or(of_namespace).is_some_and(|mode| mode == "ambient")
    }
}

impl Plugin {
    /// Whom it is for.
    fn policy(&self) -> Policy<'_> {
        Policy { namespace: &self.namespace, selector: &self.selector, targets: &self.targets }
    }
}
