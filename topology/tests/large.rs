//! Meshes as large as they come: nothing recurs on their depth, and every question is answered.

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

fn ask(shape: &Shape) {
    let told = [single_points(shape).len(), bottlenecks(shape).len(), chatty(shape).len(), retried(shape).len()];
    assert!(told.iter().all(|count| *count <= shape.mesh().links().len()), "{told:?}");
    assert_eq!(impact(shape, WorkloadId(WORKLOADS / 2)).hits.len().min(1), 1);
    assert!(!coupling(shape, &Weights::default()).is_empty());
}

#[test]
fn a_chain_of_ten_thousand_is_as_deep_as_it_is() {
    let shape = shape((1..WORKLOADS).map(|place| (place - 1, place)));
    let reach = shape.reach(WorkloadId(0));
    assert_eq!((reach.depth, reach.dependencies.len()), (9_999, 9_999));
    assert_eq!(single_points(&shape).len(), 9_999, "each but the first is passed by the only entry point");
    ask(&shape);
}

#[test]
fn a_circle_of_ten_thousand_is_one() {
    let shape = shape((0..WORKLOADS).map(|place| (place, (place + 1) % WORKLOADS)));
    let cycles = shape.cycles();
    assert_eq!((cycles.len(), cycles[0].members.len()), (1, 10_000));
    ask(&shape);
}

#[test]
fn a_mesh_of_fifty_thousand_links_is_answered() {
    // Every workload calls five that lie behind it, the further the rarer, so that there are thousands of ways.
    let behind = |place: u32| (0..5_u32).map(move |n| (place, place + 1 + (place * 7 + n * n * 131) % 900));
    let shape = shape((0..WORKLOADS).flat_map(behind).filter(|(_, place)| *place < WORKLOADS));
    assert!(shape.mesh().links().len() > 45_000);
    ask(&shape);
}
