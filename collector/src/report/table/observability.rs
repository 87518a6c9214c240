//! What can be observed of each workload, as a table.

use super::columns::{Align, Column, laid_out};
use super::{above, line, nothing, sentence};
use crate::analysis::numerals::{counted, grouped, share};
use crate::report::heading;
use crate::report::observability::{Observability, Observable};
use crate::shown;

const COLUMNS: [Column; 6] = [
    ("WORKLOAD", Align::Left, true),
    ("EXCHANGES", Align::Right, false),
    ("REPORTING", Align::Left, false),
    ("IDENTIFIED", Align::Right, false),
    ("TRACES", Align::Left, false),
    ("ATTEMPTS", Align::Left, false),
];

/// Draws the table.
#[must_use]
pub fn draw(found: &Observability) -> String {
    let found = Observability { observed: heading::worded(&found.observed), ..found.clone() };
    shown::drawn(&found, table)
}

fn table(found: &Observability) -> String {
    let mut out = String::new();
    above(&mut out, &found.observed);
    if found.workloads.is_empty() {
        nothing(&mut out, &found.observed, None, "workloads");
        return out;
    }
    line(&mut out, &laid_out(COLUMNS, found.workloads.iter().map(row)));
    let hidden = found.workloads_in_all.saturating_sub(found.workloads.len() as u64);
    if hidden > 0 {
        line(&mut out, &format!("{} more", grouped(hidden)));
    }
    line(&mut out, "MISSING");
    for one in &found.missing {
        sentence(&mut out, &format!("{} of {}: {}", one.what, counted(one.workloads, "workload"), one.next));
    }
    sentence(
        &mut out,
        "REPORTING: how much of its calls was told. IDENTIFIED: of what it received, from peers that proved who they are. TRACES: continued where one was seen on what it \
         received and on what it called; not proven says no more than that",
    );
    out
}

fn row(one: &Observable) -> [String; 6] {
    [
        one.workload.clone(),
        grouped(one.exchanges),
        one.reporting.clone(),
        share(one.identified, one.identified_of),
        one.traces.replace('_', " "),
        one.attempts.replace('_', " "),
    ]
}
