//! The map as a table of 118 columns, but for names that are wider: worst first, findings below, and what to look at next.

pub mod cascades;
mod columns;
pub mod groups;
pub mod observability;
mod rows;
pub mod shape;
pub mod turnover;
pub mod unstable;

use std::collections::BTreeSet;

use self::rows::rows;
pub use super::frame::WIDTH;
use super::frame::{columns, wrapped};
use super::observed::Observed;
use super::{Edge, Map, heading, words};
use crate::analysis::findings::Kind;
use crate::analysis::numerals::grouped;
use crate::shown;

/// Rows shown although nothing was found on them.
const ROWS: usize = 10;
/// Findings shown.
const FINDINGS: usize = 10;

/// How the table is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options<'a> {
    /// Every edge and every finding.
    pub all: bool,
    /// The namespace that was asked for.
    pub namespace: Option<&'a str>,
    /// Where the map comes from, for the last line.
    pub url: &'a str,
    /// Options without which the next command would ask another collector or period, ready for a shell, a space before each.
    pub place: &'a str,
    /// Likewise those that chose a part of the map; empty: it is the whole.
    pub part: &'a str,
}

/// Draws the table.
#[must_use]
pub fn draw(map: &Map, options: Options<'_>) -> String {
    let map = Map { observed: heading::worded(&map.observed), ..map.clone() };
    shown::drawn(&map, |map| table(map, options))
}

fn table(map: &Map, options: Options<'_>) -> String {
    let mut out = String::new();
    above(&mut out, &map.observed);
    let found: BTreeSet<&str> = map.findings.iter().filter_map(|finding| finding.edge_id.as_deref()).collect();
    let shown = |(place, edge): &(usize, &Edge)| options.all || *place < ROWS || found.contains(edge.id.as_str());
    let edges: Vec<&Edge> = map.edges.iter().enumerate().filter(shown).map(|(_, edge)| edge).collect();
    let hidden = map.edges.len() - edges.len();
    if map.edges.is_empty() {
        let of_what = if options.part.is_empty() { "" } else { " of what was asked for" };
        let is_folded = map.findings.iter().any(|finding| finding.kind == Kind::FoldedBacklog.as_str());
        if is_folded && map.is_name_seen != Some(false) {
            // That there were none is more than anybody knows.
            let why = "a backlog reaches into it, and counts where it began";
            line(&mut out, &format!("exchanges{of_what} in this period are not known: {why}"));
        } else {
            nothing(&mut out, &map.observed, map.is_name_seen, &format!("exchanges{of_what}"));
        }
    } else {
        line(&mut out, &rows(&edges));
    }
    if hidden > 0 {
        line(&mut out, &format!("{} more without findings (--all)", grouped(hidden as u64)));
    }
    findings(&mut out, map, options);
    line(&mut out, &next(map, options));
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// What stands above every table.
fn above(out: &mut String, observed: &Observed) {
    line(out, &wrapped(&heading::parts(observed), "  ", ""));
}

/// A sentence, broken where it is wider than a table.
fn sentence(out: &mut String, text: &str) {
    let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    line(out, &wrapped(&words, " ", "  "));
}

/// Nothing of what was asked for is there.
fn nothing(out: &mut String, observed: &Observed, is_name_seen: Option<bool>, what: &str) {
    let is_known = observed.completeness.time_covered.covered_s > 0.0;
    let told = words::why_nothing(is_known, is_name_seen, Some(&observed.totals.left_out));
    line(out, &format!("no {what} in this period{told}"));
}

fn findings(out: &mut String, map: &Map, options: Options<'_>) {
    if map.findings.is_empty() {
        return;
    }
    line(out, "FINDINGS");
    let shown = if options.all { map.findings.len() } else { FINDINGS };
    for finding in map.findings.iter().take(shown) {
        sentence(out, &format!("{} {}", finding.rank, finding.text));
    }
    let hidden = map.findings.len().saturating_sub(shown);
    if hidden > 0 {
        line(out, &format!("{} more findings (--all)", grouped(hidden as u64)));
    }
}

/// Where to look on: the namespace that the worst finding's edge leads to, else the whole table, unless it is what was asked for; and the
/// page, in a line of its own. What stands here gets copied into shells, so a namespace is a name as Kubernetes has them or none.
fn next(map: &Map, options: Options<'_>) -> String {
    let worst = map.findings.iter().find_map(|finding| finding.edge_id.as_deref());
    let edge = worst.and_then(|id| map.edges.iter().find(|edge| edge.id == id)).or(map.edges.first());
    let namespace = edge.map(|edge| edge.destination.end.namespace.as_str());
    let page = format!("page: {}", shown::line(options.url));
    let option = match namespace.filter(|namespace| is_plain(namespace) && options.namespace != Some(namespace)) {
        Some(namespace) => format!("--namespace {namespace}"),
        None if options.all => return page,
        None => format!("--all{}", shown::line(options.part)),
    };
    format!("{}\n{page}", broken(&format!("next: hogusu map {option}{}", shown::line(options.place))))
}

/// A command that is wider than the table goes on in a further line, as shells have it; quoted text is never broken.
fn broken(command: &str) -> String {
    if columns(command) <= WIDTH || command.contains('\'') {
        return command.to_owned();
    }
    let mut lines = vec![String::new()];
    for (place, option) in command.split(" --").enumerate() {
        let option = if place == 0 { option.to_owned() } else { format!("--{option}") };
        match lines.last_mut() {
            // Room for the sign that it goes on.
            Some(line) if line.is_empty() || columns(line) + columns(&option) + 3 <= WIDTH => {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(&option);
            }
            _ => lines.push(format!("  {option}")),
        }
    }
    lines.join(" \\\n")
}

fn is_plain(namespace: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    namespace.bytes().next().is_some_and(is_letter) && namespace.bytes().all(|byte| is_letter(byte) || byte == b'-')
}
