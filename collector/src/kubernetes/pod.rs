//! One pod as the record keeps it: whose it is, where it runs, and whether a proxy of it should report.

use std::net::IpAddr;

use hogusu_model::Workload;
use serde::{Deserialize, Serialize};

/// What the API server says of a pod, as far as the record needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pod {
    /// Unique among all pods that ever were.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Name of its workload, by Istio's rules.
    pub workload: String,
    /// Its service account.
    pub service_account: String,
    /// The node it runs on.
    pub node: String,
    /// That node's zone.
    pub zone: String,
    /// Its own addresses; none while it has none, once it ended, and where it uses its node's.
    pub addresses: Vec<IpAddr>,
    /// Those of its node, which everything shares that runs on its network or comes through it. Not kept by versions before.
    #[serde(default)]
    pub node_addresses: Vec<IpAddr>,
    /// Whether a proxy of it should report.
    pub standing: Standing,
}

/// Whether a proxy in the pod should report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No: it has none, it is not running, or no plugin object covers it.
    #[default]
    Apart,
    /// Yes.
    Expected {
        /// What kind of proxy it is.
        kind: ProxyKind,
        /// `namespace/name` of the plugin object that covers it.
        plugin: String,
    },
    /// A plugin object covers its namespace, but its traffic passes no proxy that runs plugins (ambient).
    NotObservable {
        /// `namespace/name` of that plugin object.
        plugin: String,
    },
}

/// Kinds of proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyKind {
    /// Beside an application.
    Sidecar,
    /// Alone in its pod, at the mesh's border.
    Gateway,
    /// Alone in its pod, before services of ambient namespaces.
    Waypoint,
}

impl ProxyKind {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sidecar => "sidecar",
            Self::Gateway => "gateway",
            Self::Waypoint => "waypoint",
        }
    }
}

/// A stretch of time in which nothing of a pod changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenure {
    /// The pod.
    pub pod: Pod,
    /// Start, nanoseconds since the epoch.
    pub from: u64,
    /// End, exclusive; `None` while it goes on.
    pub to: Option<u64>,
    /// The end was not seen: it is the last moment at which the pod was known to be there.
    pub uncertain: bool,
}

impl Tenure {
    /// True when it touches [from, to).
    #[must_use]
    pub fn touches(&self, from: u64, to: u64) -> bool {
        self.from < to && self.to.is_none_or(|end| end > from)
    }

    /// The pod's workload in the k8s cluster of this name.
    #[must_use]
    pub fn workload(&self, k8s_cluster: &str) -> Workload {
        Workload {
            cluster: k8s_cluster.to_owned(),
            namespace: self.pod.namespace.clone(),
            name: self.pod.workload.clone(),
        }
    }
}
