//! What deserves a person's eye, worst first: the order of [`Kind`], then size.

pub mod of_edges;
pub mod of_telemetry;

use std::collections::BTreeMap;

use super::completeness::Completeness;
use super::edge::Edge;
use super::join::Joined;
use crate::period::Period;

/// What a finding is about, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Exchanges without TLS.
    Plaintext,
    /// The reporters contradict each other.
    Disagreement,
    /// Exchanges fail.
    Failing,
    /// An edge that makes its ancestors slow.
    Slowness,
    /// Batches that never arrived.
    LostBatches,
    /// A sender that went silent without an end.
    UnclosedSenders,
    /// A proxy that should report and does not.
    SilentProxy,
    /// More edges than a sender's bound.
    Overflow,
    /// Two hooks count the same requests.
    HookConflict,
    /// A proxy that refused its configuration.
    ConfigurationRefused,
    /// A proxy whose clock differs.
    ClockSkew,
    /// An address of several workloads.
    AmbiguousAddress,
    /// Parts that came after their slot was sealed.
    LateParts,
}

impl Kind {
    /// Every kind, worst first.
    pub const ALL: [Self; 13] = [
        Self::Plaintext,
        Self::Disagreement,
        Self::Failing,
        Self::Slowness,
        Self::LostBatches,
        Self::UnclosedSenders,
        Self::SilentProxy,
        Self::Overflow,
        Self::HookConflict,
        Self::ConfigurationRefused,
        Self::ClockSkew,
        Self::AmbiguousAddress,
        Self::LateParts,
    ];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Disagreement => "disagreement",
            Self::Failing => "failing",
            Self::Slowness => "slowness",
            Self::LostBatches => "lost_batches",
            Self::UnclosedSenders => "unclosed_senders",
            Self::SilentProxy => "silent_proxy",
            Self::Overflow => "overflow",
            Self::HookConflict => "hook_conflict",
            Self::ConfigurationRefused => "configuration_refused",
            Self::ClockSkew => "clock_skew",
            Self::AmbiguousAddress => "ambiguous_address",
            Self::LateParts => "late_parts",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub kind: Kind,
    /// Its edge, as a place among the edges.
    pub edge: Option<usize>,
    /// Larger is worse, within its kind.
    pub weight: u64,
    /// For people.
    pub text: String,
}

/// Every finding of a period, worst first.
#[must_use]
pub fn find(joined: &Joined, completeness: &Completeness, period: &Period) -> Vec<Finding> {
    let mut findings = of_edges::find(&joined.edges);
    findings.extend(of_telemetry::find(joined, completeness, period));
    findings.sort_by(|a, b| (a.kind, b.weight, &a.text).cmp(&(b.kind, a.weight, &b.text)));
    findings
}

/// Places of the edges, worst first: by their worst finding, then by share of failures, then by traffic.
#[must_use]
pub fn worst_first(edges: &[Edge], findings: &[Finding]) -> Vec<usize> {
    let mut ranks = BTreeMap::new();
    for (rank, place) in findings.iter().enumerate().filter_map(|(rank, finding)| Some((rank, finding.edge?))) {
        ranks.entry(place).or_insert(rank);
    }
    let worst = |place: usize| ranks.get(&place).copied().unwrap_or(usize::MAX);
    let mut places: Vec<_> = edges
        .iter()
        .enumerate()
        .map(|(place, edge)| {
            let side = edge.main_report();
            let (count, failed) = side.map_or((0, 0), |side| (side.count(), side.failed()));
            let failing = (u128::from(failed) * 1_000_000).checked_div(u128::from(count)).unwrap_or_default();
            (worst(place), std::cmp::Reverse(failing), std::cmp::Reverse(count), edge.label(), place)
        })
        .collect();
    places.sort();
    places.into_iter().map(|(.., place)| place).collect()
}
