//! What is said of the two ends of an edge: by its rows, by the ends' own proxies, and by the API server.

use hogusu_model::edge::End;
use hogusu_model::identity::parse_spiffe;
use hogusu_model::{Peer, Reporter as SideWord, SeriesKey};

use crate::analysis::edge::{Edge, Party};
use crate::analysis::few::Few;
use crate::analysis::identity::{NamedBy, Resolved};
use crate::period::{Period, Reporter};

/// What the row says of the two ends; `is_guessed` as [`is_cluster_guessed`] says.
pub(super) fn describe(edge: &mut Edge, reporter: &Reporter, key: &SeriesKey, resolved: &Resolved, is_guessed: bool) {
    let (own, peer) = match key.reporter {
        SideWord::Source => (&mut edge.source, &mut edge.destination),
        SideWord::Destination => (&mut edge.destination, &mut edge.source),
    };
    own.named_by.insert(NamedBy::Itself);
    peer.named_by.extend(resolved.named_by.iter().copied());
    peer.is_cluster_guessed |= is_guessed;
    insert(&mut own.service_accounts, &reporter.service_account);
    insert(&mut own.principals, &key.own_principal);
    prefer(&mut own.trust_domain, &reporter.trust_domain);
    prefer(&mut own.canonical_service, &reporter.canonical_service);
    insert(&mut own.canonical_revisions, &reporter.canonical_revision);
    insert(&mut peer.principals, &key.peer.principal);
    if let Some((domain, _, account)) = parse_spiffe(&key.peer.principal) {
        insert(&mut peer.service_accounts, account);
        fill(&mut peer.trust_domain, domain);
    }
    fill(&mut peer.canonical_service, &key.peer.canonical_service);
    insert(&mut peer.canonical_revisions, &key.peer.canonical_revision);
}

/// Metadata named a workload, and nobody but who sought one of its name its k8s cluster.
pub(super) fn is_cluster_guessed(peer: &Peer, resolved: &End) -> bool {
    let End::Workload(found) = resolved else { return false };
    let named = &peer.workload;
    !named.is_empty() && named.cluster.is_empty() && !found.cluster.is_empty()
}

/// What a workload's own proxies say of it, on edges where only the other side reports.
pub(super) fn introduce(party: &mut Party, own_words: &[&Reporter]) {
    let knows_revisions = !party.canonical_revisions.is_empty();
    for reporter in own_words {
        insert(&mut party.service_accounts, &reporter.service_account);
        fill(&mut party.trust_domain, &reporter.trust_domain);
        fill(&mut party.canonical_service, &reporter.canonical_service);
        if !knows_revisions {
            insert(&mut party.canonical_revisions, &reporter.canonical_revision);
        }
    }
}

/// What the API server says of a workload.
pub(super) fn place(party: &mut Party, end: &End, period: &Period) {
    let (End::Workload(workload), Some(cluster)) = (end, &period.cluster) else { return };
    if let Some(known) = cluster.workloads.get(workload) {
        party.zones.extend(known.zones.iter().cloned());
        party.service_accounts.extend(known.service_accounts.iter().filter(|account| !account.is_empty()).cloned());
    }
}

pub(super) fn insert(set: &mut Few<String>, text: &str) {
    if !text.is_empty() && !set.contains(text) {
        set.insert(text.to_owned());
    }
}

/// An end's own word wins over what a peer says of it.
fn prefer(slot: &mut String, text: &str) {
    if !text.is_empty() {
        text.clone_into(slot);
    }
}

fn fill(slot: &mut String, text: &str) {
    if slot.is_empty() {
        text.clone_into(slot);
    }
}
