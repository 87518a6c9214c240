//! The API server's objects as they are now, kind by kind, and what a change of them means for the record. Pure: events
//! and the time come in as arguments.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use k8s_openapi::api::core::v1::Pod as ApiPod;
use kube::core::{DynamicObject, ObjectMeta};
use kube::runtime::watcher::Event;

use super::object::PodObject;
use super::plugin::Plugin;
use super::pod::{Pod, Standing};
use super::record::{Asked, Record};
use super::scope::Scope;

const ZONE_LABEL: &str = "topology.kubernetes.io/zone";

/// Kinds of objects that are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Pods: addresses, workloads, proxies.
    Pods,
    /// Nodes: zones. Metadata only.
    Nodes,
    /// Namespaces: whether they are ambient. Metadata only.
    Namespaces,
    /// Services: which waypoint stands before them. Metadata only.
    Services,
    /// Istio's plugin objects.
    WasmPlugins,
    /// Their successors, where the API server has them.
    TrafficExtensions,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Pods, Self::Nodes, Self::Namespaces, Self::Services, Self::WasmPlugins, Self::TrafficExtensions];

    /// As the API server spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pods => "pods",
            Self::Nodes => "nodes",
            Self::Namespaces => "namespaces",
            Self::Services => "services",
            Self::WasmPlugins => "wasmplugins",
            Self::TrafficExtensions => "trafficextensions",
        }
    }
}

/// Objects as they are now.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    pods: HashMap<String, PodObject>,
    /// Zones by node.
    zones: HashMap<String, String>,
    scope: Scope,
    /// What each plugin object asks for, and since when.
    asked: BTreeMap<String, Asked>,
    /// Plugin objects by the kind they came by.
    plugins: BTreeMap<(Kind, String), Plugin>,
    /// Names met in a listing that is under way.
    listing: BTreeMap<Kind, HashSet<String>>,
    /// Kinds that were listed whole at least once.
    listed: BTreeSet<Kind>,
    /// Something changed that other pods may depend on.
    is_stale: bool,
}

impl Objects {
    /// Nothing known yet.
    #[must_use]
    pub fn new(root_namespace: &str) -> Self {
        let scope = Scope { root_namespace: root_namespace.to_owned(), ..Scope::default() };
        Self { scope, ..Self::default() }
    }

    /// True once the kind was listed whole.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.listed.contains(&kind)
    }

    /// A pod came, changed or went.
    pub fn pod(&mut self, event: Event<ApiPod>, record: &mut Record, is_settled: bool, now: u64) {
        match self.told(Kind::Pods, event, |pod| pod.metadata.uid.clone()) {
            Told::Present(uid, pod) => {
                let Some(pod) = PodObject::of(&pod) else { return };
                if is_settled {
                    self.record_pod(&pod, record, now);
                }
                self.pods.insert(uid, pod);
            }
            Told::Gone(uid) => {
                self.pods.remove(&uid);
                record.history.gone(&uid, now);
                record.agents.remove(&uid);
            }
            Told::Listed(present) => {
                self.pods.retain(|uid, _| present.contains(uid));
                self.is_stale = true;
            }
            Told::Nothing => {}
        }
    }

    /// A node came, changed or went.
    pub fn node(&mut self, event: Event<ObjectMeta>) {
        match self.told(Kind::Nodes, event, |meta| meta.name.clone()) {
            Told::Present(name, meta) => {
                let zone = meta.labels.unwrap_or_default().remove(ZONE_LABEL).unwrap_or_default();
                let before = self.zones.insert(name, zone.clone());
                self.is_stale |= before.as_ref() != Some(&zone);
            }
            // Pods of a node that is gone were in its zone all the same.
            Told::Gone(_) | Told::Listed(_) | Told::Nothing => {}
        }
    }

    /// A namespace came, changed or went.
    pub fn namespace(&mut self, event: Event<ObjectMeta>) {
        let told = self.told(Kind::Namespaces, event, |meta| meta.name.clone());
        self.is_stale |= keep(&mut self.scope.namespaces, told, Some, |meta| meta.labels.unwrap_or_default());
    }

    /// A Service came, changed or went.
    pub fn service(&mut self, event: Event<ObjectMeta>) {
        let told = self.told(Kind::Services, event, |meta| {
            Some(format!("{}/{}", meta.namespace.as_deref()?, meta.name.as_deref()?))
        });
        let split =
            |name: String| name.split_once('/').map(|(namespace, name)| (namespace.to_owned(), name.to_owned()));
        self.is_stale |= keep(&mut self.scope.services, told, split, |meta| meta.labels.unwrap_or_default());
    }

    /// A plugin object came, changed or went. One that is not ours is like none.
    pub fn plugin(&mut self, kind: Kind, event: Event<DynamicObject>, now: u64) {
        let name = |object: &DynamicObject| {
            let metadata = &object.metadata;
            Some(format!("{}/{}", metadata.namespace.as_deref()?, metadata.name.as_deref()?))
        };
        match self.told(kind, event, name) {
            Told::Present(name, object) => match Plugin::of(&object) {
                Some(plugin) => drop(self.plugins.insert((kind, name), plugin)),
                None => drop(self.plugins.remove(&(kind, name))),
            },
            Told::Gone(name) => drop(self.plugins.remove(&(kind, name))),
            Told::Listed(present) => self.plugins.retain(|(of, name), _| *of != kind || present.contains(name)),
            Told::Nothing => return,
        }
        self.scope.plugins = self.plugins.values().map(|plugin| (plugin.label(), plugin.clone())).collect();
        self.asked.retain(|name, _| self.scope.plugins.contains_key(name));
        for (name, plugin) in &self.scope.plugins {
            let asked = self.asked.entry(name.clone()).or_insert_with(|| Asked { revision: None, since: now });
            if asked.revision != plugin.revision {
                *asked = Asked { revision: plugin.revision.clone(), since: now };
            }
        }
        self.is_stale = true;
    }

    /// Brings the record up to date with everything, where something changed that more than one pod depends on.
    pub fn settle(&mut self, record: &mut Record, plugins_known: bool, now: u64) {
        record.plugins = plugins_known.then(|| self.asked.clone());
        if !std::mem::take(&mut self.is_stale) {
            return;
        }
        record.history.listed(&self.pods.keys().cloned().collect(), now);
        for pod in self.pods.values() {
            self.record_pod(pod, record, now);
        }
    }

    /// Records a pod once it or its node has an address, or it has a proxy that should report; before that it is nobody's business.
    fn record_pod(&self, pod: &PodObject, record: &mut Record, now: u64) {
        let standing = self.scope.standing(pod);
        if pod.addresses.is_empty() && pod.node_addresses.is_empty() && standing == Standing::Apart {
            record.history.gone(&pod.uid, now);
            return;
        }
        let described = Pod {
            uid: pod.uid.clone(),
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            workload: pod.workload.clone(),
            service_account: pod.service_account.clone(),
            node: pod.node.clone(),
            zone: self.zones.get(&pod.node).cloned().unwrap_or_default(),
            addresses: pod.addresses.clone(),
            node_addresses: pod.node_addresses.clone(),
            standing,
        };
        record.history.seen(described, pod.since.unwrap_or(now), now);
    }

    /// One event, with listings kept apart: what a listing did not name is gone when it ends.
    fn told<K>(&mut self, kind: Kind, event: Event<K>, name: impl Fn(&K) -> Option<String>) -> Told<K> {
        match event {
            Event::Init => {
                self.listing.insert(kind, HashSet::new());
                Told::Nothing
            }
            Event::InitApply(object) => {
                let Some(name) = name(&object) else { return Told::Nothing };
                self.listing.entry(kind).or_default().insert(name.clone());
                Told::Present(name, object)
            }
            Event::Apply(object) => name(&object).map_or(Told::Nothing, |name| Told::Present(name, object)),
            Event::Delete(object) => name(&object).map_or(Told::Nothing, Told::Gone),
            Event::InitDone => {
                self.listed.insert(kind);
                Told::Listed(self.listing.remove(&kind).unwrap_or_default())
            }
        }
    }
}

/// What an event says.
enum Told<K> {
    Present(String, K),
    Gone(String),
    /// Everything that there is.
    Listed(HashSet<String>),
    Nothing,
}

/// Keeps labels by key; true when something changed.
fn keep<Key: Ord + Clone, K, V: PartialEq>(
    map: &mut BTreeMap<Key, V>,
    told: Told<K>,
    key: impl Fn(String) -> Option<Key>,
    value: impl Fn(K) -> V,
) -> bool {
    match told {
        Told::Present(name, object) => {
            let (Some(key), value) = (key(name), value(object)) else { return false };
            let is_new = map.get(&key) != Some(&value);
            map.insert(key, value);
            is_new
        }
        Told::Gone(name) => key(name).is_some_and(|key| map.remove(&key).is_some()),
        Told::Listed(present) => {
            let before = map.len();
            let present: BTreeSet<Key> = present.into_iter().filter_map(key).collect();
            map.retain(|key, _| present.contains(key));
            map.len() != before
        }
        Told::Nothing => false,
    }
}
