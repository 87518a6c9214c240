//! Failures that are passed on, as a table.

use super::columns::{Align, Column, laid_out};
use super::{line, sentence};
use crate::analysis::numerals::{counted, grouped, share};
use crate::report::cascades::{Cascades, Inferred};
use crate::report::shape::percent;
use crate::shown;

const COLUMNS: [Column; 7] = [
    ("LEVEL", Align::Right, false),
    ("SOURCE", Align::Left, true),
    ("DESTINATION", Align::Left, true),
    ("FAILED", Align::Right, false),
    ("SHARE", Align::Right, false),
    ("EXPLAINED", Align::Right, false),
    ("BY CALLS TO", Align::Left, true),
];

/// Draws the table.
#[must_use]
pub fn draw(cascades: &Cascades) -> String {
    shown::drawn(cascades, table)
}

fn table(cascades: &Cascades) -> String {
    let mut out = String::new();
    let stretches = format!("{} stretches of {} s", grouped(cascades.stretches), cascades.step_s);
    let covered = cascades.coverage.words();
    sentence(&mut out, &format!("{} to {}: {stretches}, {covered}", cascades.from, cascades.to));
    for (rank, one) in (1..).zip(&cascades.cascades) {
        cascade(&mut out, rank, one);
    }
    if cascades.cascades.is_empty() {
        let why = if cascades.is_long_enough {
            "no failing link was seen to explain another"
        } else {
            "too few stretches to tell which failing link explains another: give a longer period"
        };
        line(&mut out, why);
    }
    let failing = counted(cascades.failing, "link");
    sentence(&mut out, &format!("{failing} with failures, {} of them in no cascade", grouped(cascades.failing_alone)));
    if !cascades.cascades.is_empty() {
        sentence(
            &mut out,
            "Inferred from counts, which hold no cause: what failed together, in the right places, answered by the right ones, with enough failing calls. An \
             experiment tells (docs/topology.md).",
        );
    }
    out
}

fn cascade(out: &mut String, rank: usize, one: &Inferred) {
    let reached = match (one.first_not_answered, one.first.failed) {
        (0, _) => "all answered by its destination",
        (others, failed) if others == failed => "none answered by its destination",
        _ => "some answered by its destination",
    };
    let first = &one.first;
    let failed = format!("{} of {}", grouped(first.failed), grouped(first.failed_of));
    sentence(out, &format!("{rank} first: {} -> {}: {failed} failed, {reached}", first.source, first.destination));
    let rows = one.hit.iter().map(|hit| {
        [
            hit.level.to_string(),
            hit.link.source.clone(),
            hit.link.destination.clone(),
            grouped(hit.link.failed),
            share(hit.link.failed, hit.link.failed_of),
            percent(hit.share_explained),
            hit.explained_by.clone(),
        ]
    });
    line(out, &laid_out(COLUMNS, rows));
    let hidden = one.hit_in_all.saturating_sub(one.hit.len() as u64);
    if hidden > 0 {
        line(out, &format!("{} more", grouped(hidden)));
    }
}
