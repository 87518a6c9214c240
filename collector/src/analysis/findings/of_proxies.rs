//! Findings about proxies that should report by the API server's word and do not, or not as they should, one for each cause; and
//! about the API server itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{Evidence, Finding, Kind, PodName, Subject};
use crate::analysis::proxies::{ExpectedProxy, ProxyState};
use crate::kubernetes::record::WatchState;
use crate::period::Period;

/// Names that proxies state, in one finding.
const NAMED: usize = 3;

/// Findings of all expected proxies.
#[must_use]
pub fn find(proxies: &[ExpectedProxy]) -> Vec<Finding> {
    let mut groups: BTreeMap<(Kind, ProxyState, &str), Vec<PodName>> = BTreeMap::new();
    for proxy in proxies {
        let kind = match proxy.state {
            ProxyState::WithoutPlugin => Kind::WithoutPlugin,
            ProxyState::OtherRevision => Kind::OtherRevision,
            ProxyState::Silent | ProxyState::NeverReported => Kind::SilentProxy,
            ProxyState::Reporting | ProxyState::Starting | ProxyState::NotObservable => continue,
        };
        let pod = PodName { namespace: proxy.pod.namespace.clone(), name: proxy.pod.name.clone() };
        groups.entry((kind, proxy.state, &proxy.cause)).or_default().push(pod);
    }
    let found = |((kind, state, cause), pods): ((Kind, ProxyState, &str), Vec<PodName>)| {
        let evidence = Evidence::Amiss { state, cause: cause.to_owned() };
        Finding { kind, weight: pods.len() as u64, subject: Subject::Pods(pods), evidence }
    };
    groups.into_iter().map(found).collect()
}

/// What cannot be read of the k8s cluster, so that owners and expected proxies may be those of before.
#[must_use]
pub fn unread(period: &Period) -> Option<Finding> {
    let evidence = match &period.cluster.as_ref()?.watch {
        WatchState::Unreachable { error, since } => {
            Evidence::Unreachable { nanos: period.now.saturating_sub(*since), error: error.clone() }
        }
        WatchState::Watching { refused: Some(refused) } => Evidence::Forbidden(refused.clone()),
        WatchState::Watching { refused: None } | WatchState::Off => return None,
    };
    Some(Finding { kind: Kind::KubernetesUnread, subject: Subject::ApiServer, weight: 1, evidence })
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
    let stated = stated.into_iter().take(NAMED).map(str::to_owned).collect();
    let evidence = Evidence::Misnamed { watched: cluster.k8s_cluster.clone(), stated };
    Some(Finding { kind: Kind::KubernetesUnread, subject: Subject::ApiServer, weight: 1, evidence })
}
