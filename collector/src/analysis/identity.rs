//! Who the other end of an exchange is: metadata that names a workload, else the owner of its address at that time, else the
//! only workload of its certificate's service account, else unknown.
//!
//! A certificate names an account, not a workload, and several workloads may share one. So a principal resolves an end only
//! where the API server knows a single workload with it, or where it fits one of several claimants of an address; everywhere else it
//! but confirms or contradicts what was resolved. An address that a proxy alone claims, or that is a gateway's, is never taken
//! against it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hogusu_model::edge::End;
use hogusu_model::identity::parse_spiffe;
use hogusu_model::{Peer, Workload};

use super::clusters::Clusters;
use super::few::Few;
use super::pods::Pods;
use crate::kubernetes::pod::{Pod, ProxyKind, Standing};
use crate::label;
use crate::ownership::{Dispute, Owner, Source};
use crate::period::Period;
use crate::shown::word;

/// How an end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamedBy {
    /// By its own proxy's word.
    Itself,
    /// By metadata that the other end's proxy has of it.
    Metadata,
    /// By its address, which its own proxy states.
    AddressOfProxy,
    /// By its address, which the API server gives to its pod.
    AddressInKubernetes,
    /// By its certificate's service account, which one workload alone has by the API server's word.
    ServiceAccountOfOneWorkload,
}

impl NamedBy {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Itself => "itself",
            Self::Metadata => "metadata",
            Self::AddressOfProxy => "address_of_proxy",
            Self::AddressInKubernetes => "address_in_kubernetes",
            Self::ServiceAccountOfOneWorkload => "service_account_of_one_workload",
        }
    }
}

/// What a period's reporters and the API server say of workloads, ready for questions.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    /// Service accounts that each reporting workload states.
    stated: HashMap<Workload, BTreeSet<String>>,
    /// Service accounts of workloads by the API server's word.
    recorded: HashMap<Workload, BTreeSet<String>>,
    /// The workload of each service account (namespace, name) that has one alone.
    only: BTreeMap<(String, String), Workload>,
    /// Trust domains that the proxies state; none where they state none.
    trust_domains: BTreeSet<String>,
    /// Workloads that pass on what others send, some of it as it is: their address says nothing of whose a certificate is.
    gateways: BTreeSet<Workload>,
    /// Workloads by their pods.
    pods: Pods,
    /// K8s clusters of those who do not know theirs.
    clusters: Clusters,
    /// Workloads whose own proxies report.
    reporting: BTreeSet<Workload>,
}

/// An end, how it is known, and what speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The end.
    pub end: End,
    /// How it is known; nothing where it is not.
    pub named_by: Few<NamedBy>,
    /// Why the peer's certificate contradicts it.
    pub contradiction: Option<String>,
    /// Why the address has no owner that can be named, or more than that one, and who claims it.
    pub dispute: Option<(Dispute, Vec<String>)>,
}

impl Identities {
    /// Reads a period.
    #[must_use]
    pub fn of(period: &Period) -> Self {
        let clusters = Clusters::of(period);
        let mut stated: HashMap<Workload, BTreeSet<String>> = HashMap::new();
        let reporting = period.reporters.iter().map(|reporter| (&reporter.workload, &reporter.service_account));
        let sending = period.senders.iter().map(|sender| (&sender.proxy.workload, &sender.proxy.service_account));
        for (workload, account) in reporting.chain(sending) {
            if !account.is_empty() {
                stated.entry(clusters.own(workload).into_owned()).or_default().insert(account.clone());
            }
        }
        let cluster = period.cluster.as_ref();
        let accounts = cluster.into_iter().flat_map(|cluster| &cluster.accounts);
        let only = |(account, workloads): (&(String, String), &BTreeSet<Workload>)| {
            let first = workloads.first().filter(|_| workloads.len() == 1)?;
            Some((account.clone(), first.clone()))
        };
        let workloads = cluster.into_iter().flat_map(|cluster| &cluster.workloads);
        let recorded = workloads.map(|(workload, of)| (workload.clone(), of.service_accounts.clone()));
        let domains = period.senders.iter().map(|sender| &sender.proxy.trust_domain);
        let trust_domains = domains.filter(|domain| !domain.is_empty()).cloned().collect();
        let gateways = gateways(period, &clusters);
        let (recorded, mut only) = (recorded.collect(), accounts.filter_map(only).collect::<BTreeMap<_, _>>());
        for (workload, account) in stated.iter().flat_map(|(one, accounts)| accounts.iter().map(move |own| (one, own)))
        {
            let account = (workload.namespace.clone(), account.clone());
            if only.get(&account).is_some_and(|known: &Workload| known.cluster != workload.cluster) {
                only.remove(&account);
            }
        }
        let pods = Pods::of(period, &clusters);
        let own = period.reporters.iter().map(|reporter| &reporter.workload);
        let own = own.chain(period.senders.iter().map(|sender| &sender.proxy.workload));
        let reporting = own.map(|workload| clusters.own(workload).into_owned()).collect();
        Self { stated, recorded, only, trust_domains, gateways, pods, clusters, reporting }
    }

    /// True for a workload that its own proxies or the API server name, not only who met it.
    #[must_use]
    pub fn is_of_mesh(&self, workload: &Workload) -> bool {
        self.reporting.contains(workload) || self.recorded.contains_key(workload)
    }

    /// What is known of k8s clusters.
    #[must_use]
    pub const fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// A reporter as its own proxies name it, with its k8s cluster where that is known.
    #[must_use]
    pub fn own(&self, reporter: &Workload) -> Workload {
        self.clusters.own(reporter).into_owned()
    }

    /// Resolves a peer as `reporter` describes it; `owner` is whose its address was.
    #[must_use]
    pub fn resolve(&self, reporter: &Workload, peer: &Peer, owner: &Owner) -> Resolved {
        let mut resolved = self.end(reporter, peer, owner);
        if let End::Workload(workload) = &resolved.end {
            resolved.contradiction = self.contradiction(workload, &peer.principal);
        }
        resolved
    }

    fn end(&self, reporter: &Workload, peer: &Peer, owner: &Owner) -> Resolved {
        if !peer.workload.is_empty() {
            let workload = self.pods.workload_of(&peer.workload).unwrap_or(&peer.workload);
            return Resolved::named(&self.clusters.peer(reporter, workload), one(NamedBy::Metadata), None);
        }
        let (named, dispute) = match owner {
            Owner::Nobody => (None, None),
            Owner::One { workload, sources, against } => {
                let workload = self.clusters.peer(reporter, workload);
                // Where a proxy claims it too, a certificate that is not the recorded owner's speaks for the proxy.
                let is_strong =
                    sources.contains(&Source::Kubernetes) && against.is_empty() && !self.gateways.contains(&*workload);
                let claimed = against.iter().map(|one| claimant(one, &[Source::Proxy].into()));
                let all = std::iter::once(claimant(&workload, sources)).chain(claimed).collect();
                let contested = (!against.is_empty()).then_some((Dispute::Contradiction, all));
                if is_strong || self.contradiction(&workload, &peer.principal).is_none() {
                    (Some((workload.into_owned(), sources)), contested)
                } else if contested.is_some() {
                    (None, contested)
                } else {
                    // Through a gateway anybody may come.
                    let is_said = !self.gateways.contains(&*workload);
                    (None, is_said.then(|| (Dispute::OtherCertificate, vec![claimant(&workload, sources)])))
                }
            }
            Owner::Disputed { claimants, dispute } => match self.certified(claimants, reporter, &peer.principal) {
                Some(found) => (Some(found), None),
                None => {
                    let claimants = claimants.iter().map(|(workload, sources)| claimant(workload, sources)).collect();
                    (None, Some((*dispute, claimants)))
                }
            },
        };
        match (named, self.only_workload(reporter, &peer.principal)) {
            (Some((workload, sources)), _) => {
                Resolved::named(&workload, sources.iter().map(by_source).collect(), dispute)
            }
            (None, Some(workload)) => Resolved::named(workload, one(NamedBy::ServiceAccountOfOneWorkload), dispute),
            (None, None) if peer.address.is_empty() => Resolved::unnamed(End::Unknown, dispute),
            (None, None) => Resolved::unnamed(End::Address(peer.address.clone()), dispute),
        }
    }

    /// The only one among those who claim an address that has the certificate's service account.
    fn certified<'a>(
        &self,
        claimants: &'a BTreeMap<Workload, BTreeSet<Source>>,
        reporter: &Workload,
        principal: &str,
    ) -> Option<(Workload, &'a BTreeSet<Source>)> {
        let (_, namespace, account) = parse_spiffe(principal)?;
        let has_it = |workload: &Workload| {
            let accounts = self.recorded.get(workload).or_else(|| self.stated.get(workload));
            workload.namespace == namespace && accounts.is_some_and(|accounts| accounts.contains(account))
        };
        let all = claimants.iter().map(|(one, sources)| (self.clusters.peer(reporter, one).into_owned(), sources));
        let mut fitting = all.filter(|(workload, _)| has_it(workload));
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// An account of another trust domain is nobody that this k8s cluster knows, whatever its name; nor does it know who has it in
    /// another one.
    fn only_workload(&self, reporter: &Workload, principal: &str) -> Option<&Workload> {
        let (domain, namespace, account) = parse_spiffe(principal)?;
        if !self.trust_domains.is_empty() && !self.trust_domains.contains(domain) {
            return None;
        }
        let found = self.only.get(&(namespace.to_owned(), account.to_owned()))?;
        let is_far = !reporter.cluster.is_empty() && reporter.cluster != found.cluster;
        (!is_far).then_some(found)
    }

    /// What in `principal` contradicts `workload`. A principal that is no SPIFFE id of Istio's form says nothing.
    fn contradiction(&self, workload: &Workload, principal: &str) -> Option<String> {
        let (_, namespace, account) = parse_spiffe(principal)?;
        // Said of hardly any row, and asked of every one: words are made where something is said.
        let presented =
            || format!("{} presented {}", label::workload(&workload.namespace, &workload.name), word(principal));
        if namespace != workload.namespace {
            return Some(format!("{}, a certificate of namespace {}", presented(), word(namespace)));
        }
        let recorded = self.recorded.get(workload).map(|accounts| (accounts, "Kubernetes says"));
        let (accounts, who) = recorded.or_else(|| Some((self.stated.get(workload)?, "its proxy states")))?;
        (!accounts.contains(account)).then(|| {
            let known = accounts.iter().map(|account| word(account)).collect::<Vec<_>>().join(", ");
            format!("{}, a certificate of service account {}; {who} {known}", presented(), word(account))
        })
    }
}

impl Resolved {
    fn named(workload: &Workload, named_by: Few<NamedBy>, dispute: Option<(Dispute, Vec<String>)>) -> Self {
        Self { end: End::Workload(workload.clone()), named_by, contradiction: None, dispute }
    }

    fn unnamed(end: End, dispute: Option<(Dispute, Vec<String>)>) -> Self {
        Self { end, named_by: Few::default(), contradiction: None, dispute }
    }
}

/// Workloads that stand at the mesh's border, by their proxies' and the API server's word.
fn gateways(period: &Period, clusters: &Clusters) -> BTreeSet<Workload> {
    let stated = period.senders.iter().map(|sender| &sender.proxy).filter(|proxy| proxy.id.starts_with("router~"));
    let stated = stated.map(|proxy| clusters.own(&proxy.workload).into_owned());
    let expected = period.cluster.iter().flat_map(|cluster| cluster.proxies.iter().flatten()).map(|proxy| &proxy.pod);
    let is_gateway = |pod: &&Pod| matches!(pod.standing, Standing::Expected { kind: ProxyKind::Gateway, .. });
    let pods: BTreeSet<(&str, &str)> =
        expected.filter(is_gateway).map(|pod| (pod.namespace.as_str(), pod.workload.as_str())).collect();
    let recorded = period.cluster.iter().flat_map(|cluster| cluster.workloads.keys());
    let recorded = recorded.filter(|one| pods.contains(&(one.namespace.as_str(), one.name.as_str())));
    stated.chain(recorded.cloned()).collect()
}

fn one(how: NamedBy) -> Few<NamedBy> {
    [how].into_iter().collect()
}

const fn by_source(source: &Source) -> NamedBy {
    match source {
        Source::Proxy => NamedBy::AddressOfProxy,
        Source::Kubernetes => NamedBy::AddressInKubernetes,
    }
}

/// `shop/checkout by its proxy`.
fn claimant(workload: &Workload, sources: &BTreeSet<Source>) -> String {
    let named = sources.iter().map(|source| match source {
        Source::Proxy => "its proxy",
        Source::Kubernetes => "Kubernetes",
    });
    let name = label::workload(&workload.namespace, &workload.name);
    format!("{name} by {}", named.collect::<Vec<_>>().join(" and "))
}
