//! From what was compared to what is shown.

use std::collections::BTreeMap;

use hogusu_compare::{
    self as compare, Coverage, EdgeDiff, EdgeOfPeriod, FailureChange, LatencyChange, PeriodOfMesh, Presence, ReportOf,
    SecurityChange, SecurityWord, SideOfPeriod, Unit,
};

use super::super::Moment;
use super::{
    BASELINE, Completeness, Count, Counted, DIFF, Diff, Edge, Failures, Interval, Latency, Security, Shown, ShownEdge,
    Side, WORDS,
};
use crate::baseline::Head;
use crate::hours::HOUR_NANOS;

const SECOND: f64 = 1e9;

/// A diff of two periods, each perhaps a baseline, with so many edges at most.
#[must_use]
pub fn diff(a: &PeriodOfMesh, b: &PeriodOfMesh, names: (Option<String>, Option<String>), limit: usize) -> Diff {
    let found = compare::diff(a, b);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    found.edges.iter().flat_map(EdgeDiff::words).for_each(|word| *counts.entry(word).or_default() += 1);
    let mut order: Vec<&EdgeDiff> = found.edges.iter().collect();
    order.sort_by_key(|edge| (rank(edge), std::cmp::Reverse(count(a, edge).max(count(b, edge))), edge.id.clone()));
    Diff {
        schema: DIFF.to_owned(),
        a: side(a, names.0),
        b: side(b, names.1),
        is_reversed: b.from < a.from,
        has_words: found.has_words,
        statement: statement(found.has_words),
        words: WORDS
            .iter()
            .map(|word| Count { word: (*word).to_owned(), edges: counts.get(word).copied().unwrap_or_default() })
            .collect(),
        total: found.edges.len() as u64,
        edges: order.into_iter().take(limit).map(|edge| written(edge, a, b)).collect(),
    }
}

/// A baseline, with so many edges at most, the busiest first.
#[must_use]
pub fn shown(head: &Head, period: &PeriodOfMesh, limit: usize) -> Shown {
    let mut edges: Vec<ShownEdge> = period.edges.values().map(|edge| shown_edge(edge, period)).collect();
    edges.sort_by(|a, b| b.counted.count.cmp(&a.counted.count).then_with(|| a.id.cmp(&b.id)));
    edges.truncate(limit);
    let (name, saved) = (head.name.clone(), Moment(head.saved));
    Shown { schema: BASELINE.to_owned(), name: name.clone(), saved, period: side(period, Some(name)), edges }
}

fn shown_edge(edge: &EdgeOfPeriod, period: &PeriodOfMesh) -> ShownEdge {
    let side = edge.source.as_ref().or(edge.destination.as_ref());
    let empty = SideOfPeriod::default();
    ShownEdge {
        id: edge.record.id.clone(),
        label: edge.record.label.clone(),
        counted: counted(side.unwrap_or(&empty), period),
        security: edge.record.security.state.clone(),
    }
}

fn statement(has_words: bool) -> String {
    let days = compare::DAYS_FOR_WORDS;
    if !has_words {
        return format!(
            "no words: one of the periods is shorter than {days} days, so that it is not known how much days differ; of the words \
             only security_changed and not_seen are facts"
        );
    }
    let share = compare::FALSE_WORDS * 100.0;
    format!(
        "of the words added, removed, slower, faster, failures_up and failures_down of all edges together at most {share:.0} % are \
         expected to be false; of the words same as many"
    )
}

/// Changes first, the worst first.
fn rank(edge: &EdgeDiff) -> usize {
    let order = [
        "security_changed",
        "failures_up",
        "slower",
        "removed",
        "added",
        "faster",
        "failures_down",
        "not_seen",
        "same",
        "not_enough_data",
    ];
    let words = edge.words();
    order.iter().position(|word| words.contains(word)).unwrap_or(order.len())
}

fn count(period: &PeriodOfMesh, edge: &EdgeDiff) -> u64 {
    let of = |side: &Option<SideOfPeriod>| side.as_ref().map_or(0, |side| side.count);
    period.edges.get(&edge.id).map_or(0, |edge| of(&edge.source).max(of(&edge.destination)))
}

fn side(period: &PeriodOfMesh, baseline: Option<String>) -> Side {
    let Coverage { covered, expected, lost_batches, refused_batches, unclosed_senders, is_known, .. } = period.coverage;
    let moment = |hour: u64| Moment(hour.saturating_mul(HOUR_NANOS));
    Side {
        baseline,
        from: moment(period.from),
        to: moment(period.from.saturating_add(period.hours)),
        edges: period.edges.len() as u64,
        completeness: Completeness {
            is_known,
            covered_seconds: covered as f64 / SECOND,
            expected_seconds: expected as f64 / SECOND,
            lost_batches,
            refused_batches,
            unclosed_senders,
        },
    }
}

fn written(edge: &EdgeDiff, a: &PeriodOfMesh, b: &PeriodOfMesh) -> Edge {
    let (before, after) = (a.edges.get(&edge.id), b.edges.get(&edge.id));
    let label = after.or(before).map_or_else(String::new, |edge| edge.record.label.clone());
    let reported = |found: Option<&EdgeOfPeriod>, period| {
        let found = found?;
        let side = match edge.report {
            Some(ReportOf::Source) => found.source.as_ref(),
            Some(ReportOf::Destination) => found.destination.as_ref(),
            None => found.source.as_ref().or(found.destination.as_ref()),
        };
        Some(counted(side?, period))
    };
    Edge {
        id: edge.id.clone(),
        label,
        words: edge.words().into_iter().map(str::to_owned).collect(),
        presence: presence(edge.presence).to_owned(),
        report: edge.report.map(|report| report_of(report).to_owned()),
        a: reported(before, a),
        b: reported(after, b),
        latency: edge.latency.as_ref().map(latency),
        failures: edge.failures.as_ref().map(failures),
        security: edge.security.as_ref().map(security),
    }
}

const fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Both => "both",
        Presence::Added => "added",
        Presence::Removed => "removed",
        Presence::NotSeenBefore => "not_seen_before",
        Presence::NotSeenAfter => "not_seen_after",
    }
}

const fn report_of(report: ReportOf) -> &'static str {
    match report {
        ReportOf::Source => "source",
        ReportOf::Destination => "destination",
    }
}

fn counted(side: &SideOfPeriod, period: &PeriodOfMesh) -> Counted {
    let (failed, judged) = side.failed_of_judged();
    let seconds = period.hours.max(1).saturating_mul(HOUR_NANOS) as f64 / SECOND;
    Counted { count: side.count, per_second: side.count as f64 / seconds, failed, judged }
}

const fn interval((value, low, high): (f64, f64, f64)) -> Interval {
    Interval { value, low, high }
}

fn latency(change: &LatencyChange) -> Latency {
    Latency {
        ratio: change.ratio.map(interval),
        unit: match change.unit {
            Unit::Day => "day".to_owned(),
            Unit::Hour => "hour".to_owned(),
        },
        values_a: change.values.0,
        values_b: change.values.1,
        adjusted_p: change.adjusted,
    }
}

fn failures(change: &FailureChange) -> Failures {
    Failures { difference: change.difference.map(interval), adjusted_p: change.adjusted }
}

fn security(change: &SecurityChange) -> Security {
    let word = match change.word {
        SecurityWord::Changed => "changed",
        SecurityWord::Same => "same",
        SecurityWord::Unknown => "unknown",
    };
    Security {
        word: word.to_owned(),
        a: change.states.0.clone(),
        b: change.states.1.clone(),
        new_principals: change.new.clone(),
        gone_principals: change.gone.clone(),
    }
}
