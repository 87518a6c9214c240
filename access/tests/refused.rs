//! What was seen is taken apart before it is judged: what was refused was not let in, and what is not told apart is not certain.

use std::collections::BTreeMap;

use hogusu_access::{Call, Chain, Client, Kind, Labels, Proxy, Seen, Server, Wire, contradicts, rehearse};

use crate::ask::{ONE, named, policies, policy, proves_tokens, workload};
use crate::rehearsals::{FROM_B, change, rehearsed, seen, strict, told};

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
    assert!(after.remove(Kind::AuthorizationPolicy, "a", "p"));
    assert_eq!(told(&rehearse(&refused, Some(&today), &after)), "");
    let by_what = "opens? what refused it: a policy, a token, or another check";
    assert_eq!(told(&contradicts(&refused, &today)), by_what);
    let (today, mut after) = change(proves_tokens(), "");
    assert!(after.remove(Kind::RequestAuthentication, "a", "t"));
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
    let elsewhere = proves_tokens().replace("namespace: a", "namespace: zzz");
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

#[test]
fn certificates_without_a_name_are_not_those_with_one() {
    let only = named("a", "only", "{rules: [{from: [{source: {principals: [cluster.local/ns/b/sa/one]}}]}]}");
    assert_eq!(rehearsed(&seen(Wire::MutualTls, 0), "", &only), "");
    let unnamed = Seen { has_unnamed: true, ..seen(Wire::MutualTls, 0) };
    assert_eq!(rehearsed(&unnamed, "", &only), "breaks? source.principal");
}

#[test]
fn gateways_take_plaintext_whatever_a_peer_authentication_says() {
    for proxy in [Proxy::Gateway, Proxy::Waypoint { service: None }, Proxy::Ztunnel] {
        let plain = seen(Wire::Plaintext, 0);
        let server = Server { workload: workload(proxy), ..plain.server.clone() };
        let plain = Seen { server, ..plain };
        assert_eq!(rehearsed(&plain, "", &strict("a")), "");
        assert_eq!(told(&contradicts(&plain, &policies(&strict("a")))), "");
    }
    assert_eq!(told(&contradicts(&seen(Wire::Plaintext, 0), &policies(&strict("a")))), "breaks");
}

#[test]
fn a_trust_domain_that_nobody_gives_is_not_taken_for_a_foreign_one() {
    let other = Seen { principals: vec!["spiffe://td1/ns/b/sa/one".to_owned()], ..seen(Wire::MutualTls, 0) };
    let only = named("a", "only", "{rules: [{from: [{source: {principals: [cluster.local/ns/b/sa/one]}}]}]}");
    let deny = only.replace("rules", "action: DENY, rules");
    let config = "Istio's ConfigMap (trustDomain, trustDomainAliases)";
    assert_eq!(rehearsed(&other, "", &only), format!("breaks? {config}"));
    assert_eq!(rehearsed(&other, "", &deny), format!("breaks? {config}"));
    assert_eq!(told(&contradicts(&other, &policies(&only))), format!("breaks? {config}"));
    let mesh = |domain: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{namespace: istio-system, name: istio}}\ndata: {{mesh: \"trustDomain: {domain}\"}}\n"
        )
    };
    assert_eq!(rehearsed(&other, &mesh("td1"), &only), "");
    assert_eq!(rehearsed(&other, &mesh("td2"), &only), "breaks");
    // What does not speak of trust domains is certain all the same.
    assert_eq!(rehearsed(&other, "", &policy("{}")), "breaks");
}

#[test]
fn a_change_of_labels_makes_what_selects_by_them_undecidable() {
    let becomes = Some(Labels::exactly([("app", "z")]));
    let both = Seen { becomes, denied: 3, ..seen(Wire::MutualTls, 3) };
    let selected = policy("{selector: {matchLabels: {app: z}}}");
    let missing = "what the change makes of the destination's pods";
    assert_eq!(rehearsed(&both, "", &selected), format!("breaks? {missing}, opens? {missing}"));
    assert_eq!(rehearsed(&both, &selected, "").split("? ").next(), Some("breaks"));
    // Who is about all pods is about these.
    assert_eq!(rehearsed(&Seen { denied: 0, ..both.clone() }, "", &policy("{rules: [{}]}")), "");
    assert_eq!(rehearsed(&Seen { denied: 0, ..both }, "", &policy("{}")), format!("breaks? {missing}"));
}

#[test]
fn a_doubt_of_who_tells_what_was_seen_makes_all_of_it_possible() {
    let doubted = Seen { doubts: ["where it stands".to_owned()].into(), ..seen(Wire::MutualTls, 0) };
    assert_eq!(rehearsed(&doubted, "", &policy("{}")), "breaks? where it stands");
    assert_eq!(told(&contradicts(&doubted, &policies(&policy("{}")))), "breaks? where it stands");
}

#[test]
fn what_is_applied_again_is_no_change_of_the_wire_either() {
    let rule = |host: &str, policy: &str| {
        format!(
            "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{namespace: a, name: d}}\nspec: {{host: {host}, trafficPolicy: {policy}}}\n"
        )
    };
    let disable = rule("x", "{tls: {mode: DISABLE}}");
    let unknown = Seen { client: Client { namespace: "b".to_owned(), has_proxy: None }, ..seen(Wire::Plaintext, 0) };
    let of_no_service = Seen { server: Server { service: None, ..unknown.server.clone() }, ..unknown.clone() };
    // Lines below others are other lines.
    let moved = |text: &str| format!("# moved\n{text}");
    for seen in [&unknown, &of_no_service] {
        for applied in [&disable, &strict("a"), &proves_tokens().to_owned()] {
            assert_eq!(rehearsed(seen, applied, &moved(applied)), "", "{applied}");
        }
        // What is for others, or says nothing of TLS, changes nothing.
        assert_eq!(rehearsed(seen, "", &rule("unrelated", "{connectionPool: {tcp: {maxConnections: 1}}}")), "");
        assert_eq!(rehearsed(seen, "", &rule("other.elsewhere.svc.cluster.local", "{tls: {mode: DISABLE}}")), "");
    }
    let services =
        "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: a, name: x}\nspec: {ports: [{port: 80}]}\n";
    let unrelated = rule("unrelated", "{tls: {mode: ISTIO_MUTUAL}}");
    assert_eq!(rehearsed(&of_no_service, services, &unrelated), "");
}
