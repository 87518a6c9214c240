//! Options that choose edges by something else than their workloads.

use clap::Args;
use clap::builder::PossibleValuesParser;
use hogusu_model::{Outcome, Protocol};

use super::arguments::namespace;
use crate::analysis::security::SecurityState;

/// What holds of every edge that is shown.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct KindOfEdge {
    /// Edges with an end in this k8s cluster.
    #[arg(long, value_name = "K8S_CLUSTER", value_parser = namespace)]
    cluster: Option<String>,
    /// Edges of this protocol.
    #[arg(long, value_parser = words(Protocol::ALL, Protocol::as_str))]
    protocol: Option<String>,
    /// Edges that are secured so.
    #[arg(long, value_parser = words(&SecurityState::ALL, SecurityState::as_str))]
    security: Option<String>,
    /// Edges on which a side counted something that ended so; all of their exchanges are shown.
    #[arg(long, value_parser = words(Outcome::ALL, Outcome::as_str))]
    outcome: Option<String>,
}

impl KindOfEdge {
    /// The options by the names of the API's parameters, which are theirs too.
    pub(super) fn named(&self) -> [(&'static str, Option<&String>); 4] {
        [
            ("cluster", self.cluster.as_ref()),
            ("protocol", self.protocol.as_ref()),
            ("security", self.security.as_ref()),
            ("outcome", self.outcome.as_ref()),
        ]
    }
}

/// One of these words.
pub(super) fn words<T: Copy>(all: &[T], written: fn(T) -> &'static str) -> PossibleValuesParser {
    PossibleValuesParser::new(all.iter().map(|one| written(*one)))
}
