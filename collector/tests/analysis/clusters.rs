//! Several k8s clusters: an address names only within one, and a k8s cluster that is absent is not known, never another one.

use std::collections::BTreeSet;

use hogusu_collector::analysis::agreement::AgreementState;
use hogusu_collector::analysis::completeness::measure;
use hogusu_collector::analysis::edge::Edge;
use hogusu_collector::analysis::findings::{Kind, find};
use hogusu_collector::analysis::join::Joined;
use hogusu_collector::label::Asked;
use hogusu_collector::ownership::Dispute;
use hogusu_collector::report::build::map;
use hogusu_collector::report::findings::text;
use hogusu_collector::report::table::{Options, draw};
use hogusu_collector::report::{Selection, graph};
use hogusu_model::Workload;
use hogusu_model::edge::End;

use crate::world::{FROM, Report, SECOND, World, principal, workload};

/// What a destination reports of a plaintext peer at an address.
fn from(address: &str, destination: &str, count: u64) -> Report {
    Report::destination("any/one", destination).plaintext().count(count, 5).with(|key| {
        key.peer.workload = Workload::default();
        key.peer.address = address.to_owned();
    })
}

/// Labels of the edges, and how much was counted on each.
fn shown(joined: &Joined) -> Vec<(String, u64)> {
    joined.edges.iter().map(|edge| (edge.label(), edge.main_report().unwrap().count())).collect()
}

fn is(found: &[(String, u64)], expected: &[(&str, u64)]) {
    let found: Vec<(&str, u64)> = found.iter().map(|(label, count)| (label.as_str(), *count)).collect();
    assert_eq!(found, expected);
}

/// Both sides report, and neither's metadata of the other has a k8s cluster.
fn unset(world: &mut World, source: &str, destination: &str, count: u64) {
    let nameless = |report: Report| report.count(count, 5).with(|key| key.peer.workload.cluster.clear());
    world.row(source, &nameless(Report::source(source, destination)));
    world.row(destination, &nameless(Report::destination(source, destination)));
}

#[test]
fn an_address_of_another_k8s_cluster_names_nobody() {
    let mut world = World::new();
    world.proxy("shop/orders", "10.0.1.9");
    world.proxy("c2/pay/payments", "10.0.1.5");
    world.row("shop/orders", &from("10.0.1.5", "shop/orders", 40));
    is(&shown(&world.join()), &[("10.0.1.5 -> shop/orders", 40)]);
}

#[test]
fn an_address_that_two_k8s_clusters_have_is_its_owners_in_the_reporters_own() {
    let mut world = World::new();
    for (name, address) in [
        ("shop/orders", "10.0.1.9"),
        ("c2/shop/orders", "10.0.1.9"),
        ("shop/web", "10.0.1.5"),
        ("c2/pay/payments", "10.0.1.5"),
    ] {
        world.proxy(name, address);
    }
    world.row("shop/orders", &from("10.0.1.5", "shop/orders", 40));
    world.row("c2/shop/orders", &from("10.0.1.5", "c2/shop/orders", 7));
    let joined = world.join();
    is(&shown(&joined), &[("shop/web -> c1/shop/orders", 40), ("pay/payments -> c2/shop/orders", 7)]);
    assert!(joined.disputed.is_empty(), "{:?}", joined.disputed);
}

#[test]
fn who_does_not_know_its_k8s_cluster_shares_addresses_with_the_only_one_and_among_several_with_nobody_who_knows() {
    let mut world = World::new();
    world.proxy("/shop/orders", "10.0.1.9");
    world.proxy("shop/web", "10.0.1.5");
    world.row("/shop/orders", &from("10.0.1.5", "/shop/orders", 40));
    is(&shown(&world.join()), &[("shop/web -> shop/orders", 40)]);
    world.proxy("c2/pay/payments", "10.0.1.7");
    is(&shown(&world.join()), &[("10.0.1.5 -> shop/orders", 40)]);
    world.proxy("/shop/cart", "10.0.1.6");
    world.row("/shop/orders", &from("10.0.1.6", "/shop/orders", 3));
    is(&shown(&world.join()), &[("shop/cart -> shop/orders", 3), ("10.0.1.5 -> shop/orders", 40)]);
}

#[test]
fn an_absent_k8s_cluster_of_a_peer_is_that_of_the_only_workload_of_its_name() {
    let mut world = World::of(&["shop/web", "shop/orders", "c2/pay/payments"]);
    unset(&mut world, "shop/web", "shop/orders", 50);
    let edge = world.edge();
    assert_eq!(edge.key.source, End::Workload(workload("shop/web")));
    assert_eq!(edge.key.destination, End::Workload(workload("shop/orders")));
    assert_eq!(edge.agreement.state, AgreementState::Agree, "{:?}", edge.agreement);
    let same = World::of(&["shop/web", "shop/orders"]).calls("shop/web", "shop/orders", 50, 5).edge();
    assert_eq!(edge.key.id(), same.key.id(), "the id is that of an edge whose metadata is complete");
}

#[test]
fn of_three_k8s_clusters_with_the_same_names_each_keeps_its_own_also_the_one_without_a_name() {
    let clusters = ["", "c1", "c2"];
    let mut world = World::new();
    for (number, cluster) in (1..).zip(clusters) {
        world.proxy(&format!("{cluster}/shop/web"), &format!("10.{number}.0.1"));
        world.proxy(&format!("{cluster}/shop/orders"), &format!("10.{number}.0.2"));
        unset(&mut world, &format!("{cluster}/shop/web"), &format!("{cluster}/shop/orders"), 10 * number);
    }
    let joined = world.join();
    let labels =
        [("shop/web -> shop/orders", 10), ("c1/shop/web -> c1/shop/orders", 20), ("c2/shop/web -> c2/shop/orders", 30)];
    is(&shown(&joined), &labels);
    let agree = |edge: &Edge| edge.agreement.state == AgreementState::Agree;
    assert!(
        joined.edges.iter().all(agree),
        "{:#?}",
        joined.edges.iter().map(|edge| &edge.agreement).collect::<Vec<_>>()
    );
}

#[test]
fn where_nobody_tells_which_of_several_it_is_none_is_chosen() {
    let mut world = World::of(&["shop/web", "shop/orders", "c2/shop/orders"]);
    let nameless = Report::source("shop/web", "shop/orders").count(10, 5).with(|key| key.peer.workload.cluster.clear());
    world.row("shop/web", &nameless);
    let edge = world.edge();
    assert_eq!(edge.key.destination, End::Workload(workload("/shop/orders")));
}

#[test]
fn a_workload_that_does_not_know_its_own_k8s_cluster_is_the_one_that_others_know() {
    let mut world = World::of(&["/shop/web", "shop/orders"]);
    world.row("/shop/web", &Report::source("shop/web", "shop/orders").count(20, 5));
    world.row("shop/orders", &Report::destination("shop/web", "shop/orders").count(20, 5));
    let edge = world.edge();
    assert_eq!(edge.key.source, End::Workload(workload("shop/web")));
    assert_eq!(edge.agreement.state, AgreementState::Agree, "{:?}", edge.agreement);
}

#[test]
fn namesakes_are_shown_with_their_k8s_cluster_everywhere_and_can_be_asked_for_by_it() {
    let mut world = World::of(&["shop/web", "shop/orders", "c2/shop/orders"]);
    world.calls("shop/web", "shop/orders", 200, 9).calls("shop/web", "c2/shop/orders", 100, 9);
    let plaintext = Report::destination("shop/web", "c2/shop/orders").plaintext().count(10, 9);
    world.row("c2/shop/orders", &plaintext);
    let whole = map(&world.attributed(), None, &Selection::default());
    let table = draw(&whole, Options { all: true, ..Options::default() });
    for text in [table.clone(), graph::dot(&whole), graph::mermaid(&whole)] {
        assert!(text.contains("shop/web") || text.contains("web"), "{text}");
    }
    assert!(table.contains("c1/shop/orders") && table.contains("c2/shop/orders"), "{table}");
    assert!(whole.findings.iter().any(|finding| finding.text.contains("shop/web -> c2/shop/orders")), "{table}");
    for drawing in [graph::dot(&whole), graph::mermaid(&whole)] {
        assert!(drawing.contains("\"orders (c1)\"") && drawing.contains("\"orders (c2)\""), "{drawing}");
    }
    let one = Selection { workload: Some(Asked::parse("c2/shop/orders").unwrap()), ..Selection::default() };
    let selected = map(&world.attributed(), None, &one);
    assert_eq!(selected.edges.len(), 1);
    assert_eq!(selected.edges[0].destination.end.label, "c2/shop/orders", "as on the whole map");
}

#[test]
fn a_claim_by_a_batch_steals_no_address_from_a_certificate() {
    let mut world = World::of(&["stock/inventory"]);
    world.proxy("bank/vault", "10.0.0.9");
    let certified = Report::destination("shop/web", "stock/inventory").count(10, 5).with(|key| {
        key.peer.workload = Workload::default();
        key.peer.address = "10.0.0.9".to_owned();
    });
    world.row("stock/inventory", &certified);
    let joined = world.join();
    assert_eq!(joined.edges[0].key.source, End::Address("10.0.0.9".to_owned()));
    let claimants = &joined.disputed[&("c1".to_owned(), "10.0.0.9".to_owned(), Dispute::OtherCertificate)];
    assert_eq!(claimants.iter().map(String::as_str).collect::<Vec<_>>(), ["bank/vault by its proxy"]);
}

#[test]
fn of_two_who_claim_an_address_the_certificate_tells_which_it_was_and_without_one_nobody_does() {
    let mut world = World::of(&["stock/inventory"]);
    world.proxy("shop/web", "10.0.0.9");
    world.proxy("bank/vault", "10.0.0.9");
    let by_address = |report: Report| {
        report.with(|key| (key.peer.workload, key.peer.address) = (Workload::default(), "10.0.0.9".to_owned()))
    };
    world.row("stock/inventory", &by_address(Report::destination("shop/web", "stock/inventory").count(10, 5)));
    world.row("stock/inventory", &from("10.0.0.9", "stock/inventory", 4));
    let joined = world.join();
    is(&shown(&joined), &[("shop/web -> stock/inventory", 10), ("10.0.0.9 -> stock/inventory", 4)]);
    assert_eq!(joined.disputed[&("c1".to_owned(), "10.0.0.9".to_owned(), Dispute::ChangedHands)].len(), 2);
}

#[test]
fn through_a_gateway_that_passes_tls_on_anybody_may_come() {
    let mut world = World::of(&["stock/inventory"]);
    world.proxy("istio-system/eastwest", "10.0.0.9").proxy.id = "router~10.0.0.9~eastwest-0.istio-system~x".to_owned();
    world.watched().pod("istio-system/eastwest", "10.0.0.9");
    let passed = Report::destination("c2/shop/web", "stock/inventory").count(10, 5).with(|key| {
        key.peer.workload = Workload::default();
        key.peer.address = "10.0.0.9".to_owned();
    });
    world.row("stock/inventory", &passed);
    let joined = world.join();
    assert_eq!(joined.edges[0].key.source, End::Address("10.0.0.9".to_owned()));
    assert!(joined.edges[0].source.principals.contains(&principal("shop/web")));
    assert!(joined.disputed.is_empty() && joined.edges[0].agreement.reasons.len() < 2, "{joined:#?}");
    let own = Report::destination("istio-system/eastwest", "stock/inventory").count(10, 5).with(|key| {
        key.peer.workload = Workload::default();
        key.peer.address = "10.0.0.9".to_owned();
    });
    world.row("stock/inventory", &own);
    is(&shown(&world.join()), &[("istio-system/eastwest -> stock/inventory", 10), ("10.0.0.9 -> stock/inventory", 10)]);
}

#[test]
fn a_batch_that_calls_a_workload_its_pod_does_not_rename_it() {
    let mut world = World::of(&["stock/inventory"]);
    world.row("stock/inventory", &Report::destination("legacy/cron", "stock/inventory").plaintext().count(60, 2));
    // It says that its pod has the other workload's name; one such pod is that of nobody who says so.
    world.proxy("legacy/evil", "10.0.0.66").proxy.pod = "cron".to_owned();
    is(&shown(&world.join()), &[("legacy/cron -> stock/inventory", 60)]);
    let mut contested = World::of(&["stock/inventory", "legacy/a"]);
    contested.proxy("legacy/a-b", "10.0.0.67").proxy.pod = "a-b-0".to_owned();
    contested.sender("legacy/a").proxy.pod = "a-b-0".to_owned();
    contested.row("stock/inventory", &Report::destination("legacy/a-b-0", "stock/inventory").plaintext().count(60, 2));
    is(&shown(&contested.join()), &[("legacy/a-b-0 -> stock/inventory", 60)]);
}

#[test]
fn a_workload_that_is_called_as_a_pod_of_another_k8s_cluster_hides_it_nowhere_else() {
    let mut world = World::of(&["stock/inventory", "legacy/cron-0", "c2/legacy/cron"]);
    world.row("legacy/cron-0", &Report::source("legacy/cron-0", "stock/inventory").count(1, 2));
    for (source, count) in [("c2/legacy/cron-0", 10), ("legacy/cron-0", 20), ("/legacy/cron-0", 30)] {
        let named = Report::destination(source, "stock/inventory").plaintext().count(count, 2);
        world.row("stock/inventory", &named);
    }
    let joined = world.join();
    let counted = |cluster: &str, name: &str| {
        let source = End::Workload(Workload { cluster: cluster.into(), namespace: "legacy".into(), name: name.into() });
        let edge = joined.edges.iter().find(|edge| edge.key.source == source);
        edge.and_then(|edge| edge.destination_report.as_ref()).map(hogusu_collector::analysis::edge::Side::count)
    };
    assert_eq!(counted("c2", "cron"), Some(10), "metadata calls it by its pod");
    assert_eq!(counted("c2", "cron-0"), None);
    assert_eq!(counted("c1", "cron-0"), Some(50), "which is the other one here, and where the k8s cluster is not said");
}

#[test]
fn an_address_that_is_disputed_in_two_k8s_clusters_is_two_disputes() {
    let mut world = World::of(&["stock/inventory", "c2/stock/inventory"]);
    for name in ["shop/web", "bank/vault", "c2/shop/cart", "c2/bank/till"] {
        world.proxy(name, "10.0.0.9");
    }
    for reporter in ["stock/inventory", "c2/stock/inventory"] {
        world.row(reporter, &from("10.0.0.9", "stock/inventory", 4));
    }
    let found = find(&world.join(), &measure(&world.period, None), &world.period);
    let disputes = found.into_iter().filter(|finding| finding.kind == Kind::AmbiguousAddress);
    let said: BTreeSet<String> = disputes.map(|finding| text(&finding, &[], world.period.now)).collect();
    for (cluster, named) in [
        ("c1", "bank/vault by its proxy and shop/web by its proxy"),
        ("c2", "bank/till by its proxy and shop/cart by its proxy"),
    ] {
        let start = format!("10.0.0.9 of k8s cluster {cluster} was that of {named} within one slot");
        assert!(said.iter().any(|one| one.starts_with(&start)), "{said:#?}");
    }
    assert_eq!(said.len(), 2);
}

#[test]
fn an_owner_of_long_ago_is_still_one_of_its_own_k8s_cluster_alone() {
    let mut world = World::of(&["stock/inventory"]);
    world.proxy("c2/legacy/cron", "10.0.0.2").last_end = FROM + 100 * SECOND;
    world.proxy("legacy/batch", "10.0.0.2").first_start = FROM + 108 * SECOND;
    world.at = FROM + 120 * SECOND;
    world.row("stock/inventory", &from("10.0.0.2", "stock/inventory", 10));
    let joined = world.join();
    is(&shown(&joined), &[("legacy/batch -> stock/inventory", 10)]);
    assert!(joined.disputed.is_empty(), "{:?}", joined.disputed);
}
