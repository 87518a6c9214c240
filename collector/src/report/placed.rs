//! Ends and edges of a period as they are placed, and the places of a graph's nodes.

use std::collections::{BTreeMap, HashMap};

use hogusu_model::edge::End;
use hogusu_placing::{End as Placeable, Graph, Key, Lane, Place};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Moment, build};
use crate::analysis::edge::{Edge, Party};
use crate::placing::Current;

/// The placing epoch that the places of an answer are of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Placing")]
pub struct Placing {
    /// When it began: its name.
    pub epoch: Moment,
    /// Ends that had a place then.
    pub began_with: u64,
    /// Ends that got one since.
    pub added: u64,
    /// The lanes of the nodes, from top to bottom; columns of one length.
    pub lanes: Lanes,
}

/// Lanes: each column has a value for each of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LaneColumns")]
pub struct Lanes {
    /// Places in `texts`: Kubernetes cluster.
    pub cluster: Vec<usize>,
    /// Places in `texts`: Kubernetes namespace.
    pub namespace: Vec<usize>,
    /// What lanes are ordered by: smaller is higher.
    pub place: Vec<f64>,
}

/// What is placed of periods: ends, of one period each once, and the edges between their places here, with what passed.
#[derive(Debug, Default)]
pub struct Seen {
    /// The ends.
    pub ends: Vec<Placeable>,
    edges: Vec<(usize, usize, u64)>,
}

impl Seen {
    /// Of these edges.
    #[must_use]
    pub fn of(edges: &[Edge]) -> Self {
        let (mut seen, mut places) = (Self::default(), HashMap::new());
        for edge in edges {
            let [source, destination] = [(&edge.key.source, &edge.source), (&edge.key.destination, &edge.destination)]
                .map(|(joint, party)| {
                    *places.entry((joint, &*party.label)).or_insert_with(|| {
                        seen.ends.push(end(joint, party));
                        seen.ends.len() - 1
                    })
                });
            seen.edges.push((source, destination, edge.main_report().map_or(0, |side| side.count())));
        }
        seen
    }

    /// And these.
    pub fn add(&mut self, other: Self) {
        let before = self.ends.len();
        let edge = |(source, destination, weight)| (before + source, before + destination, weight);
        self.ends.extend(other.ends);
        self.edges.extend(other.edges.into_iter().map(edge));
    }

    /// The graph that these are.
    #[must_use]
    pub fn graph(&self) -> Graph {
        Graph::new(self.ends.clone(), self.edges.iter().copied())
    }
}

/// What an end is known by while places are kept: a host's or an address' port is in its label alone.
fn end(joint: &End, party: &Party) -> Placeable {
    let [kind, cluster, namespace, name] = build::named(joint);
    let name = if matches!(joint, End::Workload(_)) { name } else { &party.label };
    let lane = Lane { cluster: cluster.to_owned(), namespace: namespace.to_owned() };
    Placeable { lane, kind: kind.to_owned(), name: name.to_owned() }
}

/// Places of nodes, as they come.
#[derive(Debug)]
pub(super) struct Places<'a> {
    current: &'a Current,
    found: Vec<Option<Place>>,
    /// With the places of cluster and namespace among the texts.
    lanes: BTreeMap<Key, [usize; 2]>,
}

/// The columns of the nodes: lane, column and row of each.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) lane: Vec<Option<usize>>,
    pub(super) column: Vec<Option<i32>>,
    pub(super) row: Vec<Option<f64>>,
}

impl<'a> Places<'a> {
    pub(super) const fn new(current: &'a Current) -> Self {
        Self { current, found: Vec::new(), lanes: BTreeMap::new() }
    }

    /// The next node, of a lane with these names.
    pub(super) fn add(&mut self, joint: &End, party: &Party, lane: [usize; 2]) {
        let place = self.current.place(&end(joint, party));
        if let Some(place) = &place {
            self.lanes.insert(place.lane, lane);
        }
        self.found.push(place);
    }

    pub(super) fn finish(self) -> (Option<Placing>, Columns) {
        let Self { current, found, lanes } = self;
        let numbers: HashMap<Key, usize> = lanes.keys().copied().zip(0..).collect();
        let lane = |place: &Option<Place>| place.and_then(|place| numbers.get(&place.lane).copied());
        let columns = Columns {
            lane: found.iter().map(lane).collect(),
            column: found.iter().map(|place| place.map(|place| place.column)).collect(),
            row: found.iter().map(|place| place.map(|place| place.row.number())).collect(),
        };
        let [cluster, namespace] =
            [0, 1].map(|which: usize| lanes.values().filter_map(|names| names.get(which).copied()).collect());
        let lanes = Lanes { cluster, namespace, place: lanes.keys().map(|key| key.number()).collect() };
        let (epoch, began_with, added) = (Moment(current.begun), current.began_with(), current.added());
        ((current.begun > 0).then_some(Placing { epoch, began_with, added, lanes }), columns)
    }
}
