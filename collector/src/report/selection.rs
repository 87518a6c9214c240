//! Which part of a period is asked for.

use hogusu_model::edge::End;

use crate::analysis::edge::Edge;
use crate::analysis::join::Include;
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
    let End::Workload(workload) = end else { return false };
    workload.name == wanted.name
        && wanted.namespace.as_ref().is_none_or(|namespace| workload.namespace == *namespace)
        && wanted.cluster.as_ref().is_none_or(|cluster| workload.cluster == *cluster)
}
