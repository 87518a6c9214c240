//! From what was seen to policies: workload by workload, and then read back and rehearsed, for what is written must mean what was seen.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use hogusu_access::{ASSUMED, Policies, Proxy, Role, Source, read};
use hogusu_policy::fact;

use super::admitted::{Group, told_apart};
use super::limits::{limits, warnings};
use super::yaml::documents;
use super::{LeftOut, Rule, SCHEMA, Suggested, Suggestion, name, selector};
use crate::report::Edge;
use crate::report::map::Map;
use crate::report::side::Side;
use crate::simulation::{self, Observation};

/// Rules of one policy, at most: the API server takes no more.
const MOST_RULES: usize = 512;
/// Names that are told of several.
const TOLD: usize = 10;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Whose workloads.
    pub namespace: &'a str,
    /// The k8s cluster that the labels are of; `None`: the only one that there is.
    pub cluster: Option<&'a str>,
    /// What is missing of the period.
    pub missing: Vec<String>,
}

/// Why nothing can be suggested.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// A policy with a selector there is one of every namespace.
    #[error("{0} is the root namespace, whose policies select workloads of every namespace -> name another one")]
    Root(String),
    /// Nobody can have it.
    #[error("the namespace is none that Kubernetes takes -> give lower-case letters, digits and -")]
    NoName,
    /// Whose labels these are is not known.
    #[error("the namespace is in several k8s clusters: {0} -> say with --k8s-cluster of which one the files are")]
    Clusters(String),
    /// A selector would be a guess.
    #[error(
        "labels of pods are not known of {0} -> give all workloads of the namespace with --current: kubectl get -n NAMESPACE -o yaml deployments,statefulsets,daemonsets,jobs,cronjobs,pods"
    )]
    NoLabels(String),
}

/// Suggests. `facts` are of the map's edges; `today`: labels of workloads, and what is in force beside.
///
/// # Errors
/// Where every suggestion would be a guess.
pub fn build(map: &Map, facts: &[fact::Edge], today: &Policies, asked: &Asked<'_>) -> Result<Suggestion, Refused> {
    if !name::is_object(asked.namespace) {
        return Err(Refused::NoName);
    }
    if today.mesh.root_namespace == asked.namespace {
        return Err(Refused::Root(asked.namespace.to_owned()));
    }
    let workloads = workloads(map, facts, today, asked)?;
    let unknown: Vec<&str> =
        workloads.keys().copied().filter(|name| today.inventory.labels(asked.namespace, name).is_none()).collect();
    if !unknown.is_empty() {
        return Err(Refused::NoLabels(named(asked.namespace, &unknown)));
    }
    let mut suggestion = empty(map, today, asked, &workloads);
    for (name, groups) in &workloads {
        match of_workload(name, groups, today, asked) {
            Ok(policies) => {
                let (_, found) = told_apart(groups);
                suggestion.policies.extend(policies);
                suggestion.would_cut.extend(found.cuts);
                suggestion.refused.extend(found.refused);
            }
            Err(because) => {
                let workload = format!("{}/{name}", asked.namespace);
                suggestion.left_out.push(LeftOut { workload, because });
            }
        }
    }
    for rows in [&mut suggestion.would_cut, &mut suggestion.refused] {
        rows.sort_by_key(|row| (Reverse(row.exchanges), row.edge_id.clone()));
    }
    suggestion.warnings = warnings(map, today, &suggestion);
    suggestion.limits = limits(today, &suggestion);
    judge(&mut suggestion, (map, facts), today, asked, !workloads.is_empty());
    Ok(suggestion)
}

type Workloads<'a> = BTreeMap<&'a str, Vec<Group<'a>>>;

/// What was seen of each workload of the namespace.
fn workloads<'a>(
    map: &'a Map,
    facts: &'a [fact::Edge],
    today: &Policies,
    asked: &Asked<'_>,
) -> Result<Workloads<'a>, Refused> {
    let by_id: BTreeMap<&str, &fact::Edge> = facts.iter().map(|edge| (edge.id.as_str(), edge)).collect();
    let is_there = |edge: &&Edge| {
        let end = &edge.destination.end;
        let is_meant = asked.cluster.is_none_or(|cluster| end.cluster == cluster);
        end.kind == "workload" && end.namespace == asked.namespace && is_meant
    };
    let edges: Vec<&Edge> = map.edges.iter().filter(is_there).collect();
    let clusters: BTreeSet<&str> = edges.iter().map(|edge| edge.destination.end.cluster.as_str()).collect();
    if clusters.len() > 1 {
        return Err(Refused::Clusters(clusters.into_iter().map(str::to_owned).collect::<Vec<_>>().join(", ")));
    }
    let mut workloads = Workloads::new();
    for edge in edges {
        let facts = by_id.get(edge.id.as_str()).copied();
        let groups = workloads.entry(edge.destination.end.name.as_str()).or_default();
        let is_whole = simulation::arrived_whole(&map.observed.completeness, edge);
        let seen = simulation::seen(edge, facts, today, is_whole);
        groups.extend(seen.into_iter().map(|seen| Group { edge, facts, seen }));
    }
    Ok(workloads)
}

/// The policies of one workload, or why there are none.
fn of_workload(
    name: &str,
    groups: &[Group<'_>],
    today: &Policies,
    asked: &Asked<'_>,
) -> Result<Vec<Suggested>, String> {
    if !name::is_object(name) {
        return Err("its name is none that Kubernetes takes".to_owned());
    }
    if groups.iter().any(|group| group.seen.server.workload.proxy != Proxy::Sidecar) {
        return Err("what stands before it is a gateway or a waypoint, and not a sidecar".to_owned());
    }
    let doubts: BTreeSet<&str> = groups.iter().flat_map(|group| &group.seen.doubts).map(String::as_str).collect();
    if !doubts.is_empty() {
        return Err(format!("not known: {}", doubts.into_iter().collect::<Vec<_>>().join("; ")));
    }
    let labels = today.inventory.labels(asked.namespace, name).ok_or("labels of its pods are not known")?;
    let selector = selector::of(&today.inventory, (asked.namespace, name), labels)?;
    let (rules, _) = told_apart(groups);
    if rules.is_empty() {
        return Err("nobody was let in with a certificate: a policy would shut everybody out".to_owned());
    }
    let workload = format!("{}/{name}", asked.namespace);
    let of_part = |(at, rules): (usize, &[Rule])| Suggested {
        name: if at == 0 { format!("{name}-seen") } else { format!("{name}-seen-{}", at + 1) },
        workload: workload.clone(),
        selector: selector.clone(),
        rules: rules.to_vec(),
    };
    Ok(rules.chunks(MOST_RULES).enumerate().map(of_part).collect())
}

fn empty(map: &Map, today: &Policies, asked: &Asked<'_>, workloads: &Workloads<'_>) -> Suggestion {
    let known: BTreeSet<&str> = today.inventory.all_of(asked.namespace).map(|(name, _)| name).collect();
    let unseen = known.into_iter().filter(|name| !workloads.contains_key(name));
    Suggestion {
        schema: SCHEMA.to_owned(),
        result: String::new(),
        not_proven: asked.missing.clone(),
        assumed: ASSUMED.to_owned(),
        namespace: asked.namespace.to_owned(),
        from: map.observed.from,
        to: map.observed.to,
        completeness: map.observed.completeness.clone(),
        policies: Vec::new(),
        would_cut: Vec::new(),
        refused: Vec::new(),
        left_out: Vec::new(),
        unseen: unseen.map(|name| format!("{}/{name}", asked.namespace)).collect(),
        warnings: Vec::new(),
        limits: Vec::new(),
    }
}

/// Whether it is proven: by the period, by what is left out, and by a rehearsal of what is written, as the only policies that there are.
fn judge(
    suggestion: &mut Suggestion,
    (map, facts): (&Map, &[fact::Edge]),
    today: &Policies,
    asked: &Asked<'_>,
    is_anything_seen: bool,
) {
    if !suggestion.left_out.is_empty() {
        let names: Vec<&str> = suggestion.left_out.iter().map(|one| one.workload.as_str()).collect();
        let said = format!("nothing is suggested for {} of the workloads that were asked: ", names.len());
        suggestion.not_proven.push(said + &names.join(", "));
    }
    suggestion.not_proven.extend(untold(map, asked));
    let broken = rehearsed(suggestion, (map, facts), today, asked);
    if !broken.is_empty() {
        let said = format!("rehearsed, it may cut {} that were seen with a certificate: ", broken.len());
        suggestion.not_proven.push(said + &broken.join(", "));
    }
    let result = match () {
        () if !is_anything_seen => "nothing_seen",
        () if suggestion.not_proven.is_empty() => "proven",
        () => "not_proven",
    };
    result.clone_into(&mut suggestion.result);
}

/// Edges of which others perhaps asked than the destination tells of.
fn untold(map: &Map, asked: &Asked<'_>) -> Vec<String> {
    let end = |edge: &&Edge| {
        let end = &edge.destination.end;
        end.kind == "workload" && end.namespace == asked.namespace
    };
    let is_unknown = |edge: &&Edge| asked.cluster.is_some() && edge.destination.end.cluster.is_empty();
    let tells = |side: &Option<Side>| side.as_ref().is_some_and(|side| side.count > 0);
    let disagrees = |edge: &&Edge| {
        tells(&edge.source_report) && tells(&edge.destination_report) && edge.agreement.state == "disagree"
    };
    let names = |is_it: &dyn Fn(&&Edge) -> bool| {
        let edges = map.edges.iter().filter(end).filter(|edge| is_it(edge));
        edges.map(|edge| format!("{} -> {}", edge.source.label, edge.destination.end.label)).collect::<Vec<_>>()
    };
    let said = [
        (names(&disagrees), "both ends disagree, so that others perhaps asked than those that have a rule"),
        (names(&is_unknown), "the k8s cluster of the destination is not known, and nothing is suggested for it"),
    ];
    let told = |(edges, why): (Vec<String>, &str)| {
        let first: Vec<&str> = edges.iter().take(TOLD).map(String::as_str).collect();
        let more = edges.len().saturating_sub(TOLD);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!first.is_empty()).then(|| format!("{why}: {}{more}", first.join(", ")))
    };
    said.into_iter().filter_map(told).collect()
}

/// Who has a rule and would be cut all the same. Nobody, or what is written does not mean what was seen.
fn rehearsed(
    suggestion: &Suggestion,
    (map, facts): (&Map, &[fact::Edge]),
    today: &Policies,
    asked: &Asked<'_>,
) -> Vec<String> {
    let written = Source { name: "suggestion".to_owned(), text: documents(suggestion) };
    let read = read(&[written], Role::Change);
    if let Some(problem) = read.problems.iter().find(|problem| problem.is_error) {
        return vec![simulation::warning(problem)];
    }
    let alone = Policies { authorizations: Vec::new(), ..today.clone() };
    let after = alone.with(&read.policies);
    let observation = Observation { map, facts: Some(facts) };
    let simulation = simulation::build(observation, Some(&alone), &after, asked.cluster);
    let has_rule: BTreeSet<(&str, &str)> = suggestion
        .policies
        .iter()
        .flat_map(|policy| &policy.rules)
        .flat_map(|rule| rule.edges.iter().map(|edge| (edge.edge_id.as_str(), rule.principal.as_str())))
        .collect();
    let is_named = |row: &&simulation::Row| {
        let principal = row.principal.as_deref().and_then(name::principal);
        principal.is_some_and(|principal| has_rule.contains(&(row.edge_id.as_str(), principal)))
    };
    let broken = simulation.would_break.iter().filter(is_named);
    broken.map(|row| format!("{} -> {}", row.source, row.destination)).collect()
}

/// The first of them, and how many more there are.
fn named(namespace: &str, names: &[&str]) -> String {
    let first: Vec<String> = names.iter().take(TOLD).map(|name| crate::label::part(name).into_owned()).collect();
    let more = names.len().saturating_sub(TOLD);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{namespace}/{}{more}", first.join(&format!(", {namespace}/")))
}
