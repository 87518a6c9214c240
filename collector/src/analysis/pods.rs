//! Pods that metadata takes for workloads. Istiod names a pod where it does not know the pod's owner, as before an endpoint is built
//! again; the pod's own proxy knows better, and says both names. Anybody may say so: it is believed where the pod's name is one that
//! Kubernetes gives to that workload's pods, and where nobody says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::Workload;

use super::clusters::Clusters;
use crate::period::Period;

/// Workloads by the namespaces and names of their pods, as the pods' own proxies state them.
#[derive(Debug, Clone, Default)]
pub struct Pods(BTreeMap<String, BTreeMap<String, BTreeSet<Workload>>>);

impl Pods {
    /// Reads the senders of a period.
    #[must_use]
    pub fn of(period: &Period, clusters: &Clusters) -> Self {
        let mut pods: BTreeMap<String, BTreeMap<String, BTreeSet<Workload>>> = BTreeMap::new();
        for proxy in period.senders.iter().map(|sender| &sender.proxy) {
            let workload = clusters.own(&proxy.workload);
            if is_of(&proxy.pod, &workload) {
                let here = pods.entry(workload.namespace.clone()).or_default();
                here.entry(proxy.pod.clone()).or_default().insert(workload.into_owned());
            }
        }
        // A workload may have the name of another one's pod: its own proxies' word comes first, and the API server's.
        let recorded = period.cluster.iter().flat_map(|cluster| cluster.workloads.keys());
        for workload in period.reporters.iter().map(|reporter| &reporter.workload).chain(recorded) {
            let here = pods.get_mut(&workload.namespace);
            let Some(all) = here.and_then(|here| here.get_mut(&workload.name)) else { continue };
            all.retain(|one| is_apart(one, workload));
            all.insert(workload.clone());
        }
        Self(pods)
    }

    /// The workload whose pod metadata names in its place.
    #[must_use]
    pub fn workload_of(&self, named: &Workload) -> Option<&Workload> {
        let all = self.0.get(&named.namespace)?.get(&named.name)?;
        let mut here = all.iter().filter(|one| named.cluster.is_empty() || one.cluster == named.cluster);
        here.next().filter(|_| here.next().is_none())
    }
}

/// In two k8s clusters that both are known.
fn is_apart(one: &Workload, other: &Workload) -> bool {
    one.cluster != other.cluster && !one.cluster.is_empty() && !other.cluster.is_empty()
}

/// `orders-7d9f-x2x4q` and `orders-0` are pods of `orders`.
fn is_of(pod: &str, workload: &Workload) -> bool {
    !workload.is_empty() && pod.strip_prefix(&workload.name).is_some_and(|rest| rest.starts_with('-'))
}
