//! Where the picture is incomplete nothing is certain, and what cannot be told apart is blamed for nothing.

use hogusu_topology::{Certainty, Interaction, Sight, Traffic, bottlenecks, coupling, impact, own_time, single_points};

use crate::world::{World, requests};

const CHAIN: &str = "out>web:100 web>orders:100 orders>stock:100";

fn certainty(world: &World, of: &str) -> Certainty {
    let found = impact(&world.shape(), world.known(of));
    found.hits.iter().find(|hit| world.name(hit.entry.workload) == "web").unwrap().certainty
}

#[test]
fn nothing_is_certain_where_somebody_on_the_way_was_not_wholly_seen() {
    let mut world = World::of(CHAIN);
    assert_eq!(certainty(&world, "stock"), Certainty::Certain);
    world.node("stock").sight = Sight::Never;
    assert_eq!(certainty(&world, "stock"), Certainty::Certain, "what it calls itself does not matter");
    for (name, sight) in [("web", Sight::Partly), ("orders", Sight::Partly), ("orders", Sight::Never)] {
        let mut world = World::of(CHAIN);
        world.node(name).sight = sight;
        assert_eq!(certainty(&world, "stock"), Certainty::AsObserved, "{name} {sight:?}");
    }
}

#[test]
fn nothing_is_certain_where_something_is_missing_and_nobody_knows_whose_it_was() {
    let mut world = World::of(CHAIN);
    world.is_partial = true;
    assert_eq!(certainty(&world, "stock"), Certainty::AsObserved);
    assert_eq!(certainty(&world, "web"), Certainty::Certain, "it fails with itself");
}

#[test]
fn a_way_to_an_end_that_nobody_knows_is_a_way() {
    let mut world = World::of(CHAIN);
    world.call("orders", "unknown", Interaction::Synchronous, requests(1));
    *world.node("unknown") = hogusu_topology::Node { is_crowd: true, ..Default::default() };
    assert_eq!(certainty(&world, "stock"), Certainty::Possible);
}

#[test]
fn ends_that_cannot_be_told_apart_are_blamed_for_nothing() {
    let mut world = World::of("a>unknown:100 b>unknown:100 a>x:10 out>x:5");
    world.node("unknown").is_crowd = true;
    let shape = world.shape();
    assert!(bottlenecks(&shape).is_empty());
    assert!(single_points(&shape).iter().all(|one| world.name(one.workload) != "unknown"));
    let ranked = coupling(&shape, &Default::default());
    assert_eq!(ranked.len(), 1, "{ranked:?}");
    assert_eq!(shape.mesh().from_outside(world.known("x")), 5);
}

#[test]
fn a_connection_says_neither_that_anybody_waits_nor_how_often_it_is_used() {
    let mut world = World::of("out>web:100");
    world.call("web", "redis", Interaction::Unknown, requests(2));
    world.call("redis", "disk", Interaction::Streaming, requests(1));
    let shape = world.shape();
    let reach = shape.reach(world.known("web"));
    assert_eq!((reach.depth, reach.has_connections, reach.is_partly_seen), (0, true, false));
    assert!(!shape.reach(world.known("disk")).has_connections, "it calls nobody");
    for one in &reach.dependencies {
        assert!(!one.is_synchronous && one.even.is_none() && one.calls.is_none() && one.most == Some(1.0), "{one:?}");
    }
    assert_eq!(certainty(&world, "redis"), Certainty::AsObserved);
    assert_eq!(reach.availability.minimum, None);
}

#[test]
fn a_depth_before_connections_is_the_least_wherever_they_leave_the_chain() {
    let mut world = World::of("gw>web:10 web>orders:10");
    world.call("orders", "db", Interaction::Unknown, requests(4));
    let reach = world.shape().reach(world.known("gw"));
    assert_eq!((reach.depth, reach.has_connections), (2, true));
    world.call("orders", "db", Interaction::Synchronous, requests(4));
    let reach = world.shape().reach(world.known("gw"));
    assert_eq!((reach.depth, reach.has_connections), (3, false), "it waits for db anyway");
}

#[test]
fn connections_that_fail_are_in_no_availability_and_are_told_beside_it() {
    let mut world = World::of("out>gw:100 gw>web:100");
    let refused = Traffic { failed: 500, ..requests(500) };
    world.call("web", "db", Interaction::Unknown, refused);
    let reach = world.shape().reach(world.known("gw"));
    assert_eq!((reach.availability.minimum, reach.availability.failing_connections), (Some(1.0), 1));
    let connected = world.shape().mesh().connected(world.known("db"));
    assert_eq!((connected.failed, connected.judged), (500, 500));
    assert_eq!(world.shape().reach(world.known("db")).availability.failing_connections, 0);
}

#[test]
fn what_went_to_ends_that_cannot_be_told_apart_may_have_gone_to_anybody() {
    let mut world = World::of("out>gw:5000 gw>overflow:4000 gw>a:100 a>b:50");
    world.node("overflow").is_crowd = true;
    let reach = world.shape().reach(world.known("gw"));
    let of = |name: &str| *reach.dependencies.iter().find(|one| world.name(one.workload) == name).unwrap();
    let most = |name: &str| of(name).most.unwrap();
    assert!(
        (most("a") - 0.82).abs() < 1e-9 && (most("b") - 0.81).abs() < 1e-9 && (most("overflow") - 0.8).abs() < 1e-9
    );
    assert!((of("a").even.unwrap() - 0.02).abs() < 1e-9);
    let mut all = World::of("out>gw:100 gw>unknown:100 gw>a:100");
    all.node("unknown").is_crowd = true;
    let hard = all.shape().reach(all.known("gw")).dependencies.into_iter().filter(|one| one.is_hard);
    assert_eq!(
        all.names_of(hard.map(|one| one.workload)),
        ["a"],
        "unknown ends are many, each of them for few perhaps"
    );
}

#[test]
fn depth_is_told_as_a_least_one_and_own_time_not_at_all_where_calls_were_not_seen() {
    let mut world = World::of(CHAIN);
    assert!(!world.shape().reach(world.known("web")).is_partly_seen);
    world.node("stock").sight = Sight::Never;
    world.calls[2].traffic.served.count = 100;
    let shape = world.shape();
    assert!(shape.reach(world.known("web")).is_partly_seen);
    assert_eq!(own_time(&shape, world.known("stock")), None);
}

#[test]
fn calls_for_one_request_are_not_told_behind_a_circle() {
    let world = World::of("out>web:100 web>a:100 a>b:50 b>a:20 b>c:50");
    let reach = world.shape().reach(world.known("web"));
    let calls = |name: &str| reach.dependencies.iter().find(|one| world.name(one.workload) == name).unwrap().calls;
    assert_eq!((calls("a"), calls("b"), calls("c")), (None, None, None));
    assert!(reach.dependencies.iter().all(|one| one.most.is_some() && one.even.is_some()));
}

#[test]
fn a_workload_of_which_nothing_was_counted_has_no_shares() {
    let mut world = World::default();
    world.call("job", "redis", Interaction::Unknown, requests(3));
    let shape = world.shape();
    let found = impact(&shape, world.known("redis"));
    assert_eq!((found.hits[0].even, found.hits[0].most), (None, None));
}
