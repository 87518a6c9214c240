//! Changes rehearsed on what was seen.

use std::collections::BTreeMap;

use hogusu_access::{
    Asking, Because, Call, Chain, Client, Effect, EffectKind, Missing, Policies, Proxy, Role, Seen, Server, Wire,
    rehearse,
};

use crate::ask::{ONE, named, policies, policy, read_as, request, workload};

/// GET of port 80 over mutual TLS, and what is not recorded of it left out.
pub(crate) fn seen(wire: Wire, denied: u64) -> Seen {
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
        becomes: None,
        remade: Vec::new(),
        doubts: Missing::new(),
    }
}

pub(crate) fn change(today: &str, change: &str) -> (Policies, Policies) {
    let today = policies(today);
    let (change, problems) = read_as(change, Role::Change);
    assert!(!problems.iter().any(|problem| problem.is_error), "{problems:?}");
    let after = today.with(&change);
    (today, after)
}

/// `breaks`, `breaks? FIELD`, several with a comma.
pub(crate) fn told(effects: &[Effect]) -> String {
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

pub(crate) fn rehearsed(seen: &Seen, today: &str, new: &str) -> String {
    let (today, after) = change(today, new);
    told(&rehearse(seen, Some(&today), &after))
}

pub(crate) const FROM_B: &str = "{rules: [{from: [{source: {namespaces: [b]}}]}]}";
pub(crate) const FROM_C: &str = "{rules: [{from: [{source: {namespaces: [c]}}]}]}";

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

pub(crate) fn strict(namespace: &str) -> String {
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
