//! What is known of the mesh and of the collector when a check begins, as plain values. What could not be read says why.
//! Reads nothing itself.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::proxies::Proxies;
use crate::api::senders::Sender;
use crate::api::status::Status;
use crate::kubernetes::plugin::Target;
use crate::kubernetes::pod::ProxyKind;
use crate::label;
use crate::report::map::{Completeness, Finding};

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
    /// DNS domain of Services, where it is known.
    pub domain: Option<String>,
}

/// The DNS domain of Services where nobody says another.
const DOMAIN: &str = "cluster.local";

impl Place {
    /// The collector's Service as Istio names it.
    #[must_use]
    pub fn host(&self) -> String {
        self.qualified(&self.service, &self.namespace)
    }

    /// A Service as Istio names it.
    #[must_use]
    pub fn qualified(&self, service: &str, namespace: &str) -> String {
        format!("{service}.{namespace}.svc.{}", self.domain.as_deref().unwrap_or(DOMAIN))
    }

    /// The DNS domain of Services, by the host that plugin objects name as the collector's. Where they disagree, that of most.
    #[must_use]
    pub fn domain_by(&self, plugins: &[Plugin]) -> Option<String> {
        let before = format!("{}.{}.svc.", self.service, self.namespace);
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        for plugin in plugins {
            let envoy_cluster =
                plugin.configuration.as_ref().and_then(|given| given.pointer("/collector/envoy_cluster"));
            let host = envoy_cluster.and_then(Value::as_str).and_then(|name| name.rsplit('|').next());
            if let Some(domain) = host.and_then(|host| host.strip_prefix(&before)).filter(|domain| !domain.is_empty()) {
                *named.entry(domain).or_default() += 1;
            }
        }
        named.into_iter().max_by_key(|(_, times)| *times).map(|(domain, _)| domain.to_owned())
    }
}

/// What the API server says.
#[derive(Debug, Clone)]
pub struct Mesh {
    /// Its version.
    pub server: Known<String>,
    /// What whoever asks may do.
    pub own_rights: Known<Vec<Right>>,
    /// What the collector's service account may do.
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

/// Whether somebody may do what is needed with something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// As `pods` or `wasmplugins.extensions.istio.io`.
    pub resource: String,
    /// Verbs that are needed and not granted.
    pub refused: Vec<String>,
}

/// One istiod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Istiod {
    /// Its Deployment.
    pub name: Name,
    /// Its version, where its image or its labels say it.
    pub version: Option<String>,
    /// It runs with `ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY=false`; `None`: its Deployment takes that from elsewhere.
    pub gateways_by_name: Option<bool>,
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
        f.write_str(&label::workload(&self.namespace, &self.name))
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
    /// What it is attached to by name instead.
    pub targets: Vec<Target>,
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
    /// What istiod's analysis says of it.
    pub messages: Vec<Message>,
}

/// A message of istiod's analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `ERROR`, `WARNING` or `INFO`; empty where it says none.
    pub level: String,
    /// Code, name and where it is explained, as far as they are there.
    pub text: String,
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

/// A DestinationRule, as far as it is about TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DestinationRule {
    /// Its name.
    pub name: Name,
    /// When it was created, RFC 3339: the oldest of several for one host wins.
    pub created: String,
    /// Host that it is about.
    pub host: String,
    /// Labels of the pods it applies to; empty: all that it is for.
    pub selector: Labels,
    /// Namespaces that it is for: names, `*`, or `.` for its own; empty: all.
    pub export_to: Vec<String>,
    /// Its traffic policy; `None`: it has none.
    pub policy: Option<TlsPolicy>,
}

/// What a traffic policy says of TLS: a mode, or empty where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsPolicy {
    /// Mode of all ports but those.
    pub mode: String,
    /// Modes of single ports, which inherit nothing.
    pub ports: BTreeMap<u16, String>,
}

impl TlsPolicy {
    /// The mode at a port.
    #[must_use]
    pub fn at(&self, port: u16) -> &str {
        self.ports.get(&port).unwrap_or(&self.mode)
    }
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
    /// How complete the last minutes are.
    pub completeness: Known<Completeness>,
    /// Its own metrics, by name with labels, without `hogusu_collector_`.
    pub metrics: Known<BTreeMap<String, f64>>,
}

impl Collector {
    /// How many proxies a file declares (`--expect`); `None`: none does, or the API server says which should report.
    #[must_use]
    pub fn declared(&self) -> Option<u64> {
        let by_api_server = self.proxies.as_ref().is_ok_and(|proxies| proxies.expected.is_some());
        self.completeness.as_ref().ok().and_then(|complete| complete.proxies.expected).filter(|_| !by_api_server)
    }
}
