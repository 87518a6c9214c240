//! Every proxy that should report, and whether it does: `hogusu.proxies/v1`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::proxies::{self, ExpectedProxy};
use crate::kubernetes::pod::ProxyKind;
use crate::kubernetes::record::WatchState;
use crate::label;
use crate::period::Period;
use crate::report::Moment;

/// The proxies as of one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proxies {
    /// Name and version of this shape.
    #[schemars(extend("const" = "hogusu.proxies/v1"))]
    pub schema: String,
    /// When.
    pub at: Moment,
    /// What is known of the API server.
    pub kubernetes: Kubernetes,
    /// How many proxies should report; `None` where nobody says.
    pub expected: Option<u64>,
    /// How many there are in each state; states without any are left out.
    pub counts: BTreeMap<String, u64>,
    /// By namespace, workload and pod.
    pub proxies: Vec<Proxy>,
}

/// The watch of the API server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kubernetes {
    /// `watching`, `unreachable` or `off`.
    pub state: String,
    /// Why it is unreachable, or what may not be read.
    pub error: Option<String>,
    /// Version of the API server.
    pub server: Option<String>,
}

/// One proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proxy {
    /// Envoy's node id; empty when it never reported.
    pub proxy: String,
    /// `sidecar`, `gateway` or `waypoint`; `none` in ambient pods.
    pub kind: String,
    /// Namespace of its pod.
    pub namespace: String,
    /// Pod.
    pub pod: String,
    /// `namespace/name`.
    pub workload: String,
    /// Service account.
    pub service_account: String,
    /// Node its pod runs on.
    pub node: String,
    /// Zone of that node.
    pub zone: String,
    /// IP address of its pod.
    pub address: String,
    /// `reporting`, `starting`, `silent`, `without_plugin`, `other_revision`, `never_reported` or `not_observable`.
    pub state: String,
    /// Since when it is in this state, as far as known.
    pub since: Option<Moment>,
    /// `namespace/name` of the plugin object that covers it.
    pub plugin: Option<String>,
    /// Revision of the configuration that it reports.
    pub revision: Option<String>,
    /// Revision that the plugin object asks for.
    pub expected_revision: Option<String>,
    /// Digest of the filter that it reports.
    pub filter_digest: Option<String>,
    /// Why it does not report as it should; empty when it does.
    pub cause: String,
}

impl Proxies {
    /// As of the period's end.
    #[must_use]
    pub fn of(period: &Period) -> Self {
        let judged = proxies::judge(period);
        let mut counts = BTreeMap::new();
        for proxy in judged.iter().flatten() {
            *counts.entry(proxy.state.as_str().to_owned()).or_default() += 1;
        }
        Self {
            schema: "hogusu.proxies/v1".to_owned(),
            at: Moment(period.to.min(period.now)),
            kubernetes: Kubernetes::of(period),
            expected: judged.as_ref().map(|judged| judged.len() as u64),
            counts,
            proxies: judged.into_iter().flatten().map(Proxy::of).collect(),
        }
    }
}

impl Kubernetes {
    fn of(period: &Period) -> Self {
        let (watch, server) = match &period.cluster {
            None => (&WatchState::Off, None),
            Some(cluster) => (&cluster.watch, cluster.server.clone()),
        };
        let (state, error) = match watch {
            WatchState::Off => ("off", None),
            WatchState::Unreachable { error, .. } => ("unreachable", Some(error.clone())),
            WatchState::Watching { refused } => ("watching", refused.clone()),
        };
        Self { state: state.to_owned(), error, server }
    }
}

impl Proxy {
    fn of(proxy: ExpectedProxy) -> Self {
        let pod = proxy.pod;
        let stated = |text: String| (!text.is_empty()).then_some(text);
        Self {
            proxy: proxy.proxy,
            kind: proxy.kind.map_or("none", ProxyKind::as_str).to_owned(),
            workload: label::workload(&pod.namespace, &pod.workload),
            namespace: pod.namespace,
            pod: pod.name,
            service_account: pod.service_account,
            node: pod.node,
            zone: pod.zone,
            address: pod.addresses.first().map(ToString::to_string).unwrap_or_default(),
            state: proxy.state.as_str().to_owned(),
            since: proxy.since.map(Moment),
            plugin: stated(proxy.plugin),
            revision: proxy.revision,
            expected_revision: proxy.expected_revision,
            filter_digest: proxy.filter_digest,
            cause: proxy.cause,
        }
    }
}
