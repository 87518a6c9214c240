//! What is known of the k8s cluster: pods over time, plugin objects, how the watch goes, what agents answered; and how
//! much of it concerns a period.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::Workload;

use super::agent::AgentAnswer;
use super::history::History;
use super::pod::{Pod, Standing};

/// What Istio calls a k8s cluster that nobody named.
const DEFAULT_CLUSTER: &str = "Kubernetes";

/// How the watch of the API server goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum WatchState {
    /// Nobody asked for it.
    #[default]
    Off,
    /// It has not told everything yet, or no longer answers.
    Unreachable {
        /// Why.
        error: String,
        /// Since when.
        since: u64,
    },
    /// It tells of every change. `refused` names what may not be read.
    Watching {
        /// What may not be read, and why.
        refused: Option<String>,
    },
}

/// A plugin object of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Revision of the configuration that it asks for.
    pub revision: Option<String>,
    /// Since when it does.
    pub since: u64,
}

/// Everything known.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Name of the k8s cluster, Istio's `CLUSTER_ID`; empty: nobody told.
    pub k8s_cluster: String,
    /// Pods over time.
    pub history: History,
    /// How the watch goes.
    pub watch: WatchState,
    /// Version of the API server.
    pub server: Option<String>,
    /// Plugin objects of ours, by `namespace/name`; `None` while not all of them are known.
    pub plugins: Option<BTreeMap<String, Asked>>,
    /// What agents answered, by their pod's uid.
    pub agents: BTreeMap<String, AgentAnswer>,
}

/// What of it concerns a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterInPeriod {
    /// Name of the k8s cluster.
    pub k8s_cluster: String,
    /// How the watch goes.
    pub watch: WatchState,
    /// Version of the API server.
    pub server: Option<String>,
    /// Workloads with a pod in the period.
    pub workloads: BTreeMap<Workload, WorkloadInPeriod>,
    /// Workloads by the service account (namespace, name) of their pods in the period.
    pub accounts: BTreeMap<(String, String), BTreeSet<Workload>>,
    /// Proxies that should report at the period's end; `None` while plugin objects are not known.
    pub proxies: Option<Vec<ProxyInPeriod>>,
}

/// What a workload's pods had in common or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkloadInPeriod {
    /// Their service accounts.
    pub service_accounts: BTreeSet<String>,
    /// Zones of their nodes.
    pub zones: BTreeSet<String>,
    /// Those of its pods that have an address of their own at the period's end.
    pub pods: u64,
    /// Their nodes then, and those nodes' zones; an empty name is one that is not known.
    pub places: BTreeSet<(String, String)>,
}

/// A proxy that should report, or cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyInPeriod {
    /// Its pod.
    pub pod: Pod,
    /// Since when it should.
    pub since: u64,
    /// What its plugin object asks for now.
    pub asked: Asked,
    /// What its agent said of plugins when it was asked last.
    pub agent: Option<AgentAnswer>,
}

impl Record {
    /// Name of the k8s cluster, beside the names that proxies state: where nobody told it, the only one of them, else Istio's default.
    #[must_use]
    pub fn k8s_cluster_among<'a>(&self, stated: impl Iterator<Item = &'a str>) -> String {
        if !self.k8s_cluster.is_empty() {
            return self.k8s_cluster.clone();
        }
        let stated: BTreeSet<&str> = stated.filter(|name| !name.is_empty()).collect();
        stated.first().filter(|_| stated.len() == 1).map_or(DEFAULT_CLUSTER, |only| *only).to_owned()
    }

    /// What concerns [from, to), read at `now`, in the k8s cluster of this name. `None` where nobody asked for a watch.
    #[must_use]
    pub fn period(&self, k8s_cluster: &str, (from, to, now): (u64, u64, u64)) -> Option<ClusterInPeriod> {
        if self.watch == WatchState::Off {
            return None;
        }
        let mut found = ClusterInPeriod {
            k8s_cluster: k8s_cluster.to_owned(),
            watch: self.watch.clone(),
            server: self.server.clone(),
            ..Default::default()
        };
        for tenure in self.history.within(from, to) {
            let (workload, pod) = (tenure.workload(k8s_cluster), &tenure.pod);
            let account = (pod.namespace.clone(), pod.service_account.clone());
            found.accounts.entry(account).or_default().insert(workload.clone());
            let of_workload = found.workloads.entry(workload).or_default();
            of_workload.service_accounts.insert(pod.service_account.clone());
            if !pod.zone.is_empty() {
                of_workload.zones.insert(pod.zone.clone());
            }
        }
        let at = to.min(now);
        for tenure in self.history.within(at.saturating_sub(1), at) {
            let pod = &tenure.pod;
            // One that ended has none, nor has one that is not placed yet.
            if pod.addresses.is_empty() {
                continue;
            }
            if let Some(of_workload) = found.workloads.get_mut(&tenure.workload(k8s_cluster)) {
                of_workload.pods += 1;
                of_workload.places.insert((pod.node.clone(), pod.zone.clone()));
            }
        }
        found.proxies = self.plugins.as_ref().map(|plugins| self.proxies(plugins, to.min(now)));
        Some(found)
    }

    /// Proxies that should report just before `at`, by namespace, workload and pod.
    fn proxies(&self, plugins: &BTreeMap<String, Asked>, at: u64) -> Vec<ProxyInPeriod> {
        let tenures = self.history.within(at.saturating_sub(1), at);
        let mut proxies: Vec<ProxyInPeriod> = tenures
            .filter_map(|tenure| {
                let (Standing::Expected { plugin, .. } | Standing::NotObservable { plugin }) = &tenure.pod.standing
                else {
                    return None;
                };
                let asked = plugins.get(plugin).cloned().unwrap_or_default();
                let agent = self.agents.get(&tenure.pod.uid).cloned();
                Some(ProxyInPeriod { pod: tenure.pod.clone(), since: tenure.from, asked, agent })
            })
            .collect();
        let name = |one: &ProxyInPeriod| (one.pod.namespace.clone(), one.pod.workload.clone(), one.pod.name.clone());
        proxies.sort_by_cached_key(name);
        proxies
    }
}
