//! A report of compliance for people and other programs. Works nothing out: every number is the report's.

pub mod csv;
pub mod junit;
pub mod markdown;
pub mod prometheus;
pub mod table;

use std::collections::BTreeMap;

use crate::evaluate::{of, said};
use crate::rate::{Rate, percent};

/// `12 sent in plaintext; 3 TLS without a certificate of the client`.
fn causes(causes: &BTreeMap<String, u64>) -> String {
    let written = |(cause, count): (&String, &u64)| format!("{count} {}", said(cause));
    causes.iter().map(written).collect::<Vec<_>>().join("; ")
}

/// The rate and its floor; nothing of what was not there.
fn rate(rate: &Rate) -> Option<(String, String)> {
    let is_there = rate.seen > 0 || rate.unobserved > 0;
    is_there.then(|| {
        let floor = rate.floor.map_or_else(|| "-".to_owned(), |_| floor(rate));
        (of(rate.compliant, rate.decided), floor)
    })
}

/// At least that share, cut off: a floor is never rounded up.
fn floor(rate: &Rate) -> String {
    let whole = rate.seen.saturating_add(rate.lost);
    percent(rate.at_least, whole)
}

/// Completeness in its three numbers, one sentence each.
fn completeness(complete: &crate::fact::Completeness) -> [String; 3] {
    let covered = match complete.expected_s {
        expected if expected > 0.0 => format!("{:.4}", (complete.covered_s / expected * 10_000.0).floor() / 10_000.0),
        _ => "-".to_owned(),
    };
    let lost = format!(
        "{} batches lost with {} exchanges, {} refused, {} senders without a last word, {} damaged files",
        complete.lost_batches,
        complete.lost_exchanges,
        complete.refused_batches,
        complete.unclosed_senders,
        complete.damaged_files
    );
    [format!("proxies {}", complete.statement), format!("time covered {covered}"), lost]
}
