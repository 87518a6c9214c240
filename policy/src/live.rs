//! What a file says that the facts of a period do not know: names that nobody has, policies that speak of nothing, exceptions that let nothing
//! off. It may be meant so, and often it is a slip that makes a policy look kept.

use std::collections::BTreeSet;

use crate::fact::Facts;
use crate::policy::Policy;
use crate::problem::{At, Level, Problem};
use crate::report::PolicyResult;
use crate::selector::{Scope, Selector};

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
        for (at, name) in namespaces(policy).into_iter().filter(|(_, name)| !seen.contains(name)) {
            warn(
                at,
                format!("no end of an edge is in the namespace {name}"),
                "see whether it is written as it should be",
            );
        }
        if result.results.is_empty() {
            warn(
                policy.scope_at,
                format!("{} selects no edge of the period", policy.id),
                "see whether its scope is what is meant",
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

/// Namespaces that a policy names in full, and where.
fn namespaces(policy: &Policy) -> BTreeSet<(At, &str)> {
    let of_scope = |scope| -> [&Selector; 2] {
        let scope: &Scope = scope;
        [&scope.source, &scope.destination]
    };
    let own = of_scope(&policy.scope).into_iter().map(|selector| (policy.scope_at, selector));
    let excepted = policy.exceptions.iter().flat_map(|one| of_scope(&one.scope).map(|selector| (one.at, selector)));
    let of_rule = policy.rule.selectors().map(|selector| (policy.at, selector));
    let all = own.chain(excepted).chain(of_rule);
    all.flat_map(|(at, selector)| selector.namespaces().map(move |name| (at, name))).collect()
}
