//! Findings about single edges: plaintext, disagreement, failures, slowness, overflow.

use std::borrow::Cow;

use hogusu_model::edge::End;
use hogusu_model::{AnsweredBy, Protocol, Reason};

use super::{Finding, Kind};
use crate::analysis::agreement::AgreementState;
use crate::analysis::edge::{Edge, Revision, Side};
use crate::analysis::numerals::{counted, duration, grouped, share};
use crate::analysis::security::{self, SecurityState};
use crate::analysis::slowness::{self, Slow};
use crate::shown::word;

/// From this share of failed exchanges on, an edge is a finding: one in a hundred.
const FAILING_ONE_IN: u64 = 100;
/// Revisions named of a workload.
const REVISIONS: usize = 4;
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

fn plaintext(place: usize, edge: &Edge) -> Option<Finding> {
    if edge.security.state != SecurityState::Plaintext {
        return None;
    }
    let (source, destination) = (edge.source_report.as_ref(), edge.destination_report.as_ref());
    let (seen_by_source, seen_by_destination) = security::seen(source, destination);
    let sides = [(source, seen_by_source), (destination, seen_by_destination)];
    let (plain, all) = sides.into_iter().filter_map(|(side, seen)| Some((seen?.plaintext, side?.count()))).max()?;
    let amount = if plain == all {
        counted(plain, edge.noun())
    } else {
        format!("{} of {} ({})", grouped(plain), counted(all, edge.noun()), share(plain, all))
    };
    // Where no listener looks into what passes through, TLS of the applications' own looks the same.
    let unseen = if edge.key.protocol == Protocol::Tcp { ", or TLS that no proxy saw" } else { "" };
    let text = format!("{} is plaintext{unseen}: {amount} in this period", edge.label());
    Some(Finding { kind: Kind::Plaintext, edge: Some(place), weight: plain, text })
}

fn disagreement(place: usize, edge: &Edge) -> Option<Finding> {
    if edge.agreement.state != AgreementState::Disagree {
        return None;
    }
    let why = edge.agreement.reasons.first().map_or("", String::as_str);
    let text = format!("{}: the reporters disagree: {why}", edge.label());
    let weight = edge.main_report().map_or(0, Side::count);
    Some(Finding { kind: Kind::Disagreement, edge: Some(place), weight, text })
}

/// The worse of both reports: retries may hide from the source what the destination answered.
fn failing(place: usize, edge: &Edge) -> Option<Finding> {
    let sides = [&edge.source_report, &edge.destination_report].into_iter().flatten();
    let worse = sides.max_by_key(|side| (u128::from(side.failed()) << 32).checked_div(u128::from(side.judged())))?;
    let (failed, count) = (worse.failed(), worse.judged());
    let revisions = by_revision(edge, worse);
    // A revision that fails may have little of the traffic.
    if !fails(failed, count) && revisions.is_empty() {
        return None;
    }
    let text = format!(
        "{} fails: {} of {} ({}): {}{revisions}",
        edge.label(),
        grouped(failed),
        counted(count, edge.noun()),
        share(failed, count),
        who_and_how(worse)
    );
    let weight = u64::try_from(u128::from(failed) * 1_000_000 / u128::from(count)).unwrap_or(u64::MAX);
    Some(Finding { kind: Kind::Failing, edge: Some(place), weight, text })
}

const fn fails(failed: u64, count: u64) -> bool {
    failed > 0 && failed.saturating_mul(FAILING_ONE_IN) >= count
}

/// `; of shop/orders v2 10 of 10, v1 0 of 90`, the worst first, where one revision fails and another does not.
fn by_revision(edge: &Edge, side: &Side) -> String {
    let ends = [(&edge.destination, &side.destination_revisions), (&edge.source, &side.source_revisions)];
    let mut out = String::new();
    for (party, revisions) in ends {
        let mut all: Vec<(&str, Revision)> =
            revisions.iter().map(|(name, one)| (name.as_str(), *one)).filter(|(_, one)| one.judged > 0).collect();
        let differ = |(_, one): &(&str, Revision)| fails(one.failed, one.judged);
        if all.len() < 2 || all.iter().all(differ) || !all.iter().any(differ) {
            continue;
        }
        let failing = |one: Revision| (u128::from(one.failed) << 32) / u128::from(one.judged.max(1));
        all.sort_by_key(|(name, one)| (std::cmp::Reverse(failing(*one)), *name));
        let named = all
            .iter()
            .take(REVISIONS)
            .map(|(name, one)| format!("{} {} of {}", name_of(name), grouped(one.failed), grouped(one.judged)));
        let more = match all.len().saturating_sub(REVISIONS) {
            0 => String::new(),
            more => format!(" and {} more", grouped(more as u64)),
        };
        out.push_str(&format!("; of {} {}{more}", party.label, named.collect::<Vec<_>>().join(", ")));
    }
    out
}

fn name_of(revision: &str) -> Cow<'_, str> {
    if revision.is_empty() { Cow::Borrowed("of no known revision") } else { word(revision) }
}

/// `300 server error by the upstream`, the most frequent first.
fn who_and_how(side: &Side) -> String {
    let failures = side.outcomes.iter().filter(|(class, _)| class.outcome.is_failure());
    let mut classes: Vec<_> = failures.map(|(class, tally)| (tally.duration.count(), *class)).collect();
    classes.sort_by_key(|(count, class)| (std::cmp::Reverse(*count), *class));
    let named = classes.iter().take(3).map(|(count, class)| {
        let by = match class.answered_by {
            AnsweredBy::Application => "by the application",
            AnsweredBy::LocalProxy => "by the reporting proxy",
            AnsweredBy::Upstream => "by the upstream",
            AnsweredBy::Nobody => "with no answer",
        };
        let words = |word: &str| word.replace('_', " ");
        let why = match class.reason {
            Reason::None => String::new(),
            reason => format!(" ({})", words(reason.as_str())),
        };
        format!("{} {}{why} {by}", grouped(*count), words(class.outcome.as_str()))
    });
    named.collect::<Vec<_>>().join(", ")
}

/// What was injected is left out of other numbers, and named here: never silently.
fn injected(place: usize, edge: &Edge) -> Option<Finding> {
    let sides = [&edge.source_report, &edge.destination_report].into_iter().flatten();
    let (faults, delays) =
        sides.map(|side| (side.injected(), side.delayed())).max_by_key(|(a, b)| a.saturating_add(*b))?;
    let part = |count, what: &str| (count > 0).then(|| format!("{} {what}", counted(count, edge.noun())));
    let parts = [
        part(faults, "failed on purpose, left out of its failures"),
        part(delays, "delayed on purpose, left out of its quantiles"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let text = format!("{}: {}", edge.label(), parts.join("; "));
    (!parts.is_empty()).then_some(Finding {
        kind: Kind::Injected,
        edge: Some(place),
        weight: faults.saturating_add(delays),
        text,
    })
}

fn slow(edges: &[Edge]) -> Vec<Finding> {
    let described = |slow: &Slow| {
        let edge = edges.get(slow.edge)?;
        let of_source = match slow.source_inbound_p99 {
            // At most all of it: both numbers are rounded to buckets.
            Some(own) => format!(", {} of its source's P99", share(slow.p99.min(own), own)),
            None => String::new(),
        };
        let of_destination = match slow.destination_p99 {
            Some(own) if own != slow.p99 => format!("; the destination itself {}", duration(own)),
            _ => String::new(),
        };
        let text = format!("slowness: {} P99 {}{of_source}{of_destination}", edge.label(), duration(slow.p99));
        Some(Finding { kind: Kind::Slowness, edge: Some(slow.edge), weight: slow.p99, text })
    };
    slowness::slowest_descendants(edges).iter().take(SLOW_EDGES).filter_map(described).collect()
}

fn overflow(place: usize, edge: &Edge) -> Option<Finding> {
    let count = edge.main_report().map_or(0, Side::count);
    let own = if edge.key.source == End::Overflow { &edge.destination.label } else { &edge.source.label };
    let amount = counted(count, edge.noun());
    let text = format!("{own}: {amount} beyond the bound on edges, their other end is not known");
    (count > 0).then_some(Finding { kind: Kind::Overflow, edge: Some(place), weight: count, text })
}
