//! What lies at the borders of a period and what only looks so; what is missing of it and by which words; what was connected.

use hogusu_policy::Facts;
use hogusu_policy::fact::{Class, Edge, Partial};
use hogusu_policy::words::Verdict;

use super::shipped::set;
use super::world::{Telling, class, edge, facts, judged, policy, report, result, told};

const LITTLE: &str = "completeness: {undecidable: 0.0001}\n";

fn counted(sent: u64, heard: u64) -> Edge {
    edge("shop/web", "shop/cart").source(class("tls", sent)).destination(class("mutual_tls", heard))
}

/// As a collector tells of counts that differ by what lies at the ends of the period.
fn cut(mut edge: Edge) -> Edge {
    edge.agreement.reasons = vec![
        "the source sent at most 200000 requests, the destination counts 200001".to_owned(),
        "up to 2000 may lie across the ends of the period or in what is not sealed yet".to_owned(),
    ];
    edge.agreement("not_comparable")
}

#[test]
fn what_both_ends_have_is_confirmed_though_the_period_cuts_through_traffic() {
    let verdict = |edge: Edge| {
        let found = result("confirmed_by_both", LITTLE, &facts(vec![edge]));
        (found.verdict, found.requests.compliant, found.requests.undecidable)
    };
    assert_eq!(verdict(cut(counted(200_000, 200_001))), (Verdict::Compliant, 200_000, 1));
    assert_eq!(verdict(cut(counted(100_000, 99_999))), (Verdict::Compliant, 99_999, 1));
    assert_eq!(verdict(cut(counted(1_000, 999))), (Verdict::NotProven, 999, 1), "more than the policy allows");
    let other_reason = counted(200_000, 200_001).agreement("not_comparable");
    assert_eq!(verdict(other_reason), (Verdict::NotProven, 0, 200_001));
    let in_plaintext =
        edge("shop/web", "shop/cart").source(class("tls", 200_000)).destination(class("plaintext", 200_001));
    assert_eq!(verdict(cut(in_plaintext)), (Verdict::NotProven, 0, 200_001), "they are not the same");
}

#[test]
fn steady_traffic_that_is_wholly_seen_keeps_the_starter_sets() {
    let steady = |sent, heard| {
        let own = Class { source_principal: super::world::principal("shop/web"), ..class("tls", sent) };
        cut(edge("shop/web", "shop/cart").source(own).destination(class("mutual_tls", heard)))
    };
    for (sent, heard) in [(200_000, 200_001), (200_001, 200_000)] {
        for name in ["baseline", "strict", "zero-trust"] {
            for found in report(&set(name), &facts(vec![steady(sent, heard)])).policies {
                // It speaks of namespaces that are not there.
                if found.id != "zero-trust-declared-sources" {
                    assert_eq!((found.verdict, &found.unproven), (Verdict::Compliant, &Vec::new()), "{}", found.id);
                }
            }
        }
    }
}

#[test]
fn what_the_destination_alone_has_and_cannot_decide_is_no_border() {
    let foreign =
        Class { source_principal: "spiffe://evil.example/ns/shop/sa/web".to_owned(), ..class("mutual_tls", 50) };
    let more = counted(1_000_000, 1_000_000).destination(foreign);
    for rule in [
        "{allowed_sources: {sources: [{namespace: [shop]}]}}",
        "{principal_fits_account: {}}",
        "no_unidentified_source",
    ] {
        let found = result(rule, LITTLE, &facts(vec![more.clone()]));
        assert_eq!((found.verdict, found.requests.undecidable), (Verdict::NotProven, 50), "{rule}");
    }
    let unknown = Class { answered_by: "application".to_owned(), ..class("unknown", 5) };
    let found = result("mutual_tls", LITTLE, &facts(vec![counted(1_000_000, 1_000_000).destination(unknown)]));
    assert_eq!(found.verdict, Verdict::NotProven, "nothing shows how those were secured");
}

fn unproven(change: impl FnOnce(&mut Facts)) -> Vec<String> {
    let mut period = facts(vec![counted(100, 100)]);
    change(&mut period);
    let found = result("mutual_tls", "", &period);
    assert_eq!(found.requests.rate, Some(1.0));
    assert_eq!(found.verdict == Verdict::Compliant, found.unproven.is_empty());
    found.unproven
}

#[test]
fn each_thing_that_is_missing_unproves_by_itself() {
    assert_eq!(unproven(|_| {}), [""; 0]);
    let told = |change: fn(&mut hogusu_policy::fact::Told)| unproven(move |facts| change(&mut facts.completeness.told));
    assert_eq!(
        told(|told| told.marked_alone = 700),
        ["requests that a logger left to an HTTP filter which did not count them: 700, of 0 at most"]
    );
    assert_eq!(
        told(|told| told.folded = 700),
        ["exchanges of batches that begin before the period and end in it: 700, of 0 at most"]
    );
    assert_eq!(told(|told| told.refusals_s = 20.0), ["refused batches are known of 20 s of the 300 s of the period"]);
    assert_eq!(told(|told| told.unexpected = 2), ["proxies that report and are not among those that should: 2"]);
    let any = "completeness: {expected_proxies: any}\n";
    let mut period = facts(vec![counted(100, 100)]);
    period.completeness.told.unexpected = 2;
    assert_eq!(result("mutual_tls", any, &period).verdict, Verdict::Compliant);
}

#[test]
fn one_workload_that_told_of_a_part_is_not_hidden_among_many_that_told_of_all() {
    let why = unproven(|facts| {
        let told = &mut facts.completeness.told;
        (told.workloads, told.workloads_s) = (122, 121.0 * 300.0 + 30.0);
        told.partial = vec![Partial { workload: "shop/cart".to_owned(), told_s: 30.0 }];
    });
    assert_eq!(why, ["of the 300 s of the period some workloads told of a part only: shop/cart 30 s"]);
}

#[test]
fn what_ended_in_a_way_that_does_not_say_that_no_connection_was_made_may_have_been_sent() {
    let ended = |outcome: &str, by: &str| Class {
        outcome: outcome.to_owned(),
        answered_by: by.to_owned(),
        ..class("unknown", 4)
    };
    let web = || edge("shop/web", "shop/cart");
    for outcome in ["ok", "server_error", "reset_after_headers", "timeout", "rate_limited", "other"] {
        for by in ["nobody", "local_proxy"] {
            assert_eq!(
                told(&judged("mutual_tls", web().source(ended(outcome, by)))),
                "undecidable security 4",
                "{outcome}"
            );
            let heard = web().destination(ended(outcome, by));
            assert_eq!(told(&judged("mutual_tls", heard)), "undecidable security 4", "{outcome}");
        }
    }
    for outcome in ["connect_failure", "no_healthy_upstream", "no_route", "overflow", "injected_fault"] {
        let told_of = |edge| told(&judged("mutual_tls", edge));
        assert_eq!(told_of(web().source(ended(outcome, "local_proxy"))), "unobserved no_connection 4", "{outcome}");
        assert_eq!(told_of(web().destination(ended(outcome, "local_proxy"))), "undecidable security 4", "{outcome}");
    }
}

#[test]
fn what_a_file_names_and_nothing_matches_or_everything_does_is_told() {
    let said = |rule: &str, rest: &str| -> Vec<String> {
        let mut other = counted(9, 9);
        (other.id, other.port) = ("other".to_owned(), 81);
        let found = report(&[policy(rule, rest)], &facts(vec![counted(100, 100), other]));
        found.problems.into_iter().map(|problem| problem.said).collect()
    };
    let forbidden =
        "{forbidden_edges: {edges: [{port: [9999]}, {protocol: [grpc]}, {port: [443, 444], protocol: [tcp]}]}}";
    assert_eq!(
        said(forbidden, ""),
        [
            "no edge of the period has {port: [9999]}",
            "no edge of the period has {protocol: [grpc]}",
            "no edge of the period has {protocol: [tcp], port: [443, 444]}",
        ]
    );
    let all = "exceptions: [{scope: {source: {namespace: ['*']}}, reason: r, owner: o, expires: \"2099-01-01\"}]\n";
    assert_eq!(
        said("mutual_tls", all),
        ["this exception is of every edge of the period", "this exception lets nothing off"]
    );
}
