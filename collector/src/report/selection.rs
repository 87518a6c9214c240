//! Which part of a period is asked for.

use hogusu_model::edge::End;

use crate::analysis::edge::Edge;
use crate::analysis::join::Include;

/// What is asked for. The default is everything between workloads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Edges with an end in this namespace.
    pub namespace: Option<String>,
    /// Edges with this workload at an end: `K8S_CLUSTER/NAMESPACE/NAME`, `NAMESPACE/NAME` or `NAME`.
    pub workload: Option<String>,
    /// Traffic beside the mesh's own.
    pub include: Include,
}

impl Selection {
    /// True when `edge` is asked for.
    #[must_use]
    pub fn takes(&self, edge: &Edge) -> bool {
        let ends = [&edge.key.source, &edge.key.destination];
        let in_namespace = |wanted: &String| ends.iter().any(|end| namespace(end) == Some(wanted.as_str()));
        let is_workload = |wanted: &String| ends.iter().any(|end| is_named(end, wanted));
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

fn is_named(end: &End, wanted: &str) -> bool {
    let End::Workload(workload) = end else { return false };
    match wanted.split('/').collect::<Vec<_>>().as_slice() {
        [cluster, namespace, name] => {
            workload.cluster == *cluster && workload.namespace == *namespace && workload.name == *name
        }
        [namespace, name] => workload.namespace == *namespace && workload.name == *name,
        _ => workload.name == wanted,
    }
}
