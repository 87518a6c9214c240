//! Truths that were planted, in meshes small enough to be read.

use hogusu_topology::{
    Base, Certainty, FACTORS, Factor, Interaction, Own, Weights, Why, bottlenecks, chatty, coupling, impact, own_time,
    retried, single_points,
};

use crate::world::{World, requests};

/// A gateway and a job; a shop behind the gateway whose checkout asks stock, and everybody asks who somebody is.
const SHOP: &str = "out>web:1000 web>checkout:300 web>catalog:700 checkout>stock:300 checkout>identity:300 catalog>identity:700 \
                    stock>ledger:1500 job>ledger:40";

fn near(one: Option<f64>, other: f64) -> bool {
    one.is_some_and(|one| (one - other).abs() < 1e-9)
}

#[test]
fn entry_points_are_who_nobody_calls_and_gateways_the_busiest_first() {
    let mut world = World::of(SHOP);
    world.node("catalog").is_gateway = true;
    let shape = world.shape();
    let found: Vec<_> =
        shape.entries().iter().map(|entry| (world.name(entry.workload), entry.why, entry.base)).collect();
    let expected = [
        ("web", Why::NoSource, Base::Received(1000)),
        ("catalog", Why::Gateway, Base::Received(700)),
        ("job", Why::NoSource, Base::Made(40)),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_circle_that_nobody_calls_has_an_entry_point_and_one_that_is_called_has_none() {
    let world = World::of("a>b:10 b>a:5 b>c:7 x>y:9 y>z:9 z>y:3");
    let shape = world.shape();
    let found: Vec<_> = shape.entries().iter().map(|entry| (world.name(entry.workload), entry.why)).collect();
    assert_eq!(found, [("b", Why::Cycle), ("x", Why::NoSource)]);
}

#[test]
fn who_nobody_waits_for_is_an_entry_point_and_hangs_on_nobody() {
    let mut world = World::of("web>orders:100");
    world.call("orders", "mailer", Interaction::Asynchronous, requests(100));
    world.call("mailer", "smtp", Interaction::Synchronous, requests(100));
    let shape = world.shape();
    assert_eq!(world.names_of(shape.entries().iter().map(|entry| entry.workload)), ["web", "mailer"]);
    assert_eq!(world.names_of(shape.reach(world.known("web")).dependencies.iter().map(|one| one.workload)), ["orders"]);
    assert_eq!(impact(&shape, world.known("smtp")).hits.len(), 1);
}

#[test]
fn a_dependency_says_how_far_how_often_and_for_which_share() {
    let world = World::of(SHOP);
    let shape = world.shape();
    let reach = shape.reach(world.known("web"));
    let found: Vec<_> =
        reach.dependencies.iter().map(|one| (world.name(one.workload), one.level, world.name(one.parent))).collect();
    let expected = [
        ("catalog", 1, "web"),
        ("checkout", 1, "web"),
        ("identity", 2, "catalog"),
        ("stock", 2, "checkout"),
        ("ledger", 3, "stock"),
    ];
    assert_eq!(found, expected);
    let of = |name: &str| *reach.dependencies.iter().find(|one| world.name(one.workload) == name).unwrap();
    // Each request to web is one to catalog or one to checkout; both ask identity.
    assert!(near(of("identity").most, 1.0) && near(of("identity").even, 0.7) && near(of("identity").calls, 1.0));
    // Five calls for each of the 300: no more than 300 requests can come to it.
    assert!(near(of("ledger").most, 0.3) && near(of("ledger").even, 0.3) && near(of("ledger").calls, 1.5));
    assert_eq!((reach.depth, reach.has_cycle, reach.is_partly_seen), (3, false, false));
    assert!(!of("identity").is_hard(), "no way of it is for nine of ten requests");
}

#[test]
fn availability_is_that_of_the_worst_and_counts_each_failure_where_it_began() {
    let mut world = World::of("out>web:1000 web>orders:1000 orders>stock:1000 orders>price:1000");
    for (place, failed) in [(1, 30), (2, 10), (3, 20)] {
        world.calls[place].traffic.failed = failed;
    }
    let shape = world.shape();
    let served = shape.served(world.known("orders"));
    assert_eq!((served.failed, served.judged, served.own), (30, 1000, 0), "its calls explain all of it");
    let found = shape.reach(world.known("web")).availability;
    assert!(near(found.minimum, 0.97) && near(found.product, 0.97), "{found:?}");
    assert_eq!((found.worst, found.not_judged), (Some(world.known("orders")), 0));
}

#[test]
fn a_circle_is_named_with_the_link_that_is_used_least() {
    let world = World::of("web>a:100 a>b:50 b>c:40 c>a:7 c>d:5 d>d:2");
    let shape = world.shape();
    let cycles = shape.cycles();
    assert_eq!(cycles.len(), 2);
    assert_eq!(world.names_of(cycles[0].members.clone()), ["a", "b", "c"]);
    let thinnest = shape.mesh().link(cycles[0].thinnest).unwrap();
    assert_eq!((world.name(thinnest.source), world.name(thinnest.destination), cycles[0].requests), ("c", "a", 97));
    assert_eq!(world.names_of(cycles[1].members.clone()), ["d"], "it waits for itself");
    let reach = shape.reach(world.known("web"));
    assert!(reach.has_cycle && reach.depth == 2);
}

#[test]
fn the_single_point_of_failure_is_what_all_ways_pass() {
    let world = World::of("web>auth:90 app>auth:60 auth>keys:150 keys>vault:75 keys>clock:75 app>log:60");
    let shape = world.shape();
    let found: Vec<_> = single_points(&shape)
        .into_iter()
        .map(|one| (world.name(one.workload), one.entries, one.traffic, one.cut_off))
        .collect();
    assert_eq!(found, [("auth", 1, 90, 3), ("keys", 1, 90, 2)], "app may go to log alone");
}

#[test]
fn what_fails_with_a_workload_is_certain_for_one_entry_point_and_possible_for_another() {
    let world = World::of("out>web:90 web>auth:90 out>app:120 app>auth:60 app>log:60");
    let shape = world.shape();
    let found = impact(&shape, world.known("auth"));
    let hits: Vec<_> = found.hits.iter().map(|hit| (world.name(hit.entry.workload), hit.certainty)).collect();
    assert_eq!(hits, [("web", Certainty::Certain), ("app", Certainty::Possible)]);
    assert!(near(found.hits[0].most, 1.0) && near(found.hits[1].most, 0.5) && near(found.hits[1].even, 0.5));
    assert_eq!((world.names_of(found.callers), found.upstream, found.cut_off.len()), (vec!["web", "app"], 2, 0));
    let itself = impact(&shape, world.known("web"));
    assert_eq!((itself.hits.len(), itself.hits[0].certainty, itself.hits[0].most), (1, Certainty::Certain, Some(1.0)));
    assert!(impact(&shape, world.known("log")).hits.iter().all(|hit| world.name(hit.entry.workload) == "app"));
}

#[test]
fn the_bottleneck_is_where_many_sources_times_much_traffic_meet() {
    let world = World::of("a>hub:100 b>hub:100 c>hub:100 a>big:390 b>big:10 c>own:50");
    let found = bottlenecks(&world.shape());
    assert_eq!(world.names_of(found.iter().map(|one| one.workload)), ["hub", "big"]);
    assert!((found[0].effective_sources - 3.0).abs() < 1e-9 && found[1].effective_sources < 1.1, "{found:?}");
    assert_eq!((found[1].sources, found[1].requests), (2, 400));
}

#[test]
fn a_chatty_link_is_told_for_its_source_and_for_the_entry_point() {
    let world = World::of("out>web:100 web>cart:50 cart>price:600 out>few:10 few>price:90");
    let shape = world.shape();
    let found = chatty(&shape);
    assert_eq!(found.len(), 1, "ten requests say nothing: {found:?}");
    let link = shape.mesh().link(found[0].link).unwrap();
    assert_eq!((world.name(link.source), world.name(link.destination), found[0].calls), ("cart", "price", 12.0));
    assert_eq!(found[0].for_entry, Some((world.known("web"), 6.0)));
}

#[test]
fn own_time_is_between_one_after_the_other_and_all_at_once() {
    let mut world = World::default();
    let call = |world: &mut World, source: &str, destination: &str, waited: u64, served: u64| {
        world.call(source, destination, Interaction::Synchronous, requests(10));
        world.took(waited * 10_000_000, served * 10_000_000, 0);
    };
    call(&mut world, "out", "web", 100, 100);
    call(&mut world, "web", "a", 50, 49);
    call(&mut world, "web", "b", 30, 29);
    let shape = world.shape();
    let Own { sequential, parallel, whole } = own_time(&shape, world.known("web")).unwrap();
    assert!((sequential - 0.020).abs() < 1e-9 && (parallel - 0.050).abs() < 1e-9 && (whole - 0.1).abs() < 1e-9);
    let leaf = own_time(&shape, world.known("a")).unwrap();
    assert!((leaf.sequential - 0.049).abs() < 1e-9 && leaf.sequential.to_bits() == leaf.parallel.to_bits());
}

#[test]
fn retries_multiply_along_a_chain() {
    let mut world = World::of("out>web:100 web>a:100 a>b:100 web>c:100");
    for (place, attempts) in [(1, 200), (2, 300), (3, 400)] {
        (world.calls[place].traffic.attempts, world.calls[place].traffic.attempted) = (attempts, 100);
    }
    let shape = world.shape();
    assert!(near(shape.amplified(world.known("web")), 6.0));
    assert_eq!(shape.amplified(world.known("b")), None, "nothing was measured there");
    let found: Vec<u64> = retried(&shape).iter().map(|one| one.attempts).collect();
    assert_eq!(found, [400, 300, 200]);
}

#[test]
fn the_first_to_decouple_is_what_weighs_most_and_weights_change_it() {
    let mut world = World::of("out>web:1000 web>pay:1000 web>ads:500 pay>bank:1000");
    world.calls[3].traffic.failed = 0;
    world.calls[2].traffic.failed = 500;
    let shape = world.shape();
    let first = |weights: &Weights| {
        let found = coupling(&shape, weights);
        let link = shape.mesh().link(found[0].link).unwrap();
        (world.name(link.source).to_owned(), world.name(link.destination).to_owned())
    };
    let only = |wanted: Factor| Weights(FACTORS.map(|factor| if factor == wanted { 1.0 } else { 0.0 }));
    assert_eq!(first(&only(Factor::Failures)), ("web".to_owned(), "ads".to_owned()));
    assert_eq!(first(&only(Factor::CutOff)), ("web".to_owned(), "pay".to_owned()));
    let all = coupling(&shape, &Weights::default());
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|one| (0.0..=1.0).contains(&one.score)), "{all:?}");
    assert!(all.windows(2).all(|two| two[0].score >= two[1].score));
    let none = coupling(&shape, &Weights([0.0; 8]));
    assert!(none.iter().all(|one| one.score.to_bits() == 0), "{none:?}");
}
