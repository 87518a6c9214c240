//! Sums of one comparison: what the sources of one kin sent to a destination workload's port, and what it received.

use foldhash::{HashMap, HashSet};
use hogusu_model::edge::End;
use hogusu_model::{Measure, Outcome, Reporter};
use litemap::LiteMap;

use super::Ends;
use crate::analysis::edge::Edge;
use crate::analysis::flow::{FlowCount, FlowKey, Flows, is_tcp};
use crate::analysis::kin::{KinId, Kinship};
use crate::analysis::numbered::{EndId, Numbered};

/// Both sides' sums.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// By source workload, mostly a single one: each may or may not have a router log.
    pub sources: LiteMap<EndId, Sent>,
    /// Requests that the destination counted from these sources.
    pub at_destination: u64,
    /// Those of them whose handshake failed, or that their downstream left before anything showed that it ended: a source
    /// counts such a connection as made or as failed, as its version of TLS lets it know.
    pub broken_at_destination: u64,
    /// The destination counted from these sources.
    seen_at_destination: bool,
    /// Requests at the destination's port whose source nobody knows.
    pub unattributed: u64,
    /// Requests on the destination's overflow edge.
    pub folded_at_destination: u64,
    /// What these sources sent to ends that were not resolved to a workload.
    pub unresolved: u64,
    /// What these sources counted on their overflow edges.
    pub folded_at_source: u64,
}

/// What one source workload says it sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Requests or connections.
    pub requests: Sum,
    /// Attempts by the router's log; `None` without one.
    pub attempts: Option<Sum>,
    /// Attempts that the requests say they took, where measured.
    pub summed_attempts: Option<u64>,
}

/// A sum and what of it is not proven to have arrived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// All.
    pub count: u64,
    /// Nothing proves that they arrived; connect failures included.
    pub unproven: u64,
    /// They certainly did not arrive.
    pub never_arrived: u64,
}

impl Sum {
    fn add(&mut self, flow: &FlowKey, count: u64) {
        self.count = self.count.saturating_add(count);
        if flow.unproven() {
            self.unproven = self.unproven.saturating_add(count);
        }
        if flow.never_arrived() {
            self.never_arrived = self.never_arrived.saturating_add(count);
        }
    }
}

impl Sent {
    /// Attempts where there is a router log, else requests.
    #[must_use]
    pub fn best(&self) -> Sum {
        self.attempts.unwrap_or(self.requests)
    }
}

impl Account {
    /// Attempts, when every source has a router log.
    #[must_use]
    pub fn attempts(&self) -> Option<u64> {
        let mut logged = self.sources.values().map(|sent| sent.attempts.map(|sum| sum.count));
        let sum = logged.try_fold(0_u64, |sum, count| Some(sum.saturating_add(count?)));
        sum.filter(|_| !self.sources.is_empty())
    }

    /// What is not proven to have arrived.
    #[must_use]
    pub fn undetermined(&self) -> u64 {
        self.sources.values().map(|sent| sent.best().unproven).fold(0, u64::saturating_add)
    }

    /// What certainly did not arrive.
    #[must_use]
    pub fn never_arrived(&self) -> u64 {
        self.sources.values().map(|sent| sent.best().never_arrived).fold(0, u64::saturating_add)
    }

    /// True when a source of the kin counted something for this destination.
    #[must_use]
    pub fn reported_at_source(&self) -> bool {
        !self.sources.is_empty()
    }

    /// True when the destination counted something from this kin.
    #[must_use]
    pub const fn reported_at_destination(&self) -> bool {
        self.seen_at_destination
    }
}

/// A destination workload, its port, and whether connections or requests are compared.
type Place = (EndId, u16, bool);

/// All comparisons of a period. No sender chooses their numbers: a fast hash is enough.
#[derive(Debug, Clone)]
pub struct Accounts<'a> {
    numbered: &'a Numbered,
    kinship: Kinship,
    accounts: HashMap<(KinId, Place), Account>,
    /// Ports on which destinations report.
    ports: HashSet<Place>,
    unattributed: HashMap<Place, u64>,
    folded_at_destination: HashMap<(EndId, bool), u64>,
    unresolved: HashMap<(KinId, bool), u64>,
    folded_at_source: HashMap<(KinId, bool), u64>,
}

impl<'a> Accounts<'a> {
    /// Sums the flows.
    #[must_use]
    pub fn of(flows: &Flows, numbered: &'a Numbered) -> Self {
        let mut accounts = Self {
            numbered,
            kinship: Kinship::of(flows, numbered),
            accounts: HashMap::default(),
            ports: HashSet::default(),
            unattributed: HashMap::default(),
            folded_at_destination: HashMap::default(),
            unresolved: HashMap::default(),
            folded_at_source: HashMap::default(),
        };
        for (flow, count) in flows {
            match flow.reporter {
                Reporter::Source => accounts.sent(flow, *count),
                Reporter::Destination => accounts.received(flow, count.count),
            }
        }
        accounts
    }

    /// The comparison that an edge between these ends belongs to.
    #[must_use]
    pub fn of_edge(&self, edge: &Edge, ends: Ends) -> Option<Account> {
        let End::Workload(_) = &edge.key.destination else { return None };
        let tcp = is_tcp(edge.key.protocol);
        let principals = edge.destination_report.iter().flat_map(|side| &side.source_principals);
        let kin = self.kinship.of_source(ends.source, principals, self.numbered)?;
        let place = (ends.destination, edge.key.port, tcp);
        let mut account = self.accounts.get(&(kin, place)).cloned().unwrap_or_default();
        account.unattributed = self.unattributed.get(&place).copied().unwrap_or_default();
        account.folded_at_destination = self.folded_at_destination.get(&(place.0, tcp)).copied().unwrap_or_default();
        account.unresolved = self.unresolved.get(&(kin, tcp)).copied().unwrap_or_default();
        account.folded_at_source = self.folded_at_source.get(&(kin, tcp)).copied().unwrap_or_default();
        Some(account)
    }

    /// True when the destination counts exchanges on that port, from whomever.
    #[must_use]
    pub fn reports_port(&self, destination: EndId, port: u16, tcp: bool) -> bool {
        self.ports.contains(&(destination, port, tcp))
    }

    fn sent(&mut self, flow: &FlowKey, count: FlowCount) {
        let (Some(kin), End::Workload(_)) = (self.kinship.of_flow(flow, self.numbered), self.numbered.of(flow.source))
        else {
            return;
        };
        let FlowCount { count, summed_attempts } = count;
        match self.numbered.of(flow.destination) {
            End::Workload(_) => {}
            End::Overflow => return add(self.folded_at_source.entry((kin, flow.tcp)).or_default(), count),
            // Without an upstream nothing was sent anywhere.
            End::Service(_) => return,
            End::Address(_) | End::Unknown => return add(self.unresolved.entry((kin, flow.tcp)).or_default(), count),
        }
        let account = self.accounts.entry((kin, (flow.destination, flow.port, flow.tcp))).or_default();
        let sent = account.sources.entry(flow.source).or_default();
        if flow.measure == Measure::Attempt {
            return sent.attempts.get_or_insert_default().add(flow, count);
        }
        sent.requests.add(flow, count);
        sent.summed_attempts = match (sent.summed_attempts, summed_attempts) {
            (Some(own), Some(other)) => Some(own.saturating_add(other)),
            (own, other) => own.or(other),
        };
    }

    fn received(&mut self, flow: &FlowKey, count: u64) {
        let End::Workload(_) = self.numbered.of(flow.destination) else { return };
        if flow.measure == Measure::Attempt {
            return;
        }
        if self.numbered.of(flow.source) == &End::Overflow {
            return add(self.folded_at_destination.entry((flow.destination, flow.tcp)).or_default(), count);
        }
        let place = (flow.destination, flow.port, flow.tcp);
        self.ports.insert(place);
        match self.kinship.of_flow(flow, self.numbered) {
            Some(kin) => {
                let account = self.accounts.entry((kin, place)).or_default();
                account.seen_at_destination = true;
                add(&mut account.at_destination, count);
                if flow.outcome == Outcome::TlsFailure || flow.tcp && flow.outcome == Outcome::ClientGone {
                    add(&mut account.broken_at_destination, count);
                }
            }
            None => add(self.unattributed.entry(place).or_default(), count),
        }
    }
}

fn add(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}
