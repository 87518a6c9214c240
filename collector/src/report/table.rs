//! The map as a table of at most 118 columns: worst first, findings below, and what to look at next.

mod rows;

use std::collections::BTreeSet;

use self::rows::rows;
pub use super::frame::WIDTH;
use super::frame::wrapped;
use super::{Edge, Map, heading};
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
    /// Where the map comes from, for the last line.
    pub url: &'a str,
}

/// Draws the table.
#[must_use]
pub fn draw(map: &Map, options: Options<'_>) -> String {
    let mut map = map.clone();
    for edge in &mut map.edges {
        for label in [&mut edge.source.label, &mut edge.destination.end.label] {
            *label = shown::word(label).into_owned();
        }
    }
    shown::drawn(&map, |map| table(map, options))
}

fn table(map: &Map, options: Options<'_>) -> String {
    let mut out = String::new();
    line(&mut out, &wrapped(&heading::parts(map), "  ", ""));
    let found: BTreeSet<&str> = map.findings.iter().filter_map(|finding| finding.edge_id.as_deref()).collect();
    let shown = |(place, edge): &(usize, &Edge)| options.all || *place < ROWS || found.contains(edge.id.as_str());
    let edges: Vec<&Edge> = map.edges.iter().enumerate().filter(shown).map(|(_, edge)| edge).collect();
    let hidden = map.edges.len() - edges.len();
    if map.edges.is_empty() {
        line(&mut out, "no exchanges in this period");
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

fn findings(out: &mut String, map: &Map, options: Options<'_>) {
    if map.findings.is_empty() {
        return;
    }
    line(out, "FINDINGS");
    let shown = if options.all { map.findings.len() } else { FINDINGS };
    for finding in map.findings.iter().take(shown) {
        let words: Vec<String> = finding.text.split(' ').map(str::to_owned).collect();
        line(out, &wrapped(&[vec![finding.rank.to_string()], words].concat(), " ", "  "));
    }
    let hidden = map.findings.len().saturating_sub(shown);
    if hidden > 0 {
        line(out, &format!("{} more findings (--all)", grouped(hidden as u64)));
    }
}

/// Where to look on: the namespace that the worst finding's edge leads to. What stands here gets copied into shells, so it is a name
/// as Kubernetes has them or none.
fn next(map: &Map, options: Options<'_>) -> String {
    let worst = map.findings.iter().find_map(|finding| finding.edge_id.as_deref());
    let edge = worst.and_then(|id| map.edges.iter().find(|edge| edge.id == id)).or(map.edges.first());
    let namespace = edge.map(|edge| edge.destination.end.namespace.as_str()).filter(|namespace| is_plain(namespace));
    let option = namespace.map_or_else(|| "--all".to_owned(), |namespace| format!("--namespace {namespace}"));
    format!("next: hogusu map {option} | {}", shown::line(options.url))
}

fn is_plain(namespace: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    namespace.bytes().next().is_some_and(is_letter) && namespace.bytes().all(|byte| is_letter(byte) || byte == b'-')
}
