//! Small random meshes, each fact against brute force.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_topology::{
    Call, Certainty, Interaction, Mesh, Node, Shape, Sight, Traffic, WorkloadId, impact, single_points,
};

use crate::chance::Chance;
use crate::oracle::Oracle;
use crate::world::requests;

const MESHES: u64 = 40;

fn id(place: usize) -> WorkloadId {
    WorkloadId(u32::try_from(place).unwrap())
}

/// From sparse to dense, from 4 to 8 workloads.
fn mesh(seed: u64) -> (Shape, Oracle) {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ (seed + 1).wrapping_mul(0x0123_4567_89ab_cdef));
    let count = 4 + usize::try_from(chance.below(5)).unwrap();
    let one_in = 2 + chance.below(5);
    let mut table = vec![vec![false; count]; count];
    let is_partly_seen: Vec<bool> = (0..count).map(|_| chance.below(4) == 0).collect();
    let mut calls = Vec::new();
    for (source, row) in table.iter_mut().enumerate() {
        for (destination, is_called) in row.iter_mut().enumerate() {
            let one_in = if source == destination { 2 * one_in } else { one_in };
            if chance.below(one_in) == 0 {
                *is_called = true;
                let traffic: Traffic = requests(1 + chance.below(100));
                let interaction = Interaction::Synchronous;
                calls.push(Call { source: Some(id(source)), destination: id(destination), interaction, traffic });
            }
        }
    }
    let sight = |is_partly: &bool| if *is_partly { Sight::Partly } else { Sight::Whole };
    let node = |is_partly| Node { sight: sight(is_partly), ..Node::default() };
    let nodes = is_partly_seen.iter().map(node).collect();
    (Shape::of(Mesh::of(nodes, calls, true)), Oracle { count, calls: table, is_partly_seen })
}

fn places(ids: impl IntoIterator<Item = WorkloadId>) -> BTreeSet<usize> {
    ids.into_iter().map(|id| id.0 as usize).collect()
}

/// Those of the crate: who is one is a matter of its own, and tested where it is planted.
fn entries(shape: &Shape) -> Vec<usize> {
    shape.entries().iter().map(|entry| entry.workload.0 as usize).collect()
}

#[test]
fn reach_and_depth_are_what_walking_every_way_finds() {
    for seed in 0..MESHES {
        let (shape, oracle) = mesh(seed);
        for place in 0..oracle.count {
            let reach = shape.reach(id(place));
            let mut expected = oracle.reach(place, None);
            expected.remove(&place);
            assert_eq!(places(reach.dependencies.iter().map(|one| one.workload)), expected, "{seed}: {place}");
            assert_eq!(reach.depth, oracle.depth(place), "{seed}: {place}");
            let chain = oracle.reach(place, None);
            let doubts = (
                chain.iter().any(|one| oracle.is_in_a_circle(*one)),
                chain.iter().any(|one| oracle.is_partly_seen[*one]),
            );
            assert_eq!((reach.has_cycle, reach.is_partly_seen, reach.has_connections), (doubts.0, doubts.1, false));
        }
    }
}

#[test]
fn levels_are_the_shortest_ways() {
    for seed in 0..MESHES {
        let (shape, oracle) = mesh(seed);
        for place in 0..oracle.count {
            for dependency in shape.reach(id(place)).dependencies {
                let shortest = oracle.shortest(place, dependency.workload.0 as usize);
                assert_eq!(Some(dependency.level), shortest, "{seed}: {place} {dependency:?}");
            }
        }
    }
}

#[test]
fn circles_are_those_who_reach_each_other() {
    for seed in 0..MESHES {
        let (shape, oracle) = mesh(seed);
        let together = |place| (0..oracle.count).filter(|other| oracle.are_in_a_circle(place, *other)).collect();
        let expected: BTreeSet<BTreeSet<usize>> =
            (0..oracle.count).filter(|place| oracle.is_in_a_circle(*place)).map(together).collect();
        let found: BTreeSet<_> = shape.cycles().into_iter().map(|cycle| places(cycle.members)).collect();
        assert_eq!(found, expected, "{seed}");
    }
}

#[test]
fn everybody_is_reached_from_some_entry_point() {
    for seed in 0..MESHES {
        let (shape, oracle) = mesh(seed);
        let reached: BTreeSet<usize> = entries(&shape).iter().flat_map(|entry| oracle.reach(*entry, None)).collect();
        let calls = |one: usize, other: usize| one != other && (oracle.calls[one][other] || oracle.calls[other][one]);
        let is_used = |place: &usize| (0..oracle.count).any(|other| calls(*place, other));
        assert_eq!(reached, (0..oracle.count).filter(is_used).collect(), "{seed}");
    }
}

#[test]
fn what_is_cut_off_is_what_taking_a_workload_out_cuts_off() {
    for seed in 0..MESHES {
        let (shape, oracle) = mesh(seed);
        let entries = entries(&shape);
        let singles = single_points(&shape);
        for place in 0..oracle.count {
            let expected = oracle.cut_off(&entries, place);
            assert_eq!(places(impact(&shape, id(place)).cut_off), expected, "{seed}: {place}");
            let through = entries.iter().filter(|entry| oracle.always_passes(**entry, place)).count();
            let found = singles.iter().find(|one| one.workload == id(place)).map(|one| (one.cut_off, one.entries));
            let is_single = !entries.contains(&place) && (!expected.is_empty() || through > 0);
            assert_eq!(found, is_single.then_some((expected.len(), through)), "{seed}: {place}");
        }
    }
}

#[test]
fn impact_is_certain_where_no_way_avoids_the_workload_and_none_may_be_missing() {
    let mut seen = BTreeMap::new();
    for seed in 0..MESHES {
        let (shape, oracle) = mesh(seed);
        let judged = |entry: usize, place: usize| match (entry == place, oracle.always_passes(entry, place)) {
            (true, _) => Certainty::Certain,
            (false, false) => Certainty::Possible,
            (false, true) if oracle.may_miss(entry, place) => Certainty::AsObserved,
            (false, true) => Certainty::Certain,
        };
        for place in 0..oracle.count {
            let found: BTreeSet<(usize, Certainty)> = impact(&shape, id(place))
                .hits
                .iter()
                .map(|hit| (hit.entry.workload.0 as usize, hit.certainty))
                .collect();
            let hit = entries(&shape).into_iter().filter(|entry| oracle.reach(*entry, None).contains(&place));
            let expected: BTreeSet<_> = hit.map(|entry| (entry, judged(entry, place))).collect();
            assert_eq!(found, expected, "{seed}: {place}");
            expected.iter().for_each(|(_, certainty)| *seen.entry(*certainty).or_insert(0) += 1);
        }
    }
    assert!(seen.len() == 3 && seen.values().all(|count| *count > 10), "all three are there: {seen:?}");
}

#[test]
fn no_more_requests_come_to_a_workload_than_counts_let_through() {
    for seed in 0..MESHES {
        let (shape, oracle) = mesh(seed);
        for entry in shape.entries() {
            for one in shape.reach(entry.workload).dependencies {
                let place = one.workload.0 as usize;
                // Taken alone, what leads into it is a bound too.
                let into: u64 = shape.mesh().received(one.workload).exchanges;
                let most = one.most.unwrap();
                let bound = (into as f64 / entry.base.count() as f64).min(1.0);
                assert!(oracle.is_in_a_circle(place) || most <= bound + 1e-9, "{seed}: {one:?} {bound}");
                assert!(most > 0.0 && most <= 1.0, "{seed}: {one:?}");
            }
        }
    }
}
