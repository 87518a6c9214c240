//! Gateways between networks: the port of one in between makes no second edge.

use hogusu_collector::analysis::agreement::AgreementState;
use hogusu_collector::analysis::edge::Edge;
use hogusu_model::{Protocol, Service};

use crate::world::{Report, World};

const SOURCE: &str = "shop/web";
const FAR: &str = "c2/shop/orders";

fn world() -> World {
    World::of(&[SOURCE, FAR])
}

/// What a source near or far reports of `shop/orders`, through this port.
fn through(source: &str, port: u16, service_port: u16, count: u64) -> Report {
    Report::source(source, FAR).count(count, 9).with(|key| {
        let host = "orders.shop.svc.cluster.local".to_owned();
        (key.port, key.service) = (port, Service { host, port: service_port });
    })
}

fn arrived(source: &str, port: u16, count: u64) -> Report {
    Report::destination(source, FAR).count(count, 8).with(|key| key.port = port)
}

fn ports(world: &World) -> Vec<(u16, AgreementState)> {
    let state = |edge: &Edge| (edge.key.port, edge.agreement.state);
    world.join().edges.iter().map(state).collect()
}

#[test]
fn both_sides_of_what_passed_a_gateway_meet_on_the_workloads_port() {
    // 15443 is Istio's; a load balancer before it may have any.
    for port in [15_443, 30_443] {
        let mut world = world();
        world.row(SOURCE, &through(SOURCE, port, 80, 50)).row(FAR, &arrived(SOURCE, 8_080, 50));
        assert_eq!(ports(&world), [(8_080, AgreementState::Agree)], "through {port}");
    }
}

#[test]
fn of_a_workload_with_two_ports_each_is_found_by_its_protocol() {
    let mut world = world();
    let grpc = |report: Report| report.with(|key| key.protocol = Protocol::Grpc);
    world.row(SOURCE, &through(SOURCE, 15_443, 80, 50)).row(FAR, &arrived(SOURCE, 8_080, 50));
    world.row(SOURCE, &grpc(through(SOURCE, 15_443, 90, 20))).row(FAR, &grpc(arrived(SOURCE, 9_090, 20)));
    let mut found = ports(&world);
    found.sort();
    assert_eq!(found, [(8_080, AgreementState::Agree), (9_090, AgreementState::Agree)]);
}

#[test]
fn of_two_ports_of_one_protocol_each_is_found_by_its_service_where_somebody_near_by_asks_for_it_too() {
    let mut world = World::of(&[SOURCE, FAR, "c2/shop/cart"]);
    for (service_port, port, count) in [(80, 8_080, 50), (81, 8_081, 20)] {
        world.row(SOURCE, &through(SOURCE, 15_443, service_port, count)).row(FAR, &arrived(SOURCE, port, count));
        world.row("c2/shop/cart", &through("c2/shop/cart", port, service_port, 5));
        world.row(FAR, &arrived("c2/shop/cart", port, 5));
    }
    let mut found = ports(&world);
    found.sort();
    let both = [(8_080, AgreementState::Agree), (8_081, AgreementState::Agree)];
    assert_eq!(found, [both[0], both[0], both[1], both[1]]);
}

#[test]
fn where_nobody_tells_the_port_it_stays_the_gateways() {
    let mut world = world();
    world.row(SOURCE, &through(SOURCE, 15_443, 80, 50));
    assert_eq!(ports(&world), [(15_443, AgreementState::OneReporter)]);
}

#[test]
fn without_a_gateway_in_between_another_port_is_another_edge() {
    let mut world = World::of(&[SOURCE, "shop/orders"]);
    let near = |report: Report, port: u16| report.count(10, 5).with(|key| key.port = port);
    world.row(SOURCE, &near(Report::source(SOURCE, "shop/orders"), 8_081));
    world.row("shop/orders", &near(Report::destination(SOURCE, "shop/orders"), 8_080));
    assert_eq!(world.join().edges.len(), 2, "in one k8s cluster a source sees the port that it sends to");
    let mut flat = self::world();
    flat.row(SOURCE, &through(SOURCE, 8_080, 80, 50)).row(FAR, &arrived(SOURCE, 8_080, 50));
    flat.row(SOURCE, &through(SOURCE, 8_081, 81, 20)).row(FAR, &arrived(SOURCE, 8_081, 20));
    assert_eq!(flat.join().edges.len(), 2, "nor where k8s clusters share a network");
}

#[test]
fn a_gateway_behind_which_nobody_is_named_is_an_edge_to_the_service() {
    let mut world = world();
    for address in ["198.51.100.1", "198.51.100.2"] {
        let unnamed = through(SOURCE, 15_443, 80, 10).with(|key| {
            key.peer.workload = hogusu_model::Workload::default();
            key.peer.address = address.to_owned();
        });
        world.row(SOURCE, &unnamed);
    }
    let edge = world.edge();
    assert_eq!(edge.label(), "shop/web -> orders.shop.svc.cluster.local:80");
    assert_eq!(edge.addresses.kept.len(), 2);
}
