//! Which part of a period is asked for.

use hogusu_model::edge::End;
use hogusu_model::{Outcome, Protocol, Workload};

use crate::analysis::edge::Edge;
use crate::analysis::join::{Include, Joined};
use crate::analysis::security::SecurityState;
use crate::label::Asked;

/// What is asked for. The default is everything between workloads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Edges with an end in this k8s cluster; empty: in none that is known.
    pub cluster: Option<String>,
    /// Edges with an end in this namespace.
    pub namespace: Option<String>,
    /// Edges with this workload at an end, or only those that lead to its port.
    pub workload: Option<Asked>,
    /// Edges of this protocol.
    pub protocol: Option<Protocol>,
    /// Edges that are secured so.
    pub security: Option<SecurityState>,
    /// Edges on which a side counted something that ended so.
    pub outcome: Option<Outcome>,
    /// Traffic beside the mesh's own.
    pub include: Include,
}

impl Selection {
    /// True when `edge` is asked for.
    #[must_use]
    pub fn takes(&self, edge: &Edge) -> bool {
        let ends = [&edge.key.source, &edge.key.destination];
        let in_cluster = |wanted: &String| ends.iter().any(|end| cluster(end) == Some(wanted.as_str()));
        let in_namespace = |wanted: &String| ends.iter().any(|end| namespace(end) == Some(wanted.as_str()));
        let is_workload = |wanted: &Asked| match wanted.port {
            None => ends.iter().any(|end| is_named(end, wanted)),
            Some(port) => edge.key.port == port && is_named(&edge.key.destination, wanted),
        };
        self.cluster.as_ref().is_none_or(in_cluster)
            && self.namespace.as_ref().is_none_or(in_namespace)
            && self.workload.as_ref().is_none_or(is_workload)
            && self.is_of_kind(edge)
    }

    /// True for an edge of which everything holds that is asked for beside names.
    fn is_of_kind(&self, edge: &Edge) -> bool {
        let sides = [&edge.source_report, &edge.destination_report];
        let ended = |wanted: Outcome| {
            sides.into_iter().flatten().any(|side| side.count_where(|class| class.outcome == wanted) > 0)
        };
        self.protocol.is_none_or(|wanted| edge.key.protocol == wanted)
            && self.security.is_none_or(|wanted| edge.security.state == wanted)
            && self.outcome.is_none_or(ended)
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
        let in_cluster = |wanted: &String| workloads.clone().any(|one| one.cluster == *wanted);
        let in_namespace = |wanted: &String| workloads.clone().any(|one| one.namespace == *wanted);
        let is_workload = |wanted: &Asked| workloads.clone().any(|one| is_called(one, wanted));
        self.cluster.as_ref().is_none_or(in_cluster)
            && self.namespace.as_ref().is_none_or(in_namespace)
            && self.workload.as_ref().is_none_or(is_workload)
    }

    /// True when nothing is excluded by name.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.cluster.is_none() && self.namespace.is_none() && self.workload.is_none()
    }
}

fn cluster(end: &End) -> Option<&str> {
    match end {
        End::Workload(workload) => Some(&workload.cluster),
        _ => None,
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
