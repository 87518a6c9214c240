//! Which proxies should report: the set that completeness is measured against. Without one, it is unknown.

use std::collections::{BTreeMap, BTreeSet};

/// A declared set of proxies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// By Envoy's node id.
    Proxies(BTreeSet<String>),
    /// How many proxies each workload, by (namespace, name), should have.
    Workloads(BTreeMap<(String, String), u64>),
}

impl Expected {
    /// How many proxies are expected.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Proxies(proxies) => proxies.len() as u64,
            Self::Workloads(workloads) => workloads.values().sum(),
        }
    }
}
