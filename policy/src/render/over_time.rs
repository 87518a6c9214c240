//! Compliance over time in a terminal: of each policy a line for each step with what its rate rests on, then every edge that violated it.

use super::{causes, floor};
use crate::evaluate::of;
use crate::over_time::{Episode, Line, OverTime, Point, Remedy, Step, Window};
use crate::rate::Rate;
use crate::words::Verdict;

/// Draws it.
#[must_use]
pub fn draw(over: &OverTime) -> String {
    let mut lines = vec![
        format!("{} to {}, in {} steps of {:.0} s", over.from, over.to, over.steps.len(), over.step_s),
        over.judged_by.clone(),
    ];
    for policy in &over.policies {
        lines.push(String::new());
        of_policy(&mut lines, policy, &over.steps);
    }
    if !over.problems.is_empty() {
        lines.push(String::new());
    }
    lines.extend(over.problems.iter().map(crate::problem::Problem::line));
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn of_policy(lines: &mut Vec<String>, policy: &Line, steps: &[Step]) {
    let count = |verdict| policy.points.iter().filter(|point| point.verdict == verdict).count();
    let [violating, unproven] = [Verdict::Violating, Verdict::NotProven].map(count);
    lines.push(format!("{}  ({}) {}", policy.id, policy.severity.as_str(), policy.question));
    lines.push(format!("  of {} steps {violating} violating, {unproven} not proven", policy.points.len()));
    if let (Some(first), Some(last)) = (&policy.first_violation, &policy.last_violation) {
        lines.push(format!("  first violation within {}, last within {}", within(first), within(last)));
    }
    for (point, step) in policy.points.iter().zip(steps) {
        lines.push(format!("  {}  {:<10}  {}; {}", point.from, point.verdict.as_str(), rates(point), complete(step)));
    }
    for edge in &policy.edges {
        for episode in &edge.episodes {
            lines.push(format!("  {}: {}", edge.label, told(episode)));
        }
    }
}

fn within(window: &Window) -> String {
    format!("{} to {}", window.from, window.to)
}

/// By requests and by connections, as far as there were any.
fn rates(point: &Point) -> String {
    let units = [("requests", &point.requests), ("connections", &point.connections)];
    let is_there = |(_, rate): &(&str, &Rate)| rate.seen > 0 || rate.unobserved > 0;
    let said = |(unit, rate): (&str, &Rate)| {
        let floor = rate.floor.map_or_else(|| "-".to_owned(), |_| floor(rate));
        format!("{unit} {}, floor {floor}", of(rate.compliant, rate.decided))
    };
    let said: Vec<String> = units.into_iter().filter(is_there).map(said).collect();
    if said.is_empty() { "nothing seen".to_owned() } else { said.join("; ") }
}

/// Completeness in its three numbers.
fn complete(step: &Step) -> String {
    let expected = step.expected.map_or_else(|| "?".to_owned(), |count| count.to_string());
    let Step { reporting, covered_s, expected_s, told_s, period_s, lost_batches, .. } = step;
    format!(
        "proxies {reporting} of {expected}, {covered_s:.0} s covered of {expected_s:.0} s, told of {told_s:.0} s of {period_s:.0} s, \
         {lost_batches} batches lost"
    )
}

fn told(episode: &Episode) -> String {
    let Episode { state, at_least_s, at_most_s, unknown_steps, .. } = episode;
    let seen = format!("first within {}, last within {}", within(&episode.first), within(&episode.last));
    let length = match (state, at_most_s, &episode.remedied) {
        (Remedy::Remedied, Some(most), Some(remedied)) => {
            format!(", shown within {}: after {at_least_s:.0} s to {most:.0} s", within(remedied))
        }
        (Remedy::Remedied, None, Some(remedied)) => format!(
            ", shown within {}: after {at_least_s:.0} s at least, and how long at most is not known",
            within(remedied)
        ),
        _ => format!("; it went on for {at_least_s:.0} s at least"),
    };
    let unknown = match unknown_steps {
        0 => String::new(),
        1 => "; 1 step since then tells nothing".to_owned(),
        steps => format!("; {steps} steps since then tell nothing"),
    };
    format!("{}; {seen}; {}{length}{unknown}", causes(&episode.violating), state.said())
}
