//! A diff as a table for people, and as Markdown for a review.

use super::{Counted, Diff, Edge, Interval, Side};
use crate::report::frame::{columns, padded};
use crate::shown;

/// Rows of a table before the rest is only counted.
const ROWS: usize = 40;
/// Columns of a table.
const COLUMNS: usize = 7;
const HEADINGS: [&str; COLUMNS] = ["EDGE", "WORDS", "REQUESTS/S", "FAILED", "FAILURES BY", "LATENCY", "SECURITY"];

/// For people at a terminal; all edges, or those that are said to have changed.
#[must_use]
pub fn table(diff: &Diff, all: bool) -> String {
    shown::drawn(diff, |diff| drawn_table(diff, all))
}

/// For a review or an issue.
#[must_use]
pub fn markdown(diff: &Diff, all: bool) -> String {
    shown::drawn(diff, |diff| drawn_markdown(diff, all))
}

fn drawn_table(diff: &Diff, all: bool) -> String {
    let (rows, left) = rows(diff, all);
    let mut widths = HEADINGS.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(cell));
        }
    }
    let line = |cells: &[String; COLUMNS]| {
        let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| padded(cell, width)).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let body: String = rows.iter().map(line).collect();
    let head = if rows.is_empty() { String::new() } else { format!("\n{}", line(&HEADINGS.map(str::to_owned))) };
    format!("{}{head}{body}{}", heading(diff, ""), rest(left))
}

fn drawn_markdown(diff: &Diff, all: bool) -> String {
    let (rows, left) = rows(diff, all);
    let line = |cells: &[String; COLUMNS]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let body: String = rows.iter().map(line).collect();
    let head = if rows.is_empty() {
        String::new()
    } else {
        format!("\n{}{}", line(&HEADINGS.map(str::to_lowercase)), line(&HEADINGS.map(|_| "---".to_owned())))
    };
    format!("{}{head}{body}{}", heading(diff, "- "), rest(left))
}

fn heading(diff: &Diff, bullet: &str) -> String {
    let counts: Vec<String> = diff
        .words
        .iter()
        .filter(|count| count.edges > 0)
        .map(|count| format!("{} {}", count.edges, count.word.replace('_', " ")))
        .collect();
    let counts = if counts.is_empty() { "no word".to_owned() } else { counts.join(", ") };
    let (first, second, order) = if diff.is_reversed {
        let told = "the second period lies before the first: words tell what changed going back; exchange them for what changed since";
        ("first:  ", "second: ", format!("{bullet}{told}\n"))
    } else {
        ("before: ", "after:  ", String::new())
    };
    format!(
        "{bullet}{first}{}\n{bullet}{second}{}\n{order}{bullet}{} edges: {counts}\n{bullet}{}\n",
        period(&diff.a),
        period(&diff.b),
        diff.total,
        diff.statement
    )
}

fn period(side: &Side) -> String {
    let name = side.baseline.as_ref().map_or_else(String::new, |name| format!("baseline {name}, "));
    let complete = &side.completeness;
    let covered = if complete.expected_seconds > 0.0 {
        // Never rounded up to what it is not.
        let share = (complete.covered_seconds / complete.expected_seconds * 1000.0).floor() / 10.0;
        format!("{share:.1} % of the time covered")
    } else {
        "nothing covered".to_owned()
    };
    let known = if complete.is_known { "" } else { "; who should report is not known" };
    format!(
        "{name}{} to {}, {covered}, {} batches lost, {} senders unclosed{known}",
        side.from, side.to, complete.lost_batches, complete.unclosed_senders
    )
}

/// The rows to show, and how many there are beside.
fn rows(diff: &Diff, all: bool) -> (Vec<[String; COLUMNS]>, u64) {
    let is_shown = |edge: &&Edge| {
        all || !diff.has_words || edge.words.iter().any(|word| !matches!(word.as_str(), "same" | "not_enough_data"))
    };
    let most = if all { usize::MAX } else { ROWS };
    let rows: Vec<_> = diff.edges.iter().filter(is_shown).take(most).map(row).collect();
    let left = diff.total.saturating_sub(rows.len() as u64);
    (rows, left)
}

fn rest(left: u64) -> String {
    if left == 0 { String::new() } else { format!("\n{left} more edges: --all shows them\n") }
}

/// What was counted never reads as nothing.
fn per_second(rate: f64) -> String {
    if rate > 0.0 && rate < 0.001 { "<0.001".to_owned() } else { format!("{rate:.3}") }
}

fn row(edge: &Edge) -> [String; COLUMNS] {
    let latency = edge.latency.as_ref().and_then(|latency| {
        let Interval { value, low, high } = latency.ratio?;
        Some(format!("x{value:.2} (x{low:.2} to x{high:.2}, {}s)", latency.unit))
    });
    // Shares differ by percentage points, not by percent.
    let failures = edge.failures.as_ref().and_then(|failures| {
        let Interval { value, low, high } = failures.difference?;
        let [value, low, high] = [value, low, high].map(|share| format!("{:+.2}", share * 100.0));
        Some(format!("{value} points ({low} to {high})"))
    });
    let security = edge.security.as_ref().map(|security| {
        let by =
            |sign: &str, names: &[String]| -> String { names.iter().map(|name| format!(" {sign}{name}")).collect() };
        let states =
            if security.a == security.b { security.b.clone() } else { format!("{} -> {}", security.a, security.b) };
        format!("{states}{}{}", by("+", &security.new_principals), by("-", &security.gone_principals))
    });
    let pair = |of: fn(&Counted) -> String| {
        let one = |counted: &Option<Counted>| counted.as_ref().map_or_else(|| "-".to_owned(), of);
        format!("{} -> {}", one(&edge.a), one(&edge.b))
    };
    [
        edge.label.clone(),
        if edge.words.is_empty() { "-".to_owned() } else { edge.words.join(", ").replace('_', " ") },
        pair(|counted| per_second(counted.per_second)),
        pair(|counted| format!("{}/{}", counted.failed, counted.judged)),
        failures.unwrap_or_else(|| "-".to_owned()),
        latency.unwrap_or_else(|| "-".to_owned()),
        security.unwrap_or_else(|| "-".to_owned()),
    ]
}
