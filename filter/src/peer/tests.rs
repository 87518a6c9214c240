//! Who is at the other end, as far as this proxy can assert it, and what it must not assert.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_config::Trust;
use hogusu_model::{Peer, Security, Service, TlsVersion, Workload};

use super::{Upstream, downstream, service_of, upstream_edge};
use crate::edges::Edge;
use crate::fake::{Exchange, FakeHost};
use crate::property as path;

fn host(shown: Exchange) -> FakeHost {
    FakeHost::showing(shown)
}

fn upstream(exchange: Exchange) -> Edge {
    upstream_at(exchange, "127.1.0.2:8080", true)
}

fn upstream_at(exchange: Exchange, address: &str, is_connected: bool) -> Edge {
    let envoy_cluster = "outbound|80||orders.shop.svc.cluster.local";
    upstream_edge(&host(exchange), Upstream { envoy_cluster, address, is_connected, is_verified: true })
}

fn downstream(exchange: Exchange) -> Edge {
    downstream::edge(&host(exchange), Trust::default()).0
}

fn workload(name: &str) -> Workload {
    Workload { cluster: "c1".into(), namespace: "shop".into(), name: name.into() }
}

const OBJECT: [&str; 5] = [
    "filter_state\0upstream_peer_obj\0workload",
    "filter_state\0upstream_peer_obj\0namespace",
    "filter_state\0upstream_peer_obj\0cluster",
    "filter_state\0upstream_peer_obj\0service",
    "filter_state\0upstream_peer_obj\0revision",
];
const OLDER: [&str; 5] = [
    "filter_state\0downstream_peer\0workload",
    "filter_state\0downstream_peer\0namespace",
    "filter_state\0downstream_peer\0cluster",
    "filter_state\0downstream_peer\0service",
    "filter_state\0downstream_peer\0revision",
];

fn with_peer(exchange: Exchange, keys: [&'static str; 5], name: &str) -> Exchange {
    keys.into_iter()
        .zip([name, "shop", "c1", "canonical", "v7"])
        .fold(exchange, |exchange, (key, value)| exchange.text(key, value))
}

#[test]
fn the_source_asserts_tls_but_never_mutual_tls() {
    let edge = upstream(Exchange::outbound());
    assert_eq!((edge.security, edge.tls_version), (Security::Tls, TlsVersion::V1_3));
    assert_eq!(edge.peer.principal, "spiffe://cluster.local/ns/shop/sa/orders");
    assert_eq!(edge.own_principal, "spiffe://cluster.local/ns/shop/sa/checkout");
    let plain = upstream(Exchange::outbound().plaintext());
    assert_eq!(
        (plain.security, plain.tls_version, plain.own_principal.as_str()),
        (Security::Plaintext, TlsVersion::None, "")
    );
}

#[test]
fn into_a_tunnel_nothing_is_said_of_security_and_the_port_is_the_one_asked_for_inside() {
    let through = |address: &str, target: &str| {
        let tunnelled =
            Exchange::outbound().plaintext().without(path::ENDPOINT_WORKLOAD).text(path::TUNNEL_TARGET, target);
        let edge = upstream_at(tunnelled, address, true);
        assert_eq!((edge.security, edge.tls_version), (Security::Unknown, TlsVersion::None));
        (edge.peer.address, edge.port)
    };
    let waypoint = "envoy://connect_originate/10.244.0.14:15008";
    assert_eq!(through(waypoint, "10.96.1.12:8080"), ("10.244.0.14".to_owned(), 8080));
    assert_eq!(through("envoy://connect_originate/10.244.0.12:8080", ""), ("10.244.0.12".to_owned(), 8080));
    assert_eq!(through("envoy://other", ""), (String::new(), 0));
}

#[test]
fn without_a_connection_nothing_is_said_of_security() {
    let edge = upstream_at(Exchange::outbound().no_connection(), "127.1.0.2:8080", false);
    assert_eq!((edge.security, edge.tls_version), (Security::Unknown, TlsVersion::None));
}

#[test]
fn the_destination_asserts_mutual_tls_tls_and_plaintext() {
    let security = |exchange| downstream(exchange).security;
    assert_eq!(security(Exchange::inbound()), Security::MutualTls);
    assert_eq!(security(Exchange::inbound().bytes(path::CONNECTION_MTLS, &[0])), Security::Tls);
    assert_eq!(security(Exchange::inbound().without(path::CONNECTION_MTLS)), Security::Tls);
    assert_eq!(security(Exchange::inbound().plaintext()), Security::Plaintext);
    assert_eq!(downstream(Exchange::inbound()).port, 8080);
}

#[test]
fn a_waypoint_asserts_mutual_tls_by_the_principal_that_its_outer_listener_hands_on() {
    let client = "spiffe://cluster.local/ns/shop/sa/client";
    let inner = Exchange::inbound().plaintext().text(path::HANDED_PEER_PRINCIPAL, client);
    let edge = downstream(inner.text(path::HANDED_LOCAL_PRINCIPAL, "spiffe://cluster.local/ns/shop/sa/waypoint"));
    assert_eq!((edge.security, edge.tls_version), (Security::MutualTls, TlsVersion::None));
    assert_eq!(edge.peer.principal, client);
    assert_eq!(edge.own_principal, "spiffe://cluster.local/ns/shop/sa/waypoint");
    // Where the connection itself has TLS, its own certificate is the word.
    let own = downstream(Exchange::inbound().text(path::HANDED_PEER_PRINCIPAL, client));
    assert_eq!(own.peer.principal, "spiffe://cluster.local/ns/shop/sa/checkout");
}

#[test]
fn tls_versions_without_a_word_are_said_to_be_other() {
    let version = |text: &str| upstream(Exchange::outbound().text(path::UPSTREAM_TLS_VERSION, text));
    assert_eq!(version("TLSv1.2").tls_version, TlsVersion::V1_2);
    assert_eq!((version("TLSv9").tls_version, version("TLSv9").security), (TlsVersion::Other, Security::Tls));
}

#[test]
fn istios_peer_comes_first_then_endpoint_metadata_then_the_address() {
    let istio = upstream(with_peer(Exchange::outbound(), OBJECT, "billing"));
    assert_eq!((istio.peer.workload, istio.peer.address.as_str()), (workload("billing"), ""));
    assert_eq!((istio.peer.canonical_service.as_str(), istio.peer.canonical_revision.as_str()), ("canonical", "v7"));
    let endpoint = upstream(Exchange::outbound());
    assert_eq!((endpoint.peer.workload, endpoint.peer.address.as_str()), (workload("orders"), ""));
    assert_eq!((endpoint.peer.canonical_service.as_str(), endpoint.peer.canonical_revision.as_str()), ("orders", "v1"));
    let address = upstream(Exchange::outbound().without(path::ENDPOINT_WORKLOAD)).peer;
    assert_eq!((address.workload.is_empty(), address.address.as_str()), (true, "127.1.0.2"));
}

#[test]
fn the_older_peer_object_is_read_where_there_is_no_newer_one() {
    let edge = downstream(with_peer(Exchange::inbound(), OLDER, "checkout"));
    assert_eq!((edge.peer.workload, edge.peer.address.as_str()), (workload("checkout"), ""));
}

#[test]
fn an_address_without_a_port_was_named_by_a_header_and_names_nobody() {
    let seen = |address: &str| {
        let (edge, is_in_doubt) =
            downstream::edge(&host(Exchange::inbound().text(path::SOURCE_ADDRESS, address)), Trust::default());
        (edge.peer.address, is_in_doubt)
    };
    assert_eq!(seen("10.0.0.66:0"), (String::new(), true));
    assert_eq!(seen("[2001:db8::9]:0"), (String::new(), true));
    assert_eq!(seen("10.0.0.66:40000"), ("10.0.0.66".to_owned(), false));
    assert_eq!(seen("[2001:db8::9]:40000"), ("2001:db8::9".to_owned(), false));
    assert_eq!(seen("[::ffff:10.0.0.66]:40000"), ("10.0.0.66".to_owned(), false), "one address, one name");
    assert_eq!(seen("/run/secret.sock"), (String::new(), false));
    let claimed = downstream(Exchange::inbound().text(path::SOURCE_ADDRESS, "10.0.0.66:0"));
    assert_eq!(claimed.peer.principal, "spiffe://cluster.local/ns/shop/sa/checkout");
}

#[test]
fn what_is_said_not_to_be_trusted_asserts_nothing() {
    let trust = |client_certificates, source_addresses| {
        let (edge, is_in_doubt) = downstream::edge(
            &host(Exchange::inbound()),
            Trust { client_certificates, source_addresses, ..Trust::default() },
        );
        (edge.security, edge.peer.principal, edge.peer.address, is_in_doubt)
    };
    let principal = "spiffe://cluster.local/ns/shop/sa/checkout".to_owned();
    assert_eq!(trust(true, false), (Security::MutualTls, principal, String::new(), true));
    assert_eq!(trust(false, true), (Security::Tls, String::new(), "127.1.0.1".to_owned(), false));
}

#[test]
fn istios_word_for_no_peer_is_no_workload() {
    let edge = downstream(with_peer(Exchange::inbound(), OLDER, "peer_not_found"));
    assert!(edge.peer.workload.is_empty());
    assert_eq!(edge.peer.address, "127.1.0.1");
}

#[test]
fn endpoint_metadata_may_leave_parts_out() {
    for (metadata, expected) in [
        ("orders;shop;orders;;c1", ("orders", "shop", "c1")),
        ("orders;shop", ("orders", "shop", "")),
        ("orders", ("orders", "", "")),
    ] {
        let found = upstream(Exchange::outbound().text(path::ENDPOINT_WORKLOAD, metadata)).peer.workload;
        assert_eq!((found.name.as_str(), found.namespace.as_str(), found.cluster.as_str()), expected, "{metadata}");
    }
    assert_eq!(upstream(Exchange::outbound().text(path::ENDPOINT_WORKLOAD, ";;;;")).peer.address, "127.1.0.2");
}

#[test]
fn without_any_upstream_there_is_a_service_and_no_peer() {
    let edge = upstream_at(with_peer(Exchange::outbound().no_upstream(), OBJECT, "stale"), "", false);
    assert_eq!(edge.peer, Peer::default());
    assert_eq!((edge.service.host.as_str(), edge.port), ("orders.shop.svc.cluster.local", 0));
}

#[test]
fn the_service_is_named_by_metadata_then_by_the_envoy_cluster() {
    let service = |cluster: &str, host: &str| service_of(cluster, host);
    let named = |host: &str, port| Service { host: host.into(), port };
    assert_eq!(service("outbound|80||a.b", ""), named("a.b", 80));
    assert_eq!(service("outbound|80|v1|a.b", ""), named("a.b", 80));
    assert_eq!(service("outbound|80||a.b", "real.host"), named("real.host", 80));
    assert_eq!(service("outbound|x||a.b", ""), named("a.b", 0));
    assert_eq!(service("BlackHoleCluster", ""), named("BlackHoleCluster", 0));
    assert_eq!(service("outbound|80", ""), named("outbound|80", 0));
    assert_eq!(service("", ""), named("", 0));
}

#[test]
fn long_names_are_bounded_and_two_that_begin_alike_stay_two() {
    let principal = |text: &str| upstream(Exchange::outbound().text(path::UPSTREAM_PEER_SAN, text)).peer.principal;
    let long = "\u{e9}".repeat(400);
    let (one, other) = (principal(&format!("{long}1")), principal(&format!("{long}2")));
    assert!(one != other && one.len() <= 256 && other.len() <= 256, "{one} {other}");
    assert_eq!(one.split_once('~').map(|(kept, _)| kept), other.split_once('~').map(|(kept, _)| kept));
    assert_eq!(principal(&format!("{long}1")), one, "the same name everywhere");
    assert_eq!(one, "\u{e9}".repeat(119) + "~1318533ac96cdde7", "and in every version");
    assert_eq!(principal(&"a".repeat(256)), "a".repeat(256));
    assert_eq!(upstream(Exchange::outbound().bytes(path::UPSTREAM_PEER_SAN, &[0xff, 0xfe])).peer.principal, "");
    // Of a service the host is bounded, not the name of the Envoy cluster that it stands in.
    let host = format!("{}.shop.svc.cluster.local", "a".repeat(240));
    assert_eq!(service_of(&format!("outbound|80||{host}"), ""), service_of(&format!("outbound|80|v1|{host}"), ""));
}

#[test]
fn addresses_of_both_families_are_read_and_paths_of_sockets_are_none() {
    let read = |text: &str| path::ip_and_port(text).map(|(ip, port)| (ip.to_string(), port));
    let is = |ip: &str, port| Some((ip.to_owned(), port));
    assert_eq!(read("1.2.3.4:80"), is("1.2.3.4", 80));
    assert_eq!(read("[::1]:80"), is("::1", 80));
    assert_eq!(read("fd00::8080"), is("fd00::8080", 0), "without brackets all of it is the address");
    assert_eq!(read("[fe80::1%2]:80"), is("fe80::1", 80));
    for none in ["/var/run/a.sock", "@abstract", "envoy://internal:80", "host:80", "1.2.3.4:x", ""] {
        assert_eq!(read(none), None, "{none}");
    }
}

#[test]
fn the_path_of_a_unix_socket_stays_in_the_proxy() {
    let edge = upstream_at(Exchange::outbound().plaintext().without(path::ENDPOINT_WORKLOAD), "/run/secret.sock", true);
    assert_eq!((edge.security, edge.peer, edge.port), (Security::Plaintext, Peer::default(), 0));
    assert_eq!(edge.service.host, "orders.shop.svc.cluster.local");
}

#[test]
fn a_server_that_nobody_verified_is_nobody() {
    let upstream = Upstream { envoy_cluster: "c", address: "127.1.0.2:8080", is_connected: true, is_verified: false };
    let edge = upstream_edge(&host(Exchange::outbound()), upstream);
    assert_eq!((edge.security, edge.peer.principal.as_str(), edge.own_principal.as_str()), (Security::Unknown, "", ""));
}

#[test]
fn who_states_its_own_address_names_no_port() {
    let trust = Trust { source_addresses: false, ..Trust::default() };
    assert_ne!(downstream(Exchange::inbound()).port, 0);
    assert_eq!(downstream::edge(&host(Exchange::inbound()), trust).0.port, 0);
}
