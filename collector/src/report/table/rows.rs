//! The rows of the table: a cell for each column, all within the table's width. Behind a name that is wider than its column the row
//! goes on in the next line: columns stay where they are, and names whole.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::report::Edge;
use crate::report::frame::WIDTH;
use crate::report::words::{self, NOTHING};

/// Between two columns.
const GAP: usize = 2;
/// Narrowest a column of names becomes.
const NARROWEST: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Right,
}

const COLUMNS: [(&str, Align, bool); 10] = [
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
    let mut cells: Vec<[String; 10]> = vec![COLUMNS.map(|(name, ..)| name.to_owned())];
    let names = names(edges);
    cells.extend(edges.iter().map(|edge| row(edge, &names)));
    let widths = widths(&cells);
    cells.iter().map(|row| laid_out(row, widths)).collect::<Vec<_>>().join("\n")
}

/// A row, broken wherever a cell reaches into the next one's column.
fn laid_out(row: &[String; 10], widths: [usize; 10]) -> String {
    let (mut lines, mut current, mut column) = (Vec::new(), String::new(), 0);
    for ((cell, width), (_, align, _)) in row.iter().zip(widths).zip(COLUMNS) {
        if current.chars().count() + GAP > column && !current.is_empty() {
            lines.push(std::mem::take(&mut current));
        }
        let indent = column.saturating_sub(current.chars().count());
        let written = match align {
            Align::Left => write!(current, "{:indent$}{cell}", ""),
            Align::Right => write!(current, "{:indent$}{cell:>width$}", ""),
        };
        debug_assert!(written.is_ok(), "writing to a String does not fail");
        column += width + GAP;
    }
    lines.push(current);
    lines.join("\n")
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

/// Natural widths; when they do not fit, the widest column of names shrinks until they do.
fn widths(cells: &[[String; 10]]) -> [usize; 10] {
    let mut widths = [0; 10];
    for row in cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    while widths.iter().sum::<usize>() + GAP * (widths.len() - 1) > WIDTH {
        let shrinkable = widths.iter_mut().zip(COLUMNS).filter(|(width, (_, _, names))| *names && **width > NARROWEST);
        match shrinkable.max_by_key(|(width, _)| **width) {
            Some((width, _)) => *width -= 1,
            None => break,
        }
    }
    widths
}
