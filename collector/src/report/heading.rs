//! What stands above every picture of a map that people read: its period, how much there is, and how complete it is.

use super::observed::Observed;
use super::words::NOTHING;
use crate::analysis::numerals::{counted, grouped};
use crate::period::Resolution;
use crate::shown::word;

/// The same with its meshes as words: they stand beside others here.
pub(super) fn worded(observed: &Observed) -> Observed {
    let mesh = observed.mesh.split(',').map(word).collect::<Vec<_>>().join(",");
    Observed { mesh, ..observed.clone() }
}

/// Its parts, in order of weight.
pub(super) fn parts(observed: &Observed) -> Vec<String> {
    let complete = &observed.completeness;
    let mut parts = Vec::new();
    if !observed.mesh.is_empty() {
        parts.push(observed.mesh.clone());
    }
    parts.push(period(observed));
    parts.extend(coarser(observed));
    parts.push(counted(observed.totals.workloads, "workload"));
    parts.push(counted(observed.totals.edges, "edge"));
    parts.push(counted(observed.totals.requests, "request"));
    if observed.totals.connections > 0 {
        parts.push(counted(observed.totals.connections, "connection"));
    }
    parts.push(format!("proxies {}", complete.proxies.statement));
    parts.push(format!("time covered {}", covered(observed)));
    parts.push(format!("batches lost {}", grouped(complete.batches.lost)));
    parts.push(complete.refused_connections.statement.clone());
    let more = [
        ("failed on purpose, not in FAILED", observed.totals.injected),
        ("delayed on purpose, not in P50 and P99", observed.totals.delayed),
        ("streams, not in P50 and P99", observed.totals.streaming),
        ("damaged files left out", complete.batches.damaged_files),
        ("batches refused", complete.batches.refused),
        ("unclosed senders", complete.batches.unclosed_senders),
        ("late parts", complete.batches.late_parts),
        ("overflow", observed.totals.overflow),
        ("probes left out", observed.totals.left_out.probe),
        ("telemetry left out", observed.totals.left_out.telemetry),
        ("left out as declared", observed.totals.left_out.declared),
        ("asynchronous as declared", observed.declared.as_ref().map_or(0, |declared| declared.asynchronous_edges)),
    ];
    parts.extend(
        more.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{what} {}", grouped(count))),
    );
    if let Some(refused) = observed.declared.as_ref().and_then(|declared| declared.refused.as_ref()) {
        parts.push(format!("the declaration as it is now is refused, the one before is in force: {refused}"));
    }
    if observed.sealed_to < observed.to {
        parts.push(format!("sealed to {}", observed.sealed_to.time_of_day()));
    }
    parts
}

/// `14:02:00Z to 14:07:00Z (5m)`, with dates when it is not within the day up to which the collector had sealed slots when it answered.
fn period(observed: &Observed) -> String {
    let length = span(observed.to.0.saturating_sub(observed.from.0) / 1_000_000_000);
    if observed.from.date() == observed.to.date() && observed.to.date() == observed.sealed_to.date() {
        return format!("{} to {} ({length})", observed.from.time_of_day(), observed.to.time_of_day());
    }
    format!("{} to {} ({length})", observed.from, observed.to)
}

/// `resolution 1 h`, where time is told apart less finely than in slots: then the period may be wider than what was asked for.
fn coarser(observed: &Observed) -> Option<String> {
    let resolution = observed.resolution.as_str();
    let (number, unit) = resolution.split_at_checked(resolution.len().checked_sub(1)?)?;
    (resolution != Resolution::Slot.as_str()).then(|| format!("resolution {number} {unit}"))
}

/// A length of time in its two largest units.
fn span(seconds: u64) -> String {
    let units = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let parts: Vec<String> =
        units.iter().filter(|(n, _)| *n > 0).take(2).map(|(n, unit)| format!("{n}{unit}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

fn covered(observed: &Observed) -> String {
    let time = &observed.completeness.time_covered;
    match time.ratio {
        None => NOTHING.to_owned(),
        Some(ratio) if ratio >= 1.0 => "100 %".to_owned(),
        Some(ratio) if ratio > 0.9999 => ">99.99 %".to_owned(),
        Some(ratio) if ratio > 0.99 => format!("{} %", (ratio * 10_000.0).floor() / 100.0),
        Some(ratio) if ratio > 0.0 && ratio < 0.0001 => "<0.01 %".to_owned(),
        Some(ratio) => format!("{} %", (ratio * 1_000.0).round() / 10.0),
    }
}
