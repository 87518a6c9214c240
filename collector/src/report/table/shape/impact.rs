//! What fails with a workload, as a table.

use super::{above, more, nothing, sentence, shares};
use crate::analysis::numerals::{counted, grouped};
use crate::report::heading;
use crate::report::shape::impact::{EntryHit, ImpactOf};
use crate::report::table::columns::{Align, Column, laid_out};
use crate::report::table::line;
use crate::shown;

const COLUMNS: [Column; 5] = [
    ("ENTRY POINT", Align::Left, true),
    ("WHY", Align::Left, false),
    ("FAILS WITH IT", Align::Left, false),
    ("TRAFFIC", Align::Right, false),
    ("SHARE OF IT", Align::Right, false),
];

/// Names of a sentence.
const NAMES: usize = 10;

/// Draws the table.
#[must_use]
pub fn draw(impact: &ImpactOf) -> String {
    let impact = ImpactOf { observed: heading::worded(&impact.observed), ..impact.clone() };
    shown::drawn(&impact, table)
}

fn table(impact: &ImpactOf) -> String {
    let mut out = String::new();
    above(&mut out, &impact.observed);
    let Some(workload) = &impact.workload else {
        nothing(&mut out, &impact.observed, Some(impact.is_name_seen), "exchanges of what was asked for");
        return out;
    };
    if impact.entries.is_empty() {
        sentence(&mut out, &format!("no entry point was seen whose calls lead to {workload}"));
    } else {
        line(&mut out, &laid_out(COLUMNS, impact.entries.iter().map(row)));
        more(&mut out, impact.entries.len(), impact.entries_in_all, "entry points");
    }
    sentence(
        &mut out,
        &format!(
            "called by {}; {} upstream in all",
            names(&impact.callers, impact.callers_in_all),
            counted(impact.upstream, "workload")
        ),
    );
    if impact.cut_off_in_all > 0 {
        sentence(
            &mut out,
            &format!("entry points reach only through it: {}", names(&impact.cut_off, impact.cut_off_in_all)),
        );
    }
    if impact.exchanges_from_outside > 0 {
        let outside = counted(impact.exchanges_from_outside, "exchange");
        sentence(&mut out, &format!("{outside} came to it from outside the mesh, or from nobody knows whom"));
    }
    sentence(&mut out, told(impact));
    out
}

fn told(impact: &ImpactOf) -> &'static str {
    if impact.is_whole {
        "certainly: every way of its calls leads there; as observed: so did all that were seen; possibly: some do, and whether one goes on \
         without it no edge shows. SHARE: if calls are even, to at most; ? is not known"
    } else {
        "as observed: every way that was seen leads there, and it is not known that all were, so nothing is certain of others than itself; possibly: some do, and \
         whether one goes on without it no edge shows. SHARE: if calls are even, to at most; ? is not known"
    }
}

fn row(hit: &EntryHit) -> [String; 5] {
    let certainty = match hit.certainty.as_str() {
        "certain" => "certainly",
        "as_observed" => "as observed",
        _ => "possibly",
    };
    let noun = if hit.measure == "calls_made" { "made" } else { "received" };
    [
        hit.workload.clone(),
        hit.why.replace('_', " "),
        certainty.to_owned(),
        format!("{} {noun}", grouped(hit.requests)),
        shares(hit.share_if_even, hit.share_at_most),
    ]
}

fn names(all: &[String], in_all: u64) -> String {
    if all.is_empty() {
        return "nobody who was seen".to_owned();
    }
    let shown: Vec<&str> = all.iter().take(NAMES).map(String::as_str).collect();
    let hidden = in_all.saturating_sub(shown.len() as u64);
    let more = if hidden > 0 { format!(" and {} more", grouped(hidden)) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
