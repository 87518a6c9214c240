//! Facts 2.1: which PeerAuthentication counts.

use std::collections::BTreeSet;

use hogusu_access::{Lost, Mesh, Mode, Proxy, standing};

use crate::ask::{policies, workload};

fn one(namespace: &str, name: &str, created: u32, spec: &str) -> String {
    format!(
        "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{namespace: {namespace}, name: {name}, creationTimestamp: \"2026-01-01T00:00:{created:02}Z\"}}\nspec: {spec}\n"
    )
}

fn modes(yaml: &str, port: Option<u16>, proxy: Proxy) -> String {
    let all = policies(yaml);
    let standing = standing(&all.peers, &workload(proxy), port, &Mesh::default());
    let words: BTreeSet<String> = standing.mode.all.iter().map(|mode| format!("{mode:?}").to_lowercase()).collect();
    let words: Vec<String> = words.into_iter().collect();
    let missing: Vec<String> = standing.mode.missing.into_iter().collect();
    [words.join("|"), missing.join(", ")].join(" ").trim().to_owned()
}

fn mode(yaml: &str) -> String {
    modes(yaml, Some(80), Proxy::Sidecar)
}

#[test]
fn a_narrower_level_comes_before_a_wider_one_and_permissive_is_the_default() {
    let mesh = one("istio-system", "m", 1, "{mtls: {mode: STRICT}}");
    let namespace = one("a", "ns", 2, "{mtls: {mode: DISABLE}}");
    let own = one("a", "w", 3, "{selector: {matchLabels: {app: x}}, mtls: {mode: PERMISSIVE}}");
    let other = one("a", "o", 1, "{selector: {matchLabels: {app: other}}, mtls: {mode: STRICT}}");
    let elsewhere = one("b", "ns", 1, "{mtls: {mode: STRICT}}");
    for (yaml, expected) in [
        (String::new(), "permissive"),
        (mesh.clone(), "strict"),
        (mesh.clone() + &namespace, "disable"),
        (mesh.clone() + &namespace + &own, "permissive"),
        (own.clone() + &namespace + &mesh, "permissive"),
        (other + &elsewhere, "permissive"),
    ] {
        assert_eq!(mode(&yaml), expected, "{yaml}");
    }
}

#[test]
fn of_several_in_one_scope_the_oldest_counts_alone() {
    let younger = one("a", "aa", 9, "{mtls: {mode: STRICT}}");
    let older = one("a", "zz", 1, "{mtls: {mode: DISABLE}}");
    assert_eq!(mode(&(younger.clone() + &older)), "disable");
    assert_eq!(mode(&(younger.replace(":09Z", ":01Z") + &older)), "strict");
    // Nothing is merged: the older one's ports do not join the younger one's.
    let selected = |name: &str, created: u32, rest: &str| {
        one("a", name, created, &format!("{{selector: {{matchLabels: {{app: x}}}}, {rest}}}"))
    };
    let two = selected("w1", 1, "mtls: {mode: STRICT}") + &selected("w2", 2, "portLevelMtls: {80: {mode: DISABLE}}");
    assert_eq!(mode(&two), "strict");
    let unknown = two.replace(", creationTimestamp: \"2026-01-01T00:00:01Z\"", "");
    let said = mode(&unknown);
    assert_eq!(said, "disable|strict metadata.creationTimestamp of PeerAuthentications of one scope");
    // The same mode whichever it is.
    let same = unknown.replace("portLevelMtls: {80: {mode: DISABLE}}", "mtls: {mode: STRICT}");
    assert_eq!(mode(&same), "strict");
}

#[test]
fn unset_inherits_and_the_meshs_unset_is_permissive() {
    let unset = one("a", "ns", 1, "{mtls: {mode: UNSET}}");
    assert_eq!(mode(&unset), "permissive");
    assert_eq!(mode(&(one("istio-system", "m", 1, "{}") + &unset)), "permissive");
    let strict = one("istio-system", "m", 1, "{mtls: {mode: STRICT}}");
    assert_eq!(mode(&(strict.clone() + &unset)), "strict");
    let own = one("a", "w", 1, "{selector: {matchLabels: {app: x}}}");
    assert_eq!(mode(&(strict + &unset + &own)), "strict");
}

#[test]
fn ports_are_the_workloads_and_only_of_the_policy_that_counts() {
    let own = one(
        "a",
        "w",
        1,
        "{selector: {matchLabels: {app: x}}, mtls: {mode: STRICT}, portLevelMtls: {90: {mode: DISABLE}, 91: {mode: UNSET}}}",
    );
    for (port, expected) in
        [(Some(80), "strict"), (Some(90), "disable"), (Some(91), "strict"), (None, "disable|strict destination.port")]
    {
        assert_eq!(modes(&own, port, Proxy::Sidecar), expected, "{port:?}");
    }
}

#[test]
fn a_selector_in_the_root_namespace_is_ignored_everywhere() {
    let yaml = one("istio-system", "m", 1, "{selector: {matchLabels: {app: x}}, mtls: {mode: STRICT}}");
    assert_eq!(mode(&yaml), "permissive");
    let all = policies(&yaml);
    let standing = standing(&all.peers, &workload(Proxy::Sidecar), Some(80), &Mesh::default());
    let losers = standing.losers(&all.peers, &workload(Proxy::Sidecar), &Mesh::default());
    assert!(matches!(losers.as_slice(), [(_, Lost::SelectorInRoot)]), "{standing:?}");
}

#[test]
fn those_that_do_not_count_say_why() {
    let yaml = one("istio-system", "m", 1, "{mtls: {mode: DISABLE}}")
        + &one("a", "old", 2, "{mtls: {mode: STRICT}}")
        + &one("a", "young", 3, "{mtls: {mode: DISABLE}}")
        + &one("b", "elsewhere", 1, "{mtls: {mode: DISABLE}}");
    let all = policies(&yaml);
    let standing = standing(&all.peers, &workload(Proxy::Sidecar), Some(80), &Mesh::default());
    assert_eq!(standing.winner.map(|winner| winner.object.label()).as_deref(), Some("a/old"));
    let losers = standing.losers(&all.peers, &workload(Proxy::Sidecar), &Mesh::default());
    let losers: Vec<_> = losers.iter().map(|(one, why)| (one.object.name.as_str(), why.clone())).collect();
    let (wider, younger) = (Lost::Wider("a/old".to_owned()), Lost::Younger("a/old".to_owned()));
    assert_eq!(losers, [("m", wider), ("young", younger)]);
    assert_eq!(standing.mode.known(), Some(&Mode::Strict));
}

#[test]
fn without_labels_a_selector_leaves_both_possible() {
    let yaml = one("a", "w", 1, "{selector: {matchLabels: {app: x}}, mtls: {mode: STRICT}}");
    let all = policies(&yaml);
    let mut unlabelled = workload(Proxy::Sidecar);
    unlabelled.labels = None;
    let standing = standing(&all.peers, &unlabelled, Some(80), &Mesh::default());
    assert_eq!(standing.mode.all, BTreeSet::from([Mode::Permissive, Mode::Strict]));
    assert!(standing.mode.missing.contains("labels of the destination's pods"), "{standing:?}");
}

#[test]
fn before_ztunnel_disable_is_permissive_and_a_ports_disable_under_unset_is_in_doubt() {
    assert_eq!(modes(&one("a", "ns", 1, "{mtls: {mode: DISABLE}}"), Some(80), Proxy::Ztunnel), "permissive");
    let parent = one("a", "ns", 1, "{mtls: {mode: STRICT}}");
    let own = one("a", "w", 1, "{selector: {matchLabels: {app: x}}, portLevelMtls: {80: {mode: DISABLE}}}");
    let said = modes(&(parent + &own), Some(80), Proxy::Ztunnel);
    assert_eq!(said, "permissive|strict whether ztunnel honours a port's DISABLE under an UNSET mode");
}
