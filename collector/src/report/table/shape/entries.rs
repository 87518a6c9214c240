//! Entry points as a table; of one, its calls level by level.

use super::{above, mean, more, nothing, own_time, sentence, shares};
use crate::analysis::numerals::{grouped, share};
use crate::report::heading;
use crate::report::shape::entries::{EntryPoint, EntryPoints, PossibleAvailability, Step};
use crate::report::shape::percent;
use crate::report::side::as_f64;
use crate::report::table::columns::{Align, Column, laid_out};
use crate::report::table::line;
use crate::report::words::NOTHING;
use crate::shown;

const COLUMNS: [Column; 8] = [
    ("ENTRY POINT", Align::Left, true),
    ("WHY", Align::Left, false),
    ("TRAFFIC", Align::Right, false),
    ("FAILED", Align::Right, false),
    ("DEPTH", Align::Right, false),
    ("WAITS FOR", Align::Right, false),
    ("IF FAILURES PASS", Align::Right, false),
    ("WORST DEPENDENCY", Align::Left, true),
];

const CALLS: [Column; 10] = [
    ("LEVEL", Align::Right, false),
    ("WORKLOAD", Align::Left, true),
    ("CALLED BY", Align::Left, true),
    ("HOW", Align::Left, false),
    ("CALLS", Align::Right, false),
    ("SHARE OF REQUESTS", Align::Right, false),
    ("FAILED", Align::Right, false),
    ("OWN TIME", Align::Right, false),
    ("REPLICAS", Align::Left, false),
    ("KIND", Align::Left, false),
];

/// Draws the table.
#[must_use]
pub fn draw(entries: &EntryPoints) -> String {
    let entries = EntryPoints { observed: heading::worded(&entries.observed), ..entries.clone() };
    shown::drawn(&entries, table)
}

fn table(entries: &EntryPoints) -> String {
    let mut out = String::new();
    above(&mut out, &entries.observed);
    if entries.entries.is_empty() {
        nothing(&mut out, &entries.observed, entries.is_name_seen, "calls of what was asked for");
        return out;
    }
    line(&mut out, &laid_out(COLUMNS, entries.entries.iter().map(row)));
    if entries.is_name_seen.is_none() {
        more(&mut out, entries.entries.len(), entries.entries_in_all, "entry points, less busy");
    }
    for entry in &entries.entries {
        if let Some(calls) = entry.calls.as_ref().filter(|calls| !calls.is_empty()) {
            line(&mut out, "CALLS");
            line(&mut out, &laid_out(CALLS, calls.iter().map(step)));
        }
    }
    sentence(&mut out, &told(&entries.entries));
    out
}

/// What the signs above stand for, as far as they are there.
fn told(entries: &[EntryPoint]) -> String {
    let mut text = "WAITS FOR: dependencies that nearly every request waits for, of all. IF FAILURES PASS: the availability that failures of what it waits \
                    for leave if nobody copes with them, if they are independent, to if they meet the same requests; - where none could be judged."
        .to_owned();
    if entries.iter().any(copes) {
        text.push_str(" Where fewer than that FAILED, callers retried or went on without.");
    }
    if entries.iter().any(|entry| entry.availability.failing_connections > 0) {
        text.push_str(
            " ! connections or streams to what it depends on failed; nobody knows who waited, so they are not in it.",
        );
    }
    if entries.iter().any(|entry| !entry.depth_at_least.is_empty()) {
        text.push_str(
            " DEPTH with a +: at least, for there is a cycle, a connection or a stream in it, or calls of somebody in it were not seen.",
        );
    }
    if entries.iter().any(|entry| entry.calls.is_some()) {
        text.push_str(" SHARE: if calls are even, to at most. OWN TIME is inferred: if it calls one after the other, to if it calls all at once. REPLICAS: on nodes/in zones, by the API server's word.");
    }
    text
}

/// Fewer of its requests failed than failures of what it waits for would make.
fn copes(entry: &EntryPoint) -> bool {
    let left = |minimum: f64| as_f64(entry.failed_of.saturating_sub(entry.failed)) > minimum * as_f64(entry.failed_of);
    entry.availability.minimum.is_some_and(left)
}

fn row(entry: &EntryPoint) -> [String; 8] {
    let noun = if entry.measure == "calls_made" { "made" } else { "received" };
    [
        entry.workload.clone(),
        entry.why.replace('_', " "),
        format!("{} {noun}", grouped(entry.requests)),
        share(entry.failed, entry.failed_of),
        format!("{}{}", entry.depth, if entry.depth_at_least.is_empty() { "" } else { "+" }),
        format!("{} of {}", grouped(entry.hard_dependencies), grouped(entry.dependencies)),
        available(&entry.availability),
        entry.availability.worst.clone().unwrap_or_else(|| NOTHING.to_owned()),
    ]
}

fn available(possible: &PossibleAvailability) -> String {
    let told = match (possible.product.map(percent), possible.minimum.map(percent)) {
        (Some(product), Some(minimum)) if product != minimum => format!("{product} to {minimum}"),
        (_, Some(minimum)) => minimum,
        _ => NOTHING.to_owned(),
    };
    if possible.failing_connections > 0 { format!("{told} !") } else { told }
}

/// `3 on 2/1`: replicas on nodes and in zones.
fn place(one: &Step) -> String {
    let Some(replicas) = one.replicas else { return NOTHING.to_owned() };
    let [nodes, zones] = [one.nodes, one.zones].map(|count| count.map_or_else(|| "?".to_owned(), grouped));
    format!("{} on {nodes}/{zones}", grouped(replicas))
}

fn step(one: &Step) -> [String; 10] {
    let how = match (one.is_hard, one.is_synchronous) {
        (true, _) => "hard",
        (false, true) => "waits",
        (false, false) => "not known",
    };
    let (failed, of) = match one.failed_of {
        0 => (one.connections_failed, one.connections_failed_of),
        requests => (one.failed, requests),
    };
    [
        one.level.to_string(),
        one.workload.clone(),
        one.caller.clone(),
        how.to_owned(),
        mean(one.calls_per_request),
        shares(one.share_if_even, one.share_at_most),
        share(failed, of),
        own_time(one.own_time),
        place(one),
        one.kind.clone(),
    ]
}
