//! Findings about single edges: plaintext, disagreement, failures, slowness, overflow.

use hogusu_model::Reporter;
use hogusu_model::edge::End;

use super::{Evidence, Finding, Kind, Subject};
use crate::analysis::agreement::AgreementState;
use crate::analysis::edge::{Edge, Revision, Side};
use crate::analysis::security::{self, SecurityState};
use crate::analysis::slowness::{self, Slow};

/// Slow edges named.
const SLOW_EDGES: usize = 5;

/// Findings of all edges.
#[must_use]
pub fn find(edges: &[Edge]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, edge) in edges.iter().enumerate() {
        if edge.key.source == End::Overflow || edge.key.destination == End::Overflow {
            findings.extend(overflow(place, edge));
            continue;
        }
        findings.extend(plaintext(place, edge));
        findings.extend(disagreement(place, edge));
        findings.extend(failing(place, edge));
        findings.extend(injected(place, edge));
    }
    findings.extend(slow(edges));
    findings
}

const fn finding(kind: Kind, place: usize, weight: u64, evidence: Evidence) -> Finding {
    Finding { kind, subject: Subject::Edge(place), weight, evidence }
}

fn plaintext(place: usize, edge: &Edge) -> Option<Finding> {
    if edge.security.state != SecurityState::Plaintext {
        return None;
    }
    let (source, destination) = (edge.source_report.as_ref(), edge.destination_report.as_ref());
    let (seen_by_source, seen_by_destination) = security::seen(source, destination);
    let sides = [(source, seen_by_source), (destination, seen_by_destination)];
    let (plain, of) = sides.into_iter().filter_map(|(side, seen)| Some((seen?.plaintext, side?.count()))).max()?;
    Some(finding(Kind::Plaintext, place, plain, Evidence::Plaintext { plain, of }))
}

fn disagreement(place: usize, edge: &Edge) -> Option<Finding> {
    if edge.agreement.state != AgreementState::Disagree {
        return None;
    }
    let weight = edge.main_report().map_or(0, Side::count);
    Some(finding(Kind::Disagreement, place, weight, Evidence::Disagreement))
}

/// The worse of both reports: retries may hide from the source what the destination answered. What counts as failure, and from which
/// share on, is as declared.
fn failing(place: usize, edge: &Edge) -> Option<Finding> {
    let source = edge.source_report.as_ref().map(|side| (Reporter::Source, side));
    let sides = source.into_iter().chain(edge.destination_report.as_ref().map(|side| (Reporter::Destination, side)));
    let (reporter, worse) =
        sides.max_by_key(|(_, side)| (u128::from(edge.failed(side)) << 32).checked_div(u128::from(side.judged())))?;
    let (failed, of) = (edge.failed(worse), worse.judged());
    // A revision that fails may have little of the traffic.
    let is_of_revision = [&worse.destination_revisions, &worse.source_revisions]
        .into_iter()
        .any(|revisions| differ(edge, revisions.values()));
    if !edge.is_failing(failed, of) && !is_of_revision {
        return None;
    }
    let weight = u64::try_from(u128::from(failed) * 1_000_000 / u128::from(of)).unwrap_or(u64::MAX);
    let otherwise = Some(worse.failed()).filter(|gross| *gross != failed);
    Some(finding(Kind::Failing, place, weight, Evidence::Failing { reporter, failed, of, otherwise }))
}

/// True where one revision of a workload at an end of `edge` fails and another does not.
#[must_use]
pub fn differ<'a>(edge: &Edge, revisions: impl Iterator<Item = &'a Revision>) -> bool {
    let (mut fail, mut work) = (false, false);
    for one in revisions.filter(|one| one.judged > 0) {
        let is_failing = edge.is_failing(one.declared, one.judged);
        (fail, work) = (fail || is_failing, work || !is_failing);
    }
    fail && work
}

/// What was injected is left out of other numbers, and named here: never silently.
fn injected(place: usize, edge: &Edge) -> Option<Finding> {
    let sides = [&edge.source_report, &edge.destination_report].into_iter().flatten();
    let (faults, delays) =
        sides.map(|side| (side.injected(), side.delayed())).max_by_key(|(a, b)| a.saturating_add(*b))?;
    let weight = faults.saturating_add(delays);
    (weight > 0).then_some(finding(Kind::Injected, place, weight, Evidence::Injected { faults, delays }))
}

fn slow(edges: &[Edge]) -> Vec<Finding> {
    let found = |slow: &Slow| {
        let (of_source, at_destination) = (slow.source_inbound_p99, slow.destination_p99);
        finding(Kind::Slowness, slow.edge, slow.p99, Evidence::Slow { p99: slow.p99, of_source, at_destination })
    };
    slowness::slowest_descendants(edges).iter().take(SLOW_EDGES).map(found).collect()
}

fn overflow(place: usize, edge: &Edge) -> Option<Finding> {
    let count = edge.main_report().map_or(0, Side::count);
    (count > 0).then_some(finding(Kind::Overflow, place, count, Evidence::Overflow { count }))
}
