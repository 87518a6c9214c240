//! Meshes as large as they come: nothing recurs on their depth, and every question is answered.

use std::collections::BTreeSet;

use hogusu_topology::{
    Call, Interaction, Mesh, Node, Shape, Sight, Weights, WorkloadId, bottlenecks, chatty, coupling, impact, retried,
    single_points,
};

use crate::world::requests;

const WORKLOADS: u32 = 10_000;

fn shape(links: impl Iterator<Item = (u32, u32)>) -> Shape {
    let call = |(source, destination)| {
        let (source, destination) = (Some(WorkloadId(source)), WorkloadId(destination));
        Call { source, destination, interaction: Interaction::Synchronous, traffic: requests(10) }
    };
    let node = Node { is_gateway: false, sight: Sight::Whole, is_crowd: false };
    Shape::of(Mesh::of(vec![node; WORKLOADS as usize], links.map(call), true))
}

/// How many single points, bottlenecks, chatty links, retried links and entry points that fail with the one in the middle there are.
fn counts(shape: &Shape) -> [usize; 5] {
    assert_eq!(coupling(shape, &Weights::default()).len(), shape.mesh().links().len());
    let hits = impact(shape, WorkloadId(WORKLOADS / 2)).hits.len();
    [single_points(shape).len(), bottlenecks(shape).len(), chatty(shape).len(), retried(shape).len(), hits]
}

#[test]
fn a_chain_of_ten_thousand_is_as_deep_as_it_is() {
    let shape = shape((1..WORKLOADS).map(|place| (place - 1, place)));
    let reach = shape.reach(WorkloadId(0));
    assert_eq!((reach.depth, reach.dependencies.len()), (9_999, 9_999));
    assert_eq!(counts(&shape), [9_999, 0, 0, 0, 1], "each but the first is passed by the only entry point");
}

#[test]
fn a_circle_of_ten_thousand_is_one() {
    let shape = shape((0..WORKLOADS).map(|place| (place, (place + 1) % WORKLOADS)));
    let cycles = shape.cycles();
    assert_eq!((cycles.len(), cycles[0].members.len()), (1, 10_000));
    assert_eq!(shape.reach(WorkloadId(7)).depth, 9_999);
    // Calls may end anywhere in it, so none of it is passed by all; but the entry point reaches each through the one before.
    assert_eq!(counts(&shape)[1..], [0, 0, 0, 1]);
    let behind = impact(&shape, WorkloadId(WORKLOADS / 2)).cut_off.len();
    assert_eq!(behind, 4_999, "it begins with the first of those that are asked as often");
}

#[test]
fn a_mesh_of_fifty_thousand_links_is_answered() {
    // Every workload calls five that lie behind it, the further the rarer, so that there are thousands of ways.
    let behind = |place: u32| (0..5_u32).map(move |n| (place, place + 1 + (place * 7 + n * n * 131) % 900));
    let links: Vec<(u32, u32)> = (0..WORKLOADS).flat_map(behind).filter(|(_, place)| *place < WORKLOADS).collect();
    let shape = shape(links.iter().copied());
    assert!(shape.mesh().links().len() > 45_000);
    // Whoever is called has a larger number: from the last on, each is as deep as the deepest that it calls, and one more.
    let mut depths = vec![0; WORKLOADS as usize];
    for (source, destination) in links.iter().rev() {
        depths[*source as usize] = depths[*source as usize].max(depths[*destination as usize] + 1);
    }
    for place in [0, 1, 500, 5_000, 9_000] {
        assert_eq!(shape.reach(WorkloadId(place)).depth, depths[place as usize], "{place}");
    }
    let is_called: BTreeSet<u32> = links.iter().map(|(_, destination)| *destination).collect();
    let callers: BTreeSet<u32> = links.iter().map(|(source, _)| *source).collect();
    assert_eq!(shape.entries().len(), callers.difference(&is_called).count());
    let middle = WORKLOADS / 2;
    let mut leads_there = BTreeSet::from([middle]);
    for (source, destination) in links.iter().rev() {
        if leads_there.contains(destination) {
            leads_there.insert(*source);
        }
    }
    let found = impact(&shape, WorkloadId(middle));
    assert_eq!(found.upstream, leads_there.len() - 1);
    assert_eq!(found.hits.len(), leads_there.iter().filter(|place| !is_called.contains(place)).count());
    let mut sources = vec![BTreeSet::new(); WORKLOADS as usize];
    for (source, destination) in &links {
        sources[*destination as usize].insert(*source);
    }
    assert_eq!(counts(&shape)[1], sources.iter().filter(|sources| sources.len() > 1).count());
}
