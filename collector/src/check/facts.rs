//! What is known of the mesh and of the collector when a check begins, as plain values. What could not be read says why.
//! Reads nothing itself.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::proxies::Proxies;
use crate::api::senders::Sender;
use crate::api::status::Status;
use crate::kubernetes::pod::ProxyKind;
use crate::report::map::Finding;

/// Why a fact is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {what}: {why}")]
pub struct Unread {
    /// The fact.
    pub what: String,
    /// The reason.
    pub why: String,
}

/// A fact, or why it is not known.
pub type Known<T> = Result<T, Unread>;

/// Labels.
pub type Labels = BTreeMap<String, String>;

/// Everything that is judged.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Where things should be.
    pub place: Place,
    /// What the API server says.
    pub mesh: Mesh,
    /// What the collector says.
    pub collector: Collector,
}

/// Where the collector and Istio are installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Namespace of the collector.
    pub namespace: String,
    /// Istio's root namespace.
    pub root_namespace: String,
    /// The collector's Service.
    pub service: String,
    /// Its port.
    pub port: u16,
}

impl Place {
    /// The collector's Service as Istio names it.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{}.{}.svc.cluster.local", self.service, self.namespace)
    }
}

/// What the API server says.
#[derive(Debug, Clone)]
pub struct Mesh {
    /// Its version.
    pub server: Known<String>,
    /// What whoever asks may list.
    pub own_rights: Known<Vec<Right>>,
    /// What the collector's service account may list.
    pub collector_rights: Known<Vec<Right>>,
    /// Names of the custom resource definitions, as `wasmplugins.extensions.istio.io`.
    pub definitions: Known<Vec<String>>,
    /// istiod, wherever its Deployments are.
    pub istiods: Known<Vec<Istiod>>,
    /// Every pod.
    pub pods: Known<Vec<Pod>>,
    /// Plugin objects of ours.
    pub plugins: Known<Vec<Plugin>>,
    /// EnvoyFilters of ours.
    pub envoy_filters: Known<Vec<EnvoyFilter>>,
    /// Every `Sidecar` object.
    pub sidecars: Known<Vec<Sidecar>>,
    /// Every PeerAuthentication that may apply to the collector.
    pub peer_authentications: Known<Vec<PeerAuthentication>>,
    /// Every DestinationRule.
    pub destination_rules: Known<Vec<DestinationRule>>,
    /// Ports of the collector's Service; `None`: there is no such Service.
    pub service: Known<Option<Vec<Port>>>,
}

/// Whether somebody may list something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// As `pods` or `wasmplugins.extensions.istio.io`.
    pub resource: String,
    /// Whether it is granted.
    pub allowed: bool,
}

/// One istiod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Istiod {
    /// Its Deployment.
    pub name: Name,
    /// Its version, where its image or its labels say it.
    pub version: Option<String>,
}

/// `namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Name {
    /// Namespace.
    pub namespace: String,
    /// Name in it.
    pub name: String,
}

impl Pod {
    /// A proxy runs there.
    #[must_use]
    pub const fn has_proxy(&self) -> bool {
        self.is_running && self.proxy.is_some()
    }
}

impl Name {
    /// From its parts.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// One pod.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pod {
    /// Its name.
    pub name: Name,
    /// Its labels.
    pub labels: Labels,
    /// Its proxy, if it has one.
    pub proxy: Option<ProxyKind>,
    /// Image of that.
    pub proxy_image: String,
    /// It runs, and nobody has asked it to end.
    pub is_running: bool,
}

/// A WasmPlugin or TrafficExtension.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plugin {
    /// Kind of the object.
    pub kind: String,
    /// Its name.
    pub name: Name,
    /// Labels of the pods it applies to; empty: all of its namespace.
    pub selector: Labels,
    /// `Kind/name` of what it is attached to instead.
    pub targets: Vec<String>,
    /// Where the module is.
    pub url: String,
    /// Digest of the module.
    pub sha256: String,
    /// Configuration of the filter; `None`: none.
    pub configuration: Option<Value>,
    /// `STATS`, ...
    pub phase: String,
    /// `FAIL_OPEN`, ...
    pub fail_strategy: String,
    /// `HTTP`, `NETWORK` or empty.
    pub filter_type: String,
    /// Modes of its matches; empty: both directions.
    pub modes: Vec<String>,
    /// What istiod says of it.
    pub conditions: Vec<Condition>,
}

/// A condition of an object's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its type.
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Reason and message.
    pub text: String,
}

/// An EnvoyFilter of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvoyFilter {
    /// Its name.
    pub name: Name,
    /// Its priority, if it has one.
    pub priority: Option<i64>,
}

/// A `Sidecar` object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sidecar {
    /// Its name.
    pub name: Name,
    /// When it was created, RFC 3339: the oldest of several wins.
    pub created: String,
    /// Labels of the pods it applies to; empty: all of its namespace.
    pub selector: Labels,
    /// Port (`None`: any) and hosts of each egress listener; empty: everything is visible.
    pub egress: Vec<(Option<u16>, Vec<String>)>,
}

/// A PeerAuthentication.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeerAuthentication {
    /// Its name.
    pub name: Name,
    /// When it was created, RFC 3339: the oldest of several wins.
    pub created: String,
    /// Labels of the pods it applies to; empty: all of its namespace.
    pub selector: Labels,
    /// `STRICT`, `PERMISSIVE`, `DISABLE`, or empty: inherited.
    pub mode: String,
    /// Modes of single ports.
    pub ports: BTreeMap<u16, String>,
}

/// A DestinationRule that says something of TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DestinationRule {
    /// Its name.
    pub name: Name,
    /// Host that it is about.
    pub host: String,
    /// TLS mode; empty: not said.
    pub tls: String,
}

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u16,
    /// `appProtocol`, if declared.
    pub protocol: String,
}

/// What the collector says.
#[derive(Debug, Clone)]
pub struct Collector {
    /// Of itself.
    pub status: Known<Status>,
    /// Of the proxies.
    pub proxies: Known<Proxies>,
    /// Of the senders of the last minutes.
    pub senders: Known<Vec<Sender>>,
    /// Findings of the last minutes.
    pub findings: Known<Vec<Finding>>,
    /// Its own metrics, by name with labels, without `hogusu_collector_`.
    pub metrics: Known<BTreeMap<String, f64>>,
}
