//! What to decouple first, as a table; below it what else couples the mesh, the worst of each.

use super::{above, mean, more, nothing, sentence};
use crate::analysis::numerals::{counted, grouped, share};
use crate::report::heading;
use crate::report::shape::coupling::{CircleOfCalls, Coupling};
use crate::report::shape::domains::FailureDomain;
use crate::report::shape::percent;
use crate::report::table::columns::{Align, Column, laid_out};
use crate::report::table::line;
use crate::shown;

const COLUMNS: [Column; 6] = [
    ("SOURCE", Align::Left, true),
    ("DESTINATION", Align::Left, true),
    ("SCORE", Align::Right, false),
    ("REQUESTS", Align::Right, false),
    ("FAILED", Align::Right, false),
    ("CALLS", Align::Right, false),
];

/// Of each other list.
const WORST: usize = 5;

/// Draws the table.
#[must_use]
pub fn draw(coupling: &Coupling) -> String {
    let coupling = Coupling { observed: heading::worded(&coupling.observed), ..coupling.clone() };
    shown::drawn(&coupling, table)
}

fn table(coupling: &Coupling) -> String {
    let mut out = String::new();
    above(&mut out, &coupling.observed);
    if coupling.links.is_empty() {
        nothing(&mut out, &coupling.observed, None, "calls on which somebody waits");
        return out;
    }
    let rows = coupling.links.iter().map(|link| {
        [
            link.source.clone(),
            link.destination.clone(),
            mean(Some(link.score)),
            grouped(link.requests),
            share(link.failed, link.failed_of),
            mean(link.calls_per_request),
        ]
    });
    line(&mut out, &laid_out(COLUMNS, rows));
    more(&mut out, coupling.links.len(), coupling.links_in_all, "links (--limit)");
    line(&mut out, "WHY");
    for (rank, link) in (1..).zip(&coupling.links) {
        sentence(&mut out, &format!("{rank} {} -> {}: {}", link.source, link.destination, link.reason));
    }
    beside(&mut out, coupling);
    let weights =
        coupling.weights.iter().map(|(name, weight)| format!("{name}={weight}")).collect::<Vec<_>>().join(", ");
    sentence(
        &mut out,
        &format!(
            "SCORE is the weighted mean of what docs/topology.md lists; weights {weights}. CALLS: for one request of the source; - below 30"
        ),
    );
    out
}

fn beside(out: &mut String, coupling: &Coupling) {
    let cycles = coupling.cycles.iter().map(circle);
    let single = coupling.single_points.iter().map(|one| {
        let entries = match one.entries {
            0 => String::new(),
            1 => format!(
                ", all ways of 1 entry point (it has {} in all, come here or not)",
                counted(one.requests, "request")
            ),
            many => format!(
                ", all ways of {} entry points (they have {} in all, come here or not)",
                grouped(many),
                counted(one.requests, "request")
            ),
        };
        format!("{}: {} only through it{entries}", one.workload, counted(one.cut_off, "workload"))
    });
    let domains = coupling.failure_domains.iter().map(domain);
    let bottlenecks = coupling.bottlenecks.iter().map(|one| {
        let (sources, requests) = (counted(one.sources, "workload"), counted(one.requests, "request"));
        let effective = mean(Some(one.effective_sources));
        format!(
            "{}: {sources} wait for it ({effective} by traffic), {requests}, {} of all",
            one.workload,
            percent(one.share)
        )
    });
    let chatty = coupling.chatty.iter().map(|one| {
        let calls = mean(Some(one.calls_per_request));
        let of = one.entry.iter().zip(one.calls_per_entry_request);
        let of: String = of.map(|(entry, calls)| format!(", {} for one to {entry}", mean(Some(calls)))).collect();
        format!("{} -> {}: {calls} calls for one request{of}", one.source, one.destination)
    });
    let retried = coupling.retried.iter().map(|one| {
        let (attempts, requests) = (counted(one.attempts, "attempt"), counted(one.requests, "request"));
        let least = if one.is_partly_measured { "at least " } else { "" };
        format!("{} -> {}: {least}{attempts} for {requests}", one.source, one.destination)
    });
    list(out, "CYCLES", cycles, coupling.cycles_in_all);
    list(out, "SINGLE POINTS OF FAILURE, as observed", single, coupling.single_points_in_all);
    list(out, "FAILURE DOMAINS, by the API server's word", domains, coupling.failure_domains_in_all);
    if !coupling.is_placement_known {
        sentence(out, "on which nodes and in which zones replicas are is not known: hogusu serve --kubernetes");
    }
    list(out, "BOTTLENECKS", bottlenecks, coupling.bottlenecks_in_all);
    list(out, "CHATTY", chatty, coupling.chatty_in_all);
    list(out, "RETRIED", retried, coupling.retried_in_all);
}

/// `node n1: all replicas of a/one (2), a/two (1); 2 entry points lead there (300 requests)`.
fn domain(domain: &FailureDomain) -> String {
    let members =
        domain.workloads.iter().take(WORST).map(|one| format!("{} ({})", one.workload, grouped(one.replicas)));
    let shown = members.collect::<Vec<_>>().join(", ");
    let hidden = domain.workloads_in_all.saturating_sub(WORST as u64);
    let more = if hidden > 0 { format!(" and {} more", grouped(hidden)) } else { String::new() };
    let entries = match domain.entries {
        1 => "1 entry point leads there".to_owned(),
        many => format!("{} entry points lead there", grouped(many)),
    };
    let requests = counted(domain.requests, "request");
    format!("{} {}: all replicas of {shown}{more}; {entries} ({requests} in all)", domain.kind, domain.name)
}

fn circle(cycle: &CircleOfCalls) -> String {
    let shown = cycle.members.iter().take(WORST).cloned().collect::<Vec<_>>().join(", ");
    let hidden = cycle.members_in_all.saturating_sub(WORST as u64);
    let more = if hidden > 0 { format!(" and {} more", grouped(hidden)) } else { String::new() };
    let requests = counted(cycle.requests, "request");
    format!("{shown}{more}: {requests}, fewest {} -> {}", cycle.thinnest_source, cycle.thinnest_destination)
}

/// The first of them, and how many more there are.
fn list(out: &mut String, heading: &str, all: impl ExactSizeIterator<Item = String>, in_all: u64) {
    if in_all == 0 {
        return;
    }
    line(out, heading);
    let shown = all.len().min(WORST);
    all.take(WORST).for_each(|one| sentence(out, &one));
    more(out, shown, in_all, "like these (--format json)");
}
