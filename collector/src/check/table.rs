//! A report for people: groups of lines, each with its mark; what went wrong with its remedy and where to read on.

use super::report::{Line, Report, State};
use crate::shown;

/// Details of one line that are shown; `--format json` has all.
const DETAILS: usize = 20;

/// Draws it.
#[must_use]
pub fn draw(report: &Report) -> String {
    shown::drawn(report, drawn)
}

fn drawn(report: &Report) -> String {
    let mut rows = Vec::new();
    for group in &report.groups {
        rows.extend([group.title.clone(), "-".repeat(group.title.len())]);
        group.lines.iter().for_each(|line| draw_line(&mut rows, line));
        rows.push(String::new());
    }
    let counts = &report.counts;
    rows.push(format!(
        "{} passed, {} to look at, {} failed, {} skipped\n",
        counts.pass, counts.warn, counts.fail, counts.skipped
    ));
    rows.join("\n")
}

fn draw_line(rows: &mut Vec<String>, line: &Line) {
    let mark = match line.state {
        State::Pass => "pass",
        State::Warn => "warn",
        State::Fail => "FAIL",
        State::Skipped => "skip",
    };
    let said = line.said.join("; ");
    rows.push(match line.state {
        State::Pass if !said.is_empty() => format!("{mark}  {} ({said})", line.claim),
        State::Skipped => format!("{mark}  {}: {said}", line.claim),
        _ => format!("{mark}  {}", line.claim),
    });
    if matches!(line.state, State::Pass | State::Skipped) {
        return;
    }
    rows.extend(line.said.iter().take(DETAILS).map(|said| format!("      {said}")));
    if let Some(more) = line.said.len().checked_sub(DETAILS).filter(|more| *more > 0) {
        rows.push(format!("      and {more} more: --format json has all"));
    }
    if let Some(remedy) = &line.remedy {
        rows.extend([format!("      -> {remedy}"), format!("      see {}", line.link)]);
    }
}

/// `1 proxy`, `2 proxies`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}
