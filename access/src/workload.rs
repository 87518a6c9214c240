//! Who is asked: a workload, its labels, and the proxy that stands before it.

use std::collections::BTreeMap;

use crate::truth::Truth;

/// By this label a pod is a gateway or waypoint of the Gateway API.
pub(crate) const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// What is missing where nobody gives them.
pub(crate) const LABELS: &str = "labels of the destination's pods";

/// A workload with the proxy that enforces policies for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Labels of its pods; `None`: not known.
    pub labels: Option<Labels>,
    /// What enforces.
    pub proxy: Proxy,
}

/// Labels of pods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// By key.
    pub known: BTreeMap<String, String>,
    /// Known from a template, to which Istio, Kubernetes and others add their own when a pod is made.
    pub may_be_more: bool,
}

/// What enforces policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxy {
    /// A sidecar.
    Sidecar,
    /// A gateway, of Istio's own API or of the Gateway API: labels tell.
    Gateway,
    /// A waypoint, for one of the services that it stands before.
    Waypoint {
        /// The service that is asked; `None`: not known.
        service: Option<Service>,
    },
    /// The node's proxy of ambient mode.
    Ztunnel,
}

/// A service by its object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Service {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Made by a ServiceEntry, not a Service.
    pub is_entry: bool,
}

/// Keys of labels that are added to pods beside their template's.
const ADDED: [&str; 7] = [
    "istio.io/",
    "kubernetes.io/",
    "topology.",
    "pod-template-hash",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
];

impl Labels {
    /// All labels that there are.
    #[must_use]
    pub fn exactly<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let known = pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Self { known, may_be_more: false }
    }

    /// Whether a selector selects them.
    #[must_use]
    pub fn selected_by(&self, selector: &BTreeMap<String, String>) -> Truth {
        Truth::all(selector.iter().map(|(key, value)| self.has(key, value)))
    }

    fn has(&self, key: &str, value: &str) -> Truth {
        match self.known.get(key) {
            Some(own) => Truth::from(own == value),
            None if self.may_be_more && ADDED.iter().any(|added| key.contains(added)) => {
                Truth::unknown(format!("label {key} of the destination's pods"))
            }
            None => Truth::No,
        }
    }
}

impl Workload {
    /// Whether a selector selects its pods.
    #[must_use]
    pub fn selected_by(&self, selector: &BTreeMap<String, String>) -> Truth {
        match &self.labels {
            _ if selector.is_empty() => Truth::Yes,
            Some(labels) => labels.selected_by(selector),
            None => Truth::unknown(LABELS),
        }
    }

    /// The Gateway of the Gateway API whose proxy it is: `Some(None)` where it is none, `None` where that is not known.
    pub(crate) fn gateway_name(&self) -> Option<Option<&str>> {
        match (&self.labels, &self.proxy) {
            (Some(labels), _) if labels.known.contains_key(GATEWAY_NAME) => {
                Some(labels.known.get(GATEWAY_NAME).map(String::as_str))
            }
            (Some(Labels { may_be_more: false, .. }), _)
            | (Some(_), Proxy::Sidecar | Proxy::Ztunnel)
            | (None, Proxy::Ztunnel) => Some(None),
            _ => None,
        }
    }
}
