//! Facts 2.2 to 2.4: what a connection is, by PeerAuthentication, DestinationRule and automatic mutual TLS.

use hogusu_access::{Asking, Client, Policies, Proxy, Server, predict};

use crate::ask::{policies, workload};

const HOST: &str = "x.a.svc.cluster.local";

fn peer(namespace: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{namespace: {namespace}, name: p}}\nspec: {spec}\n"
    )
}

fn rule(namespace: &str, name: &str, created: u32, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{namespace: {namespace}, name: {name}, creationTimestamp: \"2026-01-01T00:00:{created:02}Z\"}}\nspec: {spec}\n"
    )
}

fn tls(mode: &str) -> String {
    rule("a", "d", 1, &format!("{{host: {HOST}, trafficPolicy: {{tls: {{mode: {mode}}}}}}}"))
}

fn server(has_proxy: bool, is_http: Option<bool>) -> Server {
    let service =
        Asking { host: HOST.to_owned(), namespace: "a".to_owned(), port: Some(8080), is_headless: Some(false) };
    Server {
        workload: workload(Proxy::Sidecar),
        has_proxy: Some(has_proxy),
        port: Some(80),
        is_http,
        service: Some(service),
    }
}

fn told(all: &Policies, has_client_proxy: bool, server: &Server) -> String {
    let client = Client { namespace: "b".to_owned(), has_proxy: Some(has_client_proxy) };
    let possible = predict(&client, server, all.rules());
    possible.all.iter().map(|wire| wire.as_str()).collect::<Vec<_>>().join("|")
}

#[test]
fn the_table_of_combinations_comes_out() {
    let strict = peer("a", "{mtls: {mode: STRICT}}");
    let permissive = peer("a", "{mtls: {mode: PERMISSIVE}}");
    let disable = peer("a", "{mtls: {mode: DISABLE}}");
    let port =
        peer("a", "{selector: {matchLabels: {app: x}}, mtls: {mode: STRICT}, portLevelMtls: {80: {mode: DISABLE}}}");
    for (yaml, expected) in [
        (strict.clone(), ["mutual_tls", "refused", "plaintext"]),
        (strict.clone() + &tls("ISTIO_MUTUAL"), ["mutual_tls", "refused", "refused"]),
        (strict + &tls("DISABLE"), ["refused", "refused", "plaintext"]),
        (String::new(), ["mutual_tls", "plaintext", "plaintext"]),
        (permissive.clone(), ["mutual_tls", "plaintext", "plaintext"]),
        (permissive.clone() + &tls("ISTIO_MUTUAL"), ["mutual_tls", "plaintext", "refused"]),
        (permissive + &tls("DISABLE"), ["plaintext", "plaintext", "plaintext"]),
        (disable.clone(), ["plaintext", "plaintext", "plaintext"]),
        (disable + &tls("ISTIO_MUTUAL"), ["refused", "plaintext", "refused"]),
        (port, ["plaintext", "plaintext", "plaintext"]),
    ] {
        let all = policies(&yaml);
        let (sidecar, naked) = (server(true, Some(true)), server(false, Some(true)));
        let seen = [told(&all, true, &sidecar), told(&all, false, &sidecar), told(&all, true, &naked)];
        assert_eq!(seen, expected, "{yaml}");
    }
}

#[test]
fn other_tls_passes_permissive_tcp_alone() {
    for (mode, is_http, expected) in [
        ("PERMISSIVE", Some(true), "refused"),
        ("PERMISSIVE", Some(false), "application_tls"),
        ("PERMISSIVE", None, "application_tls|refused"),
        ("STRICT", Some(false), "refused"),
    ] {
        let all = policies(&(peer("a", &format!("{{mtls: {{mode: {mode}}}}}")) + &tls("SIMPLE")));
        assert_eq!(told(&all, true, &server(true, is_http)), expected, "{mode} {is_http:?}");
    }
}

#[test]
fn the_client_looks_at_the_services_namespace_before_the_endpoint() {
    // Clients send plaintext, and the workload takes none.
    let own = peer("a", "{selector: {matchLabels: {app: x}}, mtls: {mode: STRICT}}").replace("name: p", "name: w");
    let all = policies(&(peer("a", "{mtls: {mode: DISABLE}}") + &own));
    assert_eq!(told(&all, true, &server(true, Some(true))), "refused");
    let mut without = policies("");
    without.mesh.is_auto_mtls = false;
    assert_eq!(told(&without, true, &server(true, Some(true))), "plaintext");
    let mut headless = server(true, Some(true));
    headless.service.as_mut().unwrap().is_headless = Some(true);
    assert_eq!(told(&policies(""), true, &headless), "mutual_tls|plaintext");
}

#[test]
fn rules_are_looked_for_at_the_client_then_the_service_then_the_root() {
    let of = |namespace: &str, mode: &str| tls(mode).replace("namespace: a", &format!("namespace: {namespace}"));
    for (yaml, expected) in [
        (of("b", "DISABLE") + &of("a", "ISTIO_MUTUAL"), "plaintext"),
        (of("a", "DISABLE") + &of("istio-system", "ISTIO_MUTUAL"), "plaintext"),
        (of("istio-system", "DISABLE"), "plaintext"),
        (of("c", "DISABLE"), "mutual_tls"),
        (of("a", "DISABLE").replace("host:", "exportTo: [\".\"], host:"), "mutual_tls"),
        (of("a", "DISABLE").replace("host:", "exportTo: [b], host:"), "plaintext"),
        (of("a", "DISABLE").replace(HOST, "x"), "plaintext"),
        (of("b", "DISABLE").replace(HOST, "x"), "mutual_tls"),
        (of("a", "DISABLE").replace(HOST, "\"*.cluster.local\""), "plaintext"),
        (
            of("a", "DISABLE").replace(HOST, "\"*.cluster.local\"")
                + &tls("ISTIO_MUTUAL").replace("name: d", "name: e"),
            "mutual_tls",
        ),
    ] {
        assert_eq!(told(&policies(&yaml), true, &server(true, Some(true))), expected, "{yaml}");
    }
}

#[test]
fn of_several_rules_for_one_host_the_oldest_traffic_policy_counts() {
    let later = tls("ISTIO_MUTUAL").replace("name: d", "name: e").replace(":01Z", ":02Z");
    assert_eq!(told(&policies(&(later.clone() + &tls("DISABLE"))), true, &server(true, Some(true))), "plaintext");
    // Rules that are exported to others are not put together; which of them counts is not the older one always.
    let exported = later.clone() + &tls("DISABLE").replace("host:", "exportTo: [b], host:");
    assert_eq!(told(&policies(&exported), true, &server(true, Some(true))), "mutual_tls|plaintext");
    let same = exported.replace("{host:", "{exportTo: [b], host:");
    assert_eq!(told(&policies(&same), true, &server(true, Some(true))), "plaintext");
    // Without their own they are exported as the mesh says.
    let mut elsewhere = policies(&tls("DISABLE"));
    elsewhere.mesh.export_to = vec![".".to_owned()];
    assert_eq!(told(&elsewhere, true, &server(true, Some(true))), "mutual_tls");
    let unknown = (later + &tls("DISABLE")).replace(", creationTimestamp: \"2026-01-01T00:00:01Z\"", "");
    assert_eq!(told(&policies(&unknown), true, &server(true, Some(true))), "mutual_tls|plaintext");
}

#[test]
fn ports_of_rules_are_the_services_and_replace_what_stands_above() {
    let with_port = |port: u16, own: &str| {
        rule(
            "a",
            "d",
            1,
            &format!(
                "{{host: {HOST}, trafficPolicy: {{tls: {{mode: DISABLE}}, portLevelSettings: [{{port: {{number: {port}}}{own}}}]}}}}"
            ),
        )
    };
    for (yaml, expected) in [
        (with_port(8080, ", tls: {mode: ISTIO_MUTUAL}"), "mutual_tls"),
        (with_port(80, ", tls: {mode: ISTIO_MUTUAL}"), "plaintext"),
        // Left out is not inherited, yet it has the same effect.
        (with_port(8080, ""), "plaintext"),
        (with_port(8080, "").replace("tls: {mode: DISABLE}, ", ""), "mutual_tls"),
    ] {
        assert_eq!(told(&policies(&yaml), true, &server(true, Some(true))), expected, "{yaml}");
    }
    let mut unknown = server(true, Some(true));
    unknown.service.as_mut().unwrap().port = None;
    let said = told(&policies(&with_port(8080, ", tls: {mode: ISTIO_MUTUAL}")), true, &unknown);
    assert_eq!(said, "mutual_tls|plaintext");
}

#[test]
fn what_is_not_known_of_either_end_leaves_all_that_may_be() {
    let strict = policies(&peer("a", "{mtls: {mode: STRICT}}"));
    let client = Client { namespace: "b".to_owned(), has_proxy: None };
    let possible = predict(&client, &server(true, Some(true)), strict.rules());
    assert_eq!(possible.all.len(), 2, "{possible:?}");
    assert!(possible.missing.contains("whether the source has a proxy"), "{possible:?}");
    // A subset is chosen by a route that is not read.
    let subset = rule(
        "a",
        "d",
        1,
        &format!("{{host: {HOST}, subsets: [{{name: v1, trafficPolicy: {{tls: {{mode: DISABLE}}}}}}]}}"),
    );
    assert_eq!(told(&policies(&subset), true, &server(true, Some(true))), "mutual_tls|plaintext");
    let selected = tls("DISABLE")
        .replace("namespace: a", "namespace: b")
        .replace("host:", "workloadSelector: {matchLabels: {a: b}}, host:");
    assert!(told(&policies(&selected), true, &server(true, Some(true))).contains('|'));
}
