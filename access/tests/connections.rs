//! Facts 1.5 to 1.7: what only requests have, on listeners that know none; ztunnel; and what is not recorded.

use hogusu_access::{Call, Chain, Labels, Peer, Proxy, Verdict};

use crate::ask::{connection, named, policies, policy, request, sidecar, told, workload};

#[test]
fn on_tcp_one_field_of_requests_takes_an_allow_rule_away_and_vanishes_from_all_others() {
    for (spec, expected) in [
        ("{rules: [{to: [{operation: {methods: [GET]}}]}]}", "denied"),
        ("{rules: [{to: [{operation: {notPaths: [/x]}}]}]}", "denied"),
        // Even in another item.
        ("{rules: [{to: [{operation: {methods: [GET]}}, {operation: {ports: [\"80\"]}}]}]}", "denied"),
        (
            "{rules: [{from: [{source: {namespaces: [b]}}], when: [{key: \"request.headers[a]\", values: [b]}]}]}",
            "denied",
        ),
        ("{rules: [{to: [{operation: {methods: [GET]}}]}, {to: [{operation: {ports: [\"80\"]}}]}]}", "allowed"),
        ("{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}", "denied"),
        ("{action: DENY, rules: [{to: [{operation: {methods: [POST], ports: [\"90\"]}}]}]}", "allowed"),
        ("{action: DENY, rules: [{to: [{operation: {methods: [POST], ports: [\"80\"]}}]}]}", "denied"),
        ("{action: DENY, rules: [{from: [{source: {requestPrincipals: [\"*\"]}}]}]}", "denied"),
        ("{action: DENY, rules: [{from: [{source: {requestPrincipals: [\"*\"], namespaces: [c]}}]}]}", "allowed"),
        ("{action: DENY, rules: [{when: [{key: request.auth.audiences, values: [x]}]}]}", "denied"),
    ] {
        assert_eq!(sidecar(&policy(spec), &connection()), expected, "{spec}");
    }
}

#[test]
fn on_a_listener_of_which_nobody_knows_only_what_both_ways_agree_in_is_said() {
    let unknown = Call { chain: None, ..request() };
    for (spec, expected) in [
        ("{rules: [{to: [{operation: {methods: [GET]}}]}]}", "protocol of the listener"),
        ("{rules: [{to: [{operation: {methods: [POST]}}]}]}", "denied"),
        ("{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}", "denied"),
        ("{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}", "protocol of the listener"),
        ("{rules: [{to: [{operation: {ports: [\"80\"]}}]}]}", "allowed"),
    ] {
        assert_eq!(sidecar(&policy(spec), &unknown), expected, "{spec}");
    }
}

#[test]
fn ztunnel_knows_connections_and_never_fires_a_deny_of_requests() {
    let at = |yaml: &str, call: &Call| told(&policies(yaml).decide(&workload(Proxy::Ztunnel), call));
    for (spec, expected) in [
        ("{rules: [{from: [{source: {namespaces: [b]}}]}]}", "allowed"),
        ("{rules: [{from: [{source: {namespaces: [b]}}], to: [{operation: {methods: [GET]}}]}]}", "denied"),
        (
            "{action: DENY, rules: [{from: [{source: {namespaces: [b]}}], to: [{operation: {methods: [GET]}}]}]}",
            "allowed",
        ),
        ("{action: DENY, rules: [{to: [{operation: {methods: [POST], ports: [\"80\"]}}]}]}", "denied"),
        ("{action: AUDIT, rules: [{}]}", "allowed"),
        ("{action: CUSTOM, provider: {name: p}, rules: [{}]}", "allowed"),
        ("{action: DENY, targetRefs: [{kind: Service, name: x}], rules: [{}]}", "allowed"),
        ("{action: DENY, rules: [{from: [{source: {namespaces: [\"*b\"]}}]}]}", "denied"),
        (
            "{action: DENY, rules: [{from: [{source: {trustDomains: [td]}}]}]}",
            "what ztunnel makes of source.trustDomain",
        ),
    ] {
        assert_eq!(at(&policy(spec), &request()), expected, "{spec}");
    }
    // The opposite of a sidecar.
    let deny = policy("{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}");
    assert_eq!((sidecar(&deny, &connection()), at(&deny, &connection())), ("denied".to_owned(), "allowed".to_owned()));
    // Nothing is rewritten.
    let allow = policy("{rules: [{from: [{source: {principals: [cluster.local/ns/b/sa/one]}}]}]}");
    let of_td = Call { peer: Some(Peer::Certificate("spiffe://td/ns/b/sa/one".to_owned())), ..request() };
    let mut all = policies(&allow);
    all.mesh.trust_domain = "td".to_owned();
    assert_eq!(told(&all.decide(&workload(Proxy::Sidecar), &of_td)), "allowed");
    assert_eq!(told(&all.decide(&workload(Proxy::Ztunnel), &of_td)), "denied");
    let dry = deny
        .replace("name: p}", "name: p, annotations: {istio.io/dry-run: \"true\"}}")
        .replace("[POST]", "[POST], ports: [\"80\"]");
    assert_eq!(at(&dry, &connection()), "allowed");
}

#[test]
fn what_is_missing_is_undecidable_only_where_it_decides() {
    let bare = Call { chain: Some(Chain::Http), ..Call::default() };
    let method = "{to: [{operation: {methods: [GET]}}]}";
    let peer = "{from: [{source: {namespaces: [b]}}]}";
    for (yaml, expected) in [
        (policy(&format!("{{rules: [{method}]}}")), "request.method"),
        (policy(&format!("{{rules: [{method}, {{}}]}}")), "allowed"),
        (policy(&format!("{{rules: [{method}, {peer}]}}")), "request.method, source.namespace"),
        (policy(&format!("{{action: DENY, rules: [{method}]}}")), "request.method"),
        (policy(&format!("{{action: DENY, rules: [{method}, {{}}]}}")), "denied"),
        // Nobody lets it in, whatever a DENY would say.
        (policy(&format!("{{action: DENY, rules: [{method}]}}")) + &named("a", "none", "{}"), "denied"),
        (
            policy(&format!("{{action: DENY, rules: [{method}]}}")) + &named("a", "all", "{rules: [{}]}"),
            "request.method",
        ),
        (
            policy("{rules: [{when: [{key: \"experimental.envoy.filters.a.b[c]\", values: [d]}]}]}"),
            "experimental.envoy.filters.a.b[c]",
        ),
    ] {
        assert_eq!(sidecar(&yaml, &bare), expected, "{yaml}");
    }
}

#[test]
fn the_undecidable_names_the_rule_that_it_would_decide() {
    let yaml = named(
        "a",
        "deny",
        "{action: DENY, rules: [{to: [{operation: {ports: [\"90\"]}}]}, {to: [{operation: {methods: [GET]}}]}]}",
    );
    let bare = Call { method: None, ..request() };
    match policies(&yaml).decide(&workload(Proxy::Sidecar), &bare) {
        Verdict::Undecidable { reason, .. } => assert_eq!(reason.to_string(), "DENY ns[a]-policy[deny]-rule[1]"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn policies_that_are_perhaps_about_it_decide_where_they_all_say_the_same() {
    let mut unlabelled = workload(Proxy::Sidecar);
    unlabelled.labels = None;
    let selected = |name: &str, rule: &str| {
        named("a", name, &format!("{{selector: {{matchLabels: {{app: {name}}}}}, rules: [{rule}]}}"))
    };
    let decide = |yaml: &str| told(&policies(yaml).decide(&unlabelled, &request()));
    assert_eq!(decide(&(selected("x", "{}") + &selected("z", "{}"))), "allowed");
    assert_eq!(decide(&selected("x", "{from: [{source: {namespaces: [c]}}]}")), "labels of the destination's pods");
    unlabelled.labels = Some(Labels::exactly([("app", "x")]));
    let both = selected("x", "{from: [{source: {namespaces: [c]}}]}") + &selected("z", "{}");
    assert_eq!(told(&policies(&both).decide(&unlabelled, &request())), "denied");
}
