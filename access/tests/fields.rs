//! Facts 1.4: each field with each way to match.

use std::collections::BTreeMap;

use hogusu_access::{Call, Mesh, Peer, Policies, Proxy, Text, Token, Verdict};

use crate::ask::{lets_in, policies, policy, proves_tokens, request, sidecar, told, workload};

fn by(name: &str) -> Call {
    Call { peer: Some(Peer::Certificate(name.to_owned())), ..request() }
}

fn source(field: &str, value: &str) -> String {
    format!("{{from: [{{source: {{{field}: [\"{value}\"]}}}}]}}")
}

fn operation(field: &str, value: &str) -> String {
    format!("{{to: [{{operation: {{{field}: [\"{value}\"]}}}}]}}")
}

#[test]
fn principals_match_whole_names_with_a_star_first_or_last() {
    let name = "spiffe://cluster.local/ns/b/sa/one";
    for (value, expected) in [
        ("*", true),
        ("cluster.local/ns/b/sa/one", true),
        ("cluster.local/ns/b/sa/ONE", false),
        ("cluster.local/ns/b/sa/on", false),
        ("cluster.local/ns/b/*", true),
        ("*/sa/one", true),
        ("*/ns/b/sa/one", true),
        ("cluster.local/*/sa/one", false),
        ("spiffe://cluster.local/ns/b/sa/one", false),
        ("spiffe://*", false),
    ] {
        assert_eq!(lets_in(&source("principals", value), &by(name)), expected, "{value}");
    }
}

#[test]
fn without_a_client_certificate_no_identity_matches_and_every_opposite_does() {
    let nobody = Call { peer: Some(Peer::Nobody), ..request() };
    for (field, not) in
        [("principals", "notPrincipals"), ("namespaces", "notNamespaces"), ("trustDomains", "notTrustDomains")]
    {
        assert!(!lets_in(&source(field, "*"), &nobody), "{field}");
        assert!(lets_in(&source(not, "*"), &nobody), "{not}: plaintext is let in");
    }
    assert!(!lets_in(&source("serviceAccounts", "b/one"), &nobody));
    let only_mutual_tls = policy("{action: DENY, rules: [{from: [{source: {notPrincipals: [\"*\"]}}]}]}");
    assert_eq!(sidecar(&only_mutual_tls, &nobody), "denied");
    assert_eq!(sidecar(&only_mutual_tls, &request()), "allowed");
}

#[test]
fn a_certificate_that_is_no_workloads_may_have_further_names() {
    let allow = policy("{rules: [{from: [{source: {principals: [cluster.local/ns/b/sa/one]}}]}]}");
    let told = sidecar(&allow, &by("spiffe://elsewhere/vm/7"));
    assert_eq!(told, "source.principal beyond the first name of the certificate");
    assert_eq!(
        sidecar(&allow.replace("cluster.local/ns/b/sa/one", "elsewhere/vm/7"), &by("spiffe://elsewhere/vm/7")),
        "allowed"
    );
}

#[test]
fn namespaces_service_accounts_and_trust_domains_are_read_off_the_name() {
    for (field, value, name, expected) in [
        ("namespaces", "b", "td/ns/b/sa/one", true),
        ("namespaces", "b", "td/ns/bb/sa/one", false),
        ("namespaces", "b*", "td/ns/bb/sa/one", true),
        ("namespaces", "b*d", "td/ns/bcd/sa/one", true),
        ("namespaces", ".", "td/ns/b/sa/one", false),
        ("serviceAccounts", "b/one", "td/ns/b/sa/one", true),
        ("serviceAccounts", "b/one", "other/ns/b/sa/one", true),
        ("serviceAccounts", "one", "td/ns/a/sa/one", true),
        ("serviceAccounts", "one", "td/ns/b/sa/one", false),
        ("serviceAccounts", "b/one", "td/ns/b/sa/one-more", false),
        ("trustDomains", "td", "td/ns/b/sa/one", true),
        ("trustDomains", "t", "td/ns/b/sa/one", false),
        ("trustDomains", "t*", "td/ns/b/sa/one", true),
        ("trustDomains", "*", "td/ns/b/sa/one", true),
    ] {
        let told = lets_in(&source(field, value), &by(&format!("spiffe://{name}")));
        assert_eq!(told, expected, "{field} {value} {name}");
    }
}

#[test]
fn addresses_are_in_networks() {
    for (rule, expected) in [
        (source("ipBlocks", "10.0.0.0/24"), true),
        (source("ipBlocks", "10.0.0.1"), true),
        (source("ipBlocks", "10.0.0.2"), false),
        (source("ipBlocks", "192.0.2.0/24"), false),
        (source("remoteIpBlocks", "192.0.2.0/24"), true),
        (source("notIpBlocks", "10.0.0.0/8"), false),
        ("{when: [{key: destination.ip, values: [10.0.0.9]}]}".to_owned(), true),
        ("{when: [{key: source.ip, values: [\"::/0\"]}]}".to_owned(), false),
        ("{when: [{key: remote.ip, values: [0.0.0.0/0]}]}".to_owned(), true),
    ] {
        assert_eq!(lets_in(&rule, &request()), expected, "{rule}");
    }
}

#[test]
fn hosts_match_without_case_and_with_their_port() {
    for (value, host, expected) in [
        ("shop", "SHOP", true),
        ("Shop", "shop", true),
        ("shop", "shop:80", false),
        ("shop*", "shop:80", true),
        ("*.x:*", "a.x:80", false),
        ("*.x:*", "a.x:*", true),
        ("*", "shop", true),
    ] {
        let call = Call { host: Some(host.to_owned()), ..request() };
        assert_eq!(lets_in(&operation("hosts", value), &call), expected, "{value} {host}");
    }
}

#[test]
fn ports_are_exact_and_methods_and_paths_have_case() {
    for (rule, expected) in [
        (operation("ports", "80"), true),
        (operation("ports", "8080"), false),
        (operation("notPorts", "80"), false),
        (operation("methods", "GET"), true),
        (operation("methods", "get"), false),
        (operation("methods", "G*"), true),
        (operation("methods", "*T"), true),
        (operation("paths", "/a"), true),
        (operation("paths", "/A"), false),
        (operation("paths", "/*"), true),
        (operation("paths", "*a"), true),
        (operation("paths", "*"), true),
        ("{when: [{key: connection.sni, values: [outbound_*]}]}".to_owned(), true),
        ("{when: [{key: \"request.headers[X-Key]\", values: [val*]}]}".to_owned(), true),
        ("{when: [{key: \"request.headers[X-Key]\", values: [\"*\"]}]}".to_owned(), true),
        ("{when: [{key: \"request.headers[X-Other]\", values: [\"*\"]}]}".to_owned(), false),
        ("{when: [{key: \"request.headers[X-Other]\", notValues: [a]}]}".to_owned(), true),
    ] {
        assert_eq!(lets_in(&rule, &request()), expected, "{rule}");
    }
}

#[test]
fn what_a_request_line_says_has_names_of_headers_too() {
    let bare = Call { headers: Some(BTreeMap::new()), host: Some("shop.Local".to_owned()), ..request() };
    for (key, value, expected) in [
        ("host", "shop*", "allowed"),
        ("Host", "*.local", "denied"),
        (":authority", "*.Local", "allowed"),
        (":method", "GET", "allowed"),
        (":method", "POST", "denied"),
        (":path", "/a", "request.headers[:path]"),
        (":scheme", "http", "request.headers[:scheme]"),
    ] {
        let rule = format!("{{when: [{{key: \"request.headers[{key}]\", values: [\"{value}\"]}}]}}");
        assert_eq!(sidecar(&policy(&format!("{{rules: [{rule}]}}")), &bare), expected, "{key} {value}");
    }
    let unknown = Call { host: None, ..bare };
    let rule = "{rules: [{when: [{key: \"request.headers[host]\", notValues: [a]}]}]}";
    assert_eq!(sidecar(&policy(rule), &unknown), "request.headers[host]");
}

#[test]
fn templates_match_whole_paths_by_segment() {
    for (value, path, expected) in [
        ("/a/{*}", "/a/b", true),
        ("/a/{*}", "/a/", false),
        ("/a/{*}", "/a/b/c", false),
        ("/a/{**}", "/a/", true),
        ("/a/{**}", "/a", false),
        ("/a/{**}", "/a/b/c", true),
        ("/s/{**}/cart", "/s/1/2/cart", true),
        ("/s/{**}/cart", "/s/1/2/cart/x", false),
        ("/{*}/x/{**}", "/a/x/b/c", true),
        ("/{*}/x/{**}", "/a/y/b/c", false),
    ] {
        let call = Call { path: Some(Text::Whole(path.to_owned())), ..request() };
        assert_eq!(lets_in(&operation("paths", value), &call), expected, "{value} {path}");
    }
}

#[test]
fn a_template_decides_nothing_of_a_path_with_what_is_no_literal_of_paths() {
    for (path, expected) in
        [("/a/b|c", "request.path"), ("/a/\u{e4}", "request.path"), ("/a/b*", "request.path"), ("/b/c|d", "denied")]
    {
        let call = Call { path: Some(Text::Whole(path.to_owned())), ..request() };
        let yaml = policy(&format!("{{rules: [{}]}}", operation("paths", "/a/{*}")));
        assert_eq!(sidecar(&yaml, &call), expected, "{path}");
    }
}

#[test]
fn a_path_of_which_only_the_beginning_is_known_decides_where_that_is_enough() {
    let call = Call { path: Some(Text::Beginning("/api/users/".to_owned())), ..request() };
    for (value, expected) in [
        ("/api/*", "allowed"),
        ("/other/*", "denied"),
        ("/other", "denied"),
        ("*", "allowed"),
        ("/api/users/1", "request.path"),
        ("/api/users/1*", "request.path"),
        ("*x", "request.path"),
        ("/api/{**}", "request.path"),
        ("/other/{**}", "denied"),
    ] {
        let yaml = policy(&format!("{{rules: [{}]}}", operation("paths", value)));
        assert_eq!(sidecar(&yaml, &call), expected, "{value}");
    }
}

#[test]
fn tokens_are_split_at_the_last_slash_and_prove_nothing_without_a_request_authentication() {
    let token = Token::Valid {
        issuer: "https://i/x".to_owned(),
        subject: "s".to_owned(),
        claims: BTreeMap::from([
            (vec!["aud".to_owned()], vec!["one".to_owned(), "two".to_owned()]),
            (vec!["realm".to_owned(), "roles".to_owned()], vec!["admin".to_owned()]),
        ]),
    };
    let call = Call { token: Some(token), ..request() };
    for (rule, expected) in [
        (source("requestPrincipals", "https://i/x/s"), true),
        (source("requestPrincipals", "*"), true),
        (source("requestPrincipals", "*/s"), true),
        (source("requestPrincipals", "*x/s"), true),
        (source("requestPrincipals", "https://i/x/*"), true),
        (source("requestPrincipals", "https://i/*"), false),
        ("{when: [{key: request.auth.audiences, values: [two]}]}".to_owned(), true),
        ("{when: [{key: \"request.auth.claims[realm][roles]\", values: [adm*]}]}".to_owned(), true),
        ("{when: [{key: \"request.auth.claims[realm]\", values: [\"*\"]}]}".to_owned(), false),
    ] {
        assert_eq!(lets_in(&rule, &call), expected, "{rule}");
        // Nothing proves a token where no RequestAuthentication is about the workload.
        let alone = policy(&format!("{{rules: [{rule}]}}"));
        assert_eq!(sidecar(&alone, &call), "denied", "{rule}");
    }
    let unknown = Call { token: None, ..request() };
    let wants = policy(&format!("{{rules: [{}]}}", source("requestPrincipals", "*")));
    assert_eq!(sidecar(&(wants.clone() + proves_tokens()), &unknown), "request.auth.principal");
    assert_eq!(sidecar(&wants, &unknown), "denied");
    let without = policy(&format!("{{action: DENY, rules: [{}]}}", source("notRequestPrincipals", "*")));
    assert_eq!(sidecar(&without, &unknown), "denied");
}

#[test]
fn a_known_trust_domain_stands_for_all_and_cluster_local_for_the_meshs_own() {
    for (domains, value, name, expected) in [
        (["td", "old"], "td/ns/b/sa/one", "old/ns/b/sa/one", true),
        (["td", "old"], "cluster.local/ns/b/sa/one", "td/ns/b/sa/one", true),
        (["td", "old"], "cluster.local/ns/b/sa/one", "cluster.local/ns/b/sa/one", false),
        (["td", "cluster.local"], "cluster.local/ns/b/sa/one", "cluster.local/ns/b/sa/one", true),
        (["td", "old"], "other/ns/b/sa/one", "other/ns/b/sa/one", true),
        // Four parts are not rewritten.
        (["td", "old"], "cluster.local/ns/b/*", "td/ns/b/sa/one", false),
        (["td", "old"], "*/ns/b/sa/one", "any/ns/b/sa/one", true),
        (["new-td", "old-td"], "*-td/ns/b/sa/one", "third-td/ns/b/sa/one", true),
        (["new-td", "old"], "*-td/ns/b/sa/one", "old/ns/b/sa/one", true),
    ] {
        let mesh =
            Mesh { trust_domain: domains[0].to_owned(), aliases: vec![domains[1].to_owned()], ..Mesh::default() };
        let yaml = policy(&format!("{{rules: [{}]}}", source("principals", value)));
        let all = Policies { mesh: mesh.clone(), ..policies(&yaml) };
        let verdict = all.decide(&workload(Proxy::Sidecar), &by(&format!("spiffe://{name}")));
        assert_eq!(matches!(verdict, Verdict::Allowed(_)), expected, "{domains:?} {value} {name}");
    }
    let mesh = Mesh { trust_domain: "td".to_owned(), aliases: vec!["old".to_owned()], ..Mesh::default() };
    let all = Policies { mesh, ..policies(&policy(&format!("{{rules: [{}]}}", source("trustDomains", "td")))) };
    assert_eq!(told(&all.decide(&workload(Proxy::Sidecar), &by("spiffe://old/ns/b/sa/one"))), "allowed");
}
