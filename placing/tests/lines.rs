//! How many lines cross, counted by geometry and nothing of the crate's own: each pair of straight lines between two columns.

use std::collections::BTreeMap;

use hogusu_placing::{Epoch, Place};

use crate::chance::Chance;
use crate::mesh::Mesh;

/// Column and height of each end, where lanes are as high as their highest column and ends stand close from the top.
fn drawn<L: Ord + Clone, R: Ord>(places: BTreeMap<String, (L, i32, R)>) -> BTreeMap<String, (f64, f64)> {
    let mut cells: BTreeMap<(L, i32), Vec<(R, String)>> = BTreeMap::new();
    for (name, (lane, column, row)) in places {
        cells.entry((lane, column)).or_default().push((row, name));
    }
    let mut highest: BTreeMap<L, usize> = BTreeMap::new();
    for ((lane, _), ends) in &mut cells {
        ends.sort_unstable();
        let most = highest.entry(lane.clone()).or_default();
        *most = (*most).max(ends.len());
    }
    let mut top = 0;
    let mut tops = BTreeMap::new();
    for (lane, height) in highest {
        tops.insert(lane, top);
        top += height;
    }
    let mut drawn = BTreeMap::new();
    for ((lane, column), ends) in cells {
        for (place, (_, name)) in ends.into_iter().enumerate() {
            drawn.insert(name, (f64::from(column), (tops[&lane] + place) as f64));
        }
    }
    drawn
}

fn crossings(mesh: &Mesh, drawn: &BTreeMap<String, (f64, f64)>) -> usize {
    let line = |(source, destination): &(String, String)| {
        let (one, other) = (drawn[source], drawn[destination]);
        if one.0 <= other.0 { (one, other) } else { (other, one) }
    };
    let lines: Vec<_> = mesh.edges.keys().map(line).filter(|(from, to)| from.0 < to.0).collect();
    let at = |((x, y), (to_x, to_y)): ((f64, f64), (f64, f64)), place: f64| y + (to_y - y) * (place - x) / (to_x - x);
    let do_cross = |one: &((f64, f64), (f64, f64)), other: &((f64, f64), (f64, f64))| {
        let (from, to) = (one.0.0.max(other.0.0), one.1.0.min(other.1.0));
        let [before, after] = [from, to].map(|place| at(*one, place) - at(*other, place));
        from < to && before.abs() > 1e-9 && after.abs() > 1e-9 && (before > 0.0) != (after > 0.0)
    };
    let pairs = |place: usize| lines[..place].iter().filter(|other| do_cross(&lines[place], other)).count();
    (0..lines.len()).map(pairs).sum()
}

/// Lines that cross in the epoch's order, and in the order of names in the same columns.
fn both(mesh: &Mesh) -> (usize, usize) {
    let epoch = Epoch::begin(&mesh.graph(), 1);
    let place = |name: &String| epoch.place(&mesh.end(name)).unwrap();
    let ours = |name: &String, Place { lane, column, row }: Place| (name.clone(), (lane, column, row));
    let ordered = drawn(mesh.ends.keys().map(|name| ours(name, place(name))).collect());
    let named = |name: &String| (name.clone(), (mesh.ends[name].clone(), place(name).column, name.clone()));
    (crossings(mesh, &ordered), crossings(mesh, &drawn(mesh.ends.keys().map(named).collect())))
}

#[test]
fn planted_layers_cross_fewer_lines_than_by_name_in_each_mesh_and_half_as_many_in_all() {
    let (mut ours, mut by_name) = (0, 0);
    for seed in 0..20 {
        let mesh = Mesh::layered(&mut Chance::new(seed), 5 + usize::try_from(seed % 3).unwrap(), 24, 4);
        let (one, other) = both(&mesh);
        assert!(one <= other, "seed {seed}: {one} cross, by name {other}");
        ours += one;
        by_name += other;
    }
    println!("planted layers: {ours} lines cross, by name {by_name}");
    assert!(ours * 2 <= by_name, "{ours} of {by_name}");
}

#[test]
fn a_mesh_of_150_ends_without_any_plan_crosses_fewer_lines_than_by_name() {
    let (mut ours, mut by_name) = (0, 0);
    for seed in 0..5 {
        let (one, other) = both(&Mesh::random(&mut Chance::new(seed), 150, 270, 10));
        ours += one;
        by_name += other;
    }
    println!("150 ends, 270 edges, 10 namespaces, in the mean: {} lines cross, by name {}", ours / 5, by_name / 5);
    assert!(ours < by_name);
}
