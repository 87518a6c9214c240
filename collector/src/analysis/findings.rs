//! What deserves a person's eye, worst first: the order of [`Kind`], then size. Kind, subject and evidence; no words.

pub mod evidence;
pub mod of_edges;
pub mod of_proxies;
pub mod of_telemetry;

use std::cmp::Reverse;

use super::completeness::Completeness;
use super::edge::{Edge, Side};
use super::join::Joined;
use crate::limits::TELEMETRY_FINDINGS;
use crate::period::Period;
pub use evidence::{Evidence, Gap, PodName, ProxyName, Subject};

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
    /// A file of the store that is damaged: what it held is missing.
    DamagedFile,
    /// Batches that were refused for good.
    RefusedBatches,
    /// Batches that never arrived.
    LostBatches,
    /// A sender that went silent without an end.
    UnclosedSenders,
    /// The API server does not answer, or does not let the collector read what it should.
    KubernetesUnread,
    /// A proxy that could not get the plugin: everything passes in its stead.
    WithoutPlugin,
    /// A proxy that reports with another module or configuration than it should.
    OtherRevision,
    /// A proxy that should report and does not.
    SilentProxy,
    /// More edges than a sender's bound.
    Overflow,
    /// Exchanges that were failed or delayed on purpose.
    Injected,
    /// Two hooks count the same requests.
    HookConflict,
    /// A backlog that was folded: the map shows silence where it was counted.
    FoldedBacklog,
    /// A proxy that refused its configuration.
    ConfigurationRefused,
    /// A proxy whose clock differs.
    ClockSkew,
    /// An address that a proxy says it has, and that is another's by the API server's word or by the certificate shown.
    AddressContradiction,
    /// An address of several workloads.
    AmbiguousAddress,
    /// Parts that came after their slot was sealed.
    LateParts,
}

impl Kind {
    /// Every kind, worst first.
    pub const ALL: [Self; 21] = [
        Self::Plaintext,
        Self::Disagreement,
        Self::Failing,
        Self::Slowness,
        Self::DamagedFile,
        Self::RefusedBatches,
        Self::LostBatches,
        Self::UnclosedSenders,
        Self::KubernetesUnread,
        Self::WithoutPlugin,
        Self::OtherRevision,
        Self::SilentProxy,
        Self::Overflow,
        Self::Injected,
        Self::HookConflict,
        Self::FoldedBacklog,
        Self::ConfigurationRefused,
        Self::ClockSkew,
        Self::AddressContradiction,
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
            Self::DamagedFile => "damaged_file",
            Self::RefusedBatches => "refused_batches",
            Self::LostBatches => "lost_batches",
            Self::UnclosedSenders => "unclosed_senders",
            Self::KubernetesUnread => "kubernetes_unread",
            Self::WithoutPlugin => "without_plugin",
            Self::OtherRevision => "other_revision",
            Self::SilentProxy => "silent_proxy",
            Self::Overflow => "overflow",
            Self::Injected => "injected",
            Self::HookConflict => "hook_conflict",
            Self::FoldedBacklog => "folded_backlog",
            Self::ConfigurationRefused => "configuration_refused",
            Self::ClockSkew => "clock_skew",
            Self::AddressContradiction => "address_contradiction",
            Self::AmbiguousAddress => "ambiguous_address",
            Self::LateParts => "late_parts",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it says.
    pub kind: Kind,
    /// Of what it says it.
    pub subject: Subject,
    /// Larger is worse, within its kind.
    pub weight: u64,
    /// Why it says it.
    pub evidence: Evidence,
}

impl Finding {
    /// Its edge, as a place among the edges.
    #[must_use]
    pub const fn edge(&self) -> Option<usize> {
        if let Subject::Edge(place) = self.subject { Some(place) } else { None }
    }
}

/// Every finding of a period, worst first.
#[must_use]
pub fn find(joined: &Joined, completeness: &Completeness, period: &Period) -> Vec<Finding> {
    let mut findings = of_edges::find(&joined.edges);
    findings.extend(of_telemetry::find(joined, completeness, period));
    findings.extend(of_proxies::unread(period));
    findings.extend(of_proxies::misnamed(period));
    findings.extend(completeness.judged.iter().flat_map(|judged| of_proxies::find(judged)));
    findings.sort_by(|a, b| (a.kind, b.weight, &a.subject).cmp(&(b.kind, a.weight, &b.subject)));
    bounded(findings)
}

/// Of the telemetry findings of each kind the worst ones, and how many more there are: where one cause reaches every proxy of a large mesh, each
/// of them would be one.
fn bounded(sorted: Vec<Finding>) -> Vec<Finding> {
    let mut kept = Vec::with_capacity(sorted.len());
    let mut of_kind: Option<(Kind, usize)> = None;
    let mut sorted = sorted.into_iter().peekable();
    while let Some(finding) = sorted.next() {
        let (kind, edge) = (finding.kind, finding.edge());
        let before = of_kind.filter(|(of, _)| *of == kind).map_or(0, |(_, count)| count);
        let count = before + usize::from(edge.is_none());
        of_kind = Some((kind, count));
        if edge.is_some() || count <= TELEMETRY_FINDINGS {
            kept.push(finding);
        }
        let is_last = sorted.peek().is_none_or(|next| next.kind != kind);
        if let Some(more) = count.checked_sub(TELEMETRY_FINDINGS).filter(|more| is_last && *more > 0) {
            kept.push(Finding { kind, subject: Subject::More, weight: 0, evidence: Evidence::More(more as u64) });
        }
    }
    kept
}

/// Places of the edges, worst first: by their worst finding, then by share of failures, then by traffic.
#[must_use]
pub fn worst_first(edges: &[Edge], findings: &[Finding]) -> Vec<usize> {
    let mut ranks = vec![usize::MAX; edges.len()];
    for (rank, place) in findings.iter().enumerate().filter_map(|(rank, finding)| Some((rank, finding.edge()?))) {
        if let Some(worst) = ranks.get_mut(place) {
            *worst = rank.min(*worst);
        }
    }
    let numbers = |(edge, worst): (&Edge, usize)| {
        let side = edge.main_report();
        let (count, failed) = side.map_or((0, 0), |side| (side.count(), edge.failed(side)));
        let judged = side.map_or(0, Side::judged);
        let failing = (u128::from(failed) * 1_000_000).checked_div(u128::from(judged)).unwrap_or_default();
        (worst, Reverse(failing), Reverse(count))
    };
    let mut places: Vec<_> = edges.iter().zip(ranks).map(numbers).zip(0..).collect();
    places.sort_unstable();
    // Most are told apart by their numbers: names are put together for those alone that are not.
    for tied in places.chunk_by_mut(|(one, _), (other, _)| one == other).filter(|tied| tied.len() > 1) {
        tied.sort_by_cached_key(|(_, place)| (edges.get(*place).map(Edge::label), *place));
    }
    places.into_iter().map(|(_, place)| place).collect()
}
