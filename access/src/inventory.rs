//! What files say of workloads beside policies: labels of their pods, and services with their ports. All of it is optional: without it
//! selectors are undecidable.

use std::collections::{BTreeMap, BTreeSet};

use crate::marks::Marks;
use crate::workload::Labels;

/// Workloads and services by namespace and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Labels of pods, by their workload.
    pub workloads: BTreeMap<(String, String), Labels>,
    /// Services.
    pub services: BTreeMap<(String, String), ServiceFacts>,
    /// What else the templates of their pods say.
    pub(crate) marks: BTreeMap<(String, String), Marks>,
    /// Labels that a change gives to pods that it changes.
    pub(crate) becomes: BTreeMap<(String, String), Labels>,
    /// What beside labels a change changes of pods, in words.
    pub(crate) remade: BTreeMap<(String, String), String>,
    /// Services that a change changes.
    pub(crate) services_remade: BTreeSet<(String, String)>,
    /// Workloads of several kinds under one name, with labels that differ: whose edges are whose is not known.
    pub(crate) ambiguous: BTreeMap<(String, String), Vec<Labels>>,
}

/// What is known of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceFacts {
    /// It has no address of its own.
    pub is_headless: bool,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// A port of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// What clients ask for.
    pub port: u16,
    /// What the workload listens on; `None` where it goes by a name.
    pub target: Option<u16>,
    /// Declared to be HTTP, HTTP/2 or gRPC, by `appProtocol` or its name; `None` where nothing is declared.
    pub is_http: Option<bool>,
}

impl Inventory {
    /// Labels of a workload's pods.
    #[must_use]
    pub fn labels(&self, namespace: &str, name: &str) -> Option<&Labels> {
        self.workloads.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// Names and labels of all workloads of a namespace, those of several kinds under one name among them.
    pub fn all_of<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = (&'a str, &'a Labels)> {
        let known = self.workloads.iter();
        let others = self.ambiguous.iter().flat_map(|(key, all)| all.iter().map(move |labels| (key, labels)));
        known
            .chain(others)
            .filter(move |((own, _), _)| own == namespace)
            .map(|((_, name), labels)| (name.as_str(), labels))
    }

    /// What else the template of a workload's pods says.
    #[must_use]
    pub fn marks(&self, namespace: &str, name: &str) -> Option<&Marks> {
        self.marks.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// Labels that a change gives to a workload's pods, where it changes these or what else steers their proxy.
    #[must_use]
    pub fn becomes(&self, namespace: &str, name: &str) -> Option<&Labels> {
        self.becomes.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// What a change changes of a workload's pods beside their labels, in words: an annotation that steers their proxy, or their service account.
    #[must_use]
    pub fn remade(&self, namespace: &str, name: &str) -> Option<&String> {
        self.remade.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// Whether a change changes a service.
    #[must_use]
    pub fn is_service_remade(&self, namespace: &str, name: &str) -> bool {
        self.services_remade.contains(&(namespace.to_owned(), name.to_owned()))
    }

    /// A service.
    #[must_use]
    pub fn service(&self, namespace: &str, name: &str) -> Option<&ServiceFacts> {
        self.services.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// Whether services of a namespace are known.
    pub(crate) fn has_services(&self, namespace: &str) -> bool {
        self.services.keys().any(|(own, _)| own == namespace)
    }

    /// Adds a workload's labels, and what else steers its proxy.
    pub(crate) fn add(&mut self, key: (String, String), labels: Labels, marks: Marks) {
        let is_another = self.workloads.get(&key).is_some_and(|known| *known != labels)
            || self.marks.get(&key).is_some_and(|known| *known != marks);
        if is_another {
            let known = self.workloads.remove(&key);
            self.marks.remove(&key);
            self.ambiguous.insert(key, known.into_iter().chain([labels]).collect());
        } else if let Some(all) = self.ambiguous.get_mut(&key) {
            all.push(labels);
        } else {
            self.marks.insert(key.clone(), marks);
            self.workloads.insert(key, labels);
        }
    }

    /// Adds what another one knows beside this one. What was seen was seen of these workloads and services; what workloads become is
    /// kept apart, and of services only that they change.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (key, labels) in other.workloads.iter().filter(|(key, _)| !self.ambiguous.contains_key(*key)) {
            let marks = other.marks.get(key).cloned().unwrap_or_default();
            match self.workloads.get(key) {
                // What its pods have today nobody says.
                None => {
                    self.becomes.insert(key.clone(), labels.clone());
                }
                Some(own) if own.known != labels.known || self.marks.get(key) != Some(&marks) => {
                    self.becomes.insert(key.clone(), labels.clone());
                    let changes = self.marks.get(key).and_then(|own| own.changes(&marks));
                    self.remade.extend(changes.map(|what| (key.clone(), what)));
                }
                Some(_) => {}
            }
        }
        for (key, service) in &other.services {
            if self.services.get(key).is_some_and(|known| known != service) {
                self.services_remade.insert(key.clone());
            }
            self.services.entry(key.clone()).or_insert_with(|| service.clone());
        }
    }

    /// What another one says in another way: `Deployment or pod NAMESPACE/NAME`, in words.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let is_other = |known: &Labels, labels: &Labels| known.known != labels.known;
        let workloads = other.workloads.iter().filter(|(key, labels)| {
            self.workloads.get(*key).map_or_else(|| self.ambiguous.contains_key(*key), |known| is_other(known, labels))
        });
        let services = other
            .services
            .iter()
            .filter(|(key, service)| self.services.get(*key).is_some_and(|known| known != *service));
        let workloads = workloads.map(|((namespace, name), _)| format!("labels of workload {namespace}/{name}"));
        let is_marked =
            |(key, marks): &(&(String, String), &Marks)| self.marks.get(*key).is_some_and(|known| known != *marks);
        let marked = other.marks.iter().filter(is_marked);
        let marked =
            marked.map(|((namespace, name), _)| format!("what steers the proxy of workload {namespace}/{name}"));
        workloads
            .chain(marked)
            .chain(services.map(|((namespace, name), _)| format!("Service {namespace}/{name}")))
            .collect()
    }
}
