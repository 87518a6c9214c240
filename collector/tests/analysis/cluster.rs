//! Ends that only the API server can name: pods without a proxy, gateways behind a header, addresses that changed hands.

use std::collections::HashSet;

use hogusu_collector::analysis::agreement::AgreementState;
use hogusu_collector::analysis::completeness::measure;
use hogusu_collector::analysis::findings::{Kind, find};
use hogusu_collector::analysis::identity::NamedBy;
use hogusu_collector::kubernetes::pod::Pod;
use hogusu_collector::ownership::Dispute;
use hogusu_collector::report::findings::text;
use hogusu_model::Workload;
use hogusu_model::edge::End;

use crate::world::{FROM, Report, SECOND, World, pod, principal, workload};

/// What `stock/inventory` reports of a plaintext peer at an address.
fn plaintext_from(address: &str) -> Report {
    Report::destination("any/one", "stock/inventory").plaintext().count(10, 5).with(|key| {
        key.peer.workload = Workload::default();
        key.peer.address = address.to_owned();
    })
}

/// What `stock/inventory` reports of a peer that it knows by its certificate alone.
fn certified_as(name: &str) -> Report {
    let report = Report::destination("any/one", "stock/inventory").count(10, 4);
    report.with(|key| (key.peer.workload, key.peer.principal) = (Workload::default(), principal(name)))
}

#[test]
fn a_pod_without_a_proxy_is_named_by_kubernetes_with_its_account_and_zone() {
    let mut world = World::of(&["stock/inventory"]);
    world.watched().pod("legacy/cron", "10.0.0.9").row("stock/inventory", &plaintext_from("10.0.0.9"));
    let edge = world.edge();
    assert_eq!(edge.key.source, End::Workload(workload("legacy/cron")));
    assert_eq!(*edge.source.named_by, [NamedBy::AddressInKubernetes]);
    assert_eq!(*edge.source.service_accounts, ["cron".to_owned()]);
    assert_eq!(*edge.source.zones, ["z1".to_owned()]);
    assert_eq!(*edge.destination.named_by, [NamedBy::Itself]);
}

#[test]
fn an_address_that_proxy_and_api_server_name_alike_is_known_both_ways() {
    let mut world = World::of(&["stock/inventory", "legacy/cron"]);
    world.watched().pod("legacy/cron", "10.0.0.2").row("stock/inventory", &plaintext_from("10.0.0.2"));
    assert_eq!(*world.edge().source.named_by, [NamedBy::AddressOfProxy, NamedBy::AddressInKubernetes]);
}

#[test]
fn an_address_is_its_pods_whatever_a_proxy_says_and_that_is_reported() {
    let mut world = World::of(&["stock/inventory", "legacy/cron"]);
    world.watched().pod("legacy/batch", "10.0.0.2").row("stock/inventory", &plaintext_from("10.0.0.2"));
    let joined = world.join();
    assert_eq!(joined.edges[0].key.source, End::Workload(workload("legacy/batch")));
    assert_eq!(*joined.edges[0].source.named_by, [NamedBy::AddressInKubernetes]);
    let claimants = &joined.disputed[&("c1".to_owned(), "10.0.0.2".to_owned(), Dispute::Contradiction)];
    let expected = ["legacy/batch by Kubernetes", "legacy/cron by its proxy"];
    assert_eq!(claimants.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn an_address_is_that_of_the_pod_that_had_it_then_even_while_the_last_proxy_is_still_believed() {
    let mut world = World::of(&["stock/inventory", "legacy/cron"]);
    // The proxy's own word would last for two flush intervals beyond its end.
    world.sender("legacy/cron").last_end = FROM + 99 * SECOND;
    world.watched().pod("legacy/cron", "10.0.0.2");
    world.record.history.watched(FROM + 99 * SECOND);
    world.record.history.gone(&pod("legacy/cron", "10.0.0.2").uid, FROM + 99 * SECOND);
    world.record.history.seen(pod("legacy/batch", "10.0.0.2"), FROM + 105 * SECOND, FROM + 106 * SECOND);
    for (after, source) in [
        (80, End::Workload(workload("legacy/cron"))),
        (90, End::Workload(workload("legacy/cron"))),
        (100, End::Workload(workload("legacy/batch"))),
        (110, End::Workload(workload("legacy/batch"))),
    ] {
        let mut world = world.clone();
        world.at = FROM + after * SECOND;
        world.row("stock/inventory", &plaintext_from("10.0.0.2"));
        assert_eq!(world.edge().key.source, source, "{after} s after the start");
    }
}

#[test]
fn within_reach_of_a_change_nobody_is_named() {
    let mut world = World::of(&["stock/inventory"]);
    world.watched().pod("legacy/cron", "10.0.0.2");
    world.record.history.watched(FROM + 98 * SECOND);
    world.record.history.gone(&pod("legacy/cron", "10.0.0.2").uid, FROM + 98 * SECOND);
    // A batch that began before 100 s may reach to 105 s: then the address is the next pod's already.
    world.record.history.seen(pod("legacy/batch", "10.0.0.2"), FROM + 103 * SECOND, FROM + 104 * SECOND);
    world.at = FROM + 90 * SECOND;
    world.row("stock/inventory", &plaintext_from("10.0.0.2"));
    let joined = world.join();
    assert_eq!(joined.edges[0].key.source, End::Address("10.0.0.2".to_owned()));
    let claimants = &joined.disputed[&("c1".to_owned(), "10.0.0.2".to_owned(), Dispute::ChangedHands)];
    assert_eq!(claimants.len(), 2, "{claimants:?}");
}

#[test]
fn where_the_pod_had_the_address_for_a_part_of_the_time_alone_who_contradicts_may_have_had_the_rest() {
    let mut world = World::of(&["stock/inventory", "legacy/cron"]);
    world.watched().pod("legacy/batch", "10.0.0.2");
    world.record.history.watched(FROM + 98 * SECOND);
    world.record.history.gone(&pod("legacy/batch", "10.0.0.2").uid, FROM + 98 * SECOND);
    world.at = FROM + 90 * SECOND;
    world.row("stock/inventory", &plaintext_from("10.0.0.2"));
    let joined = world.join();
    assert_eq!(joined.edges[0].key.source, End::Address("10.0.0.2".to_owned()));
    assert_eq!(joined.disputed[&("c1".to_owned(), "10.0.0.2".to_owned(), Dispute::ChangedHands)].len(), 2);
}

#[test]
fn the_address_of_a_node_is_nobodys_however_many_run_on_its_network_and_say_that_it_is_theirs() {
    let on_node = |name: &str| Pod {
        addresses: Vec::new(),
        node_addresses: vec!["10.9.0.1".parse().unwrap()],
        ..pod(name, "10.9.0.1")
    };
    for known in [on_node("edge/gateway"), Pod { addresses: vec!["10.0.0.7".parse().unwrap()], ..on_node("any/other") }]
    {
        let mut world = World::of(&["stock/inventory"]);
        world.proxy("edge/gateway", "10.9.0.1");
        world.watched().record.history.seen(known, FROM - 3_600 * SECOND, FROM);
        world.row("stock/inventory", &plaintext_from("10.9.0.1"));
        let joined = world.join();
        assert_eq!(joined.edges[0].key.source, End::Address("10.9.0.1".to_owned()));
        assert!(joined.edges[0].source.named_by.is_empty() && joined.disputed.is_empty(), "{:?}", joined.disputed);
    }
}

#[test]
fn what_the_api_server_of_one_k8s_cluster_says_names_no_address_of_another() {
    let mut world = World::of(&["stock/inventory", "c2/stock/inventory"]);
    world.watched().pod("legacy/cron", "10.0.0.9");
    world.row("stock/inventory", &plaintext_from("10.0.0.9")).row("c2/stock/inventory", &plaintext_from("10.0.0.9"));
    let sources: Vec<End> = world.join().edges.into_iter().map(|edge| edge.key.source).collect();
    assert_eq!(sources, [End::Workload(workload("legacy/cron")), End::Address("10.0.0.9".to_owned())]);
}

#[test]
fn a_k8s_cluster_that_is_watched_under_a_name_that_no_proxy_knows_is_a_finding_and_names_no_address() {
    let mut world = World::of(&["stock/inventory"]);
    world.watched().pod("legacy/cron", "10.0.0.9").row("stock/inventory", &plaintext_from("10.0.0.9"));
    world.record.k8s_cluster.clear();
    assert_eq!(world.edge().key.source, End::Workload(workload("legacy/cron")), "not told, it is the proxies' own");
    world.record.k8s_cluster = "wrong".to_owned();
    let period = world.attributed();
    let found = find(&world.join(), &measure(&period, None), &period);
    assert_eq!(world.edge().key.source, End::Address("10.0.0.9".to_owned()));
    let said = found.iter().find(|finding| finding.kind == Kind::KubernetesUnread).unwrap();
    let said = text(said, &[], period.now);
    assert!(said.contains("k8s cluster wrong") && said.contains("proxies name c1"), "{said}");
}

#[test]
fn an_account_names_nobody_where_another_k8s_cluster_has_it_too() {
    let mut world = World::of(&["edge/gateway", "stock/inventory"]);
    world.watched().pod("edge/gateway", "10.0.0.1").row("stock/inventory", &certified_as("edge/gateway"));
    assert_eq!(world.edge().key.source, End::Workload(workload("edge/gateway")));
    let mut both = world.clone();
    both.proxy("c2/edge/gateway", "10.0.0.1");
    assert_eq!(both.edge().key.source, End::Unknown, "it may be either's");
    let mut far = World::of(&["c2/stock/inventory", "edge/gateway"]);
    far.watched().pod("edge/gateway", "10.0.0.1").row("c2/stock/inventory", &certified_as("edge/gateway"));
    assert_eq!(far.edge().key.source, End::Unknown, "the API server knows nothing of c2");
}

/// The pod was last known to be there at 95 s; it was gone when somebody looked again.
fn whose_end_was_not_seen(names: &[&str], address: &str) -> World {
    let mut world = World::of(names);
    world.watched().pod("legacy/cron", address);
    world.record.history.watched(FROM + 95 * SECOND);
    world.record.history.listed(&HashSet::new(), FROM + 200 * SECOND);
    world
}

#[test]
fn about_an_end_that_was_not_seen_nobody_is_named_and_that_is_said() {
    let named = || End::Workload(workload("legacy/cron"));
    let nobody = || End::Address("10.0.0.9".to_owned());
    // A batch that began before 90 s reaches to 95 s at most.
    for (after, source, is_said) in [(80, named(), false), (90, nobody(), true), (100, nobody(), false)] {
        let mut world = whose_end_was_not_seen(&["stock/inventory"], "10.0.0.9");
        world.at = FROM + after * SECOND;
        world.row("stock/inventory", &plaintext_from("10.0.0.9"));
        let joined = world.join();
        assert_eq!(joined.edges[0].key.source, source, "{after} s after the start");
        let found = find(&joined, &measure(&world.period, None), &world.period);
        let ambiguous = found.into_iter().filter(|finding| finding.kind == Kind::AmbiguousAddress);
        let expected = "10.0.0.9 was that of legacy/cron by Kubernetes, and when that ended was not seen: what was counted then \
                    is left unresolved";
        let said: Vec<_> = ambiguous.map(|finding| text(&finding, &[], world.period.now)).collect();
        assert_eq!(said, if is_said { vec![expected.to_owned()] } else { Vec::new() }, "{after} s after the start");
    }
}

#[test]
fn an_end_that_was_not_seen_is_certain_while_the_pods_own_proxy_is_heard_of() {
    for (last_end, source) in [
        (105, End::Workload(workload("legacy/cron"))),
        // A batch that began before 100 s may reach to 105 s, and nobody was heard of so long.
        (104, End::Address("10.0.0.2".to_owned())),
    ] {
        let mut world = whose_end_was_not_seen(&["stock/inventory", "legacy/cron"], "10.0.0.2");
        world.sender("legacy/cron").last_end = FROM + last_end * SECOND;
        world.at = FROM + 90 * SECOND;
        world.row("stock/inventory", &plaintext_from("10.0.0.2"));
        assert_eq!(world.edge().key.source, source, "heard of until {last_end} s");
    }
}

#[test]
fn both_ends_of_a_gateways_requests_are_one_edge_where_its_account_is_that_of_one_workload() {
    let mut world = World::of(&["edge/gateway", "stock/inventory"]);
    world.watched().pod("edge/gateway", "10.0.0.1").pod("stock/inventory", "10.0.0.2");
    world.row("edge/gateway", &Report::source("edge/gateway", "stock/inventory").count(10, 5));
    world.row("stock/inventory", &certified_as("edge/gateway"));
    let edge = world.edge();
    assert_eq!(edge.key.source, End::Workload(workload("edge/gateway")));
    assert_eq!(*edge.source.named_by, [NamedBy::Itself, NamedBy::ServiceAccountOfOneWorkload]);
    assert_eq!(edge.agreement.state, AgreementState::Agree, "{:?}", edge.agreement.reasons);
}

#[test]
fn an_account_that_two_workloads_share_names_neither() {
    let mut world = World::of(&["edge/gateway", "stock/inventory"]);
    let mut other = pod("edge/other", "10.0.0.8");
    other.service_account = "gateway".to_owned();
    world.watched().pod("edge/gateway", "10.0.0.1");
    world.record.history.seen(other, FROM, FROM);
    world.row("stock/inventory", &certified_as("edge/gateway"));
    assert_eq!(world.edge().key.source, End::Unknown);
}

#[test]
fn a_certificate_of_another_account_than_the_api_server_says_is_a_disagreement() {
    let mut world = World::of(&["stock/inventory"]);
    world.watched().pod("legacy/cron", "10.0.0.9");
    let row = certified_as("legacy/stranger").with(|key| key.peer.address = "10.0.0.9".to_owned());
    world.row("stock/inventory", &row);
    let edge = world.edge();
    assert_eq!(edge.key.source, End::Workload(workload("legacy/cron")));
    assert_eq!(edge.agreement.state, AgreementState::Disagree);
    assert!(edge.agreement.reasons[0].ends_with("service account stranger; Kubernetes says cron"));
}
