//! From rows to edges: each row's two ends are resolved, and rows of the same edge and side add up.

mod counting;
mod leaving;
mod naming;

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;
use hogusu_model::edge::{EdgeKey, End};
use hogusu_model::identity::parse_spiffe;
use hogusu_model::{Hook, Measure, Protocol, Reporter as SideWord, SeriesData, SeriesKey, Service, Traffic, Workload};

use self::counting::{add, count_row};
use self::leaving::Leaving;
use self::naming::{describe, introduce, is_cluster_guessed, place};
use super::agreement::{self, Ends};
use super::edge::Edge;
use super::evidence::Evidence;
use super::flow::{FlowKey, Flows, is_tcp};
use super::hooks::Guess;
use super::identity::{Identities, Resolved};
use super::numbered::{EndId, Numbered, Principals};
use super::passage::{GATEWAY_PORT, Passages};
use super::security;
use crate::allowance::EDGE;
use crate::declared::{Declaration, InForce};
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
    /// What is declared to be left out.
    pub declared: bool,
}

/// What is taken of a period, and by whose rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct Taking<'a> {
    /// Which traffic.
    pub include: Include,
    /// What is declared; `None`: nothing.
    pub declared: Option<&'a InForce>,
}

impl From<Include> for Taking<'_> {
    /// Whatever is declared.
    fn from(include: Include) -> Self {
        Self { include, declared: None }
    }
}

impl<'a> Taking<'a> {
    fn declaration(self) -> Option<&'a Declaration> {
        self.declared.map(|declared| &declared.declaration)
    }
}

/// Exchanges that are not on the map, as reporters counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Probes and health checks.
    pub probe: u64,
    /// The filter's own telemetry.
    pub telemetry: u64,
    /// What is declared to be left out.
    pub declared: u64,
}

/// A period's edges.
#[derive(Debug, Clone, Default)]
pub struct Joined {
    /// By key.
    pub edges: Vec<Edge>,
    /// Traffic that was not asked for.
    pub left_out: LeftOut,
    /// Of what is declared to be left out: by the place of the entry.
    pub declared: Vec<u64>,
    /// Requests that two hooks of a proxy count, by workload, side and the hook whose count is left out.
    pub conflicting: BTreeMap<(Workload, SideWord, Hook), u64>,
    /// Exchanges on overflow edges.
    pub overflow: u64,
    /// Addresses that had no owner that can be named while somebody counted on them, by the k8s cluster of who counted: why, and
    /// who claims them.
    pub disputed: BTreeMap<(String, String, Dispute), BTreeSet<String>>,
    /// Principals that the evidence of edges names by number.
    pub principals: Principals,
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
pub fn join_wanted<'a>(period: &'a Period, taking: impl Into<Taking<'a>>, wanted: &Wanted) -> Result<Joined, Unwanted> {
    let mut joining = Joining::of(period, taking.into());
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
    taking: Taking<'a>,
    leaving: Leaving<'a>,
    identities: Identities,
    passages: Passages,
    guess: Guess<'a>,
    /// Each reporter's workload with its number, by the reporter's place in the period.
    own: Vec<(Workload, EndId)>,
    numbered: Numbered,
    /// Where no upstream can be told.
    unknown: EndId,
    /// Places of the edges; no sender chooses these numbers, so that a fast hash is enough.
    places: HashMap<(EndId, EndId, Protocol, u16), usize>,
    edges: Vec<(Ends, Edge)>,
    flows: Flows,
    out: Joined,
}

impl<'a> Joining<'a> {
    fn of(period: &'a Period, taking: Taking<'a>) -> Self {
        let identities = Identities::of(period);
        let passages = passages(period, &identities);
        let mut numbered = Numbered::default();
        let unknown = numbered.end(End::Unknown);
        let own = period.reporters.iter().map(|reporter| {
            let own = identities.own(&reporter.workload);
            let end = numbered.end(End::Workload(own.clone()));
            (own, end)
        });
        let own = own.collect();
        let leaving = Leaving::of(period, taking);
        let declared = vec![0; taking.declaration().map_or(0, |declaration| declaration.left_out.len())];
        Self {
            taking,
            leaving,
            identities,
            passages,
            guess: Guess::of(period),
            own,
            numbered,
            unknown,
            places: HashMap::default(),
            edges: Vec::new(),
            flows: Flows::default(),
            out: Joined { declared, ..Joined::default() },
        }
    }

    fn row(&mut self, reporter: &'a Reporter, row: &'a Row, owner: &Owner) {
        let (key, count) = (&row.key, row.data.duration.count());
        if !self.wanted(reporter, key, count) {
            return;
        }
        let Some((own, own_end)) = self.own.get(row.reporter) else { return };
        let mut peer = self.identities.resolve(own, &key.peer, owner);
        if let Some((dispute, claimants)) = peer.dispute.take() {
            let place = (own.cluster.clone(), key.peer.address.clone(), dispute);
            self.out.disputed.entry(place).or_default().extend(claimants);
        }
        let left_out = self.leaving.entry(row);
        if left_out.is_none() && key.overflow && key.measure != Measure::Attempt {
            self.out.overflow = self.out.overflow.saturating_add(count);
        }
        let is_by_host = self.is_by_host(key, &peer);
        let (instead, port) = self.other(own, key, &peer.end, is_by_host);
        let is_guessed = is_cluster_guessed(&key.peer, &peer.end);
        let other = self.numbered.end(instead.unwrap_or_else(|| std::mem::replace(&mut peer.end, End::Unknown)));
        let ends = match key.reporter {
            SideWord::Source => Ends { source: *own_end, destination: other },
            SideWord::Destination => Ends { source: other, destination: *own_end },
        };
        // Both reporters are compared by all that they counted: an operation may have a name on one side alone.
        self.flow(ends, port, key, &row.data, is_by_host);
        if let Some(entry) = left_out {
            return self.leave_out(entry, key, count);
        }
        let evidence = Evidence::of(key, &mut self.numbered);
        let Some(edge) = self.edge(ends, key.protocol, port) else { return };
        if is_by_host {
            edge.is_reached = true;
            edge.addresses.add(&key.peer.address);
        }
        if key.reporter == SideWord::Source && !key.service.host.is_empty() && !edge.services.contains(&key.service) {
            edge.services.insert(key.service.clone());
        }
        describe(edge, reporter, key, &peer, is_guessed);
        let failures = edge.failures.clone();
        let side = edge.side_mut(key.reporter);
        if key.measure != Measure::Attempt {
            let sum = side.evidence.entry(evidence).or_default();
            *sum = sum.saturating_add(count);
        }
        count_row(side, (reporter, failures.as_deref()), key, &row.data, peer);
    }

    /// The edge between these ends; made where it is not there yet.
    fn edge(&mut self, ends: Ends, protocol: Protocol, port: u16) -> Option<&mut Edge> {
        let next = self.edges.len();
        let place = *self.places.entry((ends.source, ends.destination, protocol, port)).or_insert(next);
        if place == next {
            let (source, destination) = (self.numbered.of(ends.source), self.numbered.of(ends.destination));
            let key = EdgeKey { source: source.clone(), destination: destination.clone(), protocol, port };
            let declaration = self.taking.declaration();
            let failures = declaration.and_then(|declaration| declaration.failures(&key)).cloned();
            let asynchronous = declaration.and_then(|declaration| declaration.asynchronous(&key)).cloned();
            self.edges.push((ends, Edge { failures, asynchronous, ..Edge::new(key) }));
        }
        self.edges.get_mut(place).map(|(_, edge)| edge)
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

    /// What is the other end of the edge that a row of `own` workload counts on, where that is not the peer; and the edge's port.
    fn other(&self, own: &Workload, key: &SeriesKey, peer: &End, is_by_host: bool) -> (Option<End>, u16) {
        let port = match peer {
            End::Workload(peer) if key.reporter == SideWord::Source => self.passages.port(own, peer, key),
            _ => key.port,
        };
        let is_unknown = || !key.overflow && *peer == End::Unknown;
        // Where no upstream was chosen, what was asked for is a service too.
        let is_service = is_by_host || (is_unknown() && !key.service.host.is_empty());
        if key.reporter == SideWord::Source && is_service {
            let asked = if key.service.port == 0 { key.port } else { key.service.port };
            return (Some(End::Service(key.service.host.clone())), asked);
        }
        (key.overflow.then_some(End::Overflow), port)
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
            Traffic::Probe if !self.taking.include.probe => Some(&mut self.out.left_out.probe),
            Traffic::Telemetry if !self.taking.include.telemetry => Some(&mut self.out.left_out.telemetry),
            _ => None,
        };
        if let Some(sum) = left_out {
            *sum = sum.saturating_add(if key.measure == Measure::Attempt { 0 } else { count });
            return false;
        }
        true
    }

    /// Counts beside what is declared to be left out.
    fn leave_out(&mut self, entry: usize, key: &SeriesKey, count: u64) {
        let count = if key.measure == Measure::Attempt { 0 } else { count };
        for sum in self.out.declared.get_mut(entry).into_iter().chain([&mut self.out.left_out.declared]) {
            *sum = sum.saturating_add(count);
        }
    }

    fn flow(&mut self, ends: Ends, port: u16, key: &SeriesKey, data: &SeriesData, is_by_host: bool) {
        let principal = match key.reporter {
            SideWord::Source => &key.own_principal,
            SideWord::Destination => &key.peer.principal,
        };
        let flow = FlowKey {
            reporter: key.reporter,
            measure: key.measure,
            source: ends.source,
            principal: self.numbered.principal(principal),
            // A host may lead to a workload, nobody knows to which.
            destination: if is_by_host { self.unknown } else { ends.destination },
            port,
            tcp: is_tcp(key.protocol),
            outcome: key.outcome,
            answered_by: key.answered_by,
        };
        let sum = self.flows.entry(flow).or_default();
        sum.count = sum.count.saturating_add(data.duration.count());
        sum.summed_attempts = add(sum.summed_attempts, data.attempts);
    }

    fn finish(mut self, period: &Period) -> Joined {
        let ranks = self.numbered.ranks();
        let rank = |end: EndId| ranks.get(end.place()).copied();
        // The order of the edges' keys, without a look at their names.
        self.edges.sort_unstable_by_key(|(ends, edge)| {
            (rank(ends.source), rank(ends.destination), edge.key.protocol, edge.key.port)
        });
        let (ends, mut edges): (Vec<Ends>, Vec<Edge>) = std::mem::take(&mut self.edges).into_iter().unzip();
        self.tell(&mut edges, &ends, period);
        let told = (&self.flows, &self.numbered);
        agreement::judge(&mut edges, &ends, told, period, self.identities.clusters());
        self.out.edges = edges;
        self.out.principals = self.numbered.into_principals();
        self.out
    }

    /// What is known of every edge beside its rows.
    fn tell(&self, edges: &mut [Edge], ends: &[Ends], period: &Period) {
        let mut own_words: HashMap<EndId, Vec<&Reporter>> = HashMap::default();
        for (reporter, (_, end)) in period.reporters.iter().zip(&self.own) {
            own_words.entry(*end).or_default().push(reporter);
        }
        let of = |end: EndId| own_words.get(&end).map_or(&[][..], Vec::as_slice);
        let mut there: Vec<EndId> = ends.iter().flat_map(|ends| [ends.source, ends.destination]).collect();
        there.sort_unstable();
        there.dedup();
        let labels = Labels::among(there.into_iter().map(|end| self.numbered.of(end)));
        let mut of_workloads: HashMap<EndId, String> = HashMap::default();
        let mut label = |end: &End, number: EndId, port: u16| match end {
            End::Workload(_) => of_workloads.entry(number).or_insert_with(|| labels.of(end, port)).clone(),
            _ => labels.of(end, port),
        };
        for (edge, ends) in edges.iter_mut().zip(ends) {
            edge.source.label = label(&edge.key.source, ends.source, 0);
            edge.destination.label = label(&edge.key.destination, ends.destination, edge.key.port);
            let parties = [
                (&mut edge.source, &edge.key.source, ends.source),
                (&mut edge.destination, &edge.key.destination, ends.destination),
            ];
            for (party, end, number) in parties {
                introduce(party, of(number));
                place(party, end, period);
            }
            edge.security = security::join(edge.source_report.as_ref(), edge.destination_report.as_ref());
        }
    }
}

/// The service as people write it: `host:port`, or the host alone when no port is known.
#[must_use]
pub fn service_label(service: &Service) -> String {
    with_port(&service.host, service.port)
}
