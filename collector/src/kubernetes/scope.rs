//! Whether a pod's proxy should report: it runs, and a plugin object of ours covers it, by Istio's rules of what a plugin
//! object covers.

use std::collections::BTreeMap;

use super::object::PodObject;
use super::plugin::{Plugin, Target};
use super::pod::{ProxyKind, Standing};

/// Says of which gateway, or waypoint, a pod is one.
pub(crate) const GATEWAY_LABEL: &str = "gateway.networking.k8s.io/gateway-name";
/// The only class that Istio lets a plugin object name.
pub(crate) const WAYPOINT_CLASS: &str = "istio-waypoint";
const MODE_LABEL: &str = "istio.io/dataplane-mode";
const WAYPOINT_LABEL: &str = "istio.io/use-waypoint";
const WAYPOINT_NAMESPACE_LABEL: &str = "istio.io/use-waypoint-namespace";

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// What decides beside the pod itself.
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

    fn covers(&self, plugin: &Plugin, pod: &PodObject, kind: ProxyKind) -> bool {
        if plugin.targets.is_empty() {
            return kind != ProxyKind::Waypoint && self.reaches(plugin, pod);
        }
        plugin.targets.iter().any(|target| self.is_target(plugin, target, pod))
    }

    fn reaches(&self, plugin: &Plugin, pod: &PodObject) -> bool {
        let in_scope = plugin.namespace == pod.namespace || plugin.namespace == self.root_namespace;
        let has = |(key, value): (&String, &String)| pod.labels.get(key) == Some(value);
        in_scope && plugin.targets.is_empty() && plugin.selector.iter().all(has)
    }

    fn is_target(&self, plugin: &Plugin, target: &Target, pod: &PodObject) -> bool {
        let is_gateway = |namespace: &str, name: &str| {
            pod.namespace == namespace && pod.labels.get(GATEWAY_LABEL).is_some_and(|own| own == name)
        };
        let is_waypoint = pod.proxy == Some(ProxyKind::Waypoint);
        match target.kind.as_str() {
            "Gateway" => is_gateway(&plugin.namespace, &target.name),
            "GatewayClass" => plugin.namespace == self.root_namespace && target.name == WAYPOINT_CLASS && is_waypoint,
            "Service" if is_waypoint => self
                .waypoint_of(&plugin.namespace, &target.name)
                .is_some_and(|(namespace, name)| is_gateway(namespace, name)),
            _ => false,
        }
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
