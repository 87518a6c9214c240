//! Meshes that tests place: by name, so that ends and edges can come and go.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_placing::{End, Graph, Lane};

use crate::chance::Chance;

/// Source, destination and traffic.
type Line = (usize, usize, u64);

/// Ends by name, with the namespace of each, and edges with their traffic.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mesh {
    pub(crate) ends: BTreeMap<String, String>,
    pub(crate) edges: BTreeMap<(String, String), u64>,
}

impl Mesh {
    pub(crate) fn edge(&mut self, source: &str, destination: &str, weight: u64) {
        self.edges.insert((source.to_owned(), destination.to_owned()), weight);
    }

    pub(crate) fn end(&self, name: &str) -> End {
        let lane = Lane { cluster: "c1".to_owned(), namespace: self.ends[name].clone() };
        End { lane, kind: "workload".to_owned(), name: name.to_owned() }
    }

    /// Only what is between ends that are there.
    pub(crate) fn graph(&self) -> Graph {
        self.in_order(&mut |_| {}, &mut |_| {})
    }

    /// The same, in whatever order.
    pub(crate) fn shuffled(&self, chance: &mut Chance) -> Graph {
        let mut other = Chance::new(chance.below(1_000) as u64);
        self.in_order(&mut |ends| chance.shuffle(ends), &mut |edges| other.shuffle(edges))
    }

    fn in_order(&self, ends: &mut dyn FnMut(&mut [String]), edges: &mut dyn FnMut(&mut [Line])) -> Graph {
        let mut names: Vec<String> = self.ends.keys().cloned().collect();
        ends(&mut names);
        let numbers: BTreeMap<&String, usize> = names.iter().zip(0..).collect();
        let number = |((source, destination), weight): (&(String, String), &u64)| {
            Some((*numbers.get(source)?, *numbers.get(destination)?, *weight))
        };
        let mut all: Vec<Line> = self.edges.iter().filter_map(number).collect();
        edges(&mut all);
        Graph::new(names.iter().map(|name| self.end(name)).collect(), all)
    }

    /// Any mesh: ends in so many namespaces, and edges between any two.
    pub(crate) fn random(chance: &mut Chance, ends: usize, edges: usize, namespaces: usize) -> Self {
        let mut mesh = Self::default();
        let names: Vec<String> = (0..ends).map(|end| format!("{:04}-{end}", chance.below(10_000))).collect();
        for name in &names {
            mesh.ends.insert(name.clone(), format!("ns{}", chance.below(namespaces)));
        }
        for _ in 0..edges {
            let (source, destination) = (&names[chance.below(ends)], &names[chance.below(ends)]);
            mesh.edge(source, destination, 1 + chance.below(10_000) as u64);
        }
        mesh
    }

    /// A mesh in layers whose edges lead to the next layer, to about the same height, and a twentieth of them anywhere further on: there is
    /// an order in which few lines cross. Names tell nothing of it.
    pub(crate) fn layered(chance: &mut Chance, layers: usize, width: usize, namespaces: usize) -> Self {
        let mut mesh = Self::default();
        let mut numbers: Vec<usize> = (0..layers * width).collect();
        chance.shuffle(&mut numbers);
        let name = |layer: usize, height: usize| format!("w{:05}", numbers[layer * width + height]);
        for layer in 0..layers {
            for height in 0..width {
                mesh.ends
                    .insert(name(layer, height), format!("ns{:02}", (height * namespaces / width * 7) % namespaces));
            }
        }
        for layer in 1..layers {
            for height in 0..width {
                let near = |chance: &mut Chance| (height + chance.below(3)).saturating_sub(1).min(width - 1);
                // One from the layer before, so that the layer is its column.
                let source = name(layer - 1, near(chance));
                mesh.edge(&source, &name(layer, height), 1 + chance.below(1_000) as u64);
                if chance.below(2) == 0 {
                    let source = name(layer - 1, near(chance));
                    mesh.edge(&source, &name(layer, height), 1);
                }
                if chance.below(20) == 0 {
                    let source = name(chance.below(layer), chance.below(width));
                    mesh.edge(&source, &name(layer, height), 1);
                }
            }
        }
        mesh
    }

    /// Those that an end has edges with.
    pub(crate) fn around(&self, name: &str) -> BTreeSet<&str> {
        let other = |(source, destination): &'_ (String, String)| -> Option<String> {
            if source == name {
                Some(destination.clone())
            } else if destination == name {
                Some(source.clone())
            } else {
                None
            }
        };
        let names: BTreeSet<String> = self.edges.keys().filter_map(other).collect();
        self.ends.keys().filter(|end| names.contains(*end)).map(String::as_str).collect()
    }
}
