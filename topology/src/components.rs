//! Workloads that call each other in a circle, and the order that everything else then has: a mesh without its circles flows one way.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::every::Every;
use crate::mesh::{Link, LinkId, Mesh, WorkloadId};

/// Workloads by number, links by their place.
pub(crate) type Graph = DiGraph<(), LinkId>;

/// The workload that a node stands for.
pub(crate) fn workload(node: NodeIndex) -> WorkloadId {
    WorkloadId(u32::try_from(node.index()).unwrap_or(u32::MAX))
}

/// The links that `taken` chooses. A workload that calls itself is no structure.
pub(crate) fn graph(mesh: &Mesh, taken: impl Fn(&Link) -> bool) -> Graph {
    let mut graph = Graph::with_capacity(mesh.workloads(), mesh.links().len());
    for _ in mesh.ids() {
        graph.add_node(());
    }
    for (place, link) in (0..).zip(mesh.links()) {
        if taken(link) && link.source != link.destination {
            graph.add_edge(link.source.0.into(), link.destination.0.into(), LinkId(place));
        }
    }
    graph
}

/// Strongly connected components.
#[derive(Debug, Clone)]
pub(crate) struct Components {
    /// Whose component each workload is in.
    of: Every<usize>,
    /// Their members. Who is called stands before who calls.
    members: Vec<Vec<WorkloadId>>,
    /// Those of a member that calls itself.
    has_own_calls: Every<bool>,
}

/// Workloads that wait for each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// In their order.
    pub members: Vec<WorkloadId>,
    /// Requests between them.
    pub requests: u64,
    /// The link among them with the fewest requests.
    pub thinnest: LinkId,
}

impl Components {
    /// Of the links that `taken` chooses, and of which `graph` is made.
    pub(crate) fn of(mesh: &Mesh, graph: &Graph, taken: impl Fn(&Link) -> bool) -> Self {
        let mut of = Every::of(graph.node_count());
        let members: Vec<Vec<WorkloadId>> = kosaraju_scc(graph)
            .into_iter()
            .map(|component| {
                let mut members: Vec<_> = component.into_iter().map(workload).collect();
                members.sort_unstable();
                members
            })
            .collect();
        for (number, component) in members.iter().enumerate() {
            component.iter().for_each(|member| of.set(member.place(), number));
        }
        let mut has_own_calls = Every::of(members.len());
        for link in mesh.links().iter().filter(|link| link.source == link.destination && taken(link)) {
            has_own_calls.set(of.get(link.source.place()), true);
        }
        Self { of, members, has_own_calls }
    }

    pub(crate) fn number(&self, id: WorkloadId) -> usize {
        self.of.get(id.place())
    }

    pub(crate) fn count(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn members(&self, number: usize) -> &[WorkloadId] {
        self.members.get(number).map_or(&[], Vec::as_slice)
    }

    /// Who is called before who calls.
    pub(crate) fn called_first(&self) -> impl DoubleEndedIterator<Item = (usize, &[WorkloadId])> {
        self.members.iter().enumerate().map(|(number, members)| (number, members.as_slice()))
    }

    /// Its members wait for each other, or its only one for itself.
    pub(crate) fn is_cycle(&self, number: usize) -> bool {
        self.members(number).len() > 1 || self.has_own_calls.get(number)
    }

    /// Calls that a chain through it is known to make within it.
    pub(crate) fn in_circle(&self, number: usize) -> usize {
        usize::from(self.is_cycle(number))
    }

    pub(crate) fn are_together(&self, one: WorkloadId, other: WorkloadId) -> bool {
        self.number(one) == self.number(other)
    }
}

/// What is between the members of a component.
#[derive(Debug, Clone, Copy, Default)]
struct Within {
    requests: u64,
    /// Requests of the link with the fewest, and which that is.
    thinnest: Option<(u64, LinkId)>,
}

/// Circles of requests, the largest first; a workload that waits for itself is one too.
pub(crate) fn cycles(mesh: &Mesh, components: &Components) -> Vec<Cycle> {
    let mut within: Every<Within> = Every::of(components.count());
    for (place, link) in (0..).map(LinkId).zip(mesh.links()) {
        if !link.is_synchronous() || !components.are_together(link.source, link.destination) {
            continue;
        }
        within.change(components.number(link.source), |sum| {
            let this = (link.requests.exchanges, place);
            sum.requests = sum.requests.saturating_add(this.0);
            sum.thinnest = Some(sum.thinnest.map_or(this, |known| known.min(this)));
        });
    }
    let cycle = |(number, members): (usize, &[WorkloadId])| {
        let Within { requests, thinnest } = within.get(number);
        Some(Cycle { members: members.to_vec(), requests, thinnest: thinnest?.1 })
    };
    let mut cycles: Vec<Cycle> = components.called_first().filter_map(cycle).collect();
    cycles.sort_by(|a, b| (b.members.len(), b.requests, &a.members).cmp(&(a.members.len(), a.requests, &b.members)));
    cycles
}
