//! Groups of edges as a table: the map's heading above it, the worst group first.

use std::collections::BTreeMap;

use super::columns::{Align, Column, laid_out};
use super::{above, line, nothing};
use crate::analysis::numerals::{counted, grouped, share};
use crate::label;
use crate::report::groups::{By, Group, Groups};
use crate::report::heading;
use crate::report::words::{self, NOTHING};
use crate::shown;

const COLUMNS: [Column; 9] = [
    ("SOURCE", Align::Left, true),
    ("DESTINATION", Align::Left, true),
    ("EDGES", Align::Right, false),
    ("EXCHANGES", Align::Right, false),
    ("FAILED", Align::Right, false),
    ("P50", Align::Right, false),
    ("P99", Align::Right, false),
    ("EDGES BY SECURITY", Align::Left, true),
    ("WORST", Align::Left, true),
];

/// Draws the table.
#[must_use]
pub fn draw(groups: &Groups) -> String {
    let groups = Groups { observed: heading::worded(&groups.observed), ..groups.clone() };
    shown::drawn(&groups, table)
}

fn table(groups: &Groups) -> String {
    let mut out = String::new();
    above(&mut out, &groups.observed);
    if groups.groups.is_empty() {
        nothing(&mut out, &groups.observed, groups.is_name_seen, "exchanges of what was asked for");
    } else {
        line(&mut out, &laid_out(COLUMNS, groups.groups.iter().map(|group| row(group, &groups.by))));
    }
    out
}

fn row(group: &Group, by: &str) -> [String; 9] {
    let noun = group.measure.trim_end_matches('s');
    [
        end(group.source.as_ref(), &group.source_kind, by),
        end(group.destination.as_ref(), &group.destination_kind, by),
        grouped(group.edges),
        counted(group.exchanges, noun),
        share(group.failed, group.failed_of),
        words::seconds(group.p50_s),
        words::seconds(group.p99_s),
        by_security(&group.security),
        group.finding.as_deref().map_or_else(|| NOTHING.to_owned(), |kind| kind.replace('_', " ")),
    ]
}

/// Its name, in quotes where it could be taken for something else, as labels have it; where nobody knows what it belongs to, what it is.
fn end(name: Option<&String>, kind: &str, by: &str) -> String {
    match name {
        None => format!("? ({kind})"),
        Some(name) if [By::Namespace, By::Cluster].map(By::as_str).contains(&by) => label::part(name).into_owned(),
        Some(name) => name.clone(),
    }
}

fn by_security(edges: &BTreeMap<String, u64>) -> String {
    let one = |(state, count): (&String, &u64)| format!("{} {}", state.replace('_', " "), grouped(*count));
    edges.iter().map(one).collect::<Vec<_>>().join(", ")
}
