//! Changes rehearsed on what was seen.

use std::collections::BTreeMap;

use hogusu_access::{
    Asking, Because, Call, Chain, Client, Effect, EffectKind, Missing, Policies, Proxy, Role, Seen, Server, Wire,
    contradicts, rehearse,
};

use crate::ask::{ONE, named, policies, policy, read_as, request, workload};

/// GET of port 80 over mutual TLS, and what is not recorded of it left out.
fn seen(wire: Wire, denied: u64) -> Seen {
    let service = Asking {
        host: "x.a.svc.cluster.local".to_owned(),
        namespace: "a".to_owned(),
        port: Some(80),
        is_headless: Some(false),
    };
    let call = Call {
        peer: None,
        method: None,
        path: None,
        host: None,
        source_ip: None,
        remote_ip: None,
        headers: None,
        token: None,
        ..request()
    };
    Seen {
        client: Client { namespace: "b".to_owned(), has_proxy: Some(wire == Wire::MutualTls) },
        server: Server {
            workload: workload(Proxy::Sidecar),
            has_proxy: Some(true),
            port: Some(80),
            is_http: Some(true),
            service: Some(service),
        },
        call,
        principals: if wire == Wire::MutualTls { vec![ONE.to_owned()] } else { Vec::new() },
        has_unnamed: false,
        counted: BTreeMap::from([(wire, 10)]),
        unclear: 0,
        denied,
        unanswered: 0,
        refused: 0,
        doubts: Missing::new(),
    }
}

fn change(today: &str, change: &str) -> (Policies, Policies) {
    let today = policies(today);
    let (change, problems) = read_as(change, Role::Change);
    assert!(!problems.iter().any(|problem| problem.is_error), "{problems:?}");
    let after = today.with(&change);
    (today, after)
}

/// `breaks`, `breaks? FIELD`, several with a comma.
fn told(effects: &[Effect]) -> String {
    let one = |effect: &Effect| {
        let word = match effect.kind {
            EffectKind::Breaks => "breaks",
            EffectKind::Opens => "opens",
            EffectKind::Weakens => "weakens",
        };
        let missing: Vec<_> = effect.missing.iter().cloned().collect();
        if missing.is_empty() { word.to_owned() } else { format!("{word}? {}", missing.join("+")) }
    };
    effects.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn rehearsed(seen: &Seen, today: &str, new: &str) -> String {
    let (today, after) = change(today, new);
    told(&rehearse(seen, Some(&today), &after))
}

const FROM_B: &str = "{rules: [{from: [{source: {namespaces: [b]}}]}]}";
const FROM_C: &str = "{rules: [{from: [{source: {namespaces: [c]}}]}]}";

#[test]
fn only_what_changes_is_asked_about() {
    let get = "{rules: [{to: [{operation: {methods: [GET]}}]}]}";
    let deny_path = "{action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]}";
    let seen = seen(Wire::MutualTls, 0);
    for (today, new, expected) in [
        (String::new(), policy(FROM_B), ""),
        (String::new(), policy(FROM_C), "breaks"),
        (String::new(), policy(get), "breaks? request.method"),
        (String::new(), policy(deny_path), "breaks? request.path"),
        // It let in so far, and a further one only adds.
        (named("a", "get", get), policy(FROM_C), ""),
        (named("a", "deny", deny_path), policy(FROM_B), ""),
        (named("a", "deny", deny_path), named("a", "deny", deny_path), ""),
        (named("a", "get", get), named("a", "get", FROM_B), ""),
        (named("a", "get", get), named("a", "get", FROM_C), "breaks"),
        (String::new(), named("b", "p", FROM_C), ""),
        (String::new(), named("istio-system", "p", FROM_C), "breaks"),
    ] {
        assert_eq!(rehearsed(&seen, &today, &new), expected, "{today}{new}");
    }
}

#[test]
fn a_policy_that_goes_cuts_what_no_other_lets_in() {
    let today = named("a", "b", FROM_B) + &named("a", "c", FROM_C);
    let (today, mut after) = change(&today, "");
    assert!(after.remove(hogusu_access::Kind::AuthorizationPolicy, "a", "b"));
    assert!(!after.remove(hogusu_access::Kind::AuthorizationPolicy, "a", "b"));
    assert_eq!(told(&rehearse(&seen(Wire::MutualTls, 0), Some(&today), &after)), "breaks");
}

#[test]
fn what_was_refused_may_be_let_in() {
    let refused = Seen { counted: BTreeMap::from([(Wire::MutualTls, 7)]), ..seen(Wire::MutualTls, 7) };
    let today = named("a", "p", FROM_C);
    for (new, expected) in [
        (named("a", "more", FROM_B), "opens? what refused it: a policy, a token, or another check"),
        (
            named("a", "more", "{rules: [{to: [{operation: {methods: [GET]}}]}]}"),
            "opens? request.method+what refused it: a policy, a token, or another check",
        ),
        (named("a", "more", FROM_C), ""),
        (named("b", "more", FROM_B), ""),
    ] {
        assert_eq!(rehearsed(&refused, &today, &new), expected, "{new}");
    }
}

fn strict(namespace: &str) -> String {
    format!(
        "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{namespace: {namespace}, name: p}}\nspec: {{mtls: {{mode: STRICT}}}}\n"
    )
}

#[test]
fn strict_cuts_plaintext_of_whoever_goes_on_sending_it() {
    assert_eq!(rehearsed(&seen(Wire::Plaintext, 0), "", &strict("a")), "breaks");
    assert_eq!(rehearsed(&seen(Wire::OtherTls, 0), "", &strict("a")), "breaks");
    assert_eq!(rehearsed(&seen(Wire::MutualTls, 0), "", &strict("a")), "");
    assert_eq!(rehearsed(&seen(Wire::Plaintext, 0), "", &strict("b")), "");
    // It was seen though these policies refuse it: they were not always in force, and the change is about others.
    assert_eq!(rehearsed(&seen(Wire::Plaintext, 0), &strict("a"), &strict("b")), "");
    // Under DISABLE clients with a proxy send plaintext too, and no more under STRICT.
    let disabled = strict("a").replace("STRICT", "DISABLE");
    let by_sidecar = Seen {
        client: Client { namespace: "b".to_owned(), has_proxy: Some(true) },
        principals: vec![ONE.to_owned()],
        ..seen(Wire::Plaintext, 0)
    };
    assert_eq!(rehearsed(&by_sidecar, &disabled, &strict("a")), "");
    assert_eq!(rehearsed(&seen(Wire::Plaintext, 0), &disabled, &strict("a")), "breaks");
    let unknown = Seen { client: Client { has_proxy: None, ..by_sidecar.client.clone() }, ..by_sidecar };
    let said = rehearsed(&unknown, &disabled, &strict("a"));
    assert!(said.starts_with("breaks? ") && said.contains("whether the source has a proxy"), "{said}");
}

#[test]
fn a_policy_for_selected_pods_stays_where_the_namespace_is_made_strict() {
    let own = strict("a")
        .replace("name: p", "name: w")
        .replace("{mtls: {mode: STRICT}}", "{selector: {matchLabels: {app: x}}, mtls: {mode: PERMISSIVE}}");
    let today = policies(&own);
    let mut after = today.clone();
    let place = hogusu_access::Place { file: "--strict a".to_owned(), line: 1 };
    after.make_strict("a", &place);
    assert_eq!(told(&rehearse(&seen(Wire::Plaintext, 0), Some(&today), &after)), "");
    let today = policies(&strict("a").replace("STRICT", "PERMISSIVE"));
    let mut after = today.clone();
    after.make_strict("a", &place);
    let effects = rehearse(&seen(Wire::Plaintext, 0), Some(&today), &after);
    assert_eq!(told(&effects), "breaks");
    assert!(matches!(&effects[0].because, Because::Wire { policy, .. } if policy == "a/p"), "{effects:?}");
}

#[test]
fn rules_of_destinations_change_what_clients_send_and_with_it_who_is_let_in() {
    let disable = "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {namespace: a, name: d}\nspec: {host: x, trafficPolicy: {tls: {mode: DISABLE}}}\n";
    let by_mutual_tls = seen(Wire::MutualTls, 0);
    assert_eq!(rehearsed(&by_mutual_tls, &strict("a"), disable), "breaks");
    assert_eq!(rehearsed(&by_mutual_tls, "", disable), "weakens");
    // In plaintext nobody has a name.
    assert_eq!(rehearsed(&by_mutual_tls, &policy(FROM_B), disable), "weakens, breaks");
    assert_eq!(rehearsed(&by_mutual_tls, "", &strict("a").replace("STRICT", "DISABLE")), "weakens");
}

#[test]
fn what_is_not_clear_is_never_certain_and_what_a_listener_refused_may_be_let_in() {
    let unclear = Seen { counted: BTreeMap::new(), unclear: 5, ..seen(Wire::MutualTls, 0) };
    assert_eq!(rehearsed(&unclear, "", &policy(FROM_B)), "breaks? how the connection was secured");
    assert_eq!(rehearsed(&unclear, "", ""), "");
    let naked = Seen { server: Server { has_proxy: None, ..unclear.server.clone() }, ..seen(Wire::MutualTls, 0) };
    assert_eq!(rehearsed(&naked, "", &policy(FROM_C)), "breaks? whether the destination has a proxy");
    let refused = Seen { counted: BTreeMap::new(), refused: 3, ..seen(Wire::MutualTls, 0) };
    let permissive = strict("a").replace("STRICT", "PERMISSIVE");
    assert_eq!(rehearsed(&refused, &strict("a"), &permissive), "opens? what the refused connection was");
    assert_eq!(rehearsed(&refused, &strict("a"), &policy(FROM_B)), "");
}

#[test]
fn without_todays_policies_only_a_deny_is_certain() {
    let alone = |new: &str, seen: &Seen| told(&rehearse(seen, None, &read_as(new, Role::Change).0));
    let by_mutual_tls = seen(Wire::MutualTls, 0);
    assert_eq!(
        alone(&policy("{action: DENY, rules: [{to: [{operation: {ports: [\"80\"]}}]}]}"), &by_mutual_tls),
        "breaks"
    );
    assert_eq!(alone(&policy(FROM_C), &by_mutual_tls), "breaks? policies in force today");
    assert_eq!(alone(&policy(FROM_B), &by_mutual_tls), "");
    assert_eq!(alone(&strict("a"), &by_mutual_tls), "");
    let said = alone(&strict("a"), &seen(Wire::Plaintext, 0));
    assert!(said.starts_with("breaks? ") && said.contains("policies in force today"), "{said}");
}

#[test]
fn tokens_that_are_proven_anew_are_perhaps_invalid_and_those_that_were_proven_are_not() {
    let proves = |spec: &str| {
        format!(
            "---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{namespace: a, name: t}}\nspec: {spec}\n"
        )
    };
    let seen = seen(Wire::MutualTls, 0);
    let invalid = "breaks? validity of the requests' tokens";
    assert_eq!(rehearsed(&seen, "", &proves("{}")), invalid);
    assert_eq!(rehearsed(&seen, "", &proves("{selector: {matchLabels: {app: other}}}")), "");
    assert_eq!(rehearsed(&seen, &proves("{}"), &policy("{rules: [{}]}")), "");
    // What it proves is not read: another one is another.
    assert_eq!(rehearsed(&seen, &proves("{}"), &proves("{jwtRules: [{issuer: i}]}")), invalid);
    let connection = Seen { call: Call { chain: Some(Chain::Tcp), ..seen.call.clone() }, ..seen.clone() };
    assert_eq!(rehearsed(&connection, "", &proves("{}")), "");
    let (_, after) = change("", &proves("{}"));
    assert_eq!(told(&rehearse(&seen, None, &after)), invalid);
}

/// Of 45 exchanges 40 over mutual TLS and 5 in plaintext, 5 were refused.
fn of_both_kinds() -> Seen {
    let counted = BTreeMap::from([(Wire::MutualTls, 40), (Wire::Plaintext, 5)]);
    let client = Client { namespace: "b".to_owned(), has_proxy: None };
    Seen { client, counted, denied: 5, ..seen(Wire::MutualTls, 5) }
}

const NOBODY: &str = "{action: DENY, rules: [{from: [{source: {notPrincipals: [\"*\"]}}]}]}";

#[test]
fn what_was_refused_is_not_cut_and_speaks_against_nothing() {
    let require = named("a", "require", NOBODY);
    assert_eq!(rehearsed(&of_both_kinds(), &require, &strict("a")), "");
    assert_eq!(told(&contradicts(&of_both_kinds(), &policies(&require))), "");
    // Without that policy those in plaintext perhaps were let in.
    let said = rehearsed(&of_both_kinds(), "", &strict("a"));
    assert!(said.starts_with("breaks? ") && said.contains("which of the exchanges were let in"), "{said}");
    // One more than were refused was let in.
    let more = Seen { denied: 4, ..of_both_kinds() };
    assert_eq!(told(&contradicts(&more, &policies(&require))), "breaks");
    let said = rehearsed(&more, &require, &strict("a"));
    assert!(said.starts_with("breaks? ") && said.contains("what let it in, which today's policies refuse"), "{said}");
}

#[test]
fn refused_exchanges_are_taken_to_be_of_nobody_too() {
    let require = named("a", "require", NOBODY);
    let allow = named("a", "more", "{rules: [{from: [{source: {principals: [cluster.local/ns/b/sa/one]}}]}]}");
    assert_eq!(rehearsed(&of_both_kinds(), &require, &allow), "");
}

#[test]
fn a_name_that_perhaps_was_only_refused_is_not_certainly_cut() {
    let two = "spiffe://cluster.local/ns/b/sa/two";
    let refused = Seen {
        principals: vec![ONE.to_owned(), two.to_owned()],
        counted: BTreeMap::from([(Wire::MutualTls, 17)]),
        ..seen(Wire::MutualTls, 7)
    };
    let only = named("a", "only", "{rules: [{from: [{source: {principals: [cluster.local/ns/b/sa/one]}}]}]}");
    let deny =
        named("a", "bar", "{action: DENY, rules: [{from: [{source: {principals: [cluster.local/ns/b/sa/two]}}]}]}");
    assert_eq!(rehearsed(&refused, &only, &deny), "");
    assert_eq!(rehearsed(&refused, "", &deny), "breaks? whose exchanges were let in");
    assert_eq!(rehearsed(&Seen { denied: 0, ..refused }, "", &deny), "breaks");
}

#[test]
fn what_refused_an_exchange_is_never_taken_to_be_a_policy() {
    let refused = Seen { counted: BTreeMap::from([(Wire::MutualTls, 16)]), ..seen(Wire::MutualTls, 6) };
    let allow = named("a", "p", FROM_B);
    // Today's policies let it in, so something else refused it, and goes on refusing it.
    assert_eq!(
        rehearsed(
            &refused,
            &allow,
            &named("a", "bar", "{action: DENY, rules: [{from: [{source: {namespaces: [evil]}}]}]}")
        ),
        ""
    );
    let (today, mut after) = change(&allow, "");
    assert!(after.remove(hogusu_access::Kind::AuthorizationPolicy, "a", "p"));
    assert_eq!(told(&rehearse(&refused, Some(&today), &after)), "");
    let by_what = "opens? what refused it: a policy, a token, or another check";
    assert_eq!(told(&contradicts(&refused, &today)), by_what);
    let (today, mut after) = change(crate::ask::proves_tokens(), "");
    assert!(after.remove(hogusu_access::Kind::RequestAuthentication, "a", "t"));
    assert_eq!(
        told(&rehearse(&refused, Some(&today), &after)),
        by_what.replace("? ", "? validity of the requests' tokens+")
    );
}

#[test]
fn what_never_was_answered_is_not_certainly_cut() {
    let broken = Seen { unanswered: 10, ..seen(Wire::Plaintext, 0) };
    let all = policy("{action: DENY, rules: [{}]}");
    assert_eq!(rehearsed(&broken, "", &all), "breaks? which of the exchanges were let in");
    assert_eq!(rehearsed(&Seen { unanswered: 9, ..broken }, "", &all), "breaks");
}

#[test]
fn a_change_elsewhere_cuts_nothing_that_today_refuses() {
    let today = named("a", "c", "{rules: [{from: [{source: {namespaces: [other]}}]}]}");
    let wider = today.replace("[other]", "[other, third]");
    let elsewhere = crate::ask::proves_tokens().replace("namespace: a", "namespace: zzz");
    let seen = seen(Wire::MutualTls, 0);
    assert_eq!(rehearsed(&seen, &today, &wider), "");
    assert_eq!(rehearsed(&seen, &today, &elsewhere), "");
    assert_eq!(told(&contradicts(&seen, &policies(&today))), "breaks");
    // Paths are not recorded, and yet neither an object elsewhere nor an alias changes what is asked.
    let paths = named("a", "c", "{rules: [{from: [{source: {namespaces: [b]}}], to: [{operation: {paths: [/a]}}]}]}");
    let alias = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: istio-system, name: istio}\ndata: {mesh: \"trustDomainAliases: [old]\"}\n";
    assert_eq!(rehearsed(&seen, &paths, &elsewhere), "");
    assert_eq!(rehearsed(&seen, &paths, alias), "");
    // What is refused today is perhaps let in by what nobody knows of, so a new DENY may cut it.
    let deny = named("a", "bar", FROM_B).replace("rules", "action: DENY, rules");
    assert_eq!(rehearsed(&seen, &today, &deny), "breaks? what let it in, which today's policies refuse");
}

#[test]
fn what_only_widens_cuts_nothing_and_what_only_narrows_opens_nothing() {
    let paths = |paths: &str| named("a", "p", &format!("{{rules: [{{to: [{{operation: {{paths: [{paths}]}}}}]}}]}}"));
    let deny = |all: &str| paths(all).replace("rules", "action: DENY, rules");
    let both = Seen { denied: 3, ..seen(Wire::MutualTls, 3) };
    let (narrow, wide) = ("/a", "/a, /b");
    assert_eq!(rehearsed(&both, &paths(narrow), &paths(narrow)), "");
    let opens = "opens? request.path+what refused it: a policy, a token, or another check";
    assert_eq!(rehearsed(&both, &paths(narrow), &paths(wide)), opens);
    assert_eq!(rehearsed(&both, &paths(wide), &paths(narrow)), "breaks? request.path");
    assert_eq!(rehearsed(&both, &deny(narrow), &deny(wide)), "breaks? request.path");
    assert_eq!(rehearsed(&both, &deny(wide), &deny(narrow)), opens);
    // On TCP a field of requests takes the whole rule away, so a rule that says more in other words is none.
    let connection = Call { chain: Some(Chain::Tcp), ..both.call.clone() };
    let ports = "{rules: [{to: [{operation: {ports: [\"80\"]}}]}]}";
    let more = "{rules: [{to: [{operation: {ports: [\"80\"]}}, {operation: {methods: [GET]}}]}]}";
    let tcp = Seen { call: connection, denied: 0, ..both };
    assert_eq!(rehearsed(&tcp, &named("a", "p", ports), &named("a", "p", more)), "breaks");
}
