//! Where replicas are, by the API server's word: workloads that are nowhere but on one node or in one zone are told with it.

use hogusu_collector::kubernetes::pod::Pod;
use hogusu_collector::report::shape::coupling::Coupling;
use hogusu_collector::report::shape::entries::EntryPoints;

use crate::command_line::{hogusu, text};
use crate::shape::{told, world};
use crate::world::{FROM, SECOND, World, pod};

/// Inventory has two replicas on one node, beside pricing's only one; those of orders are on two nodes of one zone.
fn placed() -> World {
    let mut world = world();
    world.watched();
    let replicas = [
        ("shop/orders", "10.0.0.2", "n1", "z1"),
        ("shop/orders", "10.0.0.92", "n2", "z1"),
        ("stock/inventory", "10.0.0.3", "n3", "z2"),
        ("stock/inventory", "10.0.0.93", "n3", "z2"),
        ("stock/pricing", "10.0.0.4", "n3", "z2"),
        ("data/ledger", "10.0.0.5", "n4", ""),
    ];
    for (name, address, node, zone) in replicas {
        let one = Pod { node: node.to_owned(), zone: zone.to_owned(), ..pod(name, address) };
        world.record.history.seen(one, FROM - 3_600 * SECOND, FROM);
    }
    world
}

#[tokio::test]
async fn workloads_that_are_nowhere_but_on_a_node_or_in_a_zone_are_told_with_it() {
    let found: Coupling = told(placed(), "coupling?since=5m").await;
    let domains: Vec<_> = found
        .failure_domains
        .iter()
        .map(|one| {
            let workloads: Vec<_> = one.workloads.iter().map(|one| (one.workload.as_str(), one.replicas)).collect();
            (one.kind.as_str(), one.name.as_str(), workloads, one.entries, one.requests)
        })
        .collect();
    let stock = vec![("stock/inventory", 2), ("stock/pricing", 1)];
    let expected = [
        ("node", "n3", stock.clone(), 1, 1_000),
        ("zone", "z2", stock, 1, 1_000),
        ("zone", "z1", vec![("shop/orders", 2)], 1, 1_000),
    ];
    assert_eq!((domains, found.is_placement_known), (expected.to_vec(), true));
    let entries: EntryPoints = told(placed(), "entries?since=5m&workload=shop/web").await;
    let of = |name: &str| {
        let calls = entries.entries[0].calls.as_ref().unwrap();
        let step = calls.iter().find(|step| step.workload == name).unwrap();
        (step.replicas, step.nodes, step.zones)
    };
    assert_eq!(of("shop/orders"), (Some(2), Some(2), Some(1)));
    assert_eq!(of("data/ledger"), (Some(1), Some(1), None), "its node's zone is not known");
    let (output, _) = hogusu(placed_and_attributed(), &["coupling", "--since", "5m"]).await;
    let told = text(&output.stdout);
    assert!(told.contains("node n3: all replicas of stock/inventory (2), stock/pricing (1)"), "{told}");
}

/// With what the API server says in the period itself.
fn placed_and_attributed() -> World {
    let mut world = placed();
    world.period = world.attributed();
    world
}

#[tokio::test]
async fn without_the_api_servers_word_no_failure_domain_is_known_and_that_is_said() {
    let found: Coupling = told(world(), "coupling?since=5m").await;
    assert_eq!((found.failure_domains.len(), found.is_placement_known), (0, false));
    let (output, _) = hogusu(world(), &["coupling", "--since", "5m"]).await;
    assert!(text(&output.stdout).contains("is not known: hogusu serve --kubernetes"), "{output:?}");
}
