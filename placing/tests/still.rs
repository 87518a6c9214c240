//! Nobody moves: whatever comes, goes, comes back, or changes its numbers.

use std::collections::BTreeMap;

use hogusu_placing::{Epoch, Place};

use crate::chance::Chance;
use crate::mesh::Mesh;

const RUNS: u64 = 40;
const STEPS: usize = 60;

fn places(epoch: &Epoch, known: &Mesh) -> BTreeMap<String, Place> {
    known.ends.keys().filter_map(|name| Some((name.clone(), epoch.place(&known.end(name))?))).collect()
}

fn assert_apart(places: &BTreeMap<String, Place>) {
    let mut taken: Vec<_> = places.values().map(|place| (place.lane, place.column, place.row)).collect();
    let count = taken.len();
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), count, "two stand in one place");
}

/// A step of a mesh's life: ends and edges come and go.
fn live(known: &mut Mesh, now: &mut Mesh, chance: &mut Chance, step: usize) {
    let names: Vec<String> = known.ends.keys().cloned().collect();
    let any = |chance: &mut Chance| names[chance.below(names.len())].clone();
    match chance.below(4) {
        0 => drop(now.ends.remove(&any(chance))),
        1 => {
            let back = any(chance);
            now.ends.insert(back.clone(), known.ends[&back].clone());
        }
        2 => {
            let (name, namespace) =
                (format!("{:04}-new{step}", chance.below(10_000)), format!("ns{}", chance.below(9)));
            known.ends.insert(name.clone(), namespace.clone());
            now.ends.insert(name.clone(), namespace);
            for _ in 0..chance.below(4) {
                let (one, other) = (any(chance), any(chance));
                now.edge(&name, &one, 5);
                now.edge(&other, &name, 7);
            }
        }
        _ => {
            let (source, destination) = (any(chance), any(chance));
            now.edge(&source, &destination, 1 + chance.below(1_000) as u64);
        }
    }
}

#[test]
fn whatever_comes_and_goes_moves_nobody_and_what_comes_back_stands_where_it_stood() {
    for seed in 0..RUNS {
        let mut chance = Chance::new(seed);
        let mut now = Mesh::random(&mut chance, 30, 60, 5);
        let mut known = now.clone();
        let mut epoch = Epoch::begin(&now.graph(), 1);
        for step in 0..STEPS {
            let before = places(&epoch, &known);
            live(&mut known, &mut now, &mut chance, step);
            let growth = epoch.grow(&now.graph(), 1);
            let after = places(&epoch, &known);
            for (name, place) in &before {
                assert_eq!(after.get(name), Some(place), "seed {seed}, step {step}: {name} moved");
            }
            assert_eq!(after.len(), before.len() + growth.added, "who is there has a place");
            assert!(now.ends.keys().all(|name| after.contains_key(name)));
            assert_apart(&after);
        }
    }
}

#[test]
fn ten_refreshes_with_new_numbers_change_nothing_at_all() {
    let mut chance = Chance::new(7);
    let mut mesh = Mesh::random(&mut chance, 200, 400, 12);
    let mut epoch = Epoch::begin(&mesh.graph(), 1);
    let before = epoch.clone();
    for _ in 0..10 {
        mesh.edges.values_mut().for_each(|weight| *weight = chance.below(1_000_000) as u64);
        let growth = epoch.grow(&mesh.graph(), 1);
        assert_eq!((growth.added, growth.forgotten, growth.is_changed), (0, 0, false));
        assert_eq!(epoch, before);
    }
}

#[test]
fn the_order_of_input_does_not_matter_to_a_byte() {
    for seed in 0..RUNS {
        let mut chance = Chance::new(seed);
        let (first, more) = (Mesh::random(&mut chance, 60, 150, 6), Mesh::random(&mut chance, 40, 100, 9));
        let mut both = first.clone();
        both.ends.extend(more.ends);
        both.edges.extend(more.edges);
        let names: Vec<String> = both.ends.keys().cloned().collect();
        for _ in 0..30 {
            both.edge(&names[chance.below(names.len())], &names[chance.below(names.len())], 3);
        }
        let bytes = |first, both| {
            let mut epoch = Epoch::begin(&first, 1);
            epoch.grow(&both, 2);
            serde_json::to_string(&epoch.record()).unwrap()
        };
        let plain = bytes(first.graph(), both.graph());
        assert_eq!(bytes(first.shuffled(&mut chance), both.shuffled(&mut chance)), plain, "seed {seed}");
    }
}
