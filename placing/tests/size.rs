//! What a large mesh costs: time that a page can wait for.

use std::time::{Duration, Instant};

use hogusu_placing::Epoch;

use crate::chance::Chance;
use crate::mesh::Mesh;

/// Far more than is measured, for machines that are busy.
const MOST: Duration = Duration::from_secs(20);

#[expect(clippy::disallowed_methods, reason = "a test says how long something takes")]
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    let took = begun.elapsed();
    println!("{what}: {} ms", took.as_millis());
    assert!(took < MOST, "{what} took {took:?}");
    done
}

#[test]
fn ten_thousand_ends_and_fifty_thousand_edges_are_placed_and_found_again() {
    for (what, mesh) in [
        ("any mesh", Mesh::random(&mut Chance::new(1), 10_000, 50_000, 400)),
        ("one namespace", Mesh::random(&mut Chance::new(1), 10_000, 50_000, 1)),
        ("layers", Mesh::layered(&mut Chance::new(1), 10, 1_000, 100)),
    ] {
        let graph = mesh.graph();
        let mut epoch = timed(&format!("{what}, laid out"), || Epoch::begin(&graph, 1));
        timed(&format!("{what}, seen again"), || epoch.grow(&graph, 1));
        let mut half = mesh.clone();
        let gone: Vec<String> = half.ends.keys().step_by(2).cloned().collect();
        gone.iter().for_each(|name| drop(half.ends.remove(name)));
        let mut epoch = Epoch::begin(&half.graph(), 1);
        timed(&format!("{what}, half of it added"), || epoch.grow(&graph, 1));
    }
}

#[test]
fn a_hub_that_all_ask_and_a_chain_of_all_are_no_worse() {
    let mut mesh = Mesh::default();
    for number in 0..10_000 {
        mesh.ends.insert(format!("w{number:05}"), format!("ns{}", number % 50));
        mesh.edge(&format!("w{number:05}"), "w00000", 1);
        mesh.edge("w00001", &format!("w{number:05}"), 1);
        mesh.edge(&format!("w{number:05}"), &format!("w{:05}", number + 1), 1);
    }
    let graph = mesh.graph();
    timed("hubs and a chain, laid out", || Epoch::begin(&graph, 1));
}
