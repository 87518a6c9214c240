//! One sender as the collector knows it: the one integer that makes deliveries exactly-once, and its account of itself.

use std::sync::Arc;

use hogusu_model::batch::PRESENCE_FLUSHES;
use hogusu_model::{BatchHeader, Counters, Proxy};
use hogusu_wire::Resource;

use super::plausible;
use crate::limits;

/// A sender is unclosed when it was silent for three of its report intervals and this.
const GRACE_NANOS: u64 = 5_000_000_000;

/// A sender and how far it has come.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The Resource's bytes as they arrived.
    pub resource_bytes: Arc<[u8]>,
    /// What they say.
    pub resource: Arc<Resource>,
    /// How far it has come.
    pub progress: Progress,
}

impl Sender {
    /// How often it flushes, nanoseconds.
    #[must_use]
    pub fn flush_interval(&self) -> u64 {
        flush_interval(&self.resource)
    }

    /// Estimate of what it takes in memory: its Resource as bytes and as what they say.
    pub(super) fn held(&self) -> usize {
        self.resource_bytes.len().saturating_mul(2).saturating_add(size_of::<Self>() + size_of::<Resource>())
    }

    /// How often something is to be heard of it, nanoseconds: less often before its first exchange.
    #[must_use]
    pub fn report_interval(&self) -> u64 {
        let flushes = if self.progress.sequence == 0 { PRESENCE_FLUSHES } else { 1 };
        self.flush_interval().saturating_mul(flushes)
    }

    /// True when it went silent without ending in order.
    #[must_use]
    pub fn is_unclosed(&self, now: u64) -> bool {
        // By the collector's own clock: a sender's may be off.
        let silence = now.saturating_sub(self.progress.last_arrival);
        !self.progress.closed && silence > self.report_interval().saturating_mul(3).saturating_add(GRACE_NANOS)
    }
}

/// How often a sender flushes, nanoseconds, as its Resource says.
pub(super) fn flush_interval(resource: &Resource) -> u64 {
    // A sender that claims a longer one than the filter allows would never count as unclosed.
    resource.flush_interval_ms.min(limits::FLUSH_INTERVAL_MS).saturating_mul(1_000_000)
}

/// What a sender says of itself. A proxy that names no workload is one of its own, by its node id: `envoy-1`, or pod and namespace of
/// `sidecar~ADDRESS~POD.NAMESPACE~DOMAIN`. So two of them are never one.
#[must_use]
pub fn named(mut resource: Resource) -> Resource {
    let proxy = &mut resource.proxy;
    if proxy.workload.name.is_empty() {
        let of_pod = proxy.id.split('~').nth(2).filter(|_| proxy.id.split('~').count() == 4);
        let (name, namespace) = of_pod.map_or((proxy.id.as_str(), ""), |pod| pod.rsplit_once('.').unwrap_or((pod, "")));
        if proxy.workload.namespace.is_empty() {
            namespace.clone_into(&mut proxy.workload.namespace);
        }
        proxy.workload.name = if name.is_empty() { proxy.id.clone() } else { name.to_owned() };
    }
    resource
}

/// Which proxy it is, by k8s cluster and node id: pods of two clusters may have the same name and address, and so the same node id.
pub type ProxyKey<'a> = (&'a str, &'a str);

/// The key of a proxy.
#[must_use]
pub fn proxy_key(proxy: &Proxy) -> ProxyKey<'_> {
    (&proxy.workload.cluster, &proxy.id)
}

/// How far a sender has come: everything of it that changes from batch to batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Last sequence taken; what is at or below it was taken before.
    pub sequence: u64,
    /// Its exchanges up to that batch, by its own account.
    pub cumulative: u64,
    /// Start of the first batch.
    pub first_start: u64,
    /// End of the last batch: its time is covered up to here.
    pub last_end: u64,
    /// Arrival of the last batch.
    pub last_arrival: u64,
    /// True when it ended in order.
    pub closed: bool,
    /// Batches that never arrived.
    pub lost_batches: u64,
    /// Exchanges in them.
    pub lost_exchanges: u64,
    /// Its counters as of the last batch.
    pub counters: Counters,
    /// Smallest arrival minus what its clock showed when a batch was written (its end, where it does not say), in nanoseconds, since
    /// that clock was last set: negative when it is ahead of the collector's.
    pub clock_skew: i64,
    /// How often the clocks were compared since.
    pub comparisons: u64,
    /// By how much its last batch was moved, as its clock cannot be right; nanoseconds.
    pub clock_shift: i64,
    /// Arrival of the batch that told that its clock was set; 0 when that never was.
    pub clock_set_at: u64,
}

/// What a batch brings beside its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advance {
    /// What is missing before it.
    pub loss: Loss,
    /// Where it lies in time, by the collector's clock.
    pub at: u64,
    /// The part of its time that is new: from here
    pub from: u64,
    /// to here.
    pub to: u64,
}

/// What did not arrive before a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loss {
    /// Batches.
    pub batches: u64,
    /// Exchanges in them.
    pub exchanges: u64,
}

impl Progress {
    /// A sender that was never heard of before this batch with `exchanges` in it.
    #[must_use]
    pub fn before(header: &BatchHeader, exchanges: u64, flush_interval: u64) -> Self {
        let (sequence, cumulative) = plausible::beginning(header, exchanges, flush_interval);
        let counters = Counters { clock_steps: header.counters.clock_steps, ..Counters::default() };
        let (first_start, clock_skew) = (u64::MAX, i64::MAX);
        Self { sequence, cumulative, counters, first_start, clock_skew, ..Self::default() }
    }

    /// True when nothing was heard of it for so long, by whether it ended in order.
    #[must_use]
    pub const fn is_quiet(&self, now: u64, closed: u64, silent: u64) -> bool {
        now.saturating_sub(self.last_arrival) >= if self.closed { closed } else { silent }
    }

    /// True when the batch was taken before. Presence has no sequence; repeating it changes nothing.
    #[must_use]
    pub const fn has(&self, header: &BatchHeader) -> bool {
        header.sequence != 0 && header.sequence <= self.sequence
    }

    /// Goes on to a batch with `exchanges` in it.
    pub fn advance(&mut self, header: &BatchHeader, exchanges: u64, arrival: u64) -> Advance {
        self.compare(header, arrival);
        let placed = self.place(header, arrival);
        let mut loss = Loss::default();
        if header.sequence != 0 {
            loss.batches = header.sequence.saturating_sub(self.sequence).saturating_sub(1);
            loss.exchanges = header.cumulative.saturating_sub(self.cumulative).saturating_sub(exchanges);
            self.sequence = header.sequence;
            self.cumulative = header.cumulative;
        }
        self.lost_batches = self.lost_batches.saturating_add(loss.batches);
        self.lost_exchanges = self.lost_exchanges.saturating_add(loss.exchanges);
        if self.last_arrival == 0 {
            (self.first_start, self.last_end) = (placed.start, placed.start);
        }
        // Presence has no sequence by which one could wait for it: the batch after it may have overtaken it.
        let is_overtaken = header.sequence == 0 && placed.start < self.first_start && placed.end <= self.first_start;
        let from = if is_overtaken { placed.start } else { placed.start.max(self.last_end) };
        let to = placed.end.max(from);
        self.first_start = self.first_start.min(placed.start);
        self.last_end = self.last_end.max(placed.end);
        self.last_arrival = self.last_arrival.max(arrival);
        self.closed |= header.last;
        self.counters = header.counters;
        Advance { loss, at: placed.start, from, to }
    }
}
