//! A report as CSV (RFC 4180): a row for each policy, edge and state, by cause. Every edge of every policy is there. Rows without an edge tell the
//! rest, by their `state`: `policy` (one each, though it selects nothing), `not_proven` (each reason), and without a policy `completeness`,
//! `unjudged` and `warning`.
//!
//! Names come from outside, and spreadsheets take a cell for a formula by how it begins, in quotes or not: such a one gets an apostrophe
//! before it, as OWASP advises.

use std::collections::BTreeMap;

use super::{completeness, refused};
use crate::report::{EdgeResult, PolicyResult, Report};
use crate::words::State;

/// Names of the columns.
pub const COLUMNS: [&str; 18] = [
    "policy",
    "verdict",
    "severity",
    "owner",
    "edge",
    "source",
    "destination",
    "port",
    "protocol",
    "measure",
    "edge_state",
    "state",
    "cause",
    "count",
    "exception_owner",
    "exception_expires",
    "injected",
    "reporters",
];
/// Place of the column `state`; the next one is `cause`.
const STATE: usize = 11;
/// What a formula begins with, in wide letters too.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Draws it.
#[must_use]
pub fn draw(report: &Report) -> String {
    let mut text = COLUMNS.join(",") + "\r\n";
    for said in completeness(&report.completeness).into_iter().chain([refused(report)]) {
        text.push_str(&of_report("completeness", &said));
    }
    text.push_str(&of_report("unjudged", &report.unjudged.statement));
    report.problems.iter().for_each(|problem| text.push_str(&of_report("warning", &problem.line())));
    for policy in &report.policies {
        text.push_str(&of_policy(policy, "policy", &policy.question));
        policy.unproven.iter().for_each(|why| text.push_str(&of_policy(policy, "not_proven", why)));
        for edge in &policy.results {
            let compliant = BTreeMap::from([(String::new(), edge.compliant)]);
            let states = [
                (State::Violating, &edge.violating),
                (State::Undecidable, &edge.undecidable),
                (State::Excepted, &edge.excepted),
                (State::Compliant, &compliant),
                (State::Unobserved, &edge.unobserved),
            ];
            for (state, causes) in states {
                for (cause, count) in causes.iter().filter(|(_, count)| **count > 0) {
                    text.push_str(&row(policy, edge, (state, cause, *count)));
                }
            }
        }
    }
    text
}

/// A row about the whole report.
fn of_report(state: &str, said: &str) -> String {
    let mut cells = [""; COLUMNS.len()];
    (cells[STATE], cells[STATE + 1]) = (state, said);
    cells.map(cell).join(",") + "\r\n"
}

/// A row about a policy, whatever its edges.
fn of_policy(policy: &PolicyResult, state: &str, said: &str) -> String {
    let mut cells = [""; COLUMNS.len()];
    let own = [policy.id.as_str(), policy.verdict.as_str(), policy.severity.as_str(), &policy.owner];
    cells.iter_mut().zip(own).for_each(|(cell, text)| *cell = text);
    (cells[STATE], cells[STATE + 1]) = (state, said);
    cells.map(cell).join(",") + "\r\n"
}

fn row(policy: &PolicyResult, edge: &EdgeResult, (state, cause, count): (State, &str, u64)) -> String {
    let exception = edge.exception.and_then(|place| policy.exceptions.get(place)).filter(|_| state == State::Excepted);
    let (owner, expires) = exception.map_or(("", ""), |one| (one.owner.as_str(), one.expires.as_str()));
    let port = if edge.port > 0 { edge.port.to_string() } else { String::new() };
    let (count, injected) = (count.to_string(), edge.injected.to_string());
    let cells = [
        policy.id.as_str(),
        policy.verdict.as_str(),
        policy.severity.as_str(),
        &policy.owner,
        &edge.edge,
        &edge.source,
        &edge.destination,
        &port,
        &edge.protocol,
        &edge.measure,
        edge.state.as_str(),
        state.as_str(),
        cause,
        &count,
        owner,
        expires,
        &injected,
        &edge.reporters,
    ];
    cells.map(cell).join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    let guard = if text.starts_with(FORMULA) { "'" } else { "" };
    let is_plain = |char: char| char.is_alphanumeric() || "-._:/".contains(char);
    if guard.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    // No cell holds a line's end: whoever shows names has written those otherwise before.
    let text = text.replace(['\r', '\n'], " ").replace('"', "\"\"");
    format!("\"{guard}{text}\"")
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_name_is_a_formula_or_a_row_of_its_own() {
        assert_eq!(cell("shop/web"), "shop/web");
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("a\"b,c\r\nd"), "\"a\"\"b,c  d\"");
    }
}
