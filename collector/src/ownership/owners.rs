//! The owner of each address in each slot of a period, k8s cluster by k8s cluster.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use hogusu_model::{SeriesKey, Slot, Workload};

use super::claims::{Claim, Source, parse};
use super::crowd::{self, Crowd};
use super::scope::{Scope, Scopes};

/// Whose an address was in a slot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nobody's that is known, or a node's.
    #[default]
    Nobody,
    /// One workload's, all the time.
    One {
        /// Whose.
        workload: Workload,
        /// Who says so.
        sources: BTreeSet<Source>,
        /// Who claims it as well, by a proxy's word alone: that is never taken against the API server's.
        against: BTreeSet<Workload>,
    },
    /// Not to be said.
    Disputed {
        /// Who claims it, by whose word.
        claimants: BTreeMap<Workload, BTreeSet<Source>>,
        /// Why.
        dispute: Dispute,
    },
}

/// Why an owner cannot be named, or not without saying more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dispute {
    /// The address changed hands within the slot, or two had it at once.
    ChangedHands,
    /// The API server names one owner, whose it is, and a proxy says that it has the address too.
    Contradiction,
    /// The only owner that is known of went away while nobody watched: the address may have been another's since.
    EndUnseen,
    /// A proxy says that it has the address, and who came from there had the certificate of another.
    OtherCertificate,
}

/// Owners of all addresses over a period.
#[derive(Debug, Clone)]
pub struct Owners {
    scopes: Scopes,
    /// By address, then by scope.
    timelines: HashMap<IpAddr, Vec<(Scope, Timeline)>>,
    owners: Vec<Owner>,
    places: HashMap<Owner, usize>,
}

/// From when on an address was whose, by places among [`Owners::into_list`], ascending.
type Timeline = Vec<(Slot, usize)>;

impl Default for Owners {
    fn default() -> Self {
        let (owners, places) = (vec![Owner::Nobody], HashMap::from([(Owner::Nobody, 0)]));
        Self { scopes: Scopes::default(), timelines: HashMap::new(), owners, places }
    }
}

/// Owners of one address over a period, in each k8s cluster that has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timelines<'a>(&'a [(Scope, Timeline)]);

impl Timelines<'_> {
    /// The owner's place among [`Owners::into_list`] in a slot, as a reporter of this scope has it; 0 is nobody.
    #[must_use]
    pub fn at(self, scope: Scope, slot: Slot) -> usize {
        let Some((_, timeline)) = self.0.iter().find(|(of, _)| *of == scope) else { return 0 };
        let next = timeline.partition_point(|(from, _)| *from <= slot);
        next.checked_sub(1).and_then(|place| timeline.get(place)).map_or(0, |(_, owner)| *owner)
    }

    /// The same, if it is one and the same in all slots of [first, end); `None` where it changes.
    #[must_use]
    pub fn throughout(self, scope: Scope, (first, end): (Slot, Slot)) -> Option<usize> {
        let owner = self.at(scope, first);
        let Some((_, timeline)) = self.0.iter().find(|(of, _)| *of == scope) else { return Some(owner) };
        let next = timeline.partition_point(|(from, _)| *from <= first);
        let mut within = timeline.iter().skip(next).take_while(|(from, _)| *from < end);
        within.all(|(_, other)| *other == owner).then_some(owner)
    }
}

impl Owners {
    /// Works them out. A batch belongs to the slot that it starts in and may reach `reach` nanoseconds beyond it, so an owner
    /// must have been the only one so long.
    #[must_use]
    pub fn of(claims: Vec<Claim>, reach: u64) -> Self {
        let scopes = Scopes::of(claims.iter().map(|claim| claim.k8s_cluster.as_str()));
        let mut by_place: BTreeMap<(IpAddr, Scope), Vec<Claim>> = BTreeMap::new();
        for claim in claims {
            by_place.entry((claim.address, scopes.scope(&claim.k8s_cluster))).or_default().push(claim);
        }
        let mut owners = Self { scopes, ..Self::default() };
        for ((address, scope), claims) in by_place {
            let mut timeline = Timeline::new();
            let claims = crowd::joined(claims);
            let mut crowd = Crowd::of(&claims);
            for slot in changes(&claims, reach) {
                let owner = owner(&crowd.between(slot.start(), slot.end().saturating_add(reach)), slot, reach);
                let place = owners.adopt(owner);
                if timeline.last().is_none_or(|(_, before)| *before != place) {
                    timeline.push((slot, place));
                }
            }
            owners.timelines.entry(address).or_default().push((scope, timeline));
        }
        owners
    }

    /// The place of an owner among [`Self::into_list`], whoever found it.
    pub fn adopt(&mut self, owner: Owner) -> usize {
        let next = self.owners.len();
        *self.places.entry(owner).or_insert_with_key(|owner| {
            self.owners.push(owner.clone());
            next
        })
    }

    /// The owner at a place; nobody where there is none.
    #[must_use]
    pub fn owner(&self, place: usize) -> &Owner {
        self.owners.get(place).unwrap_or(&Owner::Nobody)
    }

    /// The scope of a reporter in the k8s cluster of this name.
    #[must_use]
    pub fn scope(&self, k8s_cluster: &str) -> Scope {
        self.scopes.scope(k8s_cluster)
    }

    /// The owners of a peer's address. Nobody's where metadata names the workload, for then the address does not matter.
    #[must_use]
    pub fn timelines(&self, key: &SeriesKey) -> Timelines<'_> {
        let peer = &key.peer;
        if !peer.workload.is_empty() || peer.address.is_empty() {
            return Timelines::default();
        }
        let found = parse(&peer.address).and_then(|address| self.timelines.get(&address));
        found.map_or_else(Timelines::default, |timelines| Timelines(timelines))
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

/// Who claims an address in a slot, by whose word.
#[derive(Debug, Default)]
struct Told<'a> {
    kubernetes: BTreeSet<&'a Workload>,
    proxies: BTreeSet<&'a Workload>,
    is_of_node: bool,
}

impl<'a> Told<'a> {
    fn of(claims: impl Iterator<Item = &'a Claim>, start: u64) -> Self {
        let mut told = Self::default();
        let mut soft: BTreeSet<&Workload> = BTreeSet::new();
        for claim in claims {
            match (&claim.workload, claim.source) {
                (None, _) => told.is_of_node = true,
                (Some(workload), Source::Kubernetes) => drop(told.kubernetes.insert(workload)),
                (Some(workload), Source::Proxy) if claim.firm_to > start => drop(told.proxies.insert(workload)),
                (Some(workload), Source::Proxy) => drop(soft.insert(workload)),
            }
        }
        // Where the API server speaks, a proxy that has not been heard of since is no claimant.
        if told.kubernetes.is_empty() {
            told.proxies.extend(soft);
        }
        told
    }

    fn disputed(&self, dispute: Dispute) -> Owner {
        let mut claimants: BTreeMap<Workload, BTreeSet<Source>> = BTreeMap::new();
        let kubernetes = self.kubernetes.iter().map(|one| (one, Source::Kubernetes));
        for (workload, source) in kubernetes.chain(self.proxies.iter().map(|one| (one, Source::Proxy))) {
            claimants.entry((*workload).clone()).or_default().insert(source);
        }
        Owner::Disputed { claimants, dispute }
    }

    /// The API server's owner, in whatever way proxies contradict it; without its word, the only one that proxies name.
    fn only(&self) -> Option<Owner> {
        let Some(recorded) = self.kubernetes.first() else {
            let workload = self.proxies.first().filter(|_| self.proxies.len() == 1)?;
            let (workload, sources) = ((*workload).clone(), [Source::Proxy].into());
            return Some(Owner::One { workload, sources, against: BTreeSet::new() });
        };
        if self.kubernetes.len() != 1 {
            return None;
        }
        let (own, against): (Vec<&Workload>, Vec<&Workload>) =
            self.proxies.iter().copied().partition(|told| is_same(told, recorded));
        let told = [(Source::Kubernetes, true), (Source::Proxy, !own.is_empty())];
        Some(Owner::One {
            // The proxy's own word on its k8s cluster is the name that edges have.
            workload: own.first().map_or_else(|| (*recorded).clone(), |own| (*own).clone()),
            sources: told.into_iter().filter(|(_, says)| *says).map(|(source, _)| source).collect(),
            against: against.into_iter().cloned().collect(),
        })
    }
}

fn owner(claims: &[&Claim], slot: Slot, reach: u64) -> Owner {
    let (start, end) = (slot.start(), slot.end().saturating_add(reach));
    let here = || claims.iter().copied().filter(|claim| claim.from < end && claim.to > start);
    let told = Told::of(here(), start);
    if told.is_of_node || (told.kubernetes.is_empty() && told.proxies.is_empty()) {
        return Owner::Nobody;
    }
    let is_unseen = here().any(|claim| claim.is_end_unseen && claim.to < end && !is_told_beyond(claim, claims, end));
    // Where the API server speaks of a part of the time alone, who contradicts it may have had the rest.
    let recorded = || here().filter(|claim| claim.source == Source::Kubernetes);
    let is_whole = recorded().any(|claim| claim.from <= start) && recorded().any(|claim| claim.to >= end);
    match told.only() {
        Some(Owner::One { against, .. }) if !against.is_empty() && (is_unseen || !is_whole) => {
            told.disputed(Dispute::ChangedHands)
        }
        Some(_) if is_unseen => told.disputed(Dispute::EndUnseen),
        Some(one) => one,
        None => told.disputed(Dispute::ChangedHands),
    }
}

/// Whether the owner's own proxy was still heard of when all of the slot was over.
fn is_told_beyond(ended: &Claim, claims: &[&Claim], end: u64) -> bool {
    let told = |claim: &&Claim| claim.source == Source::Proxy && claim.from <= ended.to && claim.firm_to >= end;
    let is_it =
        |claim: &Claim| claim.workload.as_ref().zip(ended.workload.as_ref()).is_some_and(|(a, b)| is_same(a, b));
    claims.iter().copied().filter(told).any(is_it)
}

/// The same workload; a proxy that does not know its k8s cluster is in any.
fn is_same(one: &Workload, other: &Workload) -> bool {
    let cluster = one.cluster == other.cluster || one.cluster.is_empty() || other.cluster.is_empty();
    cluster && one.namespace == other.namespace && one.name == other.name
}
