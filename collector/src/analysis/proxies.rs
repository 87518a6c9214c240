//! How each proxy that should report does so, at a period's end: by what the API server expects, what senders sent, and what
//! agents answered where something is amiss. A cause that nobody states is unknown, and says why.

use std::collections::HashMap;

use hogusu_model::{Hook, Proxy};

use super::expected::EXPECTED_WITHIN;
use crate::kubernetes::agent::AgentAnswer;
use crate::kubernetes::pod::{Pod, ProxyKind, Standing};
use crate::kubernetes::record::ProxyInPeriod;
use crate::period::{Period, PodKey, SenderInPeriod};
use crate::shown::word;

/// The agent counts for all plugins of its proxy together, another vendor's among them.
const UNATTRIBUTED: &str = "and does not say of which plugin";

/// How a proxy reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProxyState {
    /// As it should.
    Reporting,
    /// Not yet, and it is expected for less than a minute.
    Starting,
    /// Not any more.
    Silent,
    /// It could not get the plugin; everything passes in its stead.
    WithoutPlugin,
    /// It reports, but not with the module and configuration that its plugin object asks for.
    OtherRevision,
    /// It never did.
    NeverReported,
    /// Its traffic passes no proxy that runs plugins (ambient).
    NotObservable,
}

impl ProxyState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Reporting,
        Self::Starting,
        Self::Silent,
        Self::WithoutPlugin,
        Self::OtherRevision,
        Self::NeverReported,
        Self::NotObservable,
    ];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reporting => "reporting",
            Self::Starting => "starting",
            Self::Silent => "silent",
            Self::WithoutPlugin => "without_plugin",
            Self::OtherRevision => "other_revision",
            Self::NeverReported => "never_reported",
            Self::NotObservable => "not_observable",
        }
    }

    /// True when batches come from it.
    #[must_use]
    pub const fn reports(self) -> bool {
        matches!(self, Self::Reporting | Self::OtherRevision)
    }

    /// True when nothing comes from it that should.
    #[must_use]
    pub const fn is_amiss(self) -> bool {
        matches!(self, Self::Silent | Self::WithoutPlugin | Self::NeverReported)
    }

    /// True when its agent should be asked what is wrong, if anything is.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Starting) || self.is_amiss()
    }
}

/// A proxy that should report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedProxy {
    /// Its pod.
    pub pod: Pod,
    /// Envoy's node id; empty when it never reported.
    pub proxy: String,
    /// What kind of proxy it is; `None` where there is none that could run plugins.
    pub kind: Option<ProxyKind>,
    /// `namespace/name` of the plugin object that covers it.
    pub plugin: String,
    /// How it reports.
    pub state: ProxyState,
    /// Since when, nanoseconds since the epoch, where that is known.
    pub since: Option<u64>,
    /// Revision of the configuration that it reports.
    pub revision: Option<String>,
    /// Revision that its plugin object asks for.
    pub expected_revision: Option<String>,
    /// Digest of the filter that it reports.
    pub filter_digest: Option<String>,
    /// Why it does not report as it should; empty when it does.
    pub cause: String,
}

/// Every proxy that should report; `None` where nobody says which those are.
#[must_use]
pub fn judge(period: &Period) -> Option<Vec<ExpectedProxy>> {
    let expected = period.cluster.as_ref()?.proxies.as_ref()?;
    let at = period.to.min(period.now);
    let heard = Heard::of(period);
    Some(expected.iter().map(|one| of_proxy(one, &heard, at)).collect())
}

/// Namespace and name of a pod.
type Name<'a> = (&'a str, &'a str);

/// What was heard of the pods of the API server's own k8s cluster. Plugin objects bring HTTP filters; a logger that something else
/// brought says nothing of them.
#[derive(Default)]
struct Heard<'a> {
    senders: HashMap<Name<'a>, Vec<&'a SenderInPeriod>>,
    /// When senders that are not among these ended last.
    earlier: HashMap<Name<'a>, u64>,
}

impl<'a> Heard<'a> {
    fn of(period: &'a Period) -> Self {
        // Another k8s cluster may have a pod of the same name. A name that no proxy states is not that of another one: it is wrong.
        let stated = period.senders.iter().map(|sender| sender.proxy.workload.cluster.as_str());
        let mut stated = stated.chain(period.earlier.keys().map(|pod| pod.cluster.as_str()));
        let own = period.cluster.as_ref().map(|cluster| cluster.k8s_cluster.as_str());
        let own = own.filter(|own| stated.any(|cluster| cluster == *own));
        let is_here = |cluster: &str| own.is_none_or(|own| [own, ""].contains(&cluster));
        let mut heard = Self::default();
        for sender in period.senders.iter().filter(|sender| sender.hook == Hook::HttpFilter) {
            let Proxy { workload, pod, .. } = &sender.proxy;
            if is_here(&workload.cluster) {
                heard.senders.entry((&workload.namespace, pod)).or_default().push(sender);
            }
        }
        for (PodKey { cluster, namespace, pod }, end) in &period.earlier {
            if is_here(cluster) {
                let last = heard.earlier.entry((namespace, pod)).or_default();
                *last = (*last).max(*end);
            }
        }
        heard
    }
}

fn of_proxy(expected: &ProxyInPeriod, heard: &Heard<'_>, at: u64) -> ExpectedProxy {
    let (kind, plugin) = match &expected.pod.standing {
        Standing::Expected { kind, plugin } => (Some(*kind), plugin.clone()),
        Standing::NotObservable { plugin } => (None, plugin.clone()),
        Standing::Apart => (None, String::new()),
    };
    let mut found = ExpectedProxy {
        pod: expected.pod.clone(),
        proxy: String::new(),
        kind,
        plugin,
        state: ProxyState::NotObservable,
        since: Some(expected.since),
        revision: None,
        expected_revision: expected.asked.revision.clone(),
        filter_digest: None,
        cause: String::new(),
    };
    if kind.is_none() {
        "its namespace is ambient: its traffic passes no proxy that runs plugins".clone_into(&mut found.cause);
        return found;
    }
    // A pod may have the name of one before it.
    let is_it = |sender: &&SenderInPeriod| {
        sender.last_end.saturating_add(sender.flush_interval.saturating_mul(2)) >= expected.since
    };
    let name = (expected.pod.namespace.as_str(), expected.pod.name.as_str());
    let of_pod = heard.senders.get(&name);
    let senders: Vec<&SenderInPeriod> = of_pod.into_iter().flatten().copied().filter(is_it).collect();
    let runs = |sender: &&SenderInPeriod| (!sender.closed && !sender.unclosed) || sender.last_end >= at;
    let running: Vec<&SenderInPeriod> = senders.iter().copied().filter(runs).collect();
    match running.iter().max_by_key(|sender| sender.first_start) {
        Some(newest) => reports(&mut found, newest, &running, expected, at),
        None => is_quiet(&mut found, &senders, heard.earlier.get(&name).copied(), expected, at),
    }
    found
}

fn reports(
    found: &mut ExpectedProxy,
    newest: &SenderInPeriod,
    running: &[&SenderInPeriod],
    expected: &ProxyInPeriod,
    at: u64,
) {
    introduce(found, newest);
    found.state = ProxyState::Reporting;
    found.since = running.iter().map(|sender| sender.first_start).min();
    let Some(asked) = &expected.asked.revision else { return };
    let is_new = at.saturating_sub(expected.asked.since) < EXPECTED_WITHIN;
    if is_new || running.iter().any(|sender| sender.revision == *asked) {
        return;
    }
    found.state = ProxyState::OtherRevision;
    found.since = Some(expected.asked.since);
    let own = if newest.revision.is_empty() { "none".into() } else { word(&newest.revision) };
    found.cause = format!("it reports revision {own}, and {} asks for {}", found.plugin, word(asked));
}

fn is_quiet(
    found: &mut ExpectedProxy,
    senders: &[&SenderInPeriod],
    earlier: Option<u64>,
    expected: &ProxyInPeriod,
    at: u64,
) {
    if let Some(last) = senders.iter().max_by_key(|sender| sender.last_end) {
        introduce(found, last);
    }
    let earlier = earlier.filter(|end| *end >= expected.since);
    let last_end = senders.iter().map(|sender| sender.last_end).max().max(earlier);
    let (is_without, cause) = cause(expected.agent.as_ref());
    found.state = match last_end {
        _ if is_without => ProxyState::WithoutPlugin,
        None if at.saturating_sub(expected.since) < EXPECTED_WITHIN => ProxyState::Starting,
        None => ProxyState::NeverReported,
        Some(_) => ProxyState::Silent,
    };
    if found.state != ProxyState::Starting {
        found.cause = cause;
    }
    found.since = last_end.or(Some(expected.since));
}

fn introduce(found: &mut ExpectedProxy, sender: &SenderInPeriod) {
    let stated = |text: &String| (!text.is_empty()).then(|| text.clone());
    found.proxy.clone_from(&sender.proxy.id);
    found.revision = stated(&sender.revision);
    found.filter_digest = stated(&sender.filter_digest);
    // The proxy itself knows best that it stands alone.
    if sender.proxy.id.starts_with("router~") && found.kind == Some(ProxyKind::Sidecar) {
        found.kind = Some(ProxyKind::Gateway);
    }
}

/// What the agent's answer says: whether the proxy runs without the plugin, and why it is quiet.
fn cause(answer: Option<&AgentAnswer>) -> (bool, String) {
    let plugins = match answer {
        None => return (false, "cause unknown: its agent has not been asked yet".to_owned()),
        Some(AgentAnswer::Silence(why)) => return (false, format!("cause unknown: its agent does not answer: {why}")),
        Some(AgentAnswer::Metrics(plugins)) => plugins,
    };
    let failures = plugins.failures();
    let failed = format!("{failures}, {UNATTRIBUTED}");
    if plugins.has_stand_in {
        let brought = "a filter that lets everything pass stands in for the module".to_owned();
        let missing = format!("its agent could not bring the module: {failed}; everything passes in its stead");
        return (true, if failures.is_empty() { brought } else { missing });
    }
    let why = match plugins.machines {
        None => "its agent answers, and says nothing of its Envoy".to_owned(),
        // An agent counts from its start: which of a failure and a success came last it does not say.
        Some(0) if !failures.is_empty() && plugins.has_fetched() => {
            let said = "its Envoy runs no module; its agent brought one at some time, and failed at some time";
            return (true, format!("{said}: {failed}"));
        }
        Some(0) if !failures.is_empty() => return (true, format!("its agent could not bring the module: {failed}")),
        Some(0) if plugins.fetches.is_empty() => "its agent was not told to fetch a module".to_owned(),
        Some(0) => "its agent has the module, but its Envoy runs none".to_owned(),
        Some(_) if failures.is_empty() => "its Envoy runs a module, but nothing of it arrives here".to_owned(),
        Some(_) => format!("its Envoy runs a module, perhaps another one; its agent also failed: {failed}"),
    };
    (false, format!("cause unknown: {why}"))
}
