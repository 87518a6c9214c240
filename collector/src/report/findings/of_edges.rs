//! What findings about single edges say.

use std::borrow::Cow;

use hogusu_model::edge::End;
use hogusu_model::{AnsweredBy, Protocol, Reason, Reporter};
use litemap::LiteMap;

use crate::analysis::edge::{Edge, Revision, Side};
use crate::analysis::findings::of_edges::differ;
use crate::analysis::numerals::{counted, duration, grouped, share};
use crate::shown::word;

/// Revisions named of a workload.
const REVISIONS: usize = 4;

pub(super) fn plaintext(edge: &Edge, plain: u64, of: u64) -> String {
    let amount = if plain == of {
        counted(plain, edge.noun())
    } else {
        format!("{} of {} ({})", grouped(plain), counted(of, edge.noun()), share(plain, of))
    };
    // Where no listener looks into what passes through, TLS of the applications' own looks the same.
    let unseen = if edge.key.protocol == Protocol::Tcp { ", or TLS that no proxy saw" } else { "" };
    format!("{} is plaintext{unseen}: {amount} in this period", edge.label())
}

pub(super) fn disagreement(edge: &Edge) -> String {
    let why = edge.agreement.reasons.first().map_or("", String::as_str);
    format!("{}: the reporters disagree: {why}", edge.label())
}

pub(super) fn failing(edge: &Edge, reporter: Reporter, (failed, of): (u64, u64), otherwise: Option<u64>) -> String {
    let side = match reporter {
        Reporter::Source => edge.source_report.as_ref(),
        Reporter::Destination => edge.destination_report.as_ref(),
    };
    let declared = otherwise.map_or_else(String::new, |gross| format!(", as declared, else {}", grouped(gross)));
    format!(
        "{} fails: {} of {} ({}{declared}): {}{}",
        edge.label(),
        grouped(failed),
        counted(of, edge.noun()),
        share(failed, of),
        side.map(|side| who_and_how(edge, side)).unwrap_or_default(),
        side.map(|side| by_revision(edge, side)).unwrap_or_default(),
    )
}

/// `; of shop/orders v2 10 of 10, v1 0 of 90`, the worst first, where one revision fails and another does not.
fn by_revision(edge: &Edge, side: &Side) -> String {
    let ends = [(&edge.destination, &side.destination_revisions), (&edge.source, &side.source_revisions)];
    let ends = ends.into_iter().filter(|(_, revisions)| differ(edge, revisions.values()));
    ends.map(|(party, revisions)| format!("; of {} {}", party.label, worst_first(revisions))).collect()
}

fn worst_first(revisions: &LiteMap<String, Revision>) -> String {
    let mut all: Vec<(&str, Revision)> =
        revisions.iter().map(|(name, one)| (name.as_str(), *one)).filter(|(_, one)| one.judged > 0).collect();
    let failing = |one: Revision| (u128::from(one.declared) << 32) / u128::from(one.judged.max(1));
    all.sort_by_key(|(name, one)| (std::cmp::Reverse(failing(*one)), *name));
    let named = all
        .iter()
        .take(REVISIONS)
        .map(|(name, one)| format!("{} {} of {}", name_of(name), grouped(one.declared), grouped(one.judged)));
    let more = match all.len().saturating_sub(REVISIONS) {
        0 => String::new(),
        more => format!(" and {} more", grouped(more as u64)),
    };
    format!("{}{more}", named.collect::<Vec<_>>().join(", "))
}

fn name_of(revision: &str) -> Cow<'_, str> {
    if revision.is_empty() { Cow::Borrowed("of no known revision") } else { word(revision) }
}

/// `300 server error by the upstream`, the most frequent first.
fn who_and_how(edge: &Edge, side: &Side) -> String {
    let failures = side.outcomes.iter().filter(|(class, _)| edge.is_failure(class.outcome));
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

pub(super) fn injected(edge: &Edge, faults: u64, delays: u64) -> String {
    let part = |count, what: &str| (count > 0).then(|| format!("{} {what}", counted(count, edge.noun())));
    let parts = [
        part(faults, "failed on purpose, left out of its failures"),
        part(delays, "delayed on purpose, left out of its quantiles"),
    ];
    format!("{}: {}", edge.label(), parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

pub(super) fn slow(edge: &Edge, p99: u64, of_source: Option<u64>, at_destination: Option<u64>) -> String {
    let of_source = match of_source {
        // At most all of it: both numbers are rounded to buckets.
        Some(own) => format!(", {} of its source's P99", share(p99.min(own), own)),
        None => String::new(),
    };
    let at_destination = match at_destination {
        Some(own) if own != p99 => format!("; the destination itself {}", duration(own)),
        _ => String::new(),
    };
    format!("slowness: {} P99 {}{of_source}{at_destination}", edge.label(), duration(p99))
}

pub(super) fn overflow(edge: &Edge, count: u64) -> String {
    let own = if edge.key.source == End::Overflow { &edge.destination.label } else { &edge.source.label };
    format!("{own}: {} beyond the bound on edges, their other end is not known", counted(count, edge.noun()))
}
