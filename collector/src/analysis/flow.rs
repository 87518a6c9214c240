//! Counts as rule 7 compares them: by source workload and source principal, destination, port and side.
//!
//! Kept beside the edges, since an edge has lost which of its principals a request came with.

use foldhash::HashMap;
use hogusu_model::{AnsweredBy, Measure, Outcome, Protocol, Reporter};

use super::numbered::{EndId, PrincipalId};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlowKey {
    /// Which side counts.
    pub reporter: Reporter,
    /// Requests, connections or attempts.
    pub measure: Measure,
    /// Who asks, as resolved.
    pub source: EndId,
    /// URI SAN of the source's certificate; `None` when there was none.
    pub principal: Option<PrincipalId>,
    /// Who is asked, as resolved.
    pub destination: EndId,
    /// Port at the destination.
    pub port: u16,
    /// TCP connections, not requests.
    pub tcp: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// Who answered.
    pub answered_by: AnsweredBy,
}

/// A flow's counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlowCount {
    /// Exchanges or attempts.
    pub count: u64,
    /// Attempts that the requests say they took, where measured.
    pub summed_attempts: Option<u64>,
}

/// Every flow of a period. No sender chooses these numbers: a fast hash is enough.
pub type Flows = HashMap<FlowKey, FlowCount>;

impl FlowKey {
    /// True when it certainly never reached the destination's proxy: no connection, or this proxy did not send it.
    #[must_use]
    pub fn never_arrived(&self) -> bool {
        // Faults are injected before there is an upstream, whether somebody waited for their end or not.
        let injected = self.outcome == Outcome::InjectedFault;
        let kept_back = self.is_kept_back() && self.answered_by == AnsweredBy::LocalProxy;
        self.outcome.is_connect_failure() || injected || kept_back
    }

    /// True when nothing proves that it reached the destination's proxy. Of connections that this proxy did not let through some did: it
    /// connects before the first bytes are looked at, and the destination sees one that carried nothing.
    #[must_use]
    pub fn unproven(&self) -> bool {
        self.outcome.is_undetermined() || self.never_arrived() || self.tcp && self.is_kept_back()
    }

    const fn is_kept_back(&self) -> bool {
        matches!(
            self.outcome,
            Outcome::NoHealthyUpstream | Outcome::NoRoute | Outcome::Overflow | Outcome::Denied | Outcome::RateLimited
        )
    }
}

/// True for the protocols that are compared as connections.
#[must_use]
pub fn is_tcp(protocol: Protocol) -> bool {
    protocol == Protocol::Tcp
}
