//! From what was seen and policies to what a change would do.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use hogusu_access::{ASSUMED, EffectKind, Policies, Problem, Seen, contradicts, idle, rehearse};
use hogusu_policy::fact;

use super::elsewhere;
use super::limits::limits;
use super::rows::{self, CERTAIN, POSSIBLE, row};
use super::seen::seen;
use super::{SCHEMA, Simulation};
use crate::report::Edge;
use crate::report::map::{Completeness, Map, Silent};

/// What is missing where a map has several k8s clusters, and nobody says of which of them the files are.
const CLUSTER: &str = "the k8s cluster that the files are of (--k8s-cluster)";

/// What a collector saw.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The map of a period.
    pub map: &'a Map,
    /// Facts of its edges, where there are some; without them it is not known whose exchanges were refused.
    pub facts: Option<&'a [fact::Edge]>,
}

/// Rehearses a change on what was seen. `today`: what is in force; `None`: not known, and `after` is the change alone. `cluster`: the k8s
/// cluster that these are of; `None`: the only one that there is.
#[must_use]
pub fn build(
    Observation { map, facts }: Observation<'_>,
    today: Option<&Policies>,
    after: &Policies,
    cluster: Option<&str>,
) -> Simulation {
    let ends = map.edges.iter().map(|edge| &edge.destination.end).filter(|end| end.kind == "workload");
    let clusters: BTreeSet<&str> = ends.map(|end| end.cluster.as_str()).collect();
    let is_ambiguous = cluster.is_none() && clusters.len() > 1;
    let facts_of: BTreeMap<&str, &fact::Edge> =
        facts.into_iter().flatten().map(|edge| (edge.id.as_str(), edge)).collect();
    let mut simulation = Simulation {
        schema: SCHEMA.to_owned(),
        result: String::new(),
        assumed: ASSUMED.to_owned(),
        from: map.observed.from,
        to: map.observed.to,
        completeness: map.observed.completeness.clone(),
        is_today_known: today.is_some(),
        edges: 0,
        left_out: 0,
        would_break: Vec::new(),
        would_open: Vec::new(),
        would_weaken: Vec::new(),
        contradictions: Vec::new(),
        warnings: idle(after).iter().map(warning).collect(),
        limits: limits(&map.observed, facts.is_some(), today, after),
    };
    let is_whole = |edge: &Edge| arrived_whole(&map.observed.completeness, edge);
    for edge in &map.edges {
        // Of a destination whose k8s cluster is not known it may be this one.
        let own = edge.destination.end.cluster.as_str();
        let is_meant = cluster.is_none_or(|cluster| own.is_empty() || own == cluster);
        let mut all = if is_meant {
            seen(edge, facts_of.get(edge.id.as_str()).copied(), after, is_whole(edge))
        } else {
            Vec::new()
        };
        let sent = elsewhere::sent(edge, today, after, cluster);
        let counted = if all.is_empty() && sent.is_none() { &mut simulation.left_out } else { &mut simulation.edges };
        *counted += 1;
        let doubts = elsewhere::doubts(edge, today, after, cluster);
        for seen in &mut all {
            seen.doubts.extend(doubts.iter().cloned());
            add(&mut simulation, edge, seen, today, after);
        }
        simulation.would_break.extend(sent);
    }
    if is_ambiguous {
        of_some_cluster(&mut simulation);
    }
    for rows in [&mut simulation.would_break, &mut simulation.would_open, &mut simulation.would_weaken] {
        rows.sort_by_key(|row| (row.certainty != CERTAIN, Reverse(row.count), row.edge_id.clone()));
    }
    result(&simulation).clone_into(&mut simulation.result);
    simulation
}

/// Whether nothing that a destination counted is known to be missing.
pub(crate) fn arrived_whole(completeness: &Completeness, edge: &Edge) -> bool {
    let end = &edge.destination.end;
    let own = format!("{}/{}", end.namespace, end.name);
    let is_its = |silent: &Silent| silent.workload.is_empty() || silent.workload == own;
    let batches = &completeness.batches;
    let is_any_lost = [batches.lost, batches.refused, batches.damaged_files].iter().any(|count| *count > 0);
    !is_any_lost && !completeness.proxies.silent.iter().any(is_its)
}

fn result(simulation: &Simulation) -> &'static str {
    let is_certain = simulation.would_break.iter().any(|row| row.certainty == CERTAIN);
    match simulation.would_break.as_slice() {
        [] if simulation.edges == 0 => "nothing_seen",
        [] => "unseen",
        _ if is_certain => "breaks",
        _ => "possible",
    }
}

/// Nothing is certain: a namespace of this name may be in each of the clusters.
fn of_some_cluster(simulation: &mut Simulation) {
    let lists = [&mut simulation.would_break, &mut simulation.would_open, &mut simulation.would_weaken];
    for row in lists.into_iter().chain([&mut simulation.contradictions]).flatten() {
        POSSIBLE.clone_into(&mut row.certainty);
        row.undecidable.push(CLUSTER.to_owned());
    }
}

fn add(simulation: &mut Simulation, edge: &Edge, seen: &Seen, today: Option<&Policies>, after: &Policies) {
    for effect in rehearse(seen, today, after) {
        let rows = match effect.kind {
            EffectKind::Breaks => &mut simulation.would_break,
            EffectKind::Opens => &mut simulation.would_open,
            EffectKind::Weakens => &mut simulation.would_weaken,
        };
        rows::add(rows, row(edge, seen, effect));
    }
    for effect in today.map(|today| contradicts(seen, today)).unwrap_or_default() {
        rows::add(&mut simulation.contradictions, row(edge, seen, effect));
    }
}

/// What is perhaps not meant, with its place.
pub fn warning(problem: &Problem) -> String {
    let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
    format!("{}:{}: {path}{}; {}", problem.place.file, problem.place.line, problem.said, problem.remedy)
}
