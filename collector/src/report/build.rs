//! From what the analysis found to plain data: the parts of a map.

use std::collections::{BTreeSet, HashSet};

use hogusu_model::edge::End as Joint;
use hogusu_model::{Protocol, Slot, Workload};

use super::analysed::Analysed;
use super::declared::OfEdge;
use super::edge::{Agreement, Destination, Edge, End, Security, SecurityCounts};
use super::map::{Batches, Completeness, LeftOut, Map, Proxies, RefusedConnections, Silent, TimeCovered, Totals};
use super::side::{self, as_f64};
use super::{Moment, Selection};
use crate::analysis::completeness;
use crate::analysis::edge::{self, Party};
use crate::analysis::expected::Expected;
use crate::analysis::join::{Joined, service_label};
use crate::analysis::refused::Observing;
use crate::analysis::security;
use crate::limits::SERVER_NAMES;
use crate::period::Period;
use crate::wanted::Wanted;

/// The map of a period, all edges on one page.
#[must_use]
pub fn map(period: &Period, expected: Option<&Expected>, selection: &Selection) -> Map {
    let analysed = Analysed::of(period, expected, selection.include, &Wanted::default()).unwrap_or_default();
    analysed.page(selection, 0, usize::MAX).0
}

/// The part of the period that rates divide by: from when the first sender began, up to the newest moment that one told of, and where nobody
/// tells of any more up to the slot that now is in. So it moves with what arrives and with slots, and not with each question.
pub(super) fn observed(period: &Period) -> u64 {
    let begin = period.senders.iter().map(|sender| sender.first_start).min().unwrap_or(period.from);
    let told = period.senders.iter().map(|sender| sender.last_end).max().unwrap_or_default();
    let end = told.max(Slot::of(period.now).start()).min(period.now);
    period.to.min(end).saturating_sub(begin.max(period.from))
}

/// Workloads whose proxies told of some of the period; one that fell silent before it tells of nothing in it.
pub(super) fn reporting(period: &Period) -> impl Iterator<Item = &Workload> + Clone {
    period.senders.iter().filter(|sender| sender.covered > 0).map(|sender| &sender.proxy.workload)
}

pub(super) fn seconds(nanos: u64) -> f64 {
    as_f64(nanos) / 1e9
}

pub(super) fn completeness(complete: &completeness::Completeness, refused: Observing) -> Completeness {
    let proxies = &complete.proxies;
    let silent = |one: &completeness::Silent| Silent {
        proxy: one.proxy.clone(),
        workload: one.workload.clone(),
        since: one.since.map(Moment),
    };
    Completeness {
        proxies: Proxies {
            reporting: proxies.reporting,
            expected: proxies.expected,
            not_observable: proxies.not_observable,
            seen: proxies.seen,
            silent: proxies.silent.iter().map(silent).collect(),
            statement: proxies.statement(),
        },
        time_covered: TimeCovered {
            covered_s: seconds(complete.covered),
            expected_s: seconds(complete.expected),
            ratio: (complete.expected > 0).then(|| as_f64(complete.covered) / as_f64(complete.expected)),
        },
        batches: Batches {
            lost: complete.lost_batches,
            lost_exchanges: complete.lost_exchanges,
            refused: complete.refused_batches,
            unclosed_senders: complete.unclosed_senders,
            late_parts: complete.late_parts,
            damaged_files: complete.damaged_files,
        },
        refused_connections: RefusedConnections {
            observing: refused.observing,
            sidecars: refused.sidecars,
            statement: refused.statement(),
        },
    }
}

pub(super) fn totals(edges: &[&edge::Edge], joined: &Joined) -> Totals {
    let ends = edges.iter().flat_map(|edge| [&edge.key.source, &edge.key.destination]);
    let workloads: HashSet<&Joint> = ends.filter(|end| matches!(end, Joint::Workload(_))).collect();
    let mut totals = Totals {
        workloads: workloads.len() as u64,
        edges: edges.len() as u64,
        left_out: LeftOut {
            probe: joined.left_out.probe,
            telemetry: joined.left_out.telemetry,
            declared: joined.left_out.declared,
        },
        overflow: joined.overflow,
        ..Totals::default()
    };
    for (edge, side) in edges.iter().filter_map(|edge| Some((edge, edge.main_report()?))) {
        let counted = if edge.key.protocol == Protocol::Tcp { &mut totals.connections } else { &mut totals.requests };
        *counted = counted.saturating_add(side.count());
        totals.injected = totals.injected.saturating_add(side.injected());
        totals.delayed = totals.delayed.saturating_add(side.delayed());
        totals.streaming = totals.streaming.saturating_add(side.streaming());
    }
    totals
}

/// The id of an edge, as people and programs name it.
#[must_use]
pub fn id(edge: &edge::Edge) -> String {
    written(edge.key.id())
}

pub(super) fn written(id: u64) -> String {
    format!("{id:016x}")
}

fn server_names(edge: &edge::Edge) -> Vec<String> {
    let sides = [&edge.source_report, &edge.destination_report].into_iter().flatten();
    let names: BTreeSet<_> = sides.flat_map(|side| &side.server_names).collect();
    names.into_iter().take(SERVER_NAMES).cloned().collect()
}

/// Writes an edge out; rates are over `seconds`.
pub(super) fn write(edge: &edge::Edge, seconds: f64) -> Edge {
    let counts = |side: &edge::Side| SecurityCounts {
        mutual_tls: side.security.mutual_tls,
        tls: side.security.tls,
        application_tls: side.security.application_tls,
        plaintext: side.security.plaintext,
        unknown: side.security.unknown,
    };
    let security::EdgeSecurity { state, statement } = &edge.security;
    Edge {
        id: id(edge),
        source: end(&edge.key.source, &edge.source),
        destination: Destination {
            end: end(&edge.key.destination, &edge.destination),
            port: edge.key.port,
            services: edge.services.iter().map(service_label).collect(),
            addresses: edge.addresses.kept.iter().cloned().collect(),
            has_more_addresses: edge.addresses.are_more,
        },
        protocol: edge.key.protocol.as_str().to_owned(),
        measure: format!("{}s", edge.noun()),
        security: Security {
            state: state.as_str().to_owned(),
            statement: statement.clone(),
            source: edge.source_report.as_ref().map(counts),
            destination: edge.destination_report.as_ref().map(counts),
            server_names: server_names(edge),
        },
        source_report: edge.source_report.as_ref().map(|side| side::of(edge, side, seconds)),
        destination_report: edge.destination_report.as_ref().map(|side| side::of(edge, side, seconds)),
        declared: OfEdge::of(edge),
        agreement: Agreement {
            state: edge.agreement.state.as_str().to_owned(),
            reasons: edge.agreement.reasons.clone(),
            attempts: edge.agreement.attempts,
            undetermined: edge.agreement.undetermined,
            connect_failures: edge.agreement.connect_failures,
            requests_at_destination: edge.agreement.requests_at_destination,
        },
    }
}

/// Kind, k8s cluster, namespace and name of an end.
pub(super) fn named(joint: &Joint) -> [&str; 4] {
    match joint {
        Joint::Workload(workload) => ["workload", &workload.cluster, &workload.namespace, &workload.name],
        Joint::Service(host) => ["service", "", "", host],
        Joint::Address(address) => ["address", "", "", address],
        Joint::Unknown => ["unknown", "", "", ""],
        Joint::Overflow => ["overflow", "", "", ""],
    }
}

fn end(joint: &Joint, party: &Party) -> End {
    let [kind, cluster, namespace, name] = named(joint);
    End {
        kind: kind.to_owned(),
        cluster: cluster.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        label: party.label.clone(),
        service_account: party.service_accounts.iter().cloned().collect::<Vec<_>>().join(","),
        principals: party.principals.iter().cloned().collect(),
        trust_domain: party.trust_domain.clone(),
        canonical_service: party.canonical_service.clone(),
        canonical_revision: party.canonical_revisions.iter().cloned().collect::<Vec<_>>().join(","),
        named_by: party.named_by.iter().map(|how| how.as_str().to_owned()).collect(),
        zones: party.zones.iter().cloned().collect(),
    }
}
