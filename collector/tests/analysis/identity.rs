//! Who an end is: metadata, then ownership of the address, then nobody. Never a guess.

use hogusu_collector::analysis::agreement::AgreementState;
use hogusu_collector::ownership::Dispute;
use hogusu_model::edge::End;

use crate::world::{FROM, Report, SECOND, TO, World, workload};

fn by_address(address: &str) -> Report {
    Report::source("shop/checkout", "stock/inventory").count(10, 5).with(|key| {
        key.peer.workload = hogusu_model::Workload::default();
        key.peer.principal.clear();
        key.peer.address = address.to_owned();
    })
}

#[test]
fn metadata_that_names_the_peer_wins_over_its_address() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    let row = Report::source("shop/checkout", "stock/inventory")
        .count(1, 5)
        .with(|key| key.peer.address = "10.0.0.1".to_owned());
    world.row("shop/checkout", &row);
    assert_eq!(world.edge().key.destination, End::Workload(workload("stock/inventory")));
}

#[test]
fn an_address_resolves_to_the_workload_that_owned_it_in_the_period() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.row("shop/checkout", &by_address("10.0.0.2"));
    assert_eq!(world.edge().key.destination, End::Workload(workload("stock/inventory")));
}

#[test]
fn an_ipv4_address_written_as_ipv6_is_the_same_address() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.row("shop/checkout", &by_address("::ffff:10.0.0.2"));
    assert_eq!(world.edge().key.destination, End::Workload(workload("stock/inventory")));
}

#[test]
fn an_address_that_was_owned_only_before_stays_an_address() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    let sender = world.sender("stock/inventory");
    // Two flush intervals after its last batch the address is nobody's.
    (sender.first_start, sender.last_end) = (FROM - 100 * SECOND, FROM - 10 * SECOND);
    world.row("shop/checkout", &by_address("10.0.0.2"));
    assert_eq!(world.edge().key.destination, End::Address("10.0.0.2".to_owned()));
    world.sender("stock/inventory").last_end = FROM - 9 * SECOND;
    assert_eq!(world.edge().key.destination, End::Workload(workload("stock/inventory")));
}

#[test]
fn an_address_that_changes_hands_is_that_of_its_owner_at_the_time() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.sender("stock/inventory").last_end = FROM + 100 * SECOND;
    world.proxy("stock/pricing", "10.0.0.2").first_start = FROM + 200 * SECOND;
    for after in [0, 90, 210, 290] {
        world.at = FROM + after * SECOND;
        world.row("shop/checkout", &by_address("10.0.0.2"));
    }
    let joined = world.join();
    let counted: Vec<_> = joined.edges.iter().map(|edge| (edge.label(), edge.main_report().unwrap().count())).collect();
    let both = ["shop/checkout -> stock/inventory", "shop/checkout -> stock/pricing"];
    assert_eq!(counted, both.map(|label| (label.to_owned(), 20)));
    assert!(joined.disputed.is_empty(), "{:?}", joined.disputed);
}

#[test]
fn what_was_counted_while_an_address_changed_hands_is_left_unresolved_and_reported() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.sender("stock/inventory").last_end = FROM + 100 * SECOND;
    world.proxy("stock/pricing", "10.0.0.2").first_start = FROM + 108 * SECOND;
    world.at = FROM + 100 * SECOND;
    world.row("shop/checkout", &by_address("10.0.0.2"));
    let joined = world.join();
    assert_eq!(joined.edges[0].key.destination, End::Address("10.0.0.2".to_owned()));
    let claimants: Vec<&str> = joined.disputed[&("c1".to_owned(), "10.0.0.2".to_owned(), Dispute::ChangedHands)]
        .iter()
        .map(String::as_str)
        .collect();
    assert_eq!(claimants, ["stock/inventory by its proxy", "stock/pricing by its proxy"]);
    assert_eq!(TO - FROM, 300 * SECOND);
}

#[test]
fn a_principal_alone_resolves_nobody() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    let row = Report::destination("shop/checkout", "stock/inventory").count(7, 5);
    world.row("stock/inventory", &row.with(|key| key.peer.workload = hogusu_model::Workload::default()));
    let edge = world.edge();
    assert_eq!(edge.key.source, End::Unknown);
    assert_eq!(edge.agreement.state, AgreementState::OneReporter);
}

#[test]
fn a_certificate_of_another_account_than_the_workload_states_is_a_disagreement() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    let stranger = "spiffe://cluster.local/ns/shop/sa/stranger".to_owned();
    let row = Report::destination("shop/checkout", "stock/inventory").count(7, 5);
    world.row("stock/inventory", &row.with(|key| key.peer.principal = stranger));
    let edge = world.edge();
    assert_eq!(edge.agreement.state, AgreementState::Disagree);
    let why = "shop/checkout presented spiffe://cluster.local/ns/shop/sa/stranger, a certificate of service account stranger; \
               its proxy states checkout";
    assert_eq!(edge.agreement.reasons[0], why);
}

#[test]
fn a_certificate_of_another_namespace_is_a_disagreement() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    let foreign = "spiffe://cluster.local/ns/legacy/sa/checkout".to_owned();
    let row = Report::destination("shop/checkout", "stock/inventory").count(7, 5);
    world.row("stock/inventory", &row.with(|key| key.peer.principal = foreign));
    assert_eq!(world.edge().agreement.state, AgreementState::Disagree);
}

#[test]
fn an_ipv6_address_with_a_port_is_written_in_brackets() {
    let mut world = World::of(&["shop/checkout"]);
    let report = by_address("2001:db8::9").with(|key| key.port = 443);
    world.row("shop/checkout", &report);
    assert_eq!(world.edge().label(), "shop/checkout -> [2001:db8::9]:443");
}
