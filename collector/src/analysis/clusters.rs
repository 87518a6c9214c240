//! Which k8s cluster a workload is in, where who names it does not know: absent is "not known", never another cluster.
//!
//! Such a workload is the only one of its name that anybody knows; among several, the one whose own proxies know of the exchanges
//! too, and of such the one next to who names it; else it stays where nobody knows.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::Workload;

use crate::ownership::Owner;
use crate::period::Period;

/// Namespace and name: a workload's, whatever its k8s cluster.
type Name = (String, String);

/// What a period says of the k8s clusters of workloads.
#[derive(Debug, Clone, Default)]
pub struct Clusters {
    /// By name, as anybody says.
    named: BTreeMap<Name, BTreeSet<String>>,
    /// Workloads as their own proxies name them.
    stated: BTreeSet<Workload>,
    /// Workloads whose own proxies exchanged something with workloads of these names.
    met: BTreeSet<(Workload, Name)>,
    /// K8s clusters that anybody names.
    all: BTreeSet<String>,
}

impl Clusters {
    /// Reads a period. Where everybody knows all k8s clusters there is nothing to read.
    #[must_use]
    pub fn of(period: &Period) -> Self {
        let own = period.reporters.iter().map(|reporter| &reporter.workload);
        let own = own.chain(period.senders.iter().map(|sender| &sender.proxy.workload));
        let stated: BTreeSet<Workload> = own.filter(|workload| !workload.is_empty()).cloned().collect();
        let peers = || period.rows.iter().map(|row| &row.key.peer.workload).filter(|workload| !workload.is_empty());
        if !stated.iter().chain(peers()).any(|workload| workload.cluster.is_empty()) {
            return Self::default();
        }
        let mut clusters = Self::default();
        let recorded = period.cluster.iter().flat_map(|cluster| cluster.workloads.keys());
        for workload in stated.iter().chain(peers()).chain(recorded).filter(|workload| !workload.cluster.is_empty()) {
            clusters.named.entry(name(workload)).or_default().insert(workload.cluster.clone());
            clusters.all.insert(workload.cluster.clone());
        }
        for row in &period.rows {
            let Some(reporter) = period.reporters.get(row.reporter) else { continue };
            let peer = match period.owners.get(row.owner) {
                _ if !row.key.peer.workload.is_empty() => &row.key.peer.workload,
                Some(Owner::One { workload, .. }) => workload,
                _ => continue,
            };
            clusters.met.insert((reporter.workload.clone(), name(peer)));
        }
        clusters.stated = stated;
        clusters
    }

    /// A workload as its own proxies name it. Two of one name whose proxies differ in what they know are one only where no second
    /// k8s cluster is named at all.
    #[must_use]
    pub fn own<'a>(&self, workload: &'a Workload) -> Cow<'a, Workload> {
        let Some(only) = self.candidates(workload).filter(|all| all.len() == 1).and_then(BTreeSet::first) else {
            return Cow::Borrowed(workload);
        };
        let found = Workload { cluster: only.clone(), ..workload.clone() };
        if self.all.len() > 1 && self.stated.contains(&found) { Cow::Borrowed(workload) } else { Cow::Owned(found) }
    }

    /// A workload as `reporter`, its other end, names it.
    #[must_use]
    pub fn peer<'a>(&self, reporter: &Workload, workload: &'a Workload) -> Cow<'a, Workload> {
        let Some(candidates) = self.candidates(workload) else { return Cow::Borrowed(workload) };
        let in_cluster = |cluster: &String| Workload { cluster: cluster.clone(), ..workload.clone() };
        // One that its own proxies name without a k8s cluster is as good as any.
        let nameless = self.stated.contains(workload).then(|| self.own(workload).into_owned());
        let all: BTreeSet<Workload> = candidates.iter().map(in_cluster).chain(nameless).collect();
        let knows = |one: &&Workload| self.met.contains(&((*one).clone(), name(reporter)));
        let known: Vec<&Workload> = all.iter().filter(knows).collect();
        let found = match (all.first(), known.as_slice()) {
            (Some(only), _) if all.len() == 1 => Some(only),
            (_, [only]) => Some(*only),
            (_, several) => several.iter().copied().find(|one| one.cluster == reporter.cluster),
        };
        found.map_or(Cow::Borrowed(workload), |found| Cow::Owned(found.clone()))
    }

    /// K8s clusters that a workload without one may be in.
    fn candidates(&self, workload: &Workload) -> Option<&BTreeSet<String>> {
        if !workload.cluster.is_empty() || workload.is_empty() {
            return None;
        }
        self.named.get(&name(workload))
    }
}

fn name(workload: &Workload) -> Name {
    (workload.namespace.clone(), workload.name.clone())
}
