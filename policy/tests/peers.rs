//! Mistakes that other tools make, each as a test that is right here. Where they are documented stands in docs/compliance.md.

use hogusu_policy::fact::{Class, Edge};
use hogusu_policy::words::{State, Verdict};

use super::world::{Telling, class, edge, facts, principal, result, told};

/// An edge's exchanges come in several series, as of several principals or response codes: they add up, the last one does not win.
#[test]
fn series_of_an_edge_add_up() {
    let of = |account: &str, count| Class {
        source_principal: principal(&format!("shop/{account}")),
        ..class("mutual_tls", count)
    };
    let edge = edge("shop/web", "shop/cart").destination(of("web", 10)).destination(of("other", 20));
    let failed = Class { outcome: "server_error".to_owned(), ..class("plaintext", 5) };
    let edge = edge.destination(class("plaintext", 7)).destination(failed);
    let found = result("mutual_tls", "", &facts(vec![edge]));
    assert_eq!((found.requests.compliant, found.requests.violating), (30, 12));
}

/// Requests and connections are never in one ratio.
#[test]
fn requests_and_connections_are_two_rates() {
    let found = result(
        "mutual_tls",
        "",
        &facts(vec![
            edge("shop/web", "shop/cart").destination(class("mutual_tls", 1)).destination(class("plaintext", 1)),
            edge("shop/web", "data/redis").tcp().destination(class("mutual_tls", 1_000_000)),
        ]),
    );
    assert_eq!((found.requests.rate, found.connections.rate), (Some(0.5), Some(1.0)));
}

/// No data is neither 0 % nor 100 %.
#[test]
fn no_data_is_not_zero_and_not_whole() {
    let none = Class { outcome: "no_healthy_upstream".to_owned(), ..class("unknown", 9) };
    let found = result("mutual_tls", "", &facts(vec![edge("shop/web", "shop/cart").source(none)]));
    assert_eq!((found.requests.rate, found.edges.rate, found.edges.unobserved), (None, None, 1));
    assert_eq!(found.verdict, Verdict::NotProven);
    let plain =
        result("mutual_tls", "", &facts(vec![edge("shop/web", "shop/cart").destination(class("plaintext", 9))]));
    assert_eq!((plain.requests.rate, plain.verdict), (Some(0.0), Verdict::Violating));
}

/// Every principal is judged, not the first one that was seen.
#[test]
fn a_second_principal_is_seen() {
    let other = Class { source_principal: "spiffe://evil.example/ns/shop/sa/web".to_owned(), ..class("mutual_tls", 1) };
    let edge = edge("shop/web", "shop/cart").destination(class("mutual_tls", 1_000)).destination(other);
    let found = result("{allowed_trust_domains: {domains: [cluster.local]}}", "", &facts(vec![edge]));
    assert_eq!((found.requests.compliant, found.requests.violating, found.edges.violating), (1_000, 1, 1));
}

/// What never reached the destination's proxy is told by the source: it does not vanish from what was asked.
#[test]
fn requests_that_never_arrived_are_there() {
    let lost =
        Class { outcome: "connect_failure".to_owned(), answered_by: "nobody".to_owned(), ..class("unknown", 40) };
    let edge = edge("shop/web", "shop/cart").source(class("tls", 60)).source(lost).destination(class("mutual_tls", 60));
    let found = result("mutual_tls", "", &facts(vec![edge]));
    assert_eq!((found.requests.compliant, found.requests.unobserved), (60, 40));
}

/// A request without an answer is not a good one, and one in plaintext is one whatever came back.
#[test]
fn no_answer_is_no_excuse() {
    let reset =
        Class { outcome: "reset_before_headers".to_owned(), answered_by: "nobody".to_owned(), ..class("plaintext", 3) };
    let found = result("mutual_tls", "", &facts(vec![edge("shop/web", "shop/cart").source(reset)]));
    assert_eq!(told(&found.results[0]), "violating plaintext 3");
}

/// A client's TLS is not "none" because only a server can see who authenticated.
#[test]
fn a_clients_word_of_tls_is_neither_plaintext_nor_mutual() {
    let found = result("mutual_tls", "", &facts(vec![edge("shop/web", "ext/api").source(class("tls", 3))]));
    assert_eq!((found.requests.violating, found.requests.undecidable, found.requests.compliant), (0, 3, 0));
}

/// Mixed states of an edge are counted each, not shown as one of them by chance; closed connections are counted too.
#[test]
fn an_edge_of_both_states_shows_both() {
    let edge =
        edge("shop/web", "data/redis").tcp().destination(class("plaintext", 1)).destination(class("mutual_tls", 99));
    let reversed = Edge {
        destination_report: edge.destination_report.clone().map(|mut report| {
            report.classes.reverse();
            report
        }),
        ..edge.clone()
    };
    for edge in [edge, reversed] {
        let found = result("mutual_tls", "", &facts(vec![edge]));
        assert_eq!(told(&found.results[0]), "compliant 99, violating plaintext 1");
        assert_eq!(found.results[0].state, State::Violating);
    }
}

/// One half of an edge is an edge: peers without a proxy are in the population.
#[test]
fn a_peer_without_a_proxy_is_in_the_population() {
    let naked = super::world::between(super::world::end("address", "10.9.9.9"), super::world::workload("shop/cart"));
    let found = result("mutual_tls", "", &facts(vec![naked.destination(class("plaintext", 2))]));
    assert_eq!((found.requests.violating, found.edges.violating), (2, 1));
}

/// Where nobody sees what listeners refuse, its absence is not zero.
#[test]
fn unseen_refusals_are_not_zero() {
    let mut facts = facts(vec![edge("shop/web", "shop/cart").destination(class("mutual_tls", 2))]);
    let policy = super::world::policy("mutual_tls", "");
    let unseen = super::world::report(std::slice::from_ref(&policy), &facts).refused_connections;
    assert_eq!(
        (unseen.count, unseen.statement.as_str()),
        (None, "connections that listeners refused are not observed")
    );
    (facts.completeness.observing_refused, facts.completeness.sidecars) = (4, 4);
    assert_eq!(super::world::report(&[policy], &facts).refused_connections.count, Some(0));
}
