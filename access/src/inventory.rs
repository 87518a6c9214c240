//! What files say of workloads beside policies: labels of their pods, and services with their ports. All of it is optional: without it
//! selectors are undecidable.

use std::collections::BTreeMap;

use crate::workload::Labels;

/// Workloads and services by namespace and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Labels of pods, by their workload.
    pub workloads: BTreeMap<(String, String), Labels>,
    /// Services.
    pub services: BTreeMap<(String, String), ServiceFacts>,
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

    /// A service.
    #[must_use]
    pub fn service(&self, namespace: &str, name: &str) -> Option<&ServiceFacts> {
        self.services.get(&(namespace.to_owned(), name.to_owned()))
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.workloads.extend(other.workloads.iter().map(|(key, value)| (key.clone(), value.clone())));
        self.services.extend(other.services.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}
