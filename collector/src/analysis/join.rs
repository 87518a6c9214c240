//! From rows to edges: each row's two ends are resolved, and rows of the same edge and side add up.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::edge::{EdgeKey, End};
use hogusu_model::identity::parse_spiffe;
use hogusu_model::{
    Hook, Measure, Reporter as SideWord, Security, SeriesData, SeriesKey, Service, TlsVersion, Traffic, Workload,
};

use super::agreement;
use super::edge::{Class, Edge, Party, Side};
use super::flow::{FlowKey, Flows, is_tcp};
use super::hooks::Guess;
use super::identity::{Identities, NamedBy, Resolved};
use super::passage::{GATEWAY_PORT, Passages};
use super::security;
use crate::allowance::EDGE;
use crate::label::{Labels, with_port};
use crate::ownership::Dispute;
use crate::period::{Owner, Period, Reporter, Row};
use crate::wanted::{Unwanted, Wanted};

/// Which traffic is on the map beside the mesh's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Include {
    /// Probes and health checks.
    pub probe: bool,
    /// The filter's own telemetry.
    pub telemetry: bool,
}

/// Exchanges that are not on the map, as reporters counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Probes and health checks.
    pub probe: u64,
    /// The filter's own telemetry.
    pub telemetry: u64,
}

/// A period's edges.
#[derive(Debug, Clone, Default)]
pub struct Joined {
    /// By key.
    pub edges: Vec<Edge>,
    /// Traffic that was not asked for.
    pub left_out: LeftOut,
    /// Requests that two hooks of a proxy count, by workload, side and the hook whose count is left out.
    pub conflicting: BTreeMap<(Workload, SideWord, Hook), u64>,
    /// Exchanges on overflow edges.
    pub overflow: u64,
    /// Addresses that had no owner that can be named while somebody counted on them, by the k8s cluster of who counted: why, and
    /// who claims them.
    pub disputed: BTreeMap<(String, String, Dispute), BTreeSet<String>>,
}

/// Joins a period.
#[must_use]
pub fn join(period: &Period, include: Include) -> Joined {
    join_wanted(period, include, &Wanted::default()).unwrap_or_default()
}

/// Joins a period, as long as somebody waits for it.
///
/// # Errors
/// When nobody does, or there is no room for its edges.
pub fn join_wanted(period: &Period, include: Include, wanted: &Wanted) -> Result<Joined, Unwanted> {
    let identities = Identities::of(period);
    let (edges, flows, guess) = (BTreeMap::new(), Flows::new(), Guess::of(period));
    let passages = passages(period, &identities);
    let mut joining = Joining { include, identities, passages, guess, edges, flows, out: Joined::default() };
    for (reporter, row, owner) in rows(period) {
        let before = joining.edges.len();
        joining.row(reporter, row, owner);
        wanted.take(EDGE * (joining.edges.len() - before) as u64)?;
    }
    wanted.check()?;
    Ok(joining.finish(period))
}

/// Every row with who reports it and whose its peer's address was.
fn rows(period: &Period) -> impl Iterator<Item = (&Reporter, &Row, &Owner)> {
    let whole = |row| -> Option<(&Reporter, &Row, &Owner)> {
        let row: &Row = row;
        let owner = period.owners.get(row.owner).unwrap_or(&Owner::Nobody);
        Some((period.reporters.get(row.reporter)?, row, owner))
    };
    period.rows.iter().filter_map(whole)
}

/// What is known of ports behind gateways; nothing where nobody sends through one.
fn passages(period: &Period, identities: &Identities) -> Passages {
    let mut passages = Passages::default();
    if !rows(period).any(|(reporter, row, _)| Passages::concerns(&reporter.workload, &row.key)) {
        return passages;
    }
    for (reporter, row, owner) in rows(period) {
        let own = identities.own(&reporter.workload);
        let peer = identities.resolve(&own, &row.key.peer, owner);
        passages.learn(&own, &row.key, &peer.end);
    }
    passages
}

struct Joining<'a> {
    include: Include,
    identities: Identities,
    passages: Passages,
    guess: Guess<'a>,
    edges: BTreeMap<EdgeKey, Edge>,
    flows: Flows,
    out: Joined,
}

impl<'a> Joining<'a> {
    fn row(&mut self, reporter: &'a Reporter, row: &'a Row, owner: &Owner) {
        let (key, count) = (&row.key, row.data.duration.count());
        if !self.wanted(reporter, key, count) {
            return;
        }
        let own = self.identities.own(&reporter.workload);
        let mut peer = self.identities.resolve(&own, &key.peer, owner);
        if let Some((dispute, claimants)) = peer.dispute.take() {
            let place = (own.cluster.clone(), key.peer.address.clone(), dispute);
            self.out.disputed.entry(place).or_default().extend(claimants);
        }
        if key.overflow && key.measure != Measure::Attempt {
            self.out.overflow = self.out.overflow.saturating_add(count);
        }
        let is_by_host = self.is_by_host(key, &peer);
        let edge_key = self.edge_key(own, key, &peer.end, is_by_host);
        self.flow(&edge_key, key, &row.data, is_by_host);
        let edge = self.edges.entry(edge_key.clone()).or_insert_with(|| Edge::new(edge_key));
        if is_by_host {
            edge.is_reached = true;
            edge.addresses.add(&key.peer.address);
        }
        if key.reporter == SideWord::Source && !key.service.host.is_empty() {
            edge.services.insert(key.service.clone());
        }
        describe(edge, reporter, key, &peer);
        count_row(edge.side_mut(key.reporter), reporter, key, &row.data, peer);
    }

    /// True where the destination is the host that was asked for, whichever of its addresses or endpoints was reached: it is outside
    /// the mesh, or a gateway was reached and nobody says who is behind it.
    fn is_by_host(&self, key: &SeriesKey, peer: &Resolved) -> bool {
        if key.reporter != SideWord::Source || key.overflow || key.service.host.is_empty() {
            return false;
        }
        match &peer.end {
            End::Address(_) => key.service.is_outside() || key.port == GATEWAY_PORT,
            // Istio gives names to the endpoints of a ServiceEntry too.
            End::Workload(workload) => {
                let is_certified = parse_spiffe(&key.peer.principal).is_some();
                key.service.is_outside() && !is_certified && !self.identities.is_of_mesh(workload)
            }
            _ => false,
        }
    }

    /// The edge that a row of `own` workload counts on.
    fn edge_key(&self, own: Workload, key: &SeriesKey, peer: &End, is_by_host: bool) -> EdgeKey {
        let port = match peer {
            End::Workload(peer) if key.reporter == SideWord::Source => self.passages.port(&own, peer, key),
            _ => key.port,
        };
        let own = End::Workload(own);
        let other = if key.overflow { End::Overflow } else { peer.clone() };
        let service = || End::Service(key.service.host.clone());
        let asked = if key.service.port == 0 { key.port } else { key.service.port };
        let (source, destination, port) = match key.reporter {
            SideWord::Destination => (other, own, port),
            SideWord::Source if is_by_host => (own, service(), asked),
            // No upstream was chosen: what was asked for is a service.
            SideWord::Source if other == End::Unknown && !key.service.host.is_empty() => (own, service(), asked),
            SideWord::Source => (own, other, port),
        };
        EdgeKey { source, destination, protocol: key.protocol, port }
    }

    /// False for what is not on the map; that is counted apart.
    fn wanted(&mut self, reporter: &'a Reporter, key: &'a SeriesKey, count: u64) -> bool {
        if key.twice || self.guess.is_twice(reporter, key) {
            let side = (reporter.workload.clone(), key.reporter, reporter.hook);
            let sum = self.out.conflicting.entry(side).or_default();
            *sum = sum.saturating_add(count);
            return false;
        }
        let left_out = match key.traffic {
            Traffic::Probe if !self.include.probe => Some(&mut self.out.left_out.probe),
            Traffic::Telemetry if !self.include.telemetry => Some(&mut self.out.left_out.telemetry),
            _ => None,
        };
        if let Some(sum) = left_out {
            *sum = sum.saturating_add(if key.measure == Measure::Attempt { 0 } else { count });
            return false;
        }
        true
    }

    fn flow(&mut self, edge: &EdgeKey, key: &SeriesKey, data: &SeriesData, is_by_host: bool) {
        let principal = match key.reporter {
            SideWord::Source => &key.own_principal,
            SideWord::Destination => &key.peer.principal,
        };
        let flow = FlowKey {
            reporter: key.reporter,
            measure: key.measure,
            source: edge.source.clone(),
            principal: principal.clone(),
            // A host may lead to a workload, nobody knows to which.
            destination: if is_by_host { End::Unknown } else { edge.destination.clone() },
            port: edge.port,
            tcp: is_tcp(key.protocol),
            outcome: key.outcome,
            answered_by: key.answered_by,
        };
        let sum = self.flows.entry(flow).or_default();
        sum.count = sum.count.saturating_add(data.duration.count());
        sum.summed_attempts = add(sum.summed_attempts, data.attempts);
    }

    fn finish(mut self, period: &Period) -> Joined {
        let mut own_words: BTreeMap<Workload, Vec<&Reporter>> = BTreeMap::new();
        for reporter in &period.reporters {
            own_words.entry(self.identities.own(&reporter.workload)).or_default().push(reporter);
        }
        let mut edges: Vec<Edge> = self.edges.into_values().collect();
        let labels = Labels::among(edges.iter().flat_map(|edge| [&edge.key.source, &edge.key.destination]));
        for edge in &mut edges {
            edge.source.label = labels.of(&edge.key.source, 0);
            edge.destination.label = labels.of(&edge.key.destination, edge.key.port);
            for (party, end) in [(&mut edge.source, &edge.key.source), (&mut edge.destination, &edge.key.destination)] {
                introduce(party, end, &own_words);
                place(party, end, period);
            }
            edge.security = security::join(edge.source_report.as_ref(), edge.destination_report.as_ref());
        }
        agreement::judge(&mut edges, &self.flows, period, self.identities.clusters());
        self.out.edges = edges;
        self.out
    }
}

/// What the row says of the two ends.
fn describe(edge: &mut Edge, reporter: &Reporter, key: &SeriesKey, resolved: &Resolved) {
    let (own, peer) = match key.reporter {
        SideWord::Source => (&mut edge.source, &mut edge.destination),
        SideWord::Destination => (&mut edge.destination, &mut edge.source),
    };
    own.named_by.insert(NamedBy::Itself);
    peer.named_by.extend(&resolved.named_by);
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

/// What a workload's own proxies say of it, on edges where only the other side reports.
fn introduce(party: &mut Party, end: &End, own_words: &BTreeMap<Workload, Vec<&Reporter>>) {
    let End::Workload(workload) = end else { return };
    let knows_revisions = !party.canonical_revisions.is_empty();
    for reporter in own_words.get(workload).into_iter().flatten() {
        insert(&mut party.service_accounts, &reporter.service_account);
        fill(&mut party.trust_domain, &reporter.trust_domain);
        fill(&mut party.canonical_service, &reporter.canonical_service);
        if !knows_revisions {
            insert(&mut party.canonical_revisions, &reporter.canonical_revision);
        }
    }
}

/// What the API server says of a workload.
fn place(party: &mut Party, end: &End, period: &Period) {
    let (End::Workload(workload), Some(cluster)) = (end, &period.cluster) else { return };
    if let Some(known) = cluster.workloads.get(workload) {
        party.zones.extend(known.zones.iter().cloned());
        party.service_accounts.extend(known.service_accounts.iter().filter(|account| !account.is_empty()).cloned());
    }
}

fn count_row(side: &mut Side, reporter: &Reporter, key: &SeriesKey, data: &SeriesData, peer: Resolved) {
    let class = Class::of(key);
    if key.measure == Measure::Attempt {
        side.attempts.get_or_insert_default().entry(class).or_default().merge(&data.duration);
        return;
    }
    let count = data.duration.count();
    let tally = side.outcomes.entry(class).or_default();
    tally.duration.merge(&data.duration);
    tally.exemplar = match (tally.exemplar, data.exemplar) {
        (Some(own), Some(other)) if (own.nanos, own.trace) >= (other.nanos, other.trace) => Some(own),
        (own, other) => other.or(own),
    };
    side.security.add(key.security, count);
    insert(&mut side.server_names, &key.server_name);
    if !matches!(key.security, Security::ApplicationTls | Security::Plaintext | Security::Unknown)
        && key.tls_version != TlsVersion::None
    {
        let sum = side.tls_versions.entry(key.tls_version).or_default();
        *sum = sum.saturating_add(count);
    }
    let (source, destination) = match key.reporter {
        SideWord::Source => (&key.own_principal, &key.peer.principal),
        SideWord::Destination => (&key.peer.principal, &key.own_principal),
    };
    let revisions = (reporter.canonical_revision.clone(), key.peer.canonical_revision.clone());
    let (of_source, of_destination) = match key.reporter {
        SideWord::Source => revisions,
        SideWord::Destination => (revisions.1, revisions.0),
    };
    side.source_revisions.entry(of_source).or_default().add(class, count);
    side.destination_revisions.entry(of_destination).or_default().add(class, count);
    insert(&mut side.source_principals, source);
    insert(&mut side.destination_principals, destination);
    side.contradictions.extend(peer.contradiction);
    side.summed_attempts = add(side.summed_attempts, data.attempts);
    side.bytes = match (side.bytes, data.bytes) {
        (Some((a, b)), Some((c, d))) => Some((a.saturating_add(c), b.saturating_add(d))),
        (own, other) => own.or(other),
    };
    if let (Some(backend), false) = (&data.backend, key.streaming) {
        side.backend.get_or_insert_default().merge(backend);
    }
    if !key.operation.is_empty() {
        let operation = side.operations.entry(key.operation.clone()).or_default();
        operation.count = operation.count.saturating_add(count);
        if class.outcome.is_failure() {
            operation.failed = operation.failed.saturating_add(count);
        }
        if class.is_answer() {
            operation.answers.merge(&data.duration);
        }
    }
}

fn add(own: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (own, other) {
        (Some(own), Some(other)) => Some(own.saturating_add(other)),
        (own, other) => own.or(other),
    }
}

fn insert(set: &mut BTreeSet<String>, text: &str) {
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

/// The service as people write it: `host:port`, or the host alone when no port is known.
#[must_use]
pub fn service_label(service: &Service) -> String {
    with_port(&service.host, service.port)
}
