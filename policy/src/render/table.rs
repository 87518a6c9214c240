//! A report in a terminal: a line for each policy, then what an auditor has to see of it: why it is not proven, every violating edge, every
//! exception, what cannot be decided.

use std::fmt::Write;

use super::{causes, completeness, rates, refused};
use crate::report::{EdgeResult, PolicyResult, Report};
use crate::words::{State, Verdict};

/// Edges that cannot be decided, shown of one policy; violating and excepted ones are all shown.
const UNDECIDABLE: usize = 20;

/// Draws it.
#[must_use]
pub fn draw(report: &Report) -> String {
    let mut out = String::new();
    let [proxies, time, lost] = completeness(&report.completeness);
    line(
        &mut out,
        &format!(
            "{} to {}   {} edges, {} workloads",
            report.from, report.to, report.population.edges, report.population.workloads
        ),
    );
    line(&mut out, &format!("{proxies}; {time}; {lost}"));
    line(&mut out, &refused(report));
    line(&mut out, &report.unjudged.statement);
    for policy in &report.policies {
        line(&mut out, "");
        of_policy(&mut out, policy);
    }
    line(&mut out, "");
    for problem in &report.problems {
        line(&mut out, &problem.line());
    }
    let count = |verdict| report.count(verdict);
    let [compliant, unproven, violating] =
        [count(Verdict::Compliant), count(Verdict::NotProven), count(Verdict::Violating)];
    line(&mut out, &format!("{compliant} compliant, {unproven} not proven, {violating} violating"));
    out
}

fn of_policy(out: &mut String, policy: &PolicyResult) {
    let PolicyResult { id, severity, question, .. } = policy;
    line(out, &format!("{}  {id}  ({}) {question}", policy.verdict.as_str().to_uppercase(), severity.as_str()));
    for (unit, counted, (rate, floor)) in rates(policy) {
        let beside =
            [(counted.excepted, "excepted"), (counted.undecidable, "undecidable"), (counted.unobserved, "unobserved")];
        let beside =
            beside.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("; {count} {word}"));
        line(out, &format!("  {unit:<11} {rate}, floor {floor}{}", beside.collect::<String>()));
    }
    for why in &policy.unproven {
        line(out, &format!("  not proven  {why}"));
    }
    for edge in policy.of_state(State::Violating) {
        line(out, &format!("  violating   {}: {}{}", edge.label, causes(&edge.violating), marks(edge)));
    }
    for exception in &policy.exceptions {
        let force = if exception.is_in_force { "" } else { "; not in force" };
        let (reason, owner, expires) = (&exception.reason, &exception.owner, &exception.expires);
        let (edges, exchanges) = (exception.edges, exception.exchanges);
        line(
            out,
            &format!("  exception   {edges} edges, {exchanges} exchanges until {expires}, {owner}: {reason}{force}"),
        );
    }
    for edge in policy.results.iter().filter(|edge| !edge.excepted.is_empty()) {
        line(out, &format!("  excepted    {}: {}{}", edge.label, causes(&edge.excepted), marks(edge)));
    }
    let undecidable = || policy.results.iter().filter(|edge| !edge.undecidable.is_empty());
    for edge in undecidable().take(UNDECIDABLE) {
        line(out, &format!("  undecidable {}: {}{}", edge.label, causes(&edge.undecidable), marks(edge)));
    }
    if let more @ 1.. = undecidable().count().saturating_sub(UNDECIDABLE) {
        line(out, &format!("  undecidable {more} edges more; --format json has all of them"));
    }
    if let injected @ 1.. = policy.injected() {
        line(
            out,
            &format!(
                "  injected    {injected} exchanges were failed or delayed on purpose; they are counted like others"
            ),
        );
    }
}

/// What else is to be known of the edge's exchanges.
pub(super) fn marks(edge: &EdgeResult) -> String {
    let mut marks = String::new();
    if edge.injected > 0 {
        let _ignored = write!(marks, "; {} injected", edge.injected);
    }
    if edge.beside > 0 {
        let _ignored = write!(marks, "; {} say that they are probes or telemetry", edge.beside);
    }
    marks
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}
