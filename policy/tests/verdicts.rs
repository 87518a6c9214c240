//! What a policy comes to: nothing is proven where something is missing, whatever the rate.

use hogusu_policy::Facts;
use hogusu_policy::fact::Partial;
use hogusu_policy::words::Verdict;

use super::world::{Telling, class, edge, facts, result};

/// What goes missing.
type Change = fn(&mut Facts);

fn good() -> Facts {
    facts(vec![edge("shop/web", "shop/cart").source(class("tls", 10)).destination(class("mutual_tls", 10))])
}

fn verdict(change: impl FnOnce(&mut Facts)) -> (Verdict, Vec<String>) {
    let mut facts = good();
    change(&mut facts);
    let found = result("mutual_tls", "", &facts);
    assert_eq!(found.requests.rate, Some(1.0), "the rate is as good as ever");
    (found.verdict, found.unproven)
}

#[test]
fn a_complete_period_proves() {
    assert_eq!(verdict(|_| {}), (Verdict::Compliant, vec![]));
}

#[test]
fn each_thing_that_is_missing_unproves() {
    let missing: [(&str, Change); 11] = [
        ("nobody says which proxies should report", |facts| facts.completeness.expected = None),
        ("silent proxies: a, b", |facts| facts.completeness.silent = vec!["a".to_owned(), "b".to_owned()]),
        ("1 of the proxies that should report do not", |facts| facts.completeness.reporting = 3),
        ("pods whose traffic passes no proxy that reports: 2", |facts| facts.completeness.not_observable = 2),
        ("0.9000 of the time is covered, of 0.99 at least", |facts| facts.completeness.covered_s = 1080.0),
        ("proxies told of 10 s of the 300 s of the period", |facts| facts.completeness.told.observed_s = 10.0),
        ("of the 300 s of the period some workloads told of a part only: shop/cart 30 s", |facts| {
            facts.completeness.told.workloads_s = 930.0;
            facts.completeness.told.partial = vec![Partial { workload: "shop/cart".to_owned(), told_s: 30.0 }];
        }),
        ("the last 10 s of the period may still change", |facts| facts.completeness.unsealed_s = 10.0),
        ("batches lost: 1, of 0 at most", |facts| facts.completeness.lost_batches = 1),
        ("batches refused for good: 1, of 0 at most", |facts| facts.completeness.refused_batches = 1),
        ("damaged files: 1, of 0 at most", |facts| facts.completeness.damaged_files = 1),
    ];
    for (why, change) in missing {
        assert_eq!(verdict(change), (Verdict::NotProven, vec![why.to_owned()]));
    }
}

#[test]
fn a_policy_may_state_its_bounds() {
    let bounds = "completeness: {time_covered: 0.9, lost_batches: 1, unclosed_senders: 1, expected_proxies: any}\n";
    let mut facts = good();
    facts.completeness.covered_s = 1080.0;
    (facts.completeness.lost_batches, facts.completeness.unclosed_senders, facts.completeness.expected) = (1, 1, None);
    assert_eq!(result("mutual_tls", bounds, &facts).verdict, Verdict::Compliant);
    facts.completeness.lost_batches = 2;
    assert_eq!(result("mutual_tls", bounds, &facts).verdict, Verdict::NotProven);
}

#[test]
fn what_is_missing_takes_no_violation_away() {
    let mut facts = facts(vec![
        edge("shop/web", "shop/cart").destination(class("plaintext", 1)).destination(class("mutual_tls", 999_999_999)),
    ]);
    facts.completeness.expected = None;
    let found = result("mutual_tls", "", &facts);
    assert_eq!(found.verdict, Verdict::Violating);
    assert_eq!(
        hogusu_policy::rate::percent(found.requests.compliant, found.requests.decided),
        "99.999 %",
        "never rounded up"
    );
}

#[test]
fn what_cannot_be_decided_unproves() {
    let mut facts = good();
    facts.edges.push(edge("shop/web", "shop/other").source(class("tls", 1)));
    let found = result("mutual_tls", "", &facts);
    assert_eq!(
        (found.verdict, found.unproven),
        (
            Verdict::NotProven,
            vec![
                "undecidable requests: 1 of 11 (9.090 %), of a share of 0 at most".to_owned(),
                "edges of which nothing can be decided: 1: shop/web -> shop/other:8080".to_owned(),
            ]
        )
    );
}

#[test]
fn of_nothing_there_is_no_rate() {
    let found = result("mutual_tls", "", &facts(Vec::new()));
    assert_eq!((found.requests.rate, found.requests.floor, found.edges.rate), (None, None, None));
    assert_eq!(found.verdict, Verdict::NotProven);
    assert_eq!(found.unproven, ["nothing that it speaks of was seen"]);
}

#[test]
fn an_edge_and_a_workload_are_in_their_worst_state() {
    let found = result(
        "mutual_tls",
        "",
        &facts(vec![
            edge("shop/web", "shop/cart").destination(class("mutual_tls", 99)).destination(class("plaintext", 1)),
            edge("shop/web", "shop/pay").destination(class("mutual_tls", 5)),
            edge("shop/admin", "shop/pay").destination(class("mutual_tls", 5)),
        ]),
    );
    assert_eq!((found.edges.compliant, found.edges.violating), (2, 1));
    assert_eq!((found.workloads.compliant, found.workloads.violating), (2, 2), "web and cart; admin and pay");
    assert_eq!((found.requests.compliant, found.requests.violating), (109, 1));
}

#[test]
fn a_policy_may_state_how_much_may_be_undecidable() {
    let facts =
        facts(vec![edge("shop/web", "shop/cart").source(class("tls", 11)).destination(class("mutual_tls", 10))]);
    let verdict =
        |share: &str| result("mutual_tls", &format!("completeness: {{undecidable: {share}}}\n"), &facts).verdict;
    assert_eq!(verdict("0.1"), Verdict::Compliant);
    assert_eq!(verdict("0.09"), Verdict::NotProven);
}
