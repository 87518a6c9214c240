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
use super::pods::Pods;
use super::security;
use crate::ownership::Dispute;
use crate::period::{Owner, Period, Reporter, Row};

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
    /// Addresses that had no owner that can be named while somebody counted on them: why, and who claims them.
    pub disputed: BTreeMap<(String, Dispute), BTreeSet<String>>,
}

/// Joins a period.
#[must_use]
pub fn join(period: &Period, include: Include) -> Joined {
    let identities = Identities::of(period);
    let (edges, flows, pods, guess) = (BTreeMap::new(), Flows::new(), Pods::of(period), Guess::of(period));
    let mut joining = Joining { include, identities, pods, guess, edges, flows, out: Joined::default() };
    for row in &period.rows {
        if let Some(reporter) = period.reporters.get(row.reporter) {
            joining.row(reporter, row, period.owners.get(row.owner).unwrap_or(&Owner::Nobody));
        }
    }
    joining.finish(period)
}

struct Joining<'a> {
    include: Include,
    identities: Identities,
    pods: Pods,
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
        let mut peer = self.identities.resolve(&self.pods.in_place(&key.peer), owner);
        if let Some((dispute, claimants)) = peer.dispute.take() {
            self.out.disputed.entry((key.peer.address.clone(), dispute)).or_default().extend(claimants);
        }
        if key.overflow && key.measure != Measure::Attempt {
            self.out.overflow = self.out.overflow.saturating_add(count);
        }
        let edge_key = edge_key(&reporter.workload, key, &peer.end);
        self.flow(&edge_key, key, &row.data);
        let edge = self.edges.entry(edge_key.clone()).or_insert_with(|| Edge::new(edge_key));
        if key.reporter == SideWord::Source && !key.service.host.is_empty() {
            edge.services.insert(key.service.clone());
        }
        describe(edge, reporter, key, &peer);
        count_row(edge.side_mut(key.reporter), key, &row.data, peer);
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

    fn flow(&mut self, edge: &EdgeKey, key: &SeriesKey, data: &SeriesData) {
        let principal = match key.reporter {
            SideWord::Source => &key.own_principal,
            SideWord::Destination => &key.peer.principal,
        };
        let flow = FlowKey {
            reporter: key.reporter,
            measure: key.measure,
            source: edge.source.clone(),
            principal: principal.clone(),
            destination: edge.destination.clone(),
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
        let mut own_words: BTreeMap<&Workload, Vec<&Reporter>> = BTreeMap::new();
        for reporter in &period.reporters {
            own_words.entry(&reporter.workload).or_default().push(reporter);
        }
        let mut edges: Vec<Edge> = self.edges.into_values().collect();
        for edge in &mut edges {
            for (party, end) in [(&mut edge.source, &edge.key.source), (&mut edge.destination, &edge.key.destination)] {
                introduce(party, end, &own_words);
                place(party, end, period);
            }
            edge.security = security::join(edge.source_report.as_ref(), edge.destination_report.as_ref());
        }
        agreement::judge(&mut edges, &self.flows, period);
        self.out.edges = edges;
        self.out
    }
}

/// The edge that a row of `own` workload counts on.
fn edge_key(own: &Workload, key: &SeriesKey, peer: &End) -> EdgeKey {
    let own = End::Workload(own.clone());
    let other = if key.overflow { End::Overflow } else { peer.clone() };
    let (source, destination, port) = match key.reporter {
        SideWord::Destination => (other, own, key.port),
        // No upstream was chosen: what was asked for is a service.
        SideWord::Source if other == End::Unknown && !key.service.host.is_empty() => {
            (own, End::Service(key.service.host.clone()), key.service.port)
        }
        SideWord::Source => (own, other, key.port),
    };
    EdgeKey { source, destination, protocol: key.protocol, port }
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
    prefer(&mut own.canonical_revision, &reporter.canonical_revision);
    insert(&mut peer.principals, &key.peer.principal);
    if let Some((domain, _, account)) = parse_spiffe(&key.peer.principal) {
        insert(&mut peer.service_accounts, account);
        fill(&mut peer.trust_domain, domain);
    }
    fill(&mut peer.canonical_service, &key.peer.canonical_service);
    fill(&mut peer.canonical_revision, &key.peer.canonical_revision);
}

/// What a workload's own proxies say of it, on edges where only the other side reports.
fn introduce(party: &mut Party, end: &End, own_words: &BTreeMap<&Workload, Vec<&Reporter>>) {
    let End::Workload(workload) = end else { return };
    for reporter in own_words.get(workload).into_iter().flatten() {
        insert(&mut party.service_accounts, &reporter.service_account);
        fill(&mut party.trust_domain, &reporter.trust_domain);
        fill(&mut party.canonical_service, &reporter.canonical_service);
        fill(&mut party.canonical_revision, &reporter.canonical_revision);
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

fn count_row(side: &mut Side, key: &SeriesKey, data: &SeriesData, peer: Resolved) {
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
    if !matches!(key.security, Security::Plaintext | Security::Unknown) && key.tls_version != TlsVersion::None {
        let sum = side.tls_versions.entry(key.tls_version).or_default();
        *sum = sum.saturating_add(count);
    }
    let (source, destination) = match key.reporter {
        SideWord::Source => (&key.own_principal, &key.peer.principal),
        SideWord::Destination => (&key.peer.principal, &key.own_principal),
    };
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
    if service.port == 0 { service.host.clone() } else { format!("{}:{}", service.host, service.port) }
}
