//! Why a policy is not proven, whatever its rate: each thing that is missing of a period, in words.

use crate::evaluate::{Counting, of};
use crate::fact::{Completeness, Told};
use crate::policy::{Bounds, Expected};
use crate::rate::as_f64;

/// Names that are shown of several.
const SHOWN: usize = 5;

/// Everything that is missing, and what cannot be decided of what was seen.
pub(crate) fn unproven(bounds: &Bounds, complete: &Completeness, counting: &Counting<'_>) -> Vec<String> {
    let mut why = missing(bounds, complete);
    decided(&mut why, bounds, counting);
    why
}

/// What is missing of a period, whatever is asked of it.
#[must_use]
pub fn missing(bounds: &Bounds, complete: &Completeness) -> Vec<String> {
    let mut why = Vec::new();
    proxies(&mut why, bounds, complete);
    time(&mut why, bounds, complete);
    for (what, count, most) in [
        ("batches lost", complete.lost_batches, bounds.lost_batches),
        ("senders that ended without a last word", complete.unclosed_senders, bounds.unclosed_senders),
        ("batches refused for good", complete.refused_batches, 0),
        ("damaged files", complete.damaged_files, 0),
        ("exchanges on no edge of their own", complete.overflow, 0),
        ("exchanges of batches that begin before the period and end in it", complete.told.folded, 0),
        ("requests that a logger left to an HTTP filter which did not count them", complete.told.marked_alone, 0),
    ] {
        if count > most {
            why.push(format!("{what}: {count}, of {most} at most"));
        }
    }
    why
}

/// Who does not report.
fn proxies(why: &mut Vec<String>, bounds: &Bounds, complete: &Completeness) {
    let Completeness { reporting, expected, not_observable, silent, .. } = complete;
    let missing = expected.unwrap_or_default().saturating_sub(*reporting).saturating_sub(*not_observable);
    if expected.is_none() && bounds.expected_proxies == Expected::Known {
        why.push("nobody says which proxies should report".to_owned());
    }
    if complete.told.unexpected > 0 && bounds.expected_proxies == Expected::Known {
        why.push(format!("proxies that report and are not among those that should: {}", complete.told.unexpected));
    }
    if !silent.is_empty() {
        why.push(format!("silent proxies: {}", named(silent.iter().map(String::as_str))));
    } else if missing > 0 {
        why.push(format!("{missing} of the proxies that should report do not"));
    }
    if *not_observable > 0 {
        why.push(format!("pods whose traffic passes no proxy that reports: {not_observable}"));
    }
}

/// Which time nobody told of: of the lives of senders, and of the period that was asked for.
fn time(why: &mut Vec<String>, bounds: &Bounds, complete: &Completeness) {
    let covered = if complete.expected_s > 0.0 { complete.covered_s / complete.expected_s } else { 0.0 };
    if covered < bounds.time_covered {
        why.push(format!("{covered:.4} of the time is covered, of {} at least", bounds.time_covered));
    }
    let Told { observed_s, partial, refusals_s, .. } = &complete.told;
    let period = complete.period_s;
    let least = bounds.time_covered * period;
    // Each by itself: among many that told of all, one that told of nothing would not be seen.
    let short = partial.iter().filter(|one| one.told_s < least);
    let parts: Vec<String> = short.map(|one| format!("{} {:.0} s", one.workload, one.told_s)).collect();
    if *observed_s < least {
        why.push(format!("proxies told of {observed_s:.0} s of the {period:.0} s of the period"));
    } else if !parts.is_empty() {
        let names = named(parts.iter().map(String::as_str));
        why.push(format!("of the {period:.0} s of the period some workloads told of a part only: {names}"));
    }
    if *refusals_s < period {
        why.push(format!("refused batches are known of {refusals_s:.0} s of the {period:.0} s of the period"));
    }
    if complete.unsealed_s > 0.0 {
        why.push(format!("the last {:.0} s of the period may still change", complete.unsealed_s));
    }
}

/// What cannot be decided of what was seen.
fn decided(why: &mut Vec<String>, bounds: &Bounds, counting: &Counting<'_>) {
    for (unit, rate) in [("requests", counting.requests), ("connections", counting.connections)] {
        let (part, whole) = (rate.undecidable, rate.of_exchanges(0).seen);
        if part > 0 && as_f64(part) > bounds.undecidable * as_f64(whole) {
            why.push(format!("undecidable {unit}: {}, of a share of {} at most", of(part, whole), bounds.undecidable));
        }
    }
    for (what, edges) in [
        ("edges of which nothing can be decided", &counting.undecided),
        ("edges of which something cannot be decided that both ends had time to tell of", &counting.partly),
    ] {
        if !edges.is_empty() {
            why.push(format!("{what}: {}: {}", edges.len(), named(edges.iter().copied())));
        }
    }
    if counting.edges.of_exchanges(0).seen == 0 {
        why.push("nothing that it speaks of was seen".to_owned());
    } else if counting.requests.compliant == 0 && counting.connections.compliant == 0 {
        why.push("nothing was shown to be compliant".to_owned());
    }
}

/// The first of them, and how many more there are.
fn named<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    let first = names.take(SHOWN).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}
