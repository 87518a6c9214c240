//! Which proxies should report, as somebody declared: the set that completeness is measured against. What the API server says
//! of it is in [`super::proxies`]. Without either, it is unknown.

use std::collections::{BTreeMap, BTreeSet};

/// A proxy is expected to report within this of when it should, nanoseconds: one minute.
pub const EXPECTED_WITHIN: u64 = 60_000_000_000;

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
