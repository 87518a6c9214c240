//! All policies on all facts of a period: rates, verdicts, and every edge with what is said of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::accounts::Accounts;
use crate::edge_result;
use crate::fact::{Completeness, Edge, End, Facts};
use crate::live;
use crate::policy::Policy;
use crate::problem::Problem;
use crate::rate::{Rate, as_f64, percent};
use crate::report::{EdgeResult, ExceptionResult, PolicyResult, Population, RefusedConnections, Report, SCHEMA};
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
        verdict: results.iter().map(|result| result.verdict).max().unwrap_or(Verdict::NotProven),
        problems: problems.iter().cloned().chain(live::problems(policies, facts, &results)).collect(),
        policies: results,
    }
}

/// What a policy comes to.
#[must_use]
pub fn of_policy(policy: &Policy, facts: &Facts, accounts: &Accounts) -> PolicyResult {
    let mut counting = Counting::default();
    let mut results = Vec::new();
    for edge in &facts.edges {
        if let Some(result) = edge_result::judge(policy, edge, accounts, facts.end) {
            counting.add(edge, &result);
            results.push(result);
        }
    }
    results.sort_by(|a, b| (b.state, weight(b), &a.label, &a.edge).cmp(&(a.state, weight(a), &b.label, &b.edge)));
    let exceptions = exceptions(policy, &results, facts.end);
    let unproven = unproven(&policy.bounds, &facts.completeness, &counting);
    let lost = facts.completeness.lost_exchanges;
    let verdict = match counting.edges.violating {
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
        requests: counting.requests.of_exchanges(lost),
        connections: counting.connections.of_exchanges(lost),
        edges: counting.edges.of_holders(lost, 1),
        workloads: counting.workloads().of_holders(lost, 2),
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
    /// Worst state of each workload's edges.
    worst: BTreeMap<Name<'a>, State>,
}

/// K8s cluster, namespace and name of a workload.
type Name<'a> = (&'a str, &'a str, &'a str);

impl<'a> Counting<'a> {
    fn add(&mut self, edge: &'a Edge, result: &EdgeResult) {
        let exchanges = if edge.measure == "connections" { &mut self.connections } else { &mut self.requests };
        exchanges.add(State::Compliant, result.compliant);
        exchanges.add(State::Violating, all(&result.violating));
        exchanges.add(State::Excepted, all(&result.excepted));
        exchanges.add(State::Undecidable, all(&result.undecidable));
        exchanges.add(State::Unobserved, all(&result.unobserved));
        self.edges.add(result.state, 1);
        for name in workloads_of(edge) {
            let worst = self.worst.entry(name).or_default();
            *worst = (*worst).max(result.state);
        }
    }

    fn workloads(&self) -> Rate {
        let mut rate = Rate::default();
        self.worst.values().for_each(|state| rate.add(*state, 1));
        rate
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

/// Connections that a listener refused: what it saw of them is told by its own log alone.
fn refused(facts: &Facts) -> RefusedConnections {
    let Completeness { observing_refused: observing, sidecars, .. } = facts.completeness;
    let is_refusal = |class: &crate::fact::Class| class.is_refused() && class.reason == "no_filter_chain";
    let reports = facts.edges.iter().filter_map(|edge| edge.destination_report.as_ref());
    let count = reports.fold(0_u64, |sum, report| sum.saturating_add(report.count(is_refusal)));
    let (count, statement) = match observing {
        0 if count == 0 => (None, "connections that listeners refused are not observed".to_owned()),
        all if all == sidecars => (Some(count), "connections that listeners refused are observed".to_owned()),
        some => {
            (Some(count), format!("connections that listeners refused are observed by {some} of {sidecars} sidecars"))
        }
    };
    RefusedConnections { count, statement }
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

/// Used where a share is compared with a bound that is written in per cent.
#[must_use]
pub fn is_below(part: u64, whole: u64, per_cent: f64) -> bool {
    whole > 0 && as_f64(part) * 100.0 < per_cent * as_f64(whole)
}
