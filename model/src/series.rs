//! A series: what one histogram of a sender is about, and what is counted for it.

use crate::histogram::Histogram;
use crate::identity::{Peer, Service};
use crate::words::{AnsweredBy, Measure, Outcome, Protocol, Reason, Reporter, Security, TlsVersion, Traffic};

/// Identity of one series of one sender. The sender's own identity is not in it: see [`crate::Proxy`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// What one count stands for.
    pub measure: Measure,
    /// Which end reports.
    pub reporter: Reporter,
    /// Protocol of the exchange.
    pub protocol: Protocol,
    /// The other end.
    pub peer: Peer,
    /// Destination service, known to the source only.
    pub service: Service,
    /// Port at the destination workload, 0 when no upstream was chosen.
    pub port: u16,
    /// Security as this reporter asserts it.
    pub security: Security,
    /// TLS version of the connection.
    pub tls_version: TlsVersion,
    /// URI SAN of this proxy's own certificate on the connection.
    pub own_principal: String,
    /// How the exchange ended.
    pub outcome: Outcome,
    /// Why, where the outcome alone does not say it.
    pub reason: Reason,
    /// Who answered.
    pub answered_by: AnsweredBy,
    /// Bounded name for what was asked; empty when not configured.
    pub operation: String,
    /// Whose traffic it is.
    pub traffic: Traffic,
    /// True where the duration is a life and no latency: a switched protocol, or a stream that its ends hold open.
    pub streaming: bool,
    /// Server name (SNI) that the applications' own TLS asked for; empty when not known.
    pub server_name: String,
    /// True where another hook of the same proxy counts the same exchange too: not to be added to that one's.
    pub twice: bool,
    /// True for the edge that holds what exceeded a bound: then peer, service and operation are empty.
    pub overflow: bool,
}

impl SeriesKey {
    /// What every series says, and of everything else that it is not known.
    #[must_use]
    pub fn new(
        measure: Measure,
        reporter: Reporter,
        protocol: Protocol,
        outcome: Outcome,
        answered_by: AnsweredBy,
    ) -> Self {
        Self {
            measure,
            reporter,
            protocol,
            peer: Peer::default(),
            service: Service::default(),
            port: 0,
            security: Security::Unknown,
            tls_version: TlsVersion::None,
            own_principal: String::new(),
            outcome,
            reason: Reason::None,
            answered_by,
            operation: String::new(),
            traffic: Traffic::Mesh,
            streaming: false,
            server_name: String::new(),
            twice: false,
            overflow: false,
        }
    }
}

/// A trace id of 16 bytes.
pub type TraceId = [u8; 16];

/// A trace kept for a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exemplar {
    /// Trace id.
    pub trace: TraceId,
    /// Duration of that exchange in nanoseconds.
    pub nanos: u64,
    /// Wall time of its end, nanoseconds since the epoch.
    pub at: u64,
}

impl Exemplar {
    /// Of two the one with the higher rank is kept: the slower one.
    #[must_use]
    pub const fn rank(&self) -> (u64, TraceId, u64) {
        (self.nanos, self.trace, self.at)
    }
}

/// What is counted for a series: the histogram, and what the configuration adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeriesData {
    /// Durations; its count is the count.
    pub duration: Histogram,
    /// Backend latency (first upstream byte sent to last received), where measured.
    pub backend: Option<Histogram>,
    /// Bytes received from the downstream and sent to it, where measured.
    pub bytes: Option<(u64, u64)>,
    /// Attempts of the requests counted here, where measured.
    pub attempts: Option<u64>,
    /// At most one exemplar per batch and series from a filter; a collector keeps the slowest.
    pub exemplar: Option<Exemplar>,
}

impl SeriesData {
    /// Adds all that `other` counts; of two exemplars the slower stays.
    pub fn merge(&mut self, other: &Self) {
        self.duration.merge(&other.duration);
        match (&mut self.backend, &other.backend) {
            (Some(own), Some(theirs)) => own.merge(theirs),
            (own @ None, Some(theirs)) => *own = Some(theirs.clone()),
            (_, None) => {}
        }
        self.bytes = match (self.bytes, other.bytes) {
            (Some((a, b)), Some((c, d))) => Some((a.saturating_add(c), b.saturating_add(d))),
            (own, theirs) => own.or(theirs),
        };
        self.attempts = match (self.attempts, other.attempts) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (own, theirs) => own.or(theirs),
        };
        self.exemplar = match (self.exemplar, other.exemplar) {
            (Some(own), Some(theirs)) => Some(if theirs.rank() > own.rank() { theirs } else { own }),
            (own, theirs) => own.or(theirs),
        };
    }
}
