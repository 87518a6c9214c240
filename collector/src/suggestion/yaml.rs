//! A suggestion as manifests. Every value stands in double quotes and holds nothing but what Kubernetes and SPIFFE allow in names; whatever else
//! comes from outside stands in comments, in which nothing ends a line.

use super::{Cut, Evidence, Rule, Stability, Suggested, Suggestion};
use crate::analysis::numerals::grouped;
use crate::shown;

/// Rows of a list in comments, at most.
const MOST_ROWS: usize = 1_000;

/// Manifests with the evidence as comments.
#[must_use]
pub fn yaml(suggestion: &Suggestion) -> String {
    let mut out = String::new();
    for line in head(suggestion) {
        out.push_str(&comment("", &line));
    }
    out + &written(suggestion, true)
}

/// Manifests alone.
pub(super) fn documents(suggestion: &Suggestion) -> String {
    written(suggestion, false)
}

fn written(suggestion: &Suggestion, is_told: bool) -> String {
    let of_policy = |policy: &Suggested| {
        let begin = format!(
            "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  namespace: {}\n  name: {}\nspec:\n  selector:\n    matchLabels:\n",
            quoted(&suggestion.namespace),
            quoted(&policy.name)
        );
        let labels = policy.selector.iter();
        let labels: String = labels.map(|(key, value)| format!("      {}: {}\n", quoted(key), quoted(value))).collect();
        let rules: String = policy.rules.iter().map(|rule| of_rule(rule, is_told)).collect();
        format!("{begin}{labels}  action: ALLOW\n  rules:\n{rules}")
    };
    suggestion.policies.iter().map(of_policy).collect()
}

fn of_rule(rule: &Rule, is_told: bool) -> String {
    let comments = if is_told { evidence(rule) } else { Vec::new() };
    let comments: String = comments.iter().map(|line| comment("  ", line)).collect();
    let methods: Vec<String> = rule.methods.iter().map(|method| quoted(method)).collect();
    let methods =
        if methods.is_empty() { String::new() } else { format!("        methods: [{}]\n", methods.join(", ")) };
    format!(
        "{comments}  - from:\n    - source:\n        principals: [{}]\n    to:\n    - operation:\n        ports: [{}]\n{methods}",
        quoted(&rule.principal),
        quoted(&rule.port.to_string())
    )
}

/// A value in double quotes; what could mean anything there is escaped, though no value that comes here holds it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            ' '..='~' => out.push(char),
            other => out.push_str(&format!("\\U{:08x}", u32::from(other))),
        }
    }
    out + "\""
}

fn comment(before: &str, text: &str) -> String {
    format!("{before}# {}\n", shown::line(text))
}

fn head(suggestion: &Suggestion) -> Vec<String> {
    let mut lines = vec![super::text::said(suggestion)];
    lines.extend(suggestion.not_proven.iter().map(|why| format!("NOT PROVEN: {why}")));
    lines.push(format!("{}; read as {}", suggestion.completeness.proxies.statement, suggestion.assumed));
    let section = |name: &str, rows: &[Cut]| {
        let more = rows.len().saturating_sub(MOST_ROWS);
        let more = (more > 0).then(|| format!("{name}: {more} more; --format json has all"));
        let first = rows.iter().take(MOST_ROWS).map(|row| format!("{name}: {}", of_cut(row)));
        first.chain(more).collect::<Vec<_>>()
    };
    lines.extend(section("WOULD CUT", &suggestion.would_cut));
    lines.extend(section("refused", &suggestion.refused));
    lines.extend(suggestion.left_out.iter().map(|one| format!("left out: {}: {}", one.workload, one.because)));
    lines.extend(suggestion.warnings.iter().map(|said| format!("warning: {said}")));
    lines.extend(suggestion.limits.iter().map(|said| format!("limit: {said}")));
    lines
}

fn of_cut(cut: &Cut) -> String {
    let principal = cut.principal.as_ref().map(|name| format!(" {}", shown::word(name))).unwrap_or_default();
    let port = if cut.port > 0 { format!(":{}", cut.port) } else { String::new() };
    format!(
        "{} -> {}{port}, {}{principal}, {} exchanges: {}",
        cut.source,
        cut.destination,
        cut.connection,
        grouped(cut.exchanges),
        cut.because
    )
}

/// What a rule rests on, line by line.
pub(super) fn evidence(rule: &Rule) -> Vec<String> {
    let of_edge = |edge: &Evidence| {
        let by = if edge.reported_by == "both" { "both ends" } else { "the destination alone" };
        let seen = edge.stability.as_ref().map_or_else(|| "when it was seen was not asked".to_owned(), stable);
        format!(
            "{} ({}, edge {}): {} exchanges by the destination's word, reported by {by} ({}); {seen}",
            edge.source,
            edge.protocol,
            edge.edge_id,
            grouped(edge.exchanges),
            edge.agreement
        )
    };
    rule.edges.iter().map(of_edge).chain(rule.notes.iter().map(|note| format!("note: {note}"))).collect()
}

fn stable(stability: &Stability) -> String {
    let moment = |one: Option<crate::report::Moment>| one.map_or_else(|| "-".to_owned(), |moment| moment.to_string());
    let covered = if stability.is_recurrence_covered {
        "the period covers its recurrence"
    } else {
        "NOT KNOWN whether the period covers its recurrence"
    };
    format!(
        "the edge, whoever asked on it, was seen from {} to {}, in {} of {} stretches of {:.0} s ({} unknown), on {} of {} days; {covered}",
        moment(stability.first_seen),
        moment(stability.last_seen),
        stability.seen,
        stability.known,
        stability.step_s,
        stability.unknown,
        stability.days_seen,
        stability.days
    )
}
