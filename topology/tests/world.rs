//! Meshes written down by hand: `a>b:100` is 100 requests of a to b.

use std::collections::BTreeMap;

use hogusu_topology::{Call, Interaction, Mesh, Node, Shape, Sight, Traffic, WorkloadId};

/// A mesh in the making; workloads get numbers as they are named.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) names: BTreeMap<String, WorkloadId>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) calls: Vec<Call>,
    pub(crate) is_partial: bool,
}

pub(crate) fn requests(count: u64) -> Traffic {
    Traffic { exchanges: count, judged: count, ..Traffic::default() }
}

impl World {
    /// `a>b:100 b>c:50`; a source called `out` is outside the mesh.
    pub(crate) fn of(text: &str) -> Self {
        let mut world = Self::default();
        for call in text.split_whitespace() {
            let (ends, count) = call.split_once(':').unwrap();
            let (source, destination) = ends.split_once('>').unwrap();
            world.call(source, destination, Interaction::Synchronous, requests(count.parse().unwrap()));
        }
        world
    }

    pub(crate) fn id(&mut self, name: &str) -> WorkloadId {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        let id = WorkloadId(u32::try_from(self.nodes.len()).unwrap());
        self.nodes.push(Node { is_gateway: false, sight: Sight::Whole, is_crowd: false });
        self.names.insert(name.to_owned(), id);
        id
    }

    pub(crate) fn node(&mut self, name: &str) -> &mut Node {
        let id = self.id(name);
        &mut self.nodes[id.0 as usize]
    }

    pub(crate) fn call(&mut self, source: &str, destination: &str, interaction: Interaction, traffic: Traffic) {
        let source = (source != "out").then(|| self.id(source));
        let destination = self.id(destination);
        self.calls.push(Call { source, destination, interaction, traffic });
    }

    pub(crate) fn shape(&self) -> Shape {
        Shape::of(Mesh::of(self.nodes.clone(), self.calls.iter().copied(), !self.is_partial))
    }

    pub(crate) fn known(&self, name: &str) -> WorkloadId {
        self.names[name]
    }

    pub(crate) fn name(&self, id: WorkloadId) -> &str {
        self.names.iter().find(|(_, known)| **known == id).unwrap().0
    }

    pub(crate) fn names_of(&self, ids: impl IntoIterator<Item = WorkloadId>) -> Vec<&str> {
        ids.into_iter().map(|id| self.name(id)).collect()
    }
}
