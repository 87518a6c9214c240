//! Which edges are new, idle or gone, as a table.

use super::columns::{Align, Column, laid_out};
use super::{above, line, sentence};
use crate::analysis::numerals::{grouped, share};
use crate::label::with_port;
use crate::report::heading;
use crate::report::turnover::{TurnedEdge, Turnover};
use crate::report::words::NOTHING;
use crate::shown;

const COLUMNS: [Column; 6] = [
    ("WHAT", Align::Left, false),
    ("SOURCE", Align::Left, true),
    ("DESTINATION", Align::Left, true),
    ("KNOWN BY", Align::Left, false),
    ("EXCHANGES", Align::Right, false),
    ("FAILED", Align::Right, false),
];

/// Draws the table.
#[must_use]
pub fn draw(turnover: &Turnover) -> String {
    let turnover = Turnover { observed: heading::worded(&turnover.observed), ..turnover.clone() };
    shown::drawn(&turnover, table)
}

fn table(turnover: &Turnover) -> String {
    let mut out = String::new();
    above(&mut out, &turnover.observed);
    sentence(&mut out, &format!("against {} to {}", turnover.before.from, turnover.before.to));
    if turnover.edges.is_empty() {
        line(&mut out, "no edge was seen in one of both periods alone");
    } else {
        line(&mut out, &laid_out(COLUMNS, turnover.edges.iter().map(row)));
        let hidden = turnover.edges_in_all.saturating_sub(turnover.edges.len() as u64);
        if hidden > 0 {
            line(&mut out, &format!("{} more", grouped(hidden)));
        }
    }
    sentence(&mut out, told(turnover));
    out
}

const fn told(turnover: &Turnover) -> &'static str {
    if turnover.is_whole {
        "new, idle: nothing passed in the other period, for an end of it was wholly seen; gone: an end has no pod any more; not seen: that says no more. An edge \
         that is used rarely is new in one hour and idle in the next: hogusu diff tells changes from chance"
    } else {
        "of one of both periods it is not known that all who should report did (--expect, --kubernetes), so edges that it has not were only not seen there"
    }
}

/// With the port of connections, which is all that tells them apart.
fn destination(edge: &TurnedEdge) -> String {
    let is_named = edge.protocol != "tcp" || edge.destination.ends_with(&format!(":{}", edge.port));
    with_port(&edge.destination, if is_named { 0 } else { edge.port })
}

fn row(edge: &TurnedEdge) -> [String; 6] {
    [
        edge.turn.replace('_', " "),
        edge.source.clone(),
        destination(edge),
        edge.known_by.as_ref().map_or_else(|| NOTHING.to_owned(), |by| by.replace('_', " ")),
        grouped(edge.exchanges),
        share(edge.failed, edge.failed_of),
    ]
}
