//! How steady edges are, as a table.

use super::columns::{Align, Column, laid_out};
use super::{line, sentence};
use crate::analysis::numerals::{counted, grouped};
use crate::analysis::steadiness::{FEWEST_ANSWERS, FEWEST_HOURS};
use crate::report::unstable::{SteadyEdge, Unstable};
use crate::report::words;
use crate::report::words::NOTHING;
use crate::shown;

const COLUMNS: [Column; 8] = [
    ("WHAT", Align::Left, false),
    ("SOURCE", Align::Left, true),
    ("DESTINATION", Align::Left, true),
    ("P99", Align::Right, false),
    ("SPREAD", Align::Right, false),
    ("BY CHANCE", Align::Right, false),
    ("LEAST TO MOST", Align::Right, false),
    ("HOURS", Align::Right, false),
];

/// Draws the table.
#[must_use]
pub fn draw(unstable: &Unstable) -> String {
    shown::drawn(unstable, table)
}

fn table(unstable: &Unstable) -> String {
    let mut out = String::new();
    let hours = counted(unstable.hours, "hour");
    sentence(&mut out, &format!("{} to {}: {hours}, {}", unstable.from, unstable.to, unstable.coverage.words()));
    if unstable.edges.is_empty() {
        line(&mut out, "no requests were seen in these hours");
        return out;
    }
    line(&mut out, &laid_out(COLUMNS, unstable.edges.iter().map(row)));
    let hidden = unstable.edges_in_all.saturating_sub(unstable.edges.len() as u64);
    if hidden > 0 {
        line(&mut out, &format!("{} more", grouped(hidden)));
    }
    sentence(
        &mut out,
        &format!(
            "P99: the median hour's; SPREAD: the middle half of the hours, by that; BY CHANCE: what so many answers make of it if nothing changes. Unstable: at least \
             half, and twice what chance makes. Not enough data: fewer than {FEWEST_HOURS} hours of {FEWEST_ANSWERS} answers"
        ),
    );
    out
}

fn row(edge: &SteadyEdge) -> [String; 8] {
    let share =
        |value: Option<f64>| value.map_or_else(|| NOTHING.to_owned(), |value| format!("{:.0} %", value * 100.0));
    let seconds = words::seconds;
    let range = match (edge.p99_least_s, edge.p99_most_s) {
        (None, _) | (_, None) => NOTHING.to_owned(),
        (least, most) => format!("{} to {}", seconds(least), seconds(most)),
    };
    [
        edge.word.replace('_', " "),
        edge.source.clone(),
        edge.destination.clone(),
        seconds(edge.p99_median_s),
        share(edge.spread),
        share(edge.spread_by_chance),
        range,
        grouped(edge.hours_counted),
    ]
}
