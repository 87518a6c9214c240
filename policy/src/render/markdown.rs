//! A report as Markdown, for pull requests and tickets. Names come from outside: what could be read as Markdown is escaped.

use super::table::marks;
use super::{causes, completeness, rates, refused};
use crate::report::{PolicyResult, Report};
use crate::words::State;

/// Draws it.
#[must_use]
pub fn draw(report: &Report) -> String {
    let [proxies, time, lost] = completeness(&report.completeness);
    let mut lines = vec![
        "# Compliance from traffic".to_owned(),
        String::new(),
        format!(
            "{} to {}, {} edges between {} workloads.",
            report.from, report.to, report.population.edges, report.population.workloads
        ),
        String::new(),
        format!("Completeness: {}; {time}; {lost}.", text(&proxies)),
        format!("{}. {}.", sentence(&refused(report)), sentence(&report.unjudged.statement)),
        String::new(),
        "| policy | verdict | requests | connections | edges | floor of requests | floor of connections |".to_owned(),
        "|---|---|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(report.policies.iter().map(row));
    for policy in &report.policies {
        details(&mut lines, policy);
    }
    if !report.problems.is_empty() {
        lines.extend([String::new(), "## Policies".to_owned(), String::new()]);
        lines.extend(report.problems.iter().map(|problem| format!("- {}", text(&problem.line()))));
    }
    lines.join("\n") + "\n"
}

fn sentence(said: &str) -> String {
    let mut chars = said.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn row(policy: &PolicyResult) -> String {
    let rates = rates(policy);
    let told = |wanted| {
        let found = rates.iter().find(|(unit, ..)| *unit == wanted);
        found.map_or_else(|| ("-".to_owned(), "-".to_owned()), |(.., told)| told.clone())
    };
    let [requests, connections, edges] = ["requests", "connections", "edges"].map(told);
    let (id, verdict) = (text(&policy.id), policy.verdict.as_str());
    format!(
        "| {id} | {verdict} | {} | {} | {} | {} | {} |",
        requests.0, connections.0, edges.0, requests.1, connections.1
    )
}

fn details(lines: &mut Vec<String>, policy: &PolicyResult) {
    lines.extend([String::new(), format!("## {}: {}", text(&policy.id), policy.verdict.as_str()), String::new()]);
    let controls = if policy.controls.is_empty() { "none named".to_owned() } else { policy.controls.join(", ") };
    let (question, owner, rule) = (text(&policy.question), text(&policy.owner), text(&policy.rule));
    lines.push(format!(
        "{question} Severity {}, owner {owner}, rule {rule}, controls: {}.",
        policy.severity.as_str(),
        text(&controls)
    ));
    let mut list = |title: &str, entries: Vec<String>| {
        if !entries.is_empty() {
            lines.extend([String::new(), format!("{title}:"), String::new()]);
            lines.extend(entries.into_iter().map(|entry| format!("- {}", text(&entry))));
        }
    };
    list("Not proven, for", policy.unproven.clone());
    let edge = |edge: &crate::report::EdgeResult, of: &std::collections::BTreeMap<String, u64>| {
        format!("{}: {}{}", edge.label, causes(of), marks(edge))
    };
    list("Violating", policy.of_state(State::Violating).map(|one| edge(one, &one.violating)).collect());
    let exception = |one: &crate::report::ExceptionResult| {
        let force = if one.is_in_force { "" } else { "; not in force" };
        let (edges, exchanges) = (one.edges, one.exchanges);
        format!("{edges} edges, {exchanges} exchanges until {}, {}: {}{force}", one.expires, one.owner, one.reason)
    };
    list("Exceptions", policy.exceptions.iter().map(exception).collect());
    let excepted = policy.results.iter().filter(|one| !one.excepted.is_empty());
    list("Excepted", excepted.map(|one| edge(one, &one.excepted)).collect());
    let undecidable = policy.results.iter().filter(|one| !one.undecidable.is_empty());
    list("Undecidable", undecidable.map(|one| edge(one, &one.undecidable)).collect());
    let injected = policy.results.iter().filter(|one| one.injected > 0);
    list("Injected, and counted like others", injected.map(|one| format!("{}: {}", one.label, one.injected)).collect());
}

/// As text and nothing else. Whoever shows it makes links of bare addresses and mentions of names, so what makes them such is written otherwise:
/// `@`, the first of the strokes after a colon, and the point after `www`.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ['\0'; 3];
    for char in text.chars() {
        match char {
            '@' => out.push_str("&#64;"),
            '/' if before[2] == ':' => out.push_str("&#47;"),
            '.' if before.map(|char| char.to_ascii_lowercase()) == ['w'; 3] => out.push_str("&#46;"),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '|' | '*' | '_' | '`' | '[' | ']' | '#' | '\\' | '~' | '!' => {
                out.push('\\');
                out.push(char);
            }
            other => out.push(other),
        }
        before = [before[1], before[2], char];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn names_are_no_markdown() {
        assert_eq!(text("a|b <img> [x](y) *z*"), r"a\|b &lt;img> \[x\](y) \*z\*");
        assert_eq!(
            text("@org/team https://evil.example www.evil.com"),
            "&#64;org/team https:&#47;/evil.example www&#46;evil.com"
        );
    }
}
