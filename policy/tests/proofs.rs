//! Who a source is: a name that is only claimed is proven by a verified certificate of its own account and trust domain and by nothing else, and
//! silence proves nothing.

use hogusu_policy::fact::{Class, Edge};
use hogusu_policy::words::Verdict;

use super::world::{Telling, between, class, edge, end, facts, judged, principal, result, told, workload};

fn saying(rule: &str, edge: Edge) -> String {
    told(&judged(rule, edge))
}

/// What cart tells of calls that come as web's with this certificate.
fn by(principal: &str, count: u64) -> Class {
    Class { source_principal: principal.to_owned(), ..class("mutual_tls", count) }
}

fn web_with(principal: &str) -> Edge {
    edge("shop/web", "shop/cart").destination(by(principal, 100))
}

const WEB_ALONE: &str = "{allowed_sources: {sources: [{namespace: [shop], workload: [web]}]}}";
const NOT_EVIL: &str = "{forbidden_edges: {edges: [{source: {workload: [evil]}}]}}";

/// Rules about who asks, by what they say of a certificate of another account.
const OF_WHO: [&str; 4] = [WEB_ALONE, NOT_EVIL, "no_unidentified_source", "{principal_fits_account: {}}"];

#[test]
fn a_certificate_of_another_account_contradicts_the_name_and_proves_nothing_where_accounts_are_not_known() {
    for rule in OF_WHO {
        let forged = web_with(&principal("shop/evil"));
        assert_eq!(saying(rule, forged.clone()), "violating principal_of_another 100", "{rule}");
        // The proxy of web falls silent: nobody says which accounts it has.
        let mut silent = forged;
        silent.source.service_accounts.clear();
        assert_eq!(saying(rule, silent.clone()), "undecidable service_accounts 100", "{rule}");
        let found = result(rule, "", &facts(vec![silent]));
        assert_eq!((found.verdict, found.requests.floor), (Verdict::NotProven, Some(0.0)), "{rule}");
        assert_eq!(saying(rule, web_with(&principal("shop/web"))), "compliant 100", "{rule}");
    }
}

#[test]
fn a_certificate_of_a_foreign_trust_domain_proves_no_source() {
    let foreign = || web_with("spiffe://evil.example/ns/shop/sa/web");
    let home = "{allowed_sources: {sources: [{namespace: [shop], workload: [web], trust_domain: [cluster.local]}]}}";
    assert_eq!(saying(home, foreign()), "violating undeclared_source 100", "the selector names another");
    for rule in OF_WHO {
        assert_eq!(saying(rule, foreign()), "undecidable trust_domain 100", "{rule}: it may be an alias");
    }
    assert_eq!(saying("{stays_within: {boundary: namespace}}", foreign()), "undecidable trust_domain 100");
    let evil = "{forbidden_edges: {edges: [{source: {trust_domain: [evil.example]}}]}}";
    assert_eq!(saying(evil, foreign()), "violating forbidden_edge 100");
}

#[test]
fn a_verified_certificate_of_a_forbidden_source_is_violating_whatever_the_name_says() {
    let rule = "{forbidden_edges: {edges: [{source: {namespace: [dev]}}]}}";
    let mixed = edge("shop/web", "shop/cart")
        .source(class("tls", 30_000))
        .destination(by(&principal("shop/web"), 30_000))
        .destination(by(&principal("dev/evil"), 3));
    let found = result(rule, "completeness: {undecidable: 0.0001}\n", &facts(vec![mixed.clone()]));
    assert_eq!(
        (found.verdict, told(&found.results[0]).as_str()),
        (Verdict::Violating, "compliant 30000, violating forbidden_edge 3")
    );
    let allowed = "{allowed_sources: {sources: [{namespace: [shop]}]}}";
    assert_eq!(saying(allowed, mixed.clone()), "compliant 30000, violating undeclared_source 3");
    assert_eq!(saying("{stays_within: {boundary: namespace}}", mixed), "compliant 30000, violating crosses_boundary 3");
}

#[test]
fn a_certificate_tells_of_a_source_that_has_no_other_name() {
    let unknown = |who: &str| between(end("unknown", ""), workload("shop/cart")).destination(by(&principal(who), 5));
    let allowed = "{allowed_sources: {sources: [{namespace: [shop]}]}}";
    assert_eq!(saying(allowed, unknown("shop/web")), "compliant 5");
    assert_eq!(saying(allowed, unknown("dev/web")), "violating undeclared_source 5");
    assert_eq!(saying(WEB_ALONE, unknown("shop/web")), "undecidable source_workload 5", "it names an account alone");
    let addresses = "{allowed_sources: {sources: [{kind: [address, unknown]}]}}";
    assert_eq!(saying(addresses, unknown("shop/web")), "compliant 5", "a certificate does not say of what kind it is");
    let forbidden = "{forbidden_edges: {edges: [{source: {namespace: [dev]}}]}}";
    assert_eq!(saying(forbidden, unknown("shop/web")), "compliant 5");
    assert_eq!(saying(forbidden, unknown("dev/web")), "violating forbidden_edge 5");
}

#[test]
fn a_certificate_of_another_than_an_address_is_claimed_by_contradicts_nobody() {
    let mut behind = web_with(&principal("shop/other"));
    behind.source.named_by = vec!["address_of_proxy".to_owned()];
    for rule in ["{principal_fits_account: {}}", "no_unidentified_source", WEB_ALONE] {
        assert_eq!(saying(rule, behind.clone()), "undecidable source_workload 100", "{rule}");
    }
}

#[test]
fn who_was_reached_by_its_certificate_is_forbidden_whatever_its_name_is() {
    let rule = "{forbidden_edges: {edges: [{destination: {namespace: [pay]}}]}}";
    let reached = |who: &str| {
        let class = Class { destination_principal: principal(who), ..class("tls", 4) };
        edge("shop/web", "shop/cart").source(class)
    };
    assert_eq!(saying(rule, reached("shop/cart")), "compliant 4");
    assert_eq!(saying(rule, reached("pay/db")), "violating forbidden_edge 4");
}
