//! Where traffic comes into the mesh, as far as it was observed.

use crate::components::{Components, Graph};
use crate::every::Every;
use crate::mesh::{Mesh, WorkloadId};

/// Why a workload is an entry point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It is a gateway.
    Gateway,
    /// Nothing in the mesh was seen to call it so that it waits.
    NoSource,
    /// It is in a circle that nothing outside was seen to call, and is asked most of those in it.
    Cycle,
}

/// What shares of an entry point's traffic are shares of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Requests that it received.
    Received(u64),
    /// Requests that it made, where none was seen to reach it.
    Made(u64),
}

/// An entry point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which workload.
    pub workload: WorkloadId,
    /// Why.
    pub why: Why,
    /// Its traffic.
    pub base: Base,
}

impl Base {
    /// How many.
    #[must_use]
    pub const fn count(self) -> u64 {
        match self {
            Self::Received(count) | Self::Made(count) => count,
        }
    }

    /// What a gateway lets in is not seen to reach it unless its own proxies count that; who calls it back from within is no measure of it.
    pub(crate) fn of(mesh: &Mesh, graph: &Graph, workload: WorkloadId) -> Self {
        let received = mesh.received(workload).exchanges;
        let made = graph.edges(workload.0.into()).filter_map(|edge| mesh.link(*edge.weight()));
        let made = made.fold(0_u64, |sum, link| sum.saturating_add(link.requests.exchanges));
        let is_let_in = !mesh.node(workload).is_gateway || mesh.requests_from_outside(workload) > 0;
        if received > 0 && (is_let_in || made == 0) { Self::Received(received) } else { Self::Made(made) }
    }
}

/// All entry points, the busiest first.
pub(crate) fn entries(mesh: &Mesh, graph: &Graph, components: &Components) -> Vec<Entry> {
    let mut is_called: Every<bool> = Every::of(mesh.workloads());
    let mut is_entered: Every<bool> = Every::of(components.count());
    for link in mesh.links().iter().filter(|link| link.is_coupled() && link.source != link.destination) {
        is_called.set(link.destination.place(), true);
        if !components.are_together(link.source, link.destination) {
            is_entered.set(components.number(link.destination), true);
        }
    }
    let calls = |id: &WorkloadId| graph.edges(id.0.into()).next().is_some();
    let is_there = |id: &WorkloadId| !mesh.node(*id).is_crowd && (calls(id) || mesh.from_outside(*id) > 0);
    let why = |id: WorkloadId| match (mesh.node(id).is_gateway, is_called.get(id.place())) {
        (true, _) => Some(Why::Gateway),
        (false, false) => Some(Why::NoSource),
        (false, true) => None,
    };
    let of = |workload, why| Entry { workload, why, base: Base::of(mesh, graph, workload) };
    let mut found: Vec<Entry> = mesh.ids().filter(is_there).filter_map(|id| Some(of(id, why(id)?))).collect();
    for (number, members) in components.called_first().filter(|(_, members)| members.len() > 1) {
        if is_entered.get(number) || members.iter().any(|member| why(*member).is_some()) {
            continue;
        }
        let most =
            members.iter().copied().max_by_key(|member| (mesh.received(*member).exchanges, std::cmp::Reverse(*member)));
        found.extend(most.map(|most| of(most, Why::Cycle)));
    }
    found.sort_by_key(|entry| (std::cmp::Reverse(entry.base.count()), entry.workload));
    found
}
