//! Hosts outside the mesh are one destination for each port, whichever of their addresses answered; and shown by name.

use hogusu_collector::analysis::agreement::AgreementState;
use hogusu_collector::analysis::edge::Edge;
use hogusu_collector::limits;
use hogusu_collector::report::build::map;
use hogusu_collector::report::table::{Options, draw};
use hogusu_collector::report::{Selection, graph};
use hogusu_model::edge::{EdgeKey, End};
use hogusu_model::{AnsweredBy, Outcome, Peer, Protocol, Security, Service, TlsVersion, Workload};

use crate::world::{Report, World, workload};

const HOST: &str = "s3.example.com";

/// What a source reports of a host's address.
fn to(host: &str, service_port: u16, address: &str, port: u16, count: u64) -> Report {
    Report::source("shop/web", "any/one").plaintext().count(count, 5).with(|key| {
        key.peer = Peer { address: address.to_owned(), ..Peer::default() };
        (key.service, key.port) = (Service { host: host.to_owned(), port: service_port }, port);
    })
}

fn labels(edges: &[Edge]) -> Vec<String> {
    edges.iter().map(Edge::label).collect()
}

#[test]
fn a_host_of_six_addresses_is_one_edge_with_its_addresses_inside() {
    let mut world = World::of(&["shop/web"]);
    for number in 1..=6 {
        world.row("shop/web", &to(HOST, 80, &format!("192.0.2.{number}"), 18_080, 20));
    }
    let unreachable = to(HOST, 80, "", 0, 3).ended(Outcome::NoHealthyUpstream, AnsweredBy::LocalProxy);
    world.row("shop/web", &unreachable);
    let edge = world.edge();
    assert_eq!((&edge.key.destination, edge.key.port), (&End::Service(HOST.to_owned()), 80));
    assert_eq!(edge.main_report().unwrap().count(), 123, "what reached no address asked for the same host");
    assert_eq!((edge.addresses.kept.len(), edge.addresses.are_more), (6, false));
    assert_eq!(edge.agreement.state, AgreementState::OneReporter);
    assert_eq!(edge.agreement.reasons, ["the destination is no workload that reports"]);
    let key = EdgeKey {
        source: End::Workload(workload("shop/web")),
        destination: End::Service(HOST.to_owned()),
        protocol: Protocol::Http,
        port: 80,
    };
    assert_eq!(edge.key.id(), key.id(), "as it was for what found no upstream");
}

#[test]
fn its_name_is_in_the_table_the_findings_and_both_drawings() {
    let mut world = World::of(&["shop/web"]);
    world.row("shop/web", &to(HOST, 80, "192.0.2.1", 18_080, 20));
    let map = map(&world.attributed(), None, &Selection::default());
    assert_eq!(map.findings[0].text, "shop/web -> s3.example.com:80 is plaintext: 20 requests in this period");
    for text in [draw(&map, Options::default()), graph::dot(&map), graph::mermaid(&map)] {
        assert!(text.contains("s3.example.com:80") && !text.contains("192.0.2.1"), "{text}");
    }
    let destination = &map.edges[0].destination;
    assert_eq!((destination.end.kind.as_str(), destination.end.name.as_str()), ("service", HOST));
    assert_eq!((&destination.addresses[..], destination.has_more_addresses), (&["192.0.2.1".to_owned()][..], false));
}

#[test]
fn a_host_over_tls_and_over_tcp_is_one_edge_for_each_protocol_and_port() {
    let mut world = World::of(&["shop/web"]);
    for number in 1..=3 {
        let address = format!("192.0.2.{number}");
        let tls = to(HOST, 443, &address, 443, 10)
            .with(|key| (key.security, key.tls_version) = (Security::Tls, TlsVersion::V1_3));
        world.row("shop/web", &tls);
        world.row("shop/web", &to(HOST, 443, &address, 443, 10).tcp());
        world.row("shop/web", &to(HOST, 9_000, &address, 9_000, 10).tcp());
    }
    let found = labels(&world.join().edges);
    let expected = ["s3.example.com:443", "s3.example.com:443", "s3.example.com:9000"];
    assert_eq!(found, expected.map(|host| format!("shop/web -> {host}")));
}

#[test]
fn addresses_of_a_host_are_bounded_and_the_same_ones_stay_in_whatever_order_they_come() {
    let all: Vec<String> = (0..limits::HOST_ADDRESSES + 9).map(|number| format!("192.0.2.{number:03}")).collect();
    let kept = |addresses: &mut dyn Iterator<Item = &String>| {
        let mut world = World::of(&["shop/web"]);
        for address in addresses {
            world.row("shop/web", &to(HOST, 80, address, 80, 1));
        }
        world.edge().addresses
    };
    let forwards = kept(&mut all.iter());
    assert_eq!((forwards.kept.len(), forwards.are_more), (limits::HOST_ADDRESSES, true));
    assert_eq!(kept(&mut all.iter().rev()), forwards);
}

#[test]
fn a_name_that_istio_gives_to_a_hosts_endpoint_is_no_workload() {
    let mut world = World::of(&["shop/web"]);
    for number in 0..3 {
        let name = format!("api-{number}");
        let named = to("api.example.com", 80, "", 8_080, 5).with(|key| {
            key.peer.workload = Workload { cluster: "c1".to_owned(), namespace: "shop".to_owned(), name };
        });
        world.row("shop/web", &named);
    }
    assert_eq!(world.edge().label(), "shop/web -> api.example.com:80");
    // One that reports, or has a certificate, is a workload by whatever host it was asked for.
    for certificate in ["", "spiffe://cluster.local/ns/shop/sa/machine"] {
        let mut world = World::of(if certificate.is_empty() { &["shop/web", "shop/machine"] } else { &["shop/web"] });
        let named = to("api.example.com", 80, "", 8_080, 5).with(|key| {
            (key.peer.workload, key.peer.principal) = (workload("shop/machine"), certificate.to_owned());
        });
        world.row("shop/web", &named);
        assert_eq!(world.edge().label(), "shop/web -> shop/machine");
    }
}

#[test]
fn what_is_no_host_outside_stays_its_address() {
    for (host, port) in [("PassthroughCluster", 0), ("backend", 0), ("redis.data.svc.cluster.local", 6_379), ("", 0)] {
        let mut world = World::of(&["shop/web"]);
        world.row("shop/web", &to(host, port, "192.0.2.1", 6_379, 5));
        world.row("shop/web", &to(host, port, "2001:db8::1", 6_379, 5));
        let expected = ["192.0.2.1:6379", "[2001:db8::1]:6379"].map(|address| format!("shop/web -> {address}"));
        assert_eq!(labels(&world.join().edges), expected, "{host}");
    }
}

#[test]
fn an_address_of_a_host_that_a_workload_has_is_that_workload() {
    let mut world = World::of(&["shop/web", "shop/machine"]);
    world.row("shop/web", &to("machine.example.com", 80, "10.0.0.2", 8_080, 5));
    assert_eq!(world.edge().label(), "shop/web -> shop/machine");
}
