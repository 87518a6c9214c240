//! Names are claimed, certificates are verified: neither a scope, nor an exception, nor the other end's word stands in for what a certificate says
//! otherwise, and what a certificate does not say nobody knows.

use hogusu_policy::fact::{Class, Edge, End};
use hogusu_policy::words::Verdict;

use super::world::{Telling, between, class, edge, end, facts, judged, principal, result, told, workload};

const WITHIN: &str = "{stays_within: {boundary: namespace}}";
const CLUSTER: &str = "{stays_within: {boundary: cluster}}";
const WEB_ALONE: &str = "{allowed_sources: {sources: [{namespace: [shop], workload: [web]}]}}";
const NOT_EVIL: &str = "{forbidden_edges: {edges: [{source: {workload: [evil]}}]}}";
const NOT_DEV: &str = "{forbidden_edges: {edges: [{source: {namespace: [dev]}}]}}";

fn saying(rule: &str, edge: Edge) -> String {
    told(&judged(rule, edge))
}

fn by(certificate: &str, count: u64) -> Class {
    Class { source_principal: certificate.to_owned(), ..class("mutual_tls", count) }
}

/// What cart tells of calls that come as web's with this certificate.
fn as_web(certificate: &str, count: u64) -> Edge {
    edge("shop/web", "shop/cart").destination(by(certificate, count))
}

fn excepted(source: &str) -> String {
    format!("exceptions: [{{scope: {{source: {source}}}, reason: r, owner: o, expires: \"2099-01-01\"}}]\n")
}

#[test]
fn an_exception_of_a_name_lets_nobody_off_whose_certificate_is_anothers() {
    let good = || edge("shop/api", "shop/cart").destination(class("mutual_tls", 5));
    let rules = [WEB_ALONE, NOT_DEV, "no_unidentified_source", "{principal_fits_account: {}}"];
    for (evil, names) in [
        ("dev/evil", "{namespace: [shop], workload: [web]}"),
        ("dev/evil", "{service_account: [web]}"),
        ("shop/evil", "{namespace: [shop], workload: [web]}"),
    ] {
        let caught = rules.iter().filter(|rule| !(evil == "shop/evil" && **rule == NOT_DEV));
        for rule in caught {
            let found = result(rule, &excepted(names), &facts(vec![good(), as_web(&principal(evil), 100)]));
            assert_eq!((found.verdict, found.requests.excepted), (Verdict::Violating, 0), "{rule} {evil} {names}");
        }
    }
    let dev = result(NOT_DEV, &excepted("{namespace: [dev]}"), &facts(vec![good(), as_web(&principal("dev/evil"), 9)]));
    assert_eq!((dev.verdict, dev.requests.excepted), (Verdict::Compliant, 9), "it is theirs by certificate");
}

#[test]
fn an_exception_of_a_destinations_name_lets_off_no_other_that_was_reached() {
    let class = Class { destination_principal: principal("pay/ledger"), ..class("tls", 9) };
    let reached = edge("shop/web", "shop/cart").source(class);
    let rest =
        "exceptions: [{scope: {destination: {workload: [cart]}}, reason: r, owner: o, expires: \"2099-01-01\"}]\n";
    let found = result("{forbidden_edges: {edges: [{destination: {namespace: [pay]}}]}}", rest, &facts(vec![reached]));
    assert_eq!((found.verdict, found.requests.violating), (Verdict::Violating, 9));
}

#[test]
fn of_an_edge_an_exception_lets_off_those_whom_it_names() {
    let mixed =
        as_web(&principal("dev/evil"), 3).destination(class("plaintext", 4)).destination(class("mutual_tls", 90));
    let found = result("mutual_tls", &excepted("{workload: [web]}"), &facts(vec![mixed.clone()]));
    assert_eq!(told(&found.results[0]), "compliant 93, excepted plaintext 4");
    let found = result("no_unidentified_source", &excepted("{workload: [web]}"), &facts(vec![mixed]));
    assert_eq!(told(&found.results[0]), "compliant 90, violating principal_of_another 3, excepted source_principal 4");
}

#[test]
fn who_is_reached_in_another_namespace_by_its_certificate_crosses_it() {
    let reached = |end: End, who: &str| {
        between(workload("shop/web"), end).source(Class { destination_principal: who.to_owned(), ..class("tls", 100) })
    };
    let (pay, foreign) = (principal("pay/ledger"), "spiffe://evil.example/ns/pay/sa/ledger");
    for destination in [workload("shop/cart"), end("service", "x.shop.svc.cluster.local")] {
        assert_eq!(saying(WITHIN, reached(destination.clone(), &pay)), "violating crosses_boundary 100");
        assert!(saying(WITHIN, reached(destination.clone(), foreign)).starts_with("undecidable "));
        assert_eq!(saying(WITHIN, reached(destination, &principal("shop/cart"))), "compliant 100");
    }
    let heard = reached(workload("shop/cart"), &pay).destination(class("mutual_tls", 100));
    assert_eq!(saying(WITHIN, heard), "compliant 100, violating crosses_boundary 100");
}

#[test]
fn no_certificate_names_a_k8s_cluster() {
    let heard = edge("shop/web", "shop/cart").destination(class("mutual_tls", 100));
    assert_eq!(saying(CLUSTER, heard.clone()), "undecidable cluster 100");
    for rule in
        ["{allowed_sources: {sources: [{cluster: [c1]}]}}", "{forbidden_edges: {edges: [{source: {cluster: [c2]}}]}}"]
    {
        assert_eq!(saying(rule, heard.clone()), "undecidable cluster 100", "{rule}");
        assert_eq!(saying(rule, heard.clone().source(class("tls", 100))), "compliant 100", "{rule}");
    }
    assert_eq!(saying(CLUSTER, heard.clone().source(class("tls", 100))), "compliant 100");
    let found = judged(CLUSTER, heard.source(class("tls", 99)));
    assert_eq!((told(&found).as_str(), found.at_border), ("compliant 99, undecidable cluster 1", 1));
}

#[test]
fn an_account_of_two_workloads_does_not_say_which_of_them_asks() {
    let mut shared = as_web(&principal("shop/web"), 100);
    shared.source.shared_accounts = vec!["web".to_owned()];
    for rule in [WEB_ALONE, NOT_EVIL, "no_unidentified_source"] {
        assert_eq!(saying(rule, shared.clone()), "undecidable source_workload 100", "{rule}");
        assert_eq!(
            saying(rule, shared.clone().source(class("tls", 100))),
            "compliant 100",
            "{rule}: web tells of them"
        );
    }
    assert_eq!(saying("{allowed_sources: {sources: [{namespace: [shop]}]}}", shared.clone()), "compliant 100");
    assert_eq!(saying("no_shared_account", shared.clone()), "violating shared_account 100");
    let mut unnamed = between(end("unknown", ""), workload("shop/cart")).destination(by(&principal("shop/web"), 5));
    unnamed.id = "unnamed".to_owned();
    let found = result("no_unidentified_source", "", &facts(vec![shared, unnamed]));
    assert_eq!((found.requests.compliant, found.requests.undecidable), (0, 105), "no name is no better than one");
}

#[test]
fn what_a_source_tells_of_stands_in_for_no_other_exchanges() {
    let rules = [
        "{allowed_sources: {sources: [{namespace: [shop]}]}}",
        NOT_DEV,
        WITHIN,
        "no_default_account",
        "no_unidentified_source",
    ];
    let web = || edge("shop/web", "shop/cart").source(class("tls", 100));
    let reset =
        Class { outcome: "reset_before_headers".to_owned(), answered_by: "nobody".to_owned(), ..class("tls", 100) };
    let foreign = by("spiffe://evil.example/ns/shop/sa/web", 100);
    for rule in rules {
        let plain = "compliant 100, undecidable source_principal 100";
        assert_eq!(saying(rule, web().destination(class("plaintext", 100))), plain, "{rule}");
        assert_eq!(saying(rule, web().tcp().destination(class("plaintext", 100))), plain, "{rule}");
        let failed = edge("shop/web", "shop/cart").source(reset.clone()).destination(class("plaintext", 100));
        assert_eq!(saying(rule, failed), plain, "{rule}");
        assert_eq!(saying(rule, web().destination(class("mutual_tls", 100))), "compliant 100", "{rule}");
        if rule != "no_default_account" {
            let told = saying(rule, web().destination(foreign.clone()));
            assert_eq!(told, "compliant 100, undecidable trust_domain 100", "{rule}");
        }
    }
}

#[test]
fn a_scope_reaches_who_is_in_it_by_its_certificate() {
    let tls = "{minimum_tls_version: {version: \"1.3\"}}";
    let old = |class: Class| Class { tls_version: "TLSv1.2".to_owned(), ..class };
    let good = edge("dev/ok", "shop/cart").destination(class("mutual_tls", 3));
    let evil = edge("shop/web", "shop/cart").destination(old(by(&principal("dev/evil"), 100)));
    let of = |scope: &str, edges: Vec<Edge>| result(tls, &format!("scope: {{source: {scope}}}\n"), &facts(edges));
    let found = of("{namespace: [dev]}", vec![good, evil.clone()]);
    assert_eq!((found.verdict, found.requests.violating), (Verdict::Violating, 100));
    assert_eq!(of("{namespace: [dev]}", vec![evil]).requests.violating, 100);
    let nameless = between(end("address", "10.0.0.9"), workload("shop/cart"));
    let found = of("{namespace: [shop]}", vec![nameless.destination(old(by(&principal("shop/web"), 7)))]);
    assert_eq!((found.verdict, found.requests.violating), (Verdict::Violating, 7));
    let cron = edge("shop/cron", "shop/cart").destination(old(class("mutual_tls", 9)));
    assert_eq!(of("{workload: [web]}", vec![cron]).results.len(), 0, "its certificate is its own");
    let stolen = edge("shop/cron", "shop/cart").destination(old(by(&principal("shop/web"), 9)));
    assert_eq!(of("{workload: [web]}", vec![stolen]).requests.undecidable, 9, "it may be web");
}

#[test]
fn only_a_certificate_of_the_mesh_identifies_who_has_no_name() {
    let from = |certificate: &str| {
        saying(
            "no_unidentified_source",
            between(end("address", "10.0.0.9"), workload("shop/cart")).destination(by(certificate, 5)),
        )
    };
    assert_eq!(from(&principal("shop/web")), "compliant 5");
    assert_eq!(from("spiffe://evil.example/ns/shop/sa/web"), "undecidable trust_domain 5");
    assert_eq!(from("https://example.com/x"), "undecidable service_account 5");
}

#[test]
fn a_sources_own_certificate_is_its_word() {
    let own = |account: &str| {
        edge("shop/web", "shop/cart").source(Class { source_principal: principal(account), ..class("tls", 9) })
    };
    assert_eq!(saying("no_default_account", own("shop/default")), "violating default_account 9");
    for rule in [
        "{forbidden_edges: {edges: [{source: {service_account: [evil]}}]}}",
        NOT_DEV,
        "{allowed_sources: {sources: [{service_account: [web]}]}}",
        "no_unidentified_source",
        WITHIN,
    ] {
        for other in ["shop/evil", "dev/evil"] {
            assert_eq!(saying(rule, own(other)), "violating principal_of_another 9", "{rule} {other}");
        }
        assert_eq!(saying(rule, own("shop/web")), "compliant 9", "{rule}");
    }
}

#[test]
fn the_host_that_was_asked_for_stays_forbidden_whoever_claims_its_address() {
    let mut claimed = edge("shop/web", "pay/db").source(class("plaintext", 50));
    claimed.destination.hosts = vec!["api.example.com".to_owned()];
    claimed.destination.named_by = vec!["address_of_proxy".to_owned()];
    let by_host = "{forbidden_edges: {edges: [{destination: {host: [api.example.com]}}]}}";
    let by_kind = "{forbidden_edges: {edges: [{destination: {kind: [service]}}]}}";
    for edge in [claimed.clone(), claimed.clone().tcp()] {
        assert_eq!(saying(by_host, edge.clone()), "violating forbidden_edge 50");
        assert_eq!(saying(by_kind, edge), "undecidable destination_workload 50");
    }
    let left_out = "scope: {destination: {kind: [workload], not: {host: [api.example.com]}}}\n";
    let found = result("mutual_tls", left_out, &facts(vec![claimed.clone()]));
    assert_eq!((found.verdict, found.requests.undecidable), (Verdict::NotProven, 50), "nor is it left out by that");
    claimed.destination.hosts = vec!["db.pay.svc.cluster.local".to_owned()];
    assert_eq!(saying(by_kind, claimed.clone()), "compliant 50");
    assert_eq!(saying(by_host, claimed), "compliant 50");
}

#[test]
fn who_is_another_by_its_own_certificate_is_neither_let_off_nor_left_out_by_name() {
    let own =
        edge("shop/web", "shop/cart").source(Class { source_principal: principal("dev/evil"), ..class("tls", 9) });
    let found = result(NOT_DEV, &excepted("{workload: [web]}"), &facts(vec![own.clone()]));
    assert_eq!((found.verdict, found.requests.excepted), (Verdict::Violating, 0));
    let found = result("mutual_tls", "scope: {source: {namespace: [dev]}}\n", &facts(vec![own]));
    assert_eq!((found.verdict, found.requests.undecidable), (Verdict::NotProven, 9));
}

#[test]
fn a_scope_of_a_workload_is_not_of_another_with_its_account_that_tells_of_itself() {
    let scope = "scope: {source: {workload: [web]}}\n";
    let cron = |heard: u64| {
        let mut edge = edge("shop/cron", "shop/cart").destination(by(&principal("shop/default"), heard));
        (edge.source.service_accounts, edge.source.shared_accounts) =
            (vec!["default".to_owned()], vec!["default".to_owned()]);
        edge
    };
    let of = |edge: Edge| {
        let found = result("mutual_tls", scope, &facts(vec![edge]));
        (found.results.len(), found.requests.undecidable)
    };
    assert_eq!(of(cron(100)), (1, 100), "it may be web");
    assert_eq!(of(cron(100).source(class("tls", 100))), (0, 0), "cron tells of as many");
    assert_eq!(of(cron(100).source(class("tls", 98))), (1, 2));
    assert_eq!(of(cron(100).source(class("plaintext", 100))), (1, 100), "of others");
    let stolen = edge("shop/cron", "shop/cart").source(class("tls", 9)).destination(by(&principal("shop/web"), 9));
    assert_eq!(of(stolen), (1, 9), "the certificate is none of cron's");
}

#[test]
fn a_certificate_of_another_form_is_none_of_the_sources_own_exchanges() {
    let own = |certificate: &str| Class { source_principal: certificate.to_owned(), ..class("tls", 100) };
    for certificate in [
        "spiffe://cluster.local/vm/evil",
        "https://evil.example/x",
        "spiffe://cluster.local/ns/shop/sa/web/../../../ns/dev/sa/evil",
    ] {
        let edge = as_web(certificate, 100).source(own(&principal("shop/web")));
        for rule in [WEB_ALONE, WITHIN, CLUSTER, "no_unidentified_source"] {
            let found = result(rule, "", &facts(vec![edge.clone()]));
            assert_eq!((found.verdict, found.requests.undecidable), (Verdict::NotProven, 100), "{rule} {certificate}");
        }
    }
}

#[test]
fn a_certificate_of_another_form_is_let_off_by_no_name_and_leaves_no_scope_by_one() {
    let good = || edge("shop/web", "shop/cart").source(class("tls", 100)).destination(class("mutual_tls", 100));
    for certificate in ["spiffe://cluster.local/vm/evil", "spiffe://cluster.local/ns/dev/sa/evil/x"] {
        let as_batch = || edge("shop/batch", "shop/cart").destination(by(certificate, 50));
        for rule in [WEB_ALONE, NOT_DEV, WITHIN, "{principal_fits_account: {}}", "no_unidentified_source"] {
            let off = excepted("{namespace: [shop], workload: [batch]}");
            let found = result(rule, &off, &facts(vec![good(), as_batch()]));
            assert!(found.verdict != Verdict::Compliant && found.requests.excepted == 0, "{rule} {certificate}");
        }
        for source in ["{namespace: [dev]}", "{not: {namespace: [shop]}}"] {
            let dev = edge("dev/ok", "shop/cart").source(class("tls", 3)).destination(class("mutual_tls", 3));
            let scope = format!("scope: {{source: {source}}}\n");
            let found = result("{minimum_tls_version: {version: \"1.3\"}}", &scope, &facts(vec![dev, as_batch()]));
            assert_eq!(found.verdict, Verdict::NotProven, "{source} {certificate}");
        }
    }
}
