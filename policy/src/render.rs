//! A report of compliance for people and other programs. Works nothing out: every number is the report's.

pub mod csv;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod openreports;
pub mod over_time;
pub mod prometheus;
pub mod table;

use std::collections::BTreeMap;

use crate::evaluate::{of, said};
use crate::rate::{Rate, percent};
use crate::report::{PolicyResult, Report};

/// `12 sent in plaintext; 3 TLS without a certificate of the client`.
fn causes(causes: &BTreeMap<String, u64>) -> String {
    let written = |(cause, count): (&String, &u64)| format!("{count} {}", said(cause));
    causes.iter().map(written).collect::<Vec<_>>().join("; ")
}

/// The rate and its floor; nothing of what was not there.
fn rate(rate: &Rate) -> Option<(String, String)> {
    let is_there = rate.seen > 0 || rate.unobserved > 0;
    is_there.then(|| rate_and_floor(rate))
}

fn rate_and_floor(rate: &Rate) -> (String, String) {
    let floor = rate.floor.map_or_else(|| "-".to_owned(), |_| floor(rate));
    (of(rate.compliant, rate.decided), floor)
}

/// The same by requests, connections, edges and workloads. Where nothing was seen and something is lost, that is all there is of it.
fn rates(policy: &PolicyResult) -> Vec<(&'static str, &Rate, (String, String))> {
    let units = [
        ("requests", &policy.requests),
        ("connections", &policy.connections),
        ("edges", &policy.edges),
        ("workloads", &policy.workloads),
    ];
    let is_lost = policy.requests.lost > 0 && units.iter().all(|(_, counted)| rate(counted).is_none());
    let told = |(unit, counted)| {
        let text = rate(counted).or_else(|| is_lost.then(|| rate_and_floor(counted)))?;
        Some((unit, counted, text))
    };
    units.into_iter().filter_map(told).collect()
}

/// Whether refused connections are in the numbers, and how many there were.
fn refused(report: &Report) -> String {
    let refused = &report.refused_connections;
    refused.count.map_or_else(|| refused.statement.clone(), |count| format!("{}: {count}", refused.statement))
}

/// At least that share, cut off: a floor is never rounded up.
fn floor(rate: &Rate) -> String {
    let whole = rate.seen.saturating_add(rate.lost);
    percent(rate.at_least, whole)
}

/// Completeness in its three numbers, one sentence each.
fn completeness(complete: &crate::fact::Completeness) -> [String; 3] {
    let share = |part: f64, whole: f64| match whole {
        whole if whole > 0.0 => format!("{:.4}", (part / whole * 10_000.0).floor() / 10_000.0),
        _ => "-".to_owned(),
    };
    let covered = share(complete.covered_s, complete.expected_s);
    let told = share(complete.told.observed_s, complete.period_s);
    // Where they are remembered of the whole period nothing has to be said.
    let remembered = match complete.told.refusals_s {
        part if part < complete.period_s => format!(" in the last {part:.0} s"),
        _ => String::new(),
    };
    let lost = format!(
        "{} batches lost with {} exchanges, {} refused{remembered}, {} senders without a last word, {} damaged files",
        complete.lost_batches,
        complete.lost_exchanges,
        complete.refused_batches,
        complete.unclosed_senders,
        complete.damaged_files
    );
    [format!("proxies {}", complete.statement), format!("time covered {covered}, {told} of the period"), lost]
}
