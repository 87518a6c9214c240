//! Facts 1.2 and 1.3: the order of actions, policies without rules, dry runs, ids, and how a rule is put together.

use hogusu_access::{Call, Chain, Proxy, Reason, Verdict};

use crate::ask::{connection, named, policies, policy, request, sidecar, workload};

#[test]
fn deny_comes_before_allow_and_no_allow_policy_lets_in() {
    let allow = named("a", "allow", "{rules: [{}]}");
    let other = named("a", "other", "{rules: [{to: [{operation: {methods: [POST]}}]}]}");
    let deny = named("a", "deny", "{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}");
    let audit = named("a", "audit", "{action: AUDIT, rules: [{}]}");
    for (all, expected) in [
        (vec![], "allowed"),
        (vec![&allow], "allowed"),
        (vec![&other], "denied"),
        (vec![&other, &allow], "allowed"),
        (vec![&allow, &deny], "denied"),
        (vec![&deny], "denied"),
        (vec![&audit], "allowed"),
    ] {
        let yaml: String = all.into_iter().map(String::as_str).collect();
        assert_eq!(sidecar(&yaml, &request()), expected, "{yaml}");
    }
}

#[test]
fn policies_count_and_not_rules() {
    for (spec, expected) in [
        ("{}", "denied"),
        ("{action: ALLOW}", "denied"),
        ("{rules: []}", "denied"),
        ("{rules: [{}]}", "allowed"),
        ("{action: AUDIT}", "allowed"),
    ] {
        assert_eq!(sidecar(&policy(spec), &request()), expected, "{spec}");
    }
    // Without a spec it is one with an empty one.
    let bare = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {namespace: a, name: p}\n";
    assert_eq!(sidecar(bare, &request()), "denied");
    // All of its rules are dropped on TCP, and it still shuts out.
    let http_only = policy("{rules: [{to: [{operation: {methods: [GET]}}]}]}");
    assert_eq!(sidecar(&http_only, &connection()), "denied");
}

#[test]
fn a_dry_run_is_what_go_reads_as_true_and_shuts_nothing() {
    for (value, expected) in [
        ("\"true\"", "allowed"),
        ("\"1\"", "allowed"),
        ("\"T\"", "allowed"),
        ("\"false\"", "denied"),
        ("\"yes\"", "denied"),
        ("\"\"", "denied"),
    ] {
        for spec in ["{}", "{action: DENY, rules: [{}]}"] {
            let yaml =
                policy(spec).replace("name: p}", &format!("name: p, annotations: {{istio.io/dry-run: {value}}}}}"));
            assert_eq!(sidecar(&yaml, &request()), expected, "{yaml}");
        }
    }
}

#[test]
fn custom_refuses_where_its_rule_matches_and_its_provider_refuses() {
    let custom = |name: &str, provider: &str| {
        named(
            "a",
            name,
            &format!(
                "{{action: CUSTOM, provider: {{name: {provider}}}, rules: [{{to: [{{operation: {{paths: [/a]}}}}]}}]}}"
            ),
        )
    };
    let one = custom("one", "opa");
    let refused = |is_refused| Call { is_refused_by_custom: is_refused, ..request() };
    assert_eq!(sidecar(&one, &refused(Some(true))), "denied");
    assert_eq!(sidecar(&one, &refused(Some(false))), "allowed");
    assert_eq!(sidecar(&one, &refused(None)), "answer of the external authorizer opa");
    let elsewhere = one.replace("[/a]", "[/b]");
    assert_eq!(sidecar(&elsewhere, &refused(None)), "allowed");
    // With several providers all that match is refused.
    assert_eq!(sidecar(&(one.clone() + &custom("two", "other")), &refused(None)), "denied");
    let two = one.clone() + &custom("two", "other");
    let connection = Call { chain: Some(Chain::Tcp), ..refused(None) };
    let told = sidecar(&two, &connection);
    assert_eq!(told, "answer of the external authorizer opa, answer of the external authorizer other");
    // Of those only what is enforced counts.
    let dry = two.replace("name: two}", "name: two, annotations: {istio.io/dry-run: \"true\"}}");
    let told = sidecar(&dry, &refused(None));
    assert_eq!(told, "answer of the external authorizer opa, what a CUSTOM policy does as a dry run");
    let dry = one.replace("name: one}", "name: one, annotations: {istio.io/dry-run: \"true\"}}");
    assert_eq!(sidecar(&dry, &refused(None)), "what a CUSTOM policy does as a dry run");
}

#[test]
fn the_deciding_rule_has_the_proxys_own_id_and_its_line() {
    let yaml = named("a", "deny", "{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}, {}]}");
    let all = policies(&yaml);
    match all.decide(&workload(Proxy::Sidecar), &request()) {
        Verdict::Denied(Reason::Rule(rule)) => {
            assert_eq!((rule.id().as_str(), rule.place.line), ("ns[a]-policy[deny]-rule[1]", 5));
        }
        other => panic!("{other:?}"),
    }
    let all = policies(&policy("{}"));
    let verdict = all.decide(&workload(Proxy::Sidecar), &request());
    assert!(
        matches!(&verdict, Verdict::Denied(Reason::NoMatch(all)) if all[0].id() == "ns[a]-policy[p]"),
        "{verdict:?}"
    );
}

#[test]
fn sources_are_alternatives_and_what_stands_in_one_is_together() {
    let here = "namespaces: [b]";
    let elsewhere = "namespaces: [c]";
    let inside = "ipBlocks: [10.0.0.0/8]";
    for (rule, expected) in [
        (format!("{{from: [{{source: {{{here}}}}}, {{source: {{{elsewhere}}}}}]}}"), true),
        (format!("{{from: [{{source: {{{here}, {inside}}}}}]}}"), true),
        (format!("{{from: [{{source: {{{elsewhere}, {inside}}}}}]}}"), false),
        // Two items are two alternatives: a frequent mistake.
        (format!("{{from: [{{source: {{{elsewhere}}}}}, {{source: {{{inside}}}}}]}}"), true),
        (format!("{{from: [{{source: {{{here}}}}}], to: [{{operation: {{methods: [POST]}}}}]}}"), false),
        (format!("{{from: [{{source: {{{here}}}}}], when: [{{key: destination.port, values: [\"90\"]}}]}}"), false),
        ("{from: [{source: {namespaces: [c, b]}}]}".to_owned(), true),
        ("{from: [{source: {namespaces: [b], notNamespaces: [b]}}]}".to_owned(), false),
        ("{from: [{source: {namespaces: [b], notNamespaces: [c, d]}}]}".to_owned(), true),
        ("{from: [{source: {notNamespaces: [c, b]}}]}".to_owned(), false),
        (
            "{when: [{key: source.namespace, values: [b]}, {key: destination.port, notValues: [\"80\"]}]}".to_owned(),
            false,
        ),
    ] {
        assert_eq!(crate::ask::lets_in(&rule, &request()), expected, "{rule}");
    }
}
