//! All policies on all facts of a period: rates, verdicts, and every edge with what is said of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::accounts::Accounts;
use crate::edge_result;
use crate::fact::{Edge, End, Facts};
use crate::live;
use crate::policy::Policy;
use crate::problem::Problem;
use crate::rate::{Rate, percent};
use crate::refused::refused;
use crate::report::{EdgeResult, ExceptionResult, PolicyResult, Population, Report, SCHEMA};
use crate::unjudged::unjudged;
use crate::unproven::unproven;
use crate::words::{Cause, State, Verdict};

/// What made the report, and how its facts were asked for.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Version of the product.
    pub version: &'a str,
    /// The question that brought the facts.
    pub query: &'a str,
}

/// Judges; `problems` are those of the files.
#[must_use]
pub fn evaluate(policies: &[Policy], problems: &[Problem], facts: &Facts, origin: Origin<'_>) -> Report {
    let accounts = Accounts::of(&facts.edges);
    let results: Vec<PolicyResult> = policies.iter().map(|policy| of_policy(policy, facts, &accounts)).collect();
    let workloads: BTreeSet<_> = facts.edges.iter().flat_map(workloads_of).collect();
    Report {
        schema: SCHEMA.to_owned(),
        version: origin.version.to_owned(),
        mesh: facts.mesh.clone(),
        from: facts.from.clone(),
        to: facts.to.clone(),
        population: Population {
            edges: facts.edges.len() as u64,
            workloads: workloads.len() as u64,
            query: origin.query.to_owned(),
        },
        completeness: facts.completeness.clone(),
        refused_connections: refused(facts),
        unjudged: unjudged(policies, facts),
        verdict: results.iter().map(|result| result.verdict).max().unwrap_or(Verdict::NotProven),
        problems: problems.iter().cloned().chain(live::problems(policies, facts, &results)).collect(),
        policies: results,
    }
}

/// What a policy comes to.
#[must_use]
pub fn of_policy(policy: &Policy, facts: &Facts, accounts: &Accounts) -> PolicyResult {
    let judged = |edge| Some((edge, edge_result::judge(policy, edge, accounts, facts.end)?));
    let judged: Vec<(&Edge, EdgeResult)> = facts.edges.iter().filter_map(judged).collect();
    let mut counting = Counting::default();
    judged.iter().for_each(|(edge, result)| counting.add(edge, result));
    let unproven = unproven(&policy.bounds, &facts.completeness, &counting);
    let rates = counting.closed(facts.completeness.lost_exchanges);
    let mut results: Vec<EdgeResult> = judged.into_iter().map(|(_, result)| result).collect();
    results.sort_by(|a, b| (b.state, weight(b), &a.label, &a.edge).cmp(&(a.state, weight(a), &b.label, &b.edge)));
    let exceptions = exceptions(policy, &results, facts.end);
    let [requests, connections, edges, workloads] = rates;
    let verdict = match edges.violating {
        1.. => Verdict::Violating,
        0 if unproven.is_empty() => Verdict::Compliant,
        0 => Verdict::NotProven,
    };
    PolicyResult {
        id: policy.id.clone(),
        question: policy.question.clone(),
        severity: policy.severity,
        owner: policy.owner.clone(),
        controls: policy.controls.clone(),
        rule: policy.rule.as_str().to_owned(),
        file: format!("{}:{}", policy.file, policy.at.line),
        verdict,
        unproven,
        requests,
        connections,
        edges,
        workloads,
        exceptions,
        results,
    }
}

/// What a policy says of all edges of its scope, added up.
#[derive(Debug, Default)]
pub(crate) struct Counting<'a> {
    pub(crate) requests: Rate,
    pub(crate) connections: Rate,
    pub(crate) edges: Rate,
    /// Edges of which nothing could be decided, as people name them.
    pub(crate) undecided: Vec<&'a str>,
    /// Edges of some exchanges of which nothing can be decided, and not for they lie at a border.
    pub(crate) partly: Vec<&'a str>,
    /// Worst state of each workload's edges.
    worst: BTreeMap<Name<'a>, State>,
}

/// K8s cluster, namespace and name of a workload.
type Name<'a> = (&'a str, &'a str, &'a str);

impl<'a> Counting<'a> {
    fn add(&mut self, edge: &'a Edge, result: &'a EdgeResult) {
        let exchanges = if edge.measure == "connections" { &mut self.connections } else { &mut self.requests };
        exchanges.add(State::Compliant, result.compliant);
        exchanges.add(State::Violating, all(&result.violating));
        exchanges.add(State::Excepted, all(&result.excepted));
        exchanges.add(State::Undecidable, all(&result.undecidable));
        exchanges.add(State::Unobserved, all(&result.unobserved));
        self.edges.add(result.state, 1);
        if result.is_undecided() {
            self.undecided.push(&result.label);
        } else if all(&result.undecidable) > result.at_border {
            self.partly.push(&result.label);
        }
        for name in workloads_of(edge) {
            let worst = self.worst.entry(name).or_default();
            *worst = (*worst).max(result.state);
        }
    }

    /// By requests, connections, edges and workloads.
    fn closed(&self, lost: u64) -> [Rate; 4] {
        let mut workloads = Rate::default();
        self.worst.values().for_each(|state| workloads.add(*state, 1));
        let [requests, connections] = [self.requests, self.connections].map(|rate| rate.of_exchanges(lost));
        [requests, connections, self.edges.of_holders(lost, 1), workloads.of_holders(lost, 2)]
    }
}

fn workloads_of(edge: &Edge) -> impl Iterator<Item = Name<'_>> {
    let known = |end: &&End| end.is_workload();
    let name = |end| -> Name<'_> {
        let end: &End = end;
        (&end.cluster, &end.namespace, &end.name)
    };
    [&edge.source, &edge.destination].into_iter().filter(known).map(name)
}

/// Exchanges by cause, added up.
#[must_use]
pub fn all(causes: &BTreeMap<String, u64>) -> u64 {
    causes.values().fold(0, |sum, count| sum.saturating_add(*count))
}

/// How much of an edge is in its state.
fn weight(result: &EdgeResult) -> u64 {
    match result.state {
        State::Violating => all(&result.violating),
        State::Undecidable => all(&result.undecidable),
        State::Excepted => all(&result.excepted),
        State::Compliant => result.compliant,
        State::Unobserved => all(&result.unobserved),
    }
}

fn exceptions(policy: &Policy, results: &[EdgeResult], end: u64) -> Vec<ExceptionResult> {
    let written = |(place, one): (usize, &crate::policy::Exception)| {
        let of_it = || results.iter().filter(move |result| result.exception == Some(place));
        ExceptionResult {
            reason: one.reason.clone(),
            owner: one.owner.clone(),
            expires: one.expires.clone(),
            line: one.at.line,
            is_in_force: one.until >= end,
            edges: of_it().count() as u64,
            exchanges: of_it().fold(0, |sum, result| sum.saturating_add(all(&result.excepted))),
        }
    };
    policy.exceptions.iter().enumerate().map(written).collect()
}

/// What a cause's word says; the word itself of one that this version does not know.
#[must_use]
pub fn said(cause: &str) -> &str {
    match Cause::parse(cause) {
        Some(known) => known.said(),
        None => cause,
    }
}

/// `part of whole (99.9 %)`.
#[must_use]
pub fn of(part: u64, whole: u64) -> String {
    format!("{part} of {whole} ({})", percent(part, whole))
}
