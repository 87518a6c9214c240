//! A suggestion for people: its first line, and Markdown for a pull request.

use super::yaml::{evidence, yaml};
use super::{Cut, Suggestion};
use crate::analysis::numerals::grouped;
use crate::shown;
use crate::simulation::as_it_stands;

/// Rows of a list in a pull request, whose comments hold 65,536 characters.
const MOST_ROWS: usize = 50;

/// The first line.
pub(super) fn said(suggestion: &Suggestion) -> String {
    let Suggestion { result, namespace, from, to, .. } = suggestion;
    let rules: usize = suggestion.policies.iter().map(|policy| policy.rules.len()).sum();
    let (policies, cuts) = (suggestion.policies.len() as u64, suggestion.would_cut.len() as u64);
    let first = match result.as_str() {
        "proven" => "Least privilege",
        "nothing_seen" => "Nothing was seen",
        _ => "NOT PROVEN: least privilege",
    };
    format!(
        "{first} of namespace {namespace} by what was seen from {from} to {to}: {} policies, {} rules; {} listed would be cut",
        grouped(policies),
        grouped(rules as u64),
        grouped(cuts)
    )
}

/// For a pull request.
#[must_use]
pub fn markdown(suggestion: &Suggestion) -> String {
    // What is copied from it alone says the same.
    let manifests = yaml(suggestion);
    let told = shown::drawn(suggestion, drawn);
    format!("{told}\n```yaml\n{manifests}```\n")
}

fn drawn(suggestion: &Suggestion) -> String {
    let mut out = format!("{}\n\n", as_it_stands(&said(suggestion)));
    let mut list = |name: &str, all: Vec<String>| {
        let more = all.len().saturating_sub(MOST_ROWS);
        for line in all.iter().take(MOST_ROWS) {
            out.push_str(&format!("- {name}: {}\n", as_it_stands(line)));
        }
        if more > 0 {
            out.push_str(&format!("- {name}: {} more; --format json has all\n", grouped(more as u64)));
        }
    };
    list("not proven", suggestion.not_proven.clone());
    let left_out = suggestion.left_out.iter();
    list("left out", left_out.map(|one| format!("{}: {}", one.workload, one.because)).collect());
    list("asked by nobody", suggestion.unseen.clone());
    list("warning", suggestion.warnings.clone());
    list("limit", suggestion.limits.clone());
    let rows = [("would cut", &suggestion.would_cut), ("refused", &suggestion.refused)];
    for (name, rows) in rows.into_iter().filter(|(_, rows)| !rows.is_empty()) {
        out.push_str(&format!("\n### {name}\n\n{}", table(rows)));
    }
    out.push_str("\n### evidence\n\n");
    for policy in &suggestion.policies {
        for rule in &policy.rules {
            let name = format!("{}: {} at {}", policy.workload, rule.principal, rule.port);
            let told: Vec<String> = evidence(rule).iter().map(|line| format!("  - {}\n", as_it_stands(line))).collect();
            out.push_str(&format!("- {}\n{}", as_it_stands(&name), told.concat()));
        }
    }
    out
}

fn table(rows: &[Cut]) -> String {
    let mut out =
        "| source | destination | port | connection | exchanges | because |\n|---|---|---|---|---|---|\n".to_owned();
    for row in rows.iter().take(MOST_ROWS) {
        let principal = row.principal.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let connection = format!("{}{principal}", row.connection);
        let cells =
            [&row.source, &row.destination, &row.port.to_string(), &connection, &grouped(row.exchanges), &row.because];
        let cells: Vec<String> = cells.into_iter().map(|cell| as_it_stands(cell)).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    let more = rows.len().saturating_sub(MOST_ROWS) as u64;
    if more > 0 { out + &format!("\n{} more; --format json has all\n", grouped(more)) } else { out }
}
