//! Pods that metadata takes for workloads. Istiod names a pod where it does not know the pod's owner, as before an endpoint is built
//! again; the pod's own proxy knows better, and says both names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hogusu_model::{Peer, Workload};

use crate::period::Period;

/// Workloads by the names of their pods, as the pods' own proxies state them.
#[derive(Debug, Clone, Default)]
pub struct Pods(BTreeMap<Workload, Workload>);

impl Pods {
    /// Reads the senders of a period.
    #[must_use]
    pub fn of(period: &Period) -> Self {
        let proxies = period.senders.iter().map(|sender| &sender.proxy);
        let named = proxies.filter(|proxy| !proxy.pod.is_empty() && !proxy.workload.is_empty());
        let mut pods: BTreeMap<Workload, Workload> = named
            .map(|proxy| (Workload { name: proxy.pod.clone(), ..proxy.workload.clone() }, proxy.workload.clone()))
            .collect();
        // A workload may have the name of another one's pod: its own proxies' word comes first.
        period.reporters.iter().for_each(|reporter| drop(pods.remove(&reporter.workload)));
        Self(pods)
    }

    /// The peer with its workload in the place of its pod.
    #[must_use]
    pub fn in_place<'a>(&self, peer: &'a Peer) -> Cow<'a, Peer> {
        match self.0.get(&peer.workload) {
            Some(workload) => Cow::Owned(Peer { workload: workload.clone(), ..peer.clone() }),
            None => Cow::Borrowed(peer),
        }
    }
}
