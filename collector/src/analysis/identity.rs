//! Who the other end of an exchange is: metadata that names a workload, else the owner of its address at that time, else the
//! only workload of its certificate's service account, else unknown.
//!
//! A certificate names an account, not a workload, and several workloads may share one. So a principal resolves an end only
//! where the API server knows a single workload with it; everywhere else it but confirms or contradicts what was resolved.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::edge::End;
use hogusu_model::identity::parse_spiffe;
use hogusu_model::{Peer, Workload};

use crate::ownership::{Dispute, Owner, Source};
use crate::period::Period;

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
    stated: BTreeMap<Workload, BTreeSet<String>>,
    /// Service accounts of workloads by the API server's word.
    recorded: BTreeMap<Workload, BTreeSet<String>>,
    /// The workload of each service account (namespace, name) that has one alone.
    only: BTreeMap<(String, String), Workload>,
    /// Trust domains that the proxies state; none where they state none.
    trust_domains: BTreeSet<String>,
}

/// An end, how it is known, and what speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The end.
    pub end: End,
    /// How it is known; nothing where it is not.
    pub named_by: BTreeSet<NamedBy>,
    /// Why the peer's certificate contradicts it.
    pub contradiction: Option<String>,
    /// Why the address has no owner that can be named, and who claims it.
    pub dispute: Option<(Dispute, Vec<String>)>,
}

impl Identities {
    /// Reads a period.
    #[must_use]
    pub fn of(period: &Period) -> Self {
        let mut stated: BTreeMap<Workload, BTreeSet<String>> = BTreeMap::new();
        let reporting = period.reporters.iter().map(|reporter| (&reporter.workload, &reporter.service_account));
        let sending = period.senders.iter().map(|sender| (&sender.proxy.workload, &sender.proxy.service_account));
        for (workload, account) in reporting.chain(sending) {
            if !account.is_empty() {
                stated.entry(workload.clone()).or_default().insert(account.clone());
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
        Self { stated, recorded: recorded.collect(), only: accounts.filter_map(only).collect(), trust_domains }
    }

    /// Resolves a peer as a reporter describes it; `owner` is whose its address was.
    #[must_use]
    pub fn resolve(&self, peer: &Peer, owner: &Owner) -> Resolved {
        let mut resolved = self.end(peer, owner);
        if let End::Workload(workload) = &resolved.end {
            resolved.contradiction = self.contradiction(workload, &peer.principal);
        }
        resolved
    }

    fn end(&self, peer: &Peer, owner: &Owner) -> Resolved {
        let plain = |end, named_by| Resolved { end, named_by, contradiction: None, dispute: None };
        let named = |workload: &Workload, named_by| plain(End::Workload(workload.clone()), named_by);
        if !peer.workload.is_empty() {
            return named(&peer.workload, [NamedBy::Metadata].into());
        }
        let address = || if peer.address.is_empty() { End::Unknown } else { End::Address(peer.address.clone()) };
        match owner {
            Owner::One { workload, sources } => named(workload, sources.iter().map(by_source).collect()),
            Owner::Disputed { claimants, dispute } => {
                let claimants = claimants.iter().map(|(workload, sources)| claimant(workload, sources)).collect();
                Resolved { dispute: Some((*dispute, claimants)), ..plain(address(), BTreeSet::new()) }
            }
            Owner::Nobody => match self.only_workload(&peer.principal) {
                Some(workload) => named(workload, [NamedBy::ServiceAccountOfOneWorkload].into()),
                None => plain(address(), BTreeSet::new()),
            },
        }
    }

    /// An account of another trust domain is nobody that this k8s cluster knows, whatever its name.
    fn only_workload(&self, principal: &str) -> Option<&Workload> {
        let (domain, namespace, account) = parse_spiffe(principal)?;
        if !self.trust_domains.is_empty() && !self.trust_domains.contains(domain) {
            return None;
        }
        self.only.get(&(namespace.to_owned(), account.to_owned()))
    }

    /// What in `principal` contradicts `workload`. A principal that is no SPIFFE id of Istio's form says nothing.
    fn contradiction(&self, workload: &Workload, principal: &str) -> Option<String> {
        let (_, namespace, account) = parse_spiffe(principal)?;
        let name = format!("{}/{}", workload.namespace, workload.name);
        if namespace != workload.namespace {
            return Some(format!("{name} presented {principal}, a certificate of namespace {namespace}"));
        }
        let stated = self.stated.get(workload).map(|accounts| (accounts, "its proxy states"));
        let (accounts, who) = stated.or_else(|| Some((self.recorded.get(workload)?, "Kubernetes says")))?;
        let known = accounts.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        (!accounts.contains(account))
            .then(|| format!("{name} presented {principal}, a certificate of service account {account}; {who} {known}"))
    }
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
    format!("{}/{} by {}", workload.namespace, workload.name, named.collect::<Vec<_>>().join(" and "))
}
