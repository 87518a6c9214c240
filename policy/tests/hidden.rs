//! What must not hide: plaintext beside the workloads that are known, edges of which nothing is known, and violations behind reports that are
//! missing.

use hogusu_policy::fact::{Class, Edge};
use hogusu_policy::report::PolicyResult;
use hogusu_policy::words::Verdict;
use hogusu_policy::{Facts, Policy};

use super::shipped::set;
use super::world::{
    Telling, between, class, edge, end, facts, judged, outside, policy, report, result, told, workload,
};

/// Mutual TLS by both ends, as a starter set wants it.
fn both() -> Edge {
    edge("shop/web", "shop/cart").source(class("tls", 100)).destination(class("mutual_tls", 100)).agreement("agree")
}

fn to(end: hogusu_policy::fact::End, class: Class) -> Edge {
    between(workload("shop/web"), end).source(class)
}

/// What web's own proxy tells of: 12,000 calls in plaintext to ends that may be workloads.
fn in_plaintext() -> Vec<Edge> {
    vec![
        both(),
        to(end("service", "redis.shop.svc.cluster.local"), class("plaintext", 5_000)),
        to(end("address", "10.3.3.3"), class("plaintext", 4_000)),
        to(end("overflow", ""), class("plaintext", 3_000)),
    ]
}

fn of<'a>(results: &'a [PolicyResult], id: &str) -> &'a PolicyResult {
    results.iter().find(|result| result.id == id).unwrap_or_else(|| panic!("{id}"))
}

#[test]
fn no_starter_set_calls_plaintext_compliant_that_may_go_to_workloads() {
    let wire =
        [("baseline", "baseline-encrypted"), ("strict", "strict-mutual-tls"), ("zero-trust", "zero-trust-mutual-tls")];
    for (name, id) in wire {
        let found = report(&set(name), &facts(in_plaintext()));
        let result = of(&found.policies, id);
        assert_eq!((result.verdict, result.requests.undecidable), (Verdict::NotProven, 12_000), "{name}");
        assert_eq!(result.requests.at_least, 100, "{name}");
        assert_eq!((found.unjudged.requests, found.unjudged.plaintext), (12_000, 12_000), "{name}");
    }
}

#[test]
fn a_caller_without_a_proxy_may_be_a_workload() {
    let mut edges = vec![both()];
    edges.push(between(end("address", "10.9.8.7"), workload("shop/cart")).destination(class("plaintext", 5_000)));
    let found = report(&set("baseline"), &facts(edges));
    let result = of(&found.policies, "baseline-encrypted");
    assert_eq!((result.verdict, result.requests.undecidable), (Verdict::NotProven, 5_000));
}

#[test]
fn what_is_in_no_scope_of_the_wire_is_told() {
    let of_pay = policy("mutual_tls", "scope: {destination: {namespace: [pay]}}\n");
    let by_name = policy("no_unidentified_source", "");
    let mut edges = vec![both()];
    edges.push(edge("shop/web", "data/redis").tcp().source(class("plaintext", 7)));
    let found = report(&[of_pay, by_name], &facts(edges.clone())).unjudged;
    assert_eq!((found.requests, found.connections, found.edges, found.plaintext), (100, 7, 2, 7));
    assert_eq!(
        found.statement,
        "100 requests and 7 connections on 2 edges are not known to be in the scope of a policy that says how they must be secured; 7 of them were sent in plaintext"
    );
    let whole = report(&[policy("mutual_tls", "")], &facts(edges)).unjudged;
    assert_eq!((whole.edges, whole.statement.starts_with("each exchange is in the scope")), (0, true));
}

#[test]
fn exchanges_on_no_edge_of_their_own_unprove() {
    let mut period = facts(vec![both()]);
    period.completeness.overflow = 3;
    let found = result("mutual_tls", "", &period);
    assert_eq!(
        (found.verdict, found.unproven),
        (Verdict::NotProven, vec!["exchanges on no edge of their own: 3, of 0 at most".to_owned()])
    );
}

fn plain_to(host: &str) -> Facts {
    facts(vec![both(), to(end("service", host), class("plaintext", 5_000))])
}

#[test]
fn the_host_of_a_pod_is_in_its_namespace_and_one_that_cannot_be_read_may_be() {
    let scope = "scope: {destination: {namespace: [pay, shop]}}\n";
    let forbidden = "{forbidden_edges: {edges: [{destination: {namespace: [pay]}}]}}";
    let pod = plain_to("db-0.db.pay.svc.cluster.local");
    assert_eq!(result("mutual_tls", scope, &pod).requests.violating, 5_000);
    assert_eq!(result(forbidden, "", &pod).requests.violating, 5_000);
    for host in ["db.pay", "10.1.2.3", "api.example.com", "PassthroughCluster"] {
        let found = result("mutual_tls", scope, &plain_to(host));
        assert_eq!((found.verdict, found.requests.undecidable), (Verdict::NotProven, 5_000), "{host}");
        assert_eq!(result(forbidden, "", &plain_to(host)).requests.undecidable, 5_000, "{host}");
    }
    let known = facts(vec![both(), to(outside("api.example.com"), class("plaintext", 5_000))]);
    assert_eq!(result("mutual_tls", scope, &known).verdict, Verdict::Compliant, "known to be elsewhere");
}

#[test]
fn a_host_with_svc_in_its_name_is_not_within_a_namespace_by_that() {
    let rule = "{stays_within: {boundary: namespace}}";
    let beyond = to(end("service", "x.shop.svc.evil.com"), class("tls", 100));
    assert_eq!(told(&judged(rule, beyond)), "undecidable namespace 100");
    let known = to(outside("x.shop.svc.evil.com"), class("tls", 100));
    assert_eq!(told(&judged(rule, known)), "violating crosses_boundary 100");
}

#[test]
fn an_edge_of_which_nothing_is_known_is_hidden_by_no_share() {
    let many = edge("shop/web", "shop/cart").source(class("tls", 30_000)).destination(class("mutual_tls", 30_000));
    let unknown = Class { answered_by: "upstream".to_owned(), ..class("unknown", 3) };
    let few = between(end("address", "10.9.8.7"), workload("shop/cart")).destination(unknown);
    for share in ["0.0001", "1"] {
        let found = result(
            "mutual_tls",
            &format!("completeness: {{undecidable: {share}}}\n"),
            &facts(vec![many.clone(), few.clone()]),
        );
        let why = "edges of which nothing can be decided: 1: 10.9.8.7 -> shop/cart:8080".to_owned();
        assert_eq!((found.verdict, found.unproven), (Verdict::NotProven, vec![why]));
    }
}

#[test]
fn a_share_lets_off_what_lies_at_a_border_and_nothing_else() {
    let unknown = || Class { answered_by: "upstream".to_owned(), ..class("unknown", 3) };
    let verdict = |edge: Edge| result("mutual_tls", "completeness: {undecidable: 0.001}\n", &facts(vec![edge])).verdict;
    let web_to_cart = |count| edge("shop/web", "shop/cart").source(class("tls", count));
    assert_eq!(verdict(web_to_cart(30_003).destination(class("mutual_tls", 30_000))), Verdict::Compliant);
    let told = web_to_cart(30_003).destination(class("mutual_tls", 30_000)).destination(unknown());
    assert_eq!(verdict(told), Verdict::NotProven, "both ends told of all of them");
    let alone = edge("shop/web", "shop/cart").destination(class("mutual_tls", 30_000)).destination(unknown());
    assert_eq!(verdict(alone), Verdict::NotProven);
}

#[test]
fn where_nothing_is_compliant_nothing_is_proven() {
    let excepted =
        "exceptions: [{scope: {source: {namespace: ['*']}}, reason: r, owner: o, expires: \"2099-01-01\"}]\n";
    let plain = facts(vec![edge("shop/web", "shop/cart").destination(class("plaintext", 100))]);
    let found = result("mutual_tls", excepted, &plain);
    assert_eq!((found.verdict, found.requests.excepted), (Verdict::NotProven, 100));
    assert_eq!(found.unproven, ["nothing was shown to be compliant"]);
    let undecided = facts(vec![edge("shop/web", "shop/cart").source(class("tls", 100))]);
    let found = result("mutual_tls", "completeness: {undecidable: 1}\n", &undecided);
    assert_eq!(found.verdict, Verdict::NotProven);
    assert!(found.unproven.contains(&"nothing was shown to be compliant".to_owned()), "{:?}", found.unproven);
}

fn refused(change: impl FnOnce(&mut Facts)) -> String {
    let mut period = facts(vec![both()]);
    (period.completeness.observing_refused, period.completeness.sidecars) = (2, 2);
    period.completeness.told.listeners_s = Some(300.0);
    change(&mut period);
    let policies: [Policy; 0] = [];
    let found = report(&policies, &period).refused_connections;
    assert_eq!(found.count, Some(0));
    found.statement
}

#[test]
fn refused_connections_are_observed_by_those_that_do_for_as_long_as_they_did() {
    let said = |rest: &str| format!("connections that listeners refused are observed{rest}");
    assert_eq!(refused(|_| {}), said(""));
    let silent = |facts: &mut Facts| {
        (facts.completeness.observing_refused, facts.completeness.sidecars) = (1, 1);
        facts.completeness.silent = vec!["shop/web".to_owned(), "router~10.0.0.9~gw-0.shop~shop".to_owned()];
    };
    assert_eq!(refused(silent), said(" by 1 of 2 sidecars"));
    assert_eq!(refused(|facts| facts.completeness.told.listeners_s = Some(30.0)), said(" for 30 of 300 s"));
    assert_eq!(refused(|facts| facts.completeness.expected = None), said(" by the 2 sidecars that were seen"));
}

#[test]
fn applications_tls_that_never_arrived_explains_no_plaintext() {
    let failed = Class {
        outcome: "connect_failure".to_owned(),
        answered_by: "nobody".to_owned(),
        ..class("application_tls", 100)
    };
    let past = edge("shop/web", "shop/cart").tcp().source(failed).destination(class("plaintext", 100));
    let found = judged("mutual_tls", past);
    assert_eq!(found.violating.values().sum::<u64>(), 100, "{}", told(&found));
    let arrived =
        edge("shop/web", "shop/cart").tcp().source(class("application_tls", 100)).destination(class("plaintext", 100));
    assert_eq!(told(&judged("mutual_tls", arrived)), "undecidable application_tls 100");
}

#[test]
fn a_refusal_that_was_tried_again_takes_no_violation_away() {
    let rule = "{forbidden_edges: {edges: [{source: {workload: [web]}}]}}";
    let denied =
        Class { outcome: "denied".to_owned(), answered_by: "local_proxy".to_owned(), ..class("mutual_tls", 100) };
    let got_through = edge("shop/web", "shop/cart").source(class("tls", 100)).destination(denied.clone());
    assert_eq!(told(&judged(rule, got_through)), "violating forbidden_edge 100, unobserved refused 100");
    let forbidden = Class { outcome: "client_error".to_owned(), ..class("tls", 100) };
    let answered = edge("shop/web", "shop/cart").source(forbidden).destination(denied);
    assert_eq!(told(&judged(rule, answered)), "unobserved refused 100");
}
