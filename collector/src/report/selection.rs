//! Which part of a period is asked for.

use hogusu_model::Workload;
use hogusu_model::edge::End;

use crate::analysis::edge::Edge;
use crate::analysis::join::{Include, Joined};
use crate::label::Asked;

/// What is asked for. The default is everything between workloads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Edges with an end in this namespace.
    pub namespace: Option<String>,
    /// Edges with this workload at an end, or only those that lead to its port.
    pub workload: Option<Asked>,
    /// Traffic beside the mesh's own.
    pub include: Include,
}

impl Selection {
    /// True when `edge` is asked for.
    #[must_use]
    pub fn takes(&self, edge: &Edge) -> bool {
        let ends = [&edge.key.source, &edge.key.destination];
        let in_namespace = |wanted: &String| ends.iter().any(|end| namespace(end) == Some(wanted.as_str()));
        let is_workload = |wanted: &Asked| match wanted.port {
            None => ends.iter().any(|end| is_named(end, wanted)),
            Some(port) => edge.key.port == port && is_named(&edge.key.destination, wanted),
        };
        self.namespace.as_ref().is_none_or(in_namespace) && self.workload.as_ref().is_none_or(is_workload)
    }

    /// True when each name that is asked for is there, though perhaps nothing passed: a workload's that proxies report for, or at an end of an edge.
    pub(super) fn is_seen<'a>(
        &self,
        reporting: impl Iterator<Item = &'a Workload> + Clone,
        joined: &'a Joined,
    ) -> bool {
        let ends = joined.edges.iter().flat_map(|edge| [&edge.key.source, &edge.key.destination]);
        let at_ends = ends.filter_map(|end| if let End::Workload(workload) = end { Some(workload) } else { None });
        let workloads = reporting.chain(at_ends);
        let in_namespace = |wanted: &String| workloads.clone().any(|one| one.namespace == *wanted);
        let is_workload = |wanted: &Asked| workloads.clone().any(|one| is_called(one, wanted));
        self.namespace.as_ref().is_none_or(in_namespace) && self.workload.as_ref().is_none_or(is_workload)
    }

    /// True when nothing is excluded by name.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.namespace.is_none() && self.workload.is_none()
    }
}

fn namespace(end: &End) -> Option<&str> {
    match end {
        End::Workload(workload) => Some(&workload.namespace),
        _ => None,
    }
}

/// Whether a workload is what was asked for.
pub(super) fn is_named(end: &End, wanted: &Asked) -> bool {
    matches!(end, End::Workload(workload) if is_called(workload, wanted))
}

fn is_called(workload: &Workload, wanted: &Asked) -> bool {
    workload.name == wanted.name
        && wanted.namespace.as_ref().is_none_or(|namespace| workload.namespace == *namespace)
        && wanted.cluster.as_ref().is_none_or(|cluster| workload.cluster == *cluster)
}
