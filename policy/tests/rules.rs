//! Each rule, what it asserts by whose word, and what it leaves open.

use hogusu_policy::fact::{Class, Edge};

use super::world::{Telling, between, class, edge, end, facts, judged, principal, result, told, workload};

fn saying(rule: &str, edge: Edge) -> String {
    told(&judged(rule, edge))
}

fn web_to_cart() -> Edge {
    edge("shop/web", "shop/cart")
}

#[test]
fn only_a_destination_shows_mutual_tls() {
    assert_eq!(saying("mutual_tls", web_to_cart().destination(class("mutual_tls", 5))), "compliant 5");
    assert_eq!(saying("mutual_tls", web_to_cart().source(class("tls", 5))), "undecidable client_authentication 5");
    assert_eq!(
        saying("mutual_tls", web_to_cart().source(class("mutual_tls", 5))),
        "undecidable client_authentication 5"
    );
    assert_eq!(
        saying("mutual_tls", web_to_cart().source(class("tls", 5)).destination(class("mutual_tls", 5))),
        "compliant 5"
    );
}

#[test]
fn one_way_tls_plaintext_and_the_applications_own_are_three_things() {
    assert_eq!(saying("mutual_tls", web_to_cart().destination(class("tls", 5))), "violating one_way_tls 5");
    assert_eq!(saying("mutual_tls", web_to_cart().destination(class("plaintext", 5))), "violating plaintext 5");
    assert_eq!(saying("mutual_tls", web_to_cart().source(class("plaintext", 5))), "violating plaintext 5");
    assert_eq!(
        saying("mutual_tls", web_to_cart().tcp().destination(class("application_tls", 5))),
        "undecidable application_tls 5"
    );
}

#[test]
fn what_one_end_took_for_plaintext_is_the_applications_tls_where_the_other_looked() {
    let edge = web_to_cart().tcp().source(class("plaintext", 7)).destination(class("application_tls", 7));
    assert_eq!(saying("mutual_tls", edge), "undecidable application_tls 7");
    let edge = web_to_cart()
        .tcp()
        .source(class("plaintext", 9))
        .destination(class("application_tls", 7))
        .destination(class("plaintext", 2));
    assert_eq!(saying("mutual_tls", edge), "violating plaintext 2, undecidable application_tls 7");
}

#[test]
fn an_exchange_in_both_reports_is_one() {
    let edge = web_to_cart().source(class("plaintext", 3)).source(class("tls", 7));
    let edge = edge.destination(class("plaintext", 3)).destination(class("mutual_tls", 7));
    assert_eq!(saying("mutual_tls", edge), "compliant 7, violating plaintext 3");
}

#[test]
fn what_the_source_alone_saw_beside_a_report_of_the_destination_is_left_open() {
    let edge = web_to_cart().source(class("tls", 10)).destination(class("mutual_tls", 6));
    assert_eq!(saying("mutual_tls", edge), "compliant 6, undecidable client_authentication 4");
}

#[test]
fn a_contradiction_is_a_violation_of_its_own_kind() {
    let edge = web_to_cart().source(class("plaintext", 10)).destination(class("mutual_tls", 10));
    assert_eq!(saying("mutual_tls", edge), "compliant 10, violating reporters_disagree 10");
    let edge = web_to_cart().source(class("tls", 10)).destination(class("plaintext", 10));
    assert_eq!(saying("mutual_tls", edge), "violating reporters_disagree 10");
    // What the other end did not count it does not contradict.
    let edge = web_to_cart().source(class("plaintext", 3)).source(class("tls", 7)).destination(class("mutual_tls", 7));
    assert_eq!(saying("mutual_tls", edge), "compliant 7, violating plaintext 3");
}

#[test]
fn where_nothing_passed_nothing_is_said() {
    let none = Class { outcome: "connect_failure".to_owned(), ..class("unknown", 4) };
    assert_eq!(saying("mutual_tls", web_to_cart().source(none)), "unobserved no_connection 4");
    let handshake =
        Class { outcome: "tls_failure".to_owned(), reason: "unknown_issuer".to_owned(), ..class("unknown", 4) };
    assert_eq!(saying("mutual_tls", web_to_cart().source(handshake)), "unobserved unverified_certificate 4");
    let other = Class { outcome: "tls_failure".to_owned(), reason: "not_tls".to_owned(), ..class("unknown", 4) };
    assert_eq!(saying("mutual_tls", web_to_cart().source(other)), "unobserved handshake_failed 4");
    let refused = Class { outcome: "denied".to_owned(), reason: "no_filter_chain".to_owned(), ..class("unknown", 4) };
    assert_eq!(saying("mutual_tls", web_to_cart().tcp().destination(refused)), "unobserved refused 4");
    let silent = Class { traffic: "probe".to_owned(), ..class("plaintext", 4) };
    assert_eq!(saying("mutual_tls", web_to_cart().tcp().destination(silent)), "unobserved nothing_sent 4");
    assert_eq!(
        saying("mutual_tls", web_to_cart().source(Class { answered_by: "upstream".to_owned(), ..class("unknown", 4) })),
        "undecidable security 4"
    );
}

#[test]
fn a_user_agent_that_says_it_is_a_probe_exempts_nothing() {
    let probe = Class { traffic: "probe".to_owned(), ..class("plaintext", 4) };
    let found = judged("mutual_tls", web_to_cart().destination(probe));
    assert_eq!((told(&found).as_str(), found.beside), ("violating plaintext 4", 4));
}

#[test]
fn versions_are_held_to_the_floor() {
    let of =
        |version: &str| web_to_cart().destination(Class { tls_version: version.to_owned(), ..class("mutual_tls", 2) });
    let rule = |floor: &str| format!("{{minimum_tls_version: {{version: \"{floor}\"}}}}");
    assert_eq!(saying(&rule("1.3"), of("TLSv1.3")), "compliant 2");
    assert_eq!(saying(&rule("1.3"), of("TLSv1.2")), "violating tls_too_old 2");
    assert_eq!(saying(&rule("1.2"), of("TLSv1.2")), "compliant 2");
    assert_eq!(saying(&rule("1.2"), of("TLSv1.1")), "violating tls_too_old 2");
    assert_eq!(saying(&rule("1.2"), of("")), "undecidable tls_version 2");
    assert_eq!(saying(&rule("1.2"), of("other")), "undecidable tls_version 2");
    assert_eq!(saying(&rule("1.2"), web_to_cart().source(class("plaintext", 2))), "violating plaintext 2");
    assert_eq!(saying(&rule("1.2"), web_to_cart().source(class("tls", 2))), "compliant 2");
}

#[test]
fn a_trust_domain_is_that_of_a_verified_certificate() {
    let rule = "{allowed_trust_domains: {domains: [cluster.local]}}";
    assert_eq!(saying(rule, web_to_cart().destination(class("mutual_tls", 2))), "compliant 2");
    let foreign =
        Class { source_principal: "spiffe://evil.example/ns/shop/sa/web".to_owned(), ..class("mutual_tls", 2) };
    assert_eq!(saying(rule, web_to_cart().destination(foreign)), "violating foreign_trust_domain 2");
    // Whoever speaks plaintext may claim any certificate.
    let claimed = Class { source_principal: principal("shop/web"), ..class("plaintext", 2) };
    assert_eq!(saying(rule, web_to_cart().destination(claimed)), "undecidable source_principal 2");
    assert_eq!(saying(rule, web_to_cart().source(class("tls", 2))), "undecidable source_principal 2");
    let of_destination = "{allowed_trust_domains: {domains: [cluster.local], end: destination}}";
    assert_eq!(saying(of_destination, web_to_cart().source(class("tls", 2))), "compliant 2");
    assert_eq!(
        saying(of_destination, web_to_cart().destination(class("mutual_tls", 2))),
        "undecidable destination_principal 2"
    );
}

#[test]
fn a_principal_fits_when_namespace_and_account_are_the_workloads() {
    let rule = "{principal_fits_account: {}}";
    let of = |principal: &str| {
        web_to_cart().destination(Class { source_principal: principal.to_owned(), ..class("mutual_tls", 2) })
    };
    assert_eq!(saying(rule, of(&principal("shop/web"))), "compliant 2");
    assert_eq!(saying(rule, of(&principal("shop/other"))), "violating principal_of_another 2");
    assert_eq!(saying(rule, of(&principal("dev/web"))), "violating principal_of_another 2");
    assert_eq!(saying(rule, of("spiffe://cluster.local/a-form-of-its-own")), "undecidable service_account 2");
    let mut unknown = of(&principal("shop/web"));
    unknown.source.service_accounts.clear();
    assert_eq!(saying(rule, unknown), "undecidable service_accounts 2");
    assert_eq!(saying(rule, web_to_cart().destination(class("plaintext", 2))), "undecidable source_principal 2");
}

#[test]
fn the_default_account_is_seen_by_certificate_or_by_its_own_word() {
    let rule = "no_default_account";
    assert_eq!(saying(rule, web_to_cart().destination(class("mutual_tls", 2))), "compliant 2");
    let by_default = Class { source_principal: principal("shop/default"), ..class("mutual_tls", 2) };
    assert_eq!(saying(rule, web_to_cart().destination(by_default)), "violating default_account 2");
    let mut own = web_to_cart().source(class("plaintext", 2));
    own.source.service_accounts = vec!["default".to_owned()];
    assert_eq!(saying(rule, own.clone()), "violating default_account 2");
    own.source.service_accounts.push("web".to_owned());
    assert_eq!(saying(rule, own), "undecidable service_account 2");
    assert_eq!(saying(rule, web_to_cart().destination(class("plaintext", 2))), "undecidable source_principal 2");
}

#[test]
fn an_account_of_two_workloads_is_shared_and_one_of_two_k8s_clusters_is_not() {
    let mut other = edge("shop/worker", "shop/cart")
        .destination(Class { source_principal: principal("shop/web"), ..class("mutual_tls", 3) });
    other.source.service_accounts = vec!["web".to_owned()];
    let found =
        result("no_shared_account", "", &facts(vec![web_to_cart().destination(class("mutual_tls", 2)), other.clone()]));
    assert_eq!((found.requests.violating, found.requests.compliant), (5, 0));
    (other.source.cluster, other.source.name) = ("c2".to_owned(), "web".to_owned());
    let found = result("no_shared_account", "", &facts(vec![web_to_cart().destination(class("mutual_tls", 2)), other]));
    assert_eq!((found.requests.violating, found.requests.compliant), (0, 5));
}

#[test]
fn an_unidentified_source_is_one_without_name_and_certificate() {
    let rule = "no_unidentified_source";
    assert_eq!(saying(rule, web_to_cart().source(class("plaintext", 2))), "compliant 2", "it tells of itself");
    assert_eq!(saying(rule, web_to_cart().destination(class("mutual_tls", 2))), "compliant 2");
    assert_eq!(
        saying(rule, web_to_cart().destination(class("plaintext", 2))),
        "undecidable source_principal 2",
        "a claimed name"
    );
    let unknown = || between(end("unknown", ""), workload("shop/cart"));
    assert_eq!(saying(rule, unknown().destination(class("plaintext", 2))), "violating unidentified_source 2");
    let certified = Class { source_principal: principal("shop/web"), ..class("mutual_tls", 2) };
    assert_eq!(saying(rule, unknown().destination(certified)), "compliant 2", "a certificate identifies");
    assert_eq!(
        saying(rule, between(end("overflow", ""), workload("shop/cart")).destination(class("plaintext", 2))),
        "undecidable source_workload 2"
    );
}

#[test]
fn a_declared_source_must_be_proven_and_an_undeclared_one_need_not_be() {
    let rule = "{allowed_sources: {sources: [{namespace: [shop]}]}}";
    assert_eq!(saying(rule, web_to_cart().destination(class("mutual_tls", 2))), "compliant 2");
    assert_eq!(saying(rule, web_to_cart().destination(class("plaintext", 2))), "undecidable source_principal 2");
    assert_eq!(
        saying(rule, web_to_cart().source(class("plaintext", 2)).destination(class("plaintext", 2))),
        "compliant 2"
    );
    assert_eq!(
        saying(rule, edge("dev/web", "shop/cart").destination(class("plaintext", 2))),
        "violating undeclared_source 2"
    );
    assert_eq!(
        saying(rule, between(end("unknown", ""), workload("shop/cart")).destination(class("plaintext", 2))),
        "undecidable source_workload 2"
    );
    let other = Class { source_principal: principal("dev/web"), ..class("mutual_tls", 2) };
    assert_eq!(
        saying(rule, web_to_cart().destination(other)),
        "violating undeclared_source 2",
        "another's certificate"
    );
}

#[test]
fn what_a_policy_of_the_mesh_refused_did_not_pass() {
    let rule = "{forbidden_edges: {edges: [{source: {namespace: [dev]}}]}}";
    let denied =
        Class { outcome: "denied".to_owned(), answered_by: "local_proxy".to_owned(), ..class("mutual_tls", 4) };
    let seen = Class { outcome: "client_error".to_owned(), ..class("tls", 4) };
    let refused = || edge("dev/job", "shop/cart").source(seen.clone()).destination(denied.clone());
    assert_eq!(saying(rule, refused()), "unobserved refused 4");
    assert_eq!(
        saying(rule, refused().source(class("tls", 3)).destination(class("mutual_tls", 3))),
        "violating forbidden_edge 3, unobserved refused 4"
    );
    // On the wire it was all the same.
    let in_plaintext = Class { security: "plaintext".to_owned(), ..denied };
    assert_eq!(saying("mutual_tls", edge("dev/job", "shop/cart").destination(in_plaintext)), "violating plaintext 4");
}

#[test]
fn who_is_not_proven_may_be_the_one_that_is_forbidden() {
    let rule = "{forbidden_edges: {edges: [{source: {namespace: [dev]}, destination: {namespace: [shop]}}]}}";
    assert_eq!(saying(rule, web_to_cart().destination(class("mutual_tls", 2))), "compliant 2");
    assert_eq!(saying(rule, web_to_cart().destination(class("plaintext", 2))), "undecidable source_principal 2");
    assert_eq!(
        saying(rule, edge("dev/job", "pay/api").destination(class("plaintext", 2))),
        "undecidable source_principal 2"
    );
    assert_eq!(
        saying(rule, edge("dev/job", "shop/cart").destination(class("plaintext", 2))),
        "violating forbidden_edge 2"
    );
}

#[test]
fn boundaries_are_crossed_by_what_is_known_of_both_ends() {
    let rule = |boundary: &str| format!("{{stays_within: {{boundary: {boundary}}}}}");
    let mutual = |edge: Edge| edge.destination(class("mutual_tls", 2));
    assert_eq!(saying(&rule("namespace"), mutual(web_to_cart())), "compliant 2");
    assert_eq!(saying(&rule("namespace"), mutual(edge("dev/job", "shop/cart"))), "violating crosses_boundary 2");
    let mut far = web_to_cart();
    far.destination.zones = vec!["z2".to_owned()];
    assert_eq!(saying(&rule("zone"), mutual(far.clone())), "violating crosses_boundary 2");
    far.destination.zones.push("z1".to_owned());
    assert_eq!(saying(&rule("zone"), mutual(far.clone())), "undecidable zone 2", "it may have been either");
    far.destination.cluster = "c2".to_owned();
    assert_eq!(saying(&rule("cluster"), mutual(far.clone())), "violating crosses_boundary 2");
    far.destination.cluster = String::new();
    assert_eq!(saying(&rule("cluster"), mutual(far)), "undecidable cluster 2");
    let outside = between(workload("shop/web"), super::world::outside("api.example.com")).source(class("tls", 2));
    assert_eq!(saying(&rule("namespace"), outside), "violating crosses_boundary 2");
}

#[test]
fn both_ends_confirm_when_they_are_found_to_agree() {
    let of = |state: &str| web_to_cart().source(class("tls", 2)).destination(class("mutual_tls", 2)).agreement(state);
    assert_eq!(saying("confirmed_by_both", of("agree")), "compliant 2");
    assert_eq!(saying("confirmed_by_both", of("disagree")), "violating reporters_disagree 2");
    assert_eq!(saying("confirmed_by_both", of("not_comparable")), "undecidable comparison 2");
    assert_eq!(saying("confirmed_by_both", web_to_cart().source(class("tls", 2))), "violating one_reporter 2");
    // One end alone contradicts nobody.
    let alone = web_to_cart().destination(class("mutual_tls", 2)).agreement("disagree");
    assert_eq!(saying("confirmed_by_both", alone), "violating one_reporter 2");
}

#[test]
fn what_is_known_is_as_old_as_its_older_reporter() {
    let rule = "{observed_within: {age: 5m}}";
    let mut old = web_to_cart().source(class("tls", 2)).destination(class("mutual_tls", 2));
    assert_eq!(saying(rule, old.clone()), "compliant 2");
    old.destination.age_s = Some(301.0);
    assert_eq!(saying(rule, old.clone()), "violating stale 2");
    old.destination.age_s = None;
    assert_eq!(saying(rule, old), "undecidable age 2");
}

#[test]
fn injected_exchanges_are_listed_and_counted_like_others() {
    let held = Class { outcome: "injected_delay".to_owned(), ..class("plaintext", 3) };
    let aborted = Class { outcome: "injected_fault".to_owned(), ..class("unknown", 2) };
    let found = judged("mutual_tls", web_to_cart().source(held).source(aborted));
    assert_eq!((told(&found).as_str(), found.injected), ("violating plaintext 3, unobserved no_connection 2", 5));
}
