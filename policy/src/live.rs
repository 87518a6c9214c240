//! What a file says that the facts of a period do not know: names that nobody has, policies that speak of nothing, exceptions that let nothing
//! off. It may be meant so, and often it is a slip that makes a policy look kept.

use std::collections::BTreeSet;

use crate::fact::{Edge, Facts};
use crate::policy::Policy;
use crate::problem::{At, Level, Problem};
use crate::report::PolicyResult;
use crate::rule::{Rule, Side};
use crate::selector::{Scope, Selector};
use crate::truth::Truth;
use crate::words::Cause;

/// Warnings about policies, each beside what it came to.
#[must_use]
pub fn problems(policies: &[Policy], facts: &Facts, results: &[PolicyResult]) -> Vec<Problem> {
    let ends = facts.edges.iter().flat_map(|edge| [&edge.source, &edge.destination]);
    let seen: BTreeSet<&str> = ends.filter_map(crate::place::namespace).collect();
    let mut problems = Vec::new();
    for (policy, result) in policies.iter().zip(results) {
        let mut warn = |at: At, said: String, remedy: &str| {
            problems.push(at.problem(&policy.file, Level::Warning, said, remedy));
        };
        names(policy, facts, &seen, &mut warn);
        if result.results.is_empty() {
            warn(
                policy.scope_at,
                format!("{} selects no edge of the period", policy.id),
                "see whether its scope is what is meant",
            );
        }
        let forbidden = if let Rule::ForbiddenEdges { edges } = &policy.rule { &edges[..] } else { &[] };
        for scope in
            forbidden.iter().filter(|scope| !facts.edges.iter().any(|edge| scope.takes_traffic(edge) != Truth::False))
        {
            let said = format!("no edge of the period has {}", traffic(scope));
            warn(policy.at, said, "see whether it is written as it should be");
        }
        for exception in policy.exceptions.iter().filter(|one| result.results.len() > 1 && is_of_all(&one.scope, facts))
        {
            warn(
                exception.at,
                "this exception is of every edge of the period".to_owned(),
                "name those that it is meant for",
            );
        }
        for (exception, found) in policy.exceptions.iter().zip(&result.exceptions) {
            if found.is_in_force && found.edges == 0 {
                warn(
                    exception.at,
                    "this exception lets nothing off".to_owned(),
                    "leave it away where it is not needed any more",
                );
            } else if !found.is_in_force {
                let said =
                    format!("this exception ends with {}, within the period: it lets nothing off", exception.expires);
                warn(exception.at, said, "ask for a period within it, or have its owner renew it");
            }
        }
    }
    problems
}

/// Protocols and ports, as they stand in a file.
fn traffic(scope: &Scope) -> String {
    let protocols: Vec<&str> = scope.protocol.iter().map(|one| one.as_str()).collect();
    let ports: Vec<String> = scope.port.iter().map(u16::to_string).collect();
    let given = [("protocol", protocols.join(", ")), ("port", ports.join(", "))].into_iter();
    let given = given.filter(|(_, list)| !list.is_empty()).map(|(name, list)| format!("{name}: [{list}]"));
    format!("{{{}}}", given.collect::<Vec<_>>().join(", "))
}

fn is_of_all(scope: &Scope, facts: &Facts) -> bool {
    facts.edges.iter().all(|edge| scope.takes(edge) == Truth::True)
}

/// Namespaces that nobody has, and other selectors that are nobody's: a forbidden edge that is misspelt forbids nothing.
fn names(policy: &Policy, facts: &Facts, seen: &BTreeSet<&str>, warn: &mut impl FnMut(At, String, &str)) {
    let remedy = "see whether it is written as it should be";
    let mut unseen = BTreeSet::new();
    for (at, side, selector) in selectors(policy) {
        let mut misspelt = selector.namespaces().filter(|name| !seen.contains(name)).peekable();
        if misspelt.peek().is_some() {
            unseen.extend(misspelt.map(|name| (at, format!("no end of an edge is in the namespace {name}"))));
        } else if !selects(selector, side, facts) {
            let end = if side == Side::Source { "source" } else { "destination" };
            unseen.insert((at, format!("no {end} of an edge is known to be {selector}")));
        }
    }
    unseen.into_iter().for_each(|(at, said)| warn(at, said, remedy));
}

/// Whether an end is known that it selects; nothing given selects all.
fn selects(selector: &Selector, side: Side, facts: &Facts) -> bool {
    let is_taken = |edge: &Edge| match side {
        Side::Source => selector.takes(&edge.source, Cause::SourceWorkload) == Truth::True,
        Side::Destination => selector.takes(&edge.destination, Cause::DestinationWorkload) == Truth::True,
    };
    selector.is_empty() || facts.edges.iter().any(is_taken)
}

/// Every selector of a policy, and where it stands.
fn selectors(policy: &Policy) -> impl Iterator<Item = (At, Side, &Selector)> {
    let own = policy.scope.selectors().into_iter().map(|(side, selector)| (policy.scope_at, side, selector));
    let excepted = policy
        .exceptions
        .iter()
        .flat_map(|one| one.scope.selectors().into_iter().map(|(side, selector)| (one.at, side, selector)));
    let of_rule = policy.rule.selectors().map(|(side, selector)| (policy.at, side, selector));
    own.chain(excepted).chain(of_rule)
}
