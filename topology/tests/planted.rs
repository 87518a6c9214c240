//! Truths that were planted, in meshes small enough to be read.

use hogusu_topology::{
    Base, Certainty, FACTORS, Factor, Interaction, Own, Time, Traffic, Weights, Why, bottlenecks, chatty, coupling,
    domains, impact, own_time, retried, single_points,
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
        ("catalog", Why::Gateway, Base::Made(700)),
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
    assert!(!of("identity").is_hard, "no way of it is for nine of ten requests");
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
    // a, b and c are a circle, and d waits for itself: web, the circle, d, and d once more.
    assert!(reach.has_cycle && reach.depth == 4, "{}", reach.depth);
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
fn a_failure_domain_is_what_workloads_are_nowhere_but_on() {
    let world = World::of("out>web:90 web>auth:90 web>cart:10 out>app:120 app>auth:60 app>log:60");
    let shape = world.shape();
    let on = |names: &[&str], place: usize, sole: &mut Vec<Option<usize>>| {
        names.iter().for_each(|name| sole[world.known(name).0 as usize] = Some(place));
    };
    let mut sole = vec![None; shape.mesh().workloads()];
    on(&["auth", "cart"], 7, &mut sole);
    on(&["log"], 3, &mut sole);
    let found: Vec<_> = domains(&shape, &sole)
        .into_iter()
        .map(|one| (one.place, world.names_of(one.workloads.clone()), one.entries, one.traffic))
        .collect();
    assert_eq!(
        found,
        [(7, vec!["auth", "cart"], 2, 210), (3, vec!["log"], 1, 120)],
        "web is on several, or nobody knows"
    );
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
        let [waited, served] = [waited, served].map(|millis| Time { count: 10, nanos: millis * 10_000_000 });
        world.call(source, destination, Interaction::Synchronous, Traffic { waited, served, ..requests(10) });
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
    let web = shape.amplified(world.known("web")).unwrap();
    assert!(near(Some(web.product), 6.0) && !web.is_least);
    assert_eq!(shape.amplified(world.known("b")), None, "nothing was measured there");
    let found: Vec<u64> = retried(&shape).iter().map(|one| one.attempts).collect();
    assert_eq!(found, [400, 300, 200]);
}

#[test]
fn retries_that_not_everybody_measures_are_told_as_the_least() {
    let mut world = World::of("out>web:100 web>a:100 a>b:100");
    let measured =
        |attempts, attempted, is_partly_measured| Traffic { attempts, attempted, is_partly_measured, ..requests(100) };
    for (place, traffic) in [(1, measured(150, 100, true)), (1, measured(100, 50, false))] {
        world.calls[2].traffic = measured(100, 100, false);
        world.calls[place].traffic = traffic;
        let web = world.shape().amplified(world.known("web")).unwrap();
        assert!(web.is_least && web.product > 1.4, "{web:?}");
        assert!(retried(&world.shape())[0].is_partly_measured);
    }
    world.calls[1].traffic = measured(200, 100, false);
    world.calls[2].traffic = requests(100);
    assert!(world.shape().amplified(world.known("web")).unwrap().is_least, "of b nobody measured anything");
}

#[test]
fn a_ring_is_as_deep_as_its_farthest_workload_at_least() {
    let world = World::of("gw>a:9 a>b:9 b>c:9 c>d:9 d>a:9");
    let shape = world.shape();
    let [ring, outside] = ["a", "gw"].map(|name| shape.reach(world.known(name)));
    assert_eq!((ring.depth, ring.has_cycle, outside.depth), (3, true, 4));
    let pair = World::of("gw>a:9 a>b:9 b>a:9");
    assert_eq!(pair.shape().reach(pair.known("a")).depth, 1);
    let links = coupling(&pair.shape(), &Weights::default());
    assert!(links.iter().all(|link| link.chain == 2), "gw, the circle, and one call in it: {links:?}");
}

#[test]
fn a_call_to_oneself_is_a_call_of_the_chain_and_hides_how_often_others_are_called() {
    let world = World::of("out>gw:100 gw>a:100 a>a:100 a>b:200");
    let reach = world.shape().reach(world.known("gw"));
    assert_eq!((reach.depth, reach.has_cycle), (3, true));
    let calls = |name: &str| reach.dependencies.iter().find(|one| world.name(one.workload) == name).unwrap().calls;
    assert_eq!((calls("a"), calls("b")), (None, None), "of the requests that a received it made half itself");
}

#[test]
fn a_gateway_that_is_called_back_is_measured_by_what_it_lets_in() {
    let mut world = World::of("gw>web:100 web>gw:5");
    world.node("gw").is_gateway = true;
    assert_eq!(world.shape().entries()[0].base, Base::Made(100));
    let mut told = World::of("out>gw:80 gw>web:100 web>gw:5");
    told.node("gw").is_gateway = true;
    assert_eq!(told.shape().entries()[0].base, Base::Received(85), "its own proxies count what comes in");
    let mut web = World::of("out>web:80 web>gw:5");
    web.node("gw").is_gateway = true;
    assert_eq!(web.shape().reach(web.known("gw")).base, Base::Received(5), "it calls nobody");
}

#[test]
fn single_points_are_told_of_all_entry_points_however_many_there_are() {
    let mut world = World::default();
    for place in 0..250 {
        world.call("out", &format!("e{place}"), Interaction::Synchronous, requests(2));
        world.call(&format!("e{place}"), "core", Interaction::Synchronous, requests(2));
    }
    world.call("core", "db", Interaction::Synchronous, requests(500));
    let found = single_points(&world.shape());
    let told: Vec<_> = found.iter().map(|one| (world.name(one.workload), one.entries, one.traffic)).collect();
    assert_eq!(told, [("core", 250, 500), ("db", 250, 500)]);
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
