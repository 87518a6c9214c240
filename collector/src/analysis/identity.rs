//! Who the other end of an exchange is: metadata that names a workload, else ownership of its address, else unknown.
//!
//! A certificate names an account, not a workload, and several workloads may share one. So a principal never resolves
//! anything here: it only confirms or contradicts what was resolved.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::edge::End;
use hogusu_model::identity::parse_spiffe;
use hogusu_model::{Peer, Workload};

use super::ownership::{Owner, Ownership};
use crate::period::Period;

/// What a period's reporters say of themselves, ready for questions.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    ownership: Ownership,
    /// Service accounts that each reporting workload states.
    accounts: BTreeMap<Workload, BTreeSet<String>>,
}

/// An end, and what speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The end.
    pub end: End,
    /// Why the peer's certificate contradicts it.
    pub contradiction: Option<String>,
    /// The address had more than one owner in the period.
    pub ambiguous: bool,
}

impl Identities {
    /// Reads a period.
    #[must_use]
    pub fn of(period: &Period) -> Self {
        let mut accounts: BTreeMap<Workload, BTreeSet<String>> = BTreeMap::new();
        let reporting = period.reporters.iter().map(|reporter| (&reporter.workload, &reporter.service_account));
        let sending = period.senders.iter().map(|sender| (&sender.proxy.workload, &sender.proxy.service_account));
        for (workload, account) in reporting.chain(sending) {
            if !account.is_empty() {
                accounts.entry(workload.clone()).or_default().insert(account.clone());
            }
        }
        Self { ownership: Ownership::of(period), accounts }
    }

    /// Resolves a peer as a reporter describes it.
    #[must_use]
    pub fn resolve(&self, peer: &Peer) -> Resolved {
        let (end, ambiguous) = self.end(peer);
        let contradiction = match &end {
            End::Workload(workload) => self.contradiction(workload, &peer.principal),
            _ => None,
        };
        Resolved { end, contradiction, ambiguous }
    }

    /// The workloads that claim `address`, as labels.
    #[must_use]
    pub fn claimants(&self, address: &str) -> Vec<String> {
        self.ownership.claimants(address).into_iter().map(|one| format!("{}/{}", one.namespace, one.name)).collect()
    }

    fn end(&self, peer: &Peer) -> (End, bool) {
        if !peer.workload.is_empty() {
            return (End::Workload(peer.workload.clone()), false);
        }
        if peer.address.is_empty() {
            return (End::Unknown, false);
        }
        match self.ownership.owner(&peer.address) {
            Owner::One(workload) => (End::Workload(workload.clone()), false),
            Owner::Ambiguous => (End::Address(peer.address.clone()), true),
            Owner::Nobody => (End::Address(peer.address.clone()), false),
        }
    }

    /// What in `principal` contradicts `workload`. A principal that is no SPIFFE id of Istio's form says nothing.
    fn contradiction(&self, workload: &Workload, principal: &str) -> Option<String> {
        let (_, namespace, account) = parse_spiffe(principal)?;
        let name = format!("{}/{}", workload.namespace, workload.name);
        if namespace != workload.namespace {
            return Some(format!("{name} presented {principal}, a certificate of namespace {namespace}"));
        }
        let accounts = self.accounts.get(workload)?;
        let known = accounts.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        (!accounts.contains(account)).then(|| {
            format!(
                "{name} presented {principal}, a certificate of service account {account}; its proxy states {known}"
            )
        })
    }
}
