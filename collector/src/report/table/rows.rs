//! The rows of the table: what stands in each column of an edge.

use std::collections::BTreeMap;

use super::columns::{Align, Column, laid_out};
use crate::report::Edge;
use crate::report::words::{self, NOTHING};

const COLUMNS: [Column; 10] = [
    ("SOURCE", Align::Left, true),
    ("DESTINATION", Align::Left, true),
    ("PROTO", Align::Left, false),
    ("REQ/S", Align::Right, false),
    ("FAILED", Align::Right, false),
    ("ANSWERED BY", Align::Left, true),
    ("P50", Align::Right, false),
    ("P99", Align::Right, false),
    ("P99 dst", Align::Right, false),
    ("mTLS", Align::Left, false),
];

/// Source, destination and protocol, and how many rows have them.
type Names = BTreeMap<(String, String, String), usize>;

pub(super) fn rows(edges: &[&Edge]) -> String {
    let names = names(edges);
    laid_out(COLUMNS, edges.iter().map(|edge| row(edge, &names)))
}

fn row(edge: &Edge, names: &Names) -> [String; 10] {
    let name = name(edge);
    // The port tells rows apart that would read the same.
    let destination_name =
        if names.get(&name).is_some_and(|n| *n > 1) { format!("{}:{}", name.1, edge.destination.port) } else { name.1 };
    let source = edge.source_report.as_ref();
    let destination = edge.destination_report.as_ref();
    // How long a TCP connection lived says nothing of how fast anything was.
    let answered =
        |seconds: Option<f64>| if edge.protocol == "tcp" { NOTHING.to_owned() } else { words::seconds(seconds) };
    [
        name.0,
        destination_name,
        name.2,
        words::rate(edge),
        words::failed(edge),
        words::answered_by(edge),
        answered(source.and_then(|side| side.p50_s)),
        answered(source.and_then(|side| side.p99_s)),
        answered(destination.and_then(|side| side.p99_s)),
        words::security(edge),
    ]
}

/// How often each pair of ends is shown with a protocol.
fn names(edges: &[&Edge]) -> Names {
    let mut names = Names::new();
    for edge in edges {
        *names.entry(name(edge)).or_default() += 1;
    }
    names
}

fn name(edge: &Edge) -> (String, String, String) {
    (edge.source.label.clone(), words::destination(edge), edge.protocol.clone())
}
