//! Findings about proxies that should report by the API server's word and do not, or not as they should, one for each cause; and
//! about the API server itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Kind};
use crate::analysis::numerals::grouped;
use crate::analysis::proxies::{ExpectedProxy, ProxyState};
use crate::kubernetes::record::WatchState;
use crate::label;
use crate::period::Period;
use crate::shown::word;

/// Pods named in one finding; more are counted.
const NAMED: usize = 3;

/// Findings of all expected proxies.
#[must_use]
pub fn find(proxies: &[ExpectedProxy]) -> Vec<Finding> {
    let mut groups: BTreeMap<(Kind, &str, &str), Vec<&ExpectedProxy>> = BTreeMap::new();
    for proxy in proxies {
        let (kind, what) = match proxy.state {
            ProxyState::WithoutPlugin => (Kind::WithoutPlugin, "without the plugin"),
            ProxyState::OtherRevision => (Kind::OtherRevision, "with another revision"),
            ProxyState::Silent => (Kind::SilentProxy, "silent"),
            ProxyState::NeverReported => (Kind::SilentProxy, "never reported"),
            ProxyState::Reporting | ProxyState::Starting | ProxyState::NotObservable => continue,
        };
        groups.entry((kind, what, &proxy.cause)).or_default().push(proxy);
    }
    let described = |((kind, what, cause), proxies): ((Kind, &str, &str), Vec<&ExpectedProxy>)| {
        let text = format!("{}: {what}: {cause}", named(&proxies));
        Finding { kind, edge: None, weight: proxies.len() as u64, text }
    };
    groups.into_iter().map(described).collect()
}

/// What cannot be read of the k8s cluster, so that owners and expected proxies may be those of before.
#[must_use]
pub fn unread(period: &Period) -> Option<Finding> {
    let text = match &period.cluster.as_ref()?.watch {
        WatchState::Unreachable { error, since } => {
            let seconds = grouped(period.now.saturating_sub(*since) / 1_000_000_000);
            format!("the API server was not watched for {seconds} s: {error}")
        }
        WatchState::Watching { refused: Some(refused) } => {
            format!("the API server does not let the collector read {refused}")
        }
        WatchState::Watching { refused: None } | WatchState::Off => return None,
    };
    Some(Finding { kind: Kind::KubernetesUnread, edge: None, weight: 1, text })
}

/// The k8s cluster is watched by a name that no proxy knows: then its pods name no address.
#[must_use]
pub fn misnamed(period: &Period) -> Option<Finding> {
    let cluster = period.cluster.as_ref().filter(|cluster| !cluster.workloads.is_empty())?;
    let stated = period.senders.iter().map(|sender| sender.proxy.workload.cluster.as_str());
    let stated: BTreeSet<&str> = stated.filter(|name| !name.is_empty()).collect();
    if stated.is_empty() || stated.contains(cluster.k8s_cluster.as_str()) {
        return None;
    }
    let text = format!(
        "the API server is watched as that of k8s cluster {} (--k8s-cluster), and proxies name {}: its pods name none of their addresses",
        word(&cluster.k8s_cluster),
        stated.into_iter().take(NAMED).map(word).collect::<Vec<_>>().join(", ")
    );
    Some(Finding { kind: Kind::KubernetesUnread, edge: None, weight: 1, text })
}

/// `shop/checkout-7d9f-0, shop/checkout-7d9f-1 and 14 more`.
fn named(proxies: &[&ExpectedProxy]) -> String {
    let name = |proxy: &&ExpectedProxy| label::workload(&proxy.pod.namespace, &proxy.pod.name);
    let names = proxies.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ");
    match proxies.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {} more", grouped(more as u64)),
    }
}
