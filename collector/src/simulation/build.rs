//! From a map and policies to what a change would do.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use hogusu_access::{
    ASSUMED, Because, Effect, EffectKind, Mode, Policies, Problem, Reason, Seen, TODAY, Verdict, Wire, contradicts,
    idle, rehearse,
};

use super::seen::seen;
use super::{Row, SCHEMA, Simulation};
use crate::report::Edge;
use crate::report::map::Map;

/// What is missing of a destination whose labels nobody gives: neither which policies select it, nor what its proxy is.
const LABELS: &str = "labels of the destination's pods";

/// What is missing where a map has several k8s clusters, and nobody says of which of them the files are.
const CLUSTER: &str = "the k8s cluster that the files are of (--k8s-cluster)";

/// Rehearses a change on a map. `today`: what is in force; `None`: not known, and `after` is the change alone. `cluster`: the k8s cluster that
/// these are of; `None`: the only one that there is.
#[must_use]
pub fn build(map: &Map, today: Option<&Policies>, after: &Policies, cluster: Option<&str>) -> Simulation {
    let asked = map.edges.iter().map(|edge| &edge.destination.end).filter(|end| end.kind == "workload");
    let clusters: BTreeSet<&str> = asked.map(|end| end.cluster.as_str()).collect();
    let is_ambiguous = cluster.is_none() && clusters.len() > 1;
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
        limits: limits(today.is_some()),
    };
    for edge in &map.edges {
        let is_meant = cluster.is_none_or(|cluster| edge.destination.end.cluster == cluster);
        match seen(edge, after).filter(|_| is_meant) {
            Some(seen) => {
                simulation.edges += 1;
                add(&mut simulation, edge, &seen, today, after);
            }
            None => simulation.left_out += 1,
        }
    }
    if is_ambiguous {
        of_some_cluster(&mut simulation);
    }
    for rows in [&mut simulation.would_break, &mut simulation.would_open, &mut simulation.would_weaken] {
        rows.sort_by_key(|row| (row.certainty != CERTAIN, Reverse(row.count), row.edge_id.clone()));
    }
    let is_certain = simulation.would_break.iter().any(|row| row.certainty == CERTAIN);
    let result = match simulation.would_break.as_slice() {
        [] => "unseen",
        _ if is_certain => "breaks",
        _ => "possible",
    };
    result.clone_into(&mut simulation.result);
    simulation
}

const CERTAIN: &str = "certain";

/// Nothing is certain: a namespace of this name may be in each of the clusters.
fn of_some_cluster(simulation: &mut Simulation) {
    let lists = [&mut simulation.would_break, &mut simulation.would_open, &mut simulation.would_weaken];
    for row in lists.into_iter().chain([&mut simulation.contradictions]).flatten() {
        "possible".clone_into(&mut row.certainty);
        row.undecidable.push(CLUSTER.to_owned());
    }
}

fn add(simulation: &mut Simulation, edge: &Edge, seen: &Seen, today: Option<&Policies>, after: &Policies) {
    for effect in rehearse(seen, today, after) {
        let kind = effect.kind;
        let row = row(edge, seen, effect);
        match kind {
            EffectKind::Breaks => simulation.would_break.push(row),
            EffectKind::Opens => simulation.would_open.push(row),
            EffectKind::Weakens => simulation.would_weaken.push(row),
        }
    }
    let contradictions = today.map(|today| contradicts(seen, today)).unwrap_or_default();
    simulation.contradictions.extend(contradictions.into_iter().map(|effect| row(edge, seen, effect)));
}

fn row(edge: &Edge, seen: &Seen, mut effect: Effect) -> Row {
    if seen.server.workload.labels.is_none() {
        effect.missing.insert(LABELS.to_owned());
    }
    let certainty = if effect.missing.is_empty() { CERTAIN } else { "possible" };
    Row {
        edge_id: edge.id.clone(),
        source: edge.source.label.clone(),
        destination: edge.destination.end.label.clone(),
        port: edge.destination.port,
        protocol: edge.protocol.clone(),
        connection: effect.wire.map(|wire| wire.as_str().to_owned()).unwrap_or_default(),
        principal: effect.principal.clone(),
        count: effect.count,
        last_seen: None,
        certainty: certainty.to_owned(),
        because: because(&effect.because),
        place: place(&effect.because),
        undecidable: effect.missing.into_iter().collect(),
    }
}

fn because(because: &Because) -> String {
    match because {
        Because::Verdict(Verdict::Allowed(reason) | Verdict::Denied(reason) | Verdict::Undecidable { reason, .. }) => {
            reason.to_string()
        }
        Because::Token { policy, .. } => format!("RequestAuthentication {policy} refuses an invalid token"),
        Because::Wire { after, accepts, policy } => {
            let words: Vec<&str> = after.iter().copied().map(Wire::as_str).collect();
            let modes: Vec<&str> = accepts.iter().copied().map(mode).collect();
            let by = if policy.is_empty() { String::new() } else { format!(" by PeerAuthentication {policy}") };
            format!("{} at a port that is {}{by}", words.join(" or "), modes.join(" or "))
        }
    }
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Unset => "UNSET",
        Mode::Disable => "DISABLE",
        Mode::Permissive => "PERMISSIVE",
        Mode::Strict => "STRICT",
    }
}

fn place(because: &Because) -> Option<String> {
    match because {
        Because::Token { place, .. } => Some(format!("{}:{}", place.file, place.line)),
        Because::Verdict(
            Verdict::Allowed(Reason::Rule(rule))
            | Verdict::Denied(Reason::Rule(rule))
            | Verdict::Undecidable { reason: Reason::Rule(rule), .. },
        ) => Some(format!("{}:{}", rule.place.file, rule.place.line)),
        _ => None,
    }
}

/// What is perhaps not meant, with its place.
pub fn warning(problem: &Problem) -> String {
    let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
    format!("{}:{}: {path}{}; {}", problem.place.file, problem.place.line, problem.said, problem.remedy)
}

fn limits(is_today_known: bool) -> Vec<String> {
    let mut limits = vec![
        "what did not happen in the period, or passed no proxy that reports, is not rehearsed".to_owned(),
        "methods other than gRPC's, paths, headers, hosts and addresses of sources are not in a map: where they decide, it is undecidable".to_owned(),
    ];
    limits.push(if is_today_known {
        "the policies of --current are taken to have been in force in the whole period".to_owned()
    } else {
        format!("{TODAY} are not known (--current): an ALLOW may be the first one or a further one")
    });
    limits
}
