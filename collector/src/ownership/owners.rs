//! The owner of each address in each slot of a period.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use hogusu_model::{SeriesKey, Slot, Workload};

use super::claims::{Claim, Source, parse};
use super::crowd::{self, Crowd};

/// Whose an address was in a slot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nobody's that is known.
    #[default]
    Nobody,
    /// One workload's, all the time.
    One {
        /// Whose.
        workload: Workload,
        /// Who says so.
        sources: BTreeSet<Source>,
    },
    /// Not to be said.
    Disputed {
        /// Who claims it, by whose word.
        claimants: BTreeMap<Workload, BTreeSet<Source>>,
        /// Why.
        dispute: Dispute,
    },
}

/// Why an owner cannot be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dispute {
    /// The address changed hands within the slot, or two had it at once.
    ChangedHands,
    /// The API server names one owner, and the proxy at the address another.
    Contradiction,
    /// The only owner that is known of went away while nobody watched: the address may have been another's since.
    EndUnseen,
}

/// Owners of all addresses over a period.
#[derive(Debug, Clone)]
pub struct Owners {
    timelines: HashMap<IpAddr, Vec<(Slot, usize)>>,
    owners: Vec<Owner>,
}

impl Default for Owners {
    fn default() -> Self {
        Self { timelines: HashMap::new(), owners: vec![Owner::Nobody] }
    }
}

/// Owners of one address over a period.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timeline<'a>(&'a [(Slot, usize)]);

impl Timeline<'_> {
    /// The owner's place among [`Owners::list`] in a slot; 0 is nobody.
    #[must_use]
    pub fn at(self, slot: Slot) -> usize {
        let next = self.0.partition_point(|(from, _)| *from <= slot);
        next.checked_sub(1).and_then(|place| self.0.get(place)).map_or(0, |(_, owner)| *owner)
    }
}

impl Owners {
    /// Works them out. A batch belongs to the slot that it starts in and may reach `reach` nanoseconds beyond it, so an owner
    /// must have been the only one so long.
    #[must_use]
    pub fn of(claims: Vec<Claim>, reach: u64) -> Self {
        let mut by_address: BTreeMap<IpAddr, Vec<Claim>> = BTreeMap::new();
        for claim in claims {
            by_address.entry(claim.address).or_default().push(claim);
        }
        let mut owners = Self::default();
        let mut places: HashMap<Owner, usize> = HashMap::from([(Owner::Nobody, 0)]);
        for (address, claims) in by_address {
            let mut timeline: Vec<(Slot, usize)> = Vec::new();
            let claims = crowd::joined(claims);
            let mut crowd = Crowd::of(&claims);
            for slot in changes(&claims, reach) {
                let owner = owner(&crowd.between(slot.start(), slot.end().saturating_add(reach)), slot, reach);
                let next = owners.owners.len();
                let place = *places.entry(owner).or_insert_with_key(|owner| {
                    owners.owners.push(owner.clone());
                    next
                });
                if timeline.last().is_none_or(|(_, before)| *before != place) {
                    timeline.push((slot, place));
                }
            }
            owners.timelines.insert(address, timeline);
        }
        owners
    }

    /// The owners of a peer's address. Nobody's where metadata names the workload, for then the address does not matter.
    #[must_use]
    pub fn timeline(&self, key: &SeriesKey) -> Timeline<'_> {
        let peer = &key.peer;
        if !peer.workload.is_empty() || peer.address.is_empty() {
            return Timeline::default();
        }
        let found = parse(&peer.address).and_then(|address| self.timelines.get(&address));
        found.map_or_else(Timeline::default, |timeline| Timeline(timeline))
    }

    /// Every owner that is someone's somewhere, nobody first.
    #[must_use]
    pub fn into_list(self) -> Vec<Owner> {
        self.owners
    }
}

/// Slots at which an address' owner may change, ascending.
fn changes(claims: &[Claim], reach: u64) -> BTreeSet<Slot> {
    let after = |time: u64| Slot(Slot::of(time.saturating_sub(1)).0.saturating_add(1));
    let of_claim = |claim: &Claim| {
        let reached = [claim.from, claim.firm_to].map(|time| Slot::of(time.saturating_sub(reach)));
        [reached[0], reached[1], after(claim.firm_to), after(claim.to)]
    };
    claims.iter().flat_map(of_claim).collect()
}

fn owner(claims: &[&Claim], slot: Slot, reach: u64) -> Owner {
    let (start, end) = (slot.start(), slot.end().saturating_add(reach));
    let mut kubernetes: BTreeSet<&Workload> = BTreeSet::new();
    let (mut firm, mut soft): (BTreeSet<&Workload>, BTreeSet<&Workload>) = Default::default();
    let here = || claims.iter().filter(|claim| claim.from < end && claim.to > start);
    for claim in here() {
        match claim.source {
            Source::Kubernetes => kubernetes.insert(&claim.workload),
            Source::Proxy if claim.firm_to > start => firm.insert(&claim.workload),
            Source::Proxy => soft.insert(&claim.workload),
        };
    }
    // Where the API server speaks, a proxy that has not been heard of since is no claimant.
    let proxies: BTreeSet<&Workload> = if kubernetes.is_empty() { &firm | &soft } else { firm };
    let is_told = |one: &Workload| proxies.iter().any(|other| is_same(one, other));
    let contradicted =
        !kubernetes.is_empty() && proxies.iter().any(|one| !kubernetes.iter().any(|other| is_same(one, other)));
    let all: BTreeSet<&Workload> = if kubernetes.is_empty() { proxies.clone() } else { kubernetes.clone() };
    let is_unseen = here().any(|claim| claim.is_end_unseen && claim.to < end && !is_told_beyond(claim, claims, end));
    if let (1, false, false, Some(only)) = (all.len(), contradicted, is_unseen, all.first()) {
        let told = [(Source::Proxy, is_told(only)), (Source::Kubernetes, !kubernetes.is_empty())];
        let sources = told.into_iter().filter(|(_, says)| *says).map(|(source, _)| source).collect();
        // The proxy's own word on its k8s cluster is the name that edges have.
        let workload = proxies.first().map_or_else(|| (*only).clone(), |own| (*own).clone());
        return Owner::One { workload, sources };
    }
    if all.is_empty() {
        return Owner::Nobody;
    }
    let mut claimants: BTreeMap<Workload, BTreeSet<Source>> = BTreeMap::new();
    let told =
        kubernetes.iter().map(|one| (one, Source::Kubernetes)).chain(proxies.iter().map(|one| (one, Source::Proxy)));
    for (workload, source) in told {
        claimants.entry((*workload).clone()).or_default().insert(source);
    }
    let dispute = match (kubernetes.len(), contradicted) {
        (1, true) => Dispute::Contradiction,
        (1, false) => Dispute::EndUnseen,
        _ => Dispute::ChangedHands,
    };
    Owner::Disputed { claimants, dispute }
}

/// Whether the owner's own proxy was still heard of when all of the slot was over.
fn is_told_beyond(ended: &Claim, claims: &[&Claim], end: u64) -> bool {
    let told = |claim: &&Claim| claim.source == Source::Proxy && claim.from <= ended.to && claim.firm_to >= end;
    claims.iter().any(|claim| told(claim) && is_same(&claim.workload, &ended.workload))
}

/// The same workload; a proxy that does not know its k8s cluster is in any.
fn is_same(one: &Workload, other: &Workload) -> bool {
    let cluster = one.cluster == other.cluster || one.cluster.is_empty() || other.cluster.is_empty();
    cluster && one.namespace == other.namespace && one.name == other.name
}
