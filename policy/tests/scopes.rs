//! Scopes and exceptions: what is not known selects nothing, and leaves nothing out.

use super::world::{END, Telling, between, class, edge, end, facts, policy, report, result, told, workload};

const SHOP: &str = "scope: {source: {namespace: [shop]}}\n";

#[test]
fn an_edge_that_may_be_in_scope_cannot_be_decided() {
    let unknown = between(end("unknown", ""), workload("pay/api")).destination(class("plaintext", 5));
    let found = result(
        "mutual_tls",
        SHOP,
        &facts(vec![unknown, edge("dev/job", "pay/api").destination(class("plaintext", 3))]),
    );
    assert_eq!(found.results.len(), 1, "what is of another namespace is not its business");
    assert_eq!(told(&found.results[0]), "undecidable source_workload 5");
}

#[test]
fn an_exception_lets_off_what_it_names_and_leaves_it_in_the_floor() {
    let edges = vec![
        edge("shop/web", "shop/cart").destination(class("mutual_tls", 6)).destination(class("plaintext", 4)),
        edge("shop/web", "shop/old").destination(class("plaintext", 10)),
    ];
    let excepted = "exceptions: [{scope: {destination: {workload: [old]}}, reason: it goes, owner: shop, expires: \"2026-12-31\"}]\n";
    let found = result("mutual_tls", excepted, &facts(edges));
    assert_eq!((found.requests.compliant, found.requests.violating, found.requests.excepted), (6, 4, 10));
    assert_eq!((found.requests.rate, found.requests.floor), (Some(0.6), Some(0.3)));
    assert_eq!((found.exceptions[0].edges, found.exceptions[0].exchanges), (1, 10));
}

#[test]
fn who_is_not_known_is_not_excepted() {
    let unknown = between(end("unknown", ""), workload("shop/old")).destination(class("plaintext", 5));
    let excepted =
        "exceptions: [{scope: {source: {namespace: [shop]}}, reason: it goes, owner: shop, expires: \"2026-12-31\"}]\n";
    let found = result("mutual_tls", excepted, &facts(vec![unknown]));
    assert_eq!(told(&found.results[0]), "violating plaintext 5");
}

#[test]
fn an_exception_that_ends_within_the_period_lets_nothing_off() {
    let excepted = "exceptions: [{scope: {destination: {workload: [old]}}, reason: it goes, owner: shop, expires: \"2026-11-24\"}]\n";
    let policy = policy("mutual_tls", excepted);
    let mut period = facts(vec![edge("shop/web", "shop/old").destination(class("plaintext", 5))]);
    assert_eq!(told(&report(std::slice::from_ref(&policy), &period).policies[0].results[0]), "excepted plaintext 5");
    period.end = END + 86_400_000_000_000;
    let found = report(&[policy], &period);
    assert_eq!(told(&found.policies[0].results[0]), "violating plaintext 5");
    assert!(!found.policies[0].exceptions[0].is_in_force);
    assert!(found.problems[0].said.contains("ends with 2026-11-24, within the period"), "{:?}", found.problems);
}

#[test]
fn names_that_nobody_has_and_policies_that_select_nothing_are_told_with_their_place() {
    let scope = "scope: {source: {namespace: [shpo]}}\n";
    let found = report(
        &[policy("mutual_tls", scope)],
        &facts(vec![edge("shop/web", "shop/cart").destination(class("mutual_tls", 5))]),
    );
    let lines: Vec<String> = found.problems.iter().map(hogusu_policy::Problem::line).collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].starts_with("tested.yaml:7:8: warning: no end of an edge is in the namespace shpo; "),
        "{}",
        lines[0]
    );
    assert!(lines[1].starts_with("tested.yaml:7:8: warning: tested selects no edge of the period; "), "{}", lines[1]);
    assert_eq!(found.policies[0].verdict.as_str(), "not proven");
}

#[test]
fn a_forbidden_edge_that_is_misspelt_is_told() {
    let rule = "{forbidden_edges: {edges: [{source: {cluster: [tset]}, destination: {workload: [crat]}}, {source: {namespace: ['dve-*']}}]}}";
    let found =
        report(&[policy(rule, "")], &facts(vec![edge("shop/web", "shop/cart").destination(class("mutual_tls", 5))]));
    let said: Vec<&str> = found.problems.iter().map(|problem| problem.said.as_str()).collect();
    assert_eq!(
        said,
        [
            "no destination of an edge is known to be {workload: [crat]}",
            "no source of an edge is known to be {cluster: [tset]}",
            "no source of an edge is known to be {namespace: [dve-*]}",
        ]
    );
    assert_eq!(found.policies[0].verdict.as_str(), "compliant");
}
