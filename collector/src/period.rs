//! A period as the analysis reads it: rows, reporters and senders of [from, to), put together from files and open slots.
//!
//! Nothing is judged here but what needs every sender at once: how much time each should have covered, which ones are
//! unclosed, and which hooks counted the same requests twice.

mod build;

use std::collections::BTreeMap;
use std::sync::Arc;

use hogusu_model::{Counters, Hook, Proxy, SenderId, SeriesData, SeriesKey, Workload};

pub use crate::aggregate::{Folded, ProxyKey, Reporter, proxy_key};
pub use crate::kubernetes::record::ClusterInPeriod;
pub use crate::ownership::Owner;
pub use crate::refusals::Refused;
pub use crate::store::{DamagedFile, Reach, Resolution, StoreError};
use crate::wanted::Wanted;
pub use build::build;

/// What is known of a stretch of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Period {
    /// Start, rounded down to a slot; nanoseconds since the epoch.
    pub from: u64,
    /// End, exclusive, rounded up to a slot.
    pub to: u64,
    /// Up to here slots are sealed: only late parts still change them.
    pub sealed_to: u64,
    /// When the period was read.
    pub now: u64,
    /// Who reports; a row names one by its place here.
    pub reporters: Vec<Reporter>,
    /// How finely time is told apart in it.
    pub resolution: Resolution,
    /// One per (reporter, key, owner), merged over the period.
    pub rows: Vec<Row>,
    /// Owners of peers' addresses; a row names one by its place here. The first one is nobody.
    pub owners: Vec<Owner>,
    /// What the API server says; `None` without access to it.
    pub cluster: Option<ClusterInPeriod>,
    /// Backlogs that were folded, and reach into the period.
    pub folded: Vec<(SenderId, Folded)>,
    /// Senders whose time touches the period, and those that went silent within the last hour before it was read.
    pub senders: Vec<SenderInPeriod>,
    /// When HTTP filters' senders that are not among these ended last, by their pod.
    pub earlier: BTreeMap<PodKey, u64>,
    /// Parts of slots that came late.
    pub late_parts: u64,
    /// Proxies that may have counted the same requests twice, with filters that do not tell which.
    pub conflicts: Vec<HookConflict>,
    /// The collector's own clock may be wrong: it takes no batches, or goes on with the time of before.
    pub is_clock_in_doubt: bool,
    /// Whose batches were refused in the period.
    pub refused: Vec<Refused>,
    /// Batches that were refused for good from its start up to now.
    pub refused_since: u64,
    /// Since when refusals are remembered.
    pub refusals_from: u64,
    /// Files that may have held something of the period, and are damaged: what was in them is missing.
    pub damaged: Vec<DamagedFile>,
}

/// Which pod it is, by k8s cluster, namespace and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodKey {
    /// K8s cluster; empty where the proxy does not state it.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub pod: String,
}

impl PodKey {
    /// That of a proxy, as it states it.
    #[must_use]
    pub fn of(proxy: &Proxy) -> Self {
        let Workload { cluster, namespace, .. } = &proxy.workload;
        Self { cluster: cluster.clone(), namespace: namespace.clone(), pod: proxy.pod.clone() }
    }
}

/// What a reporter's proxies counted for a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Place in [`Period::reporters`].
    pub reporter: usize,
    /// What was counted.
    pub key: Arc<SeriesKey>,
    /// Place in [`Period::owners`] of the peer's address' owner while it was counted.
    pub owner: usize,
    /// Counts.
    pub data: SeriesData,
}

/// A sender, and how much of the period it covered.
#[derive(Debug, Clone, PartialEq)]
pub struct SenderInPeriod {
    /// The sender.
    pub id: SenderId,
    /// The proxy it runs in.
    pub proxy: Proxy,
    /// Where in Envoy it is called.
    pub hook: Hook,
    /// Version of the filter.
    pub filter_version: String,
    /// Digest of the filter's sources.
    pub filter_digest: String,
    /// Revision of its configuration.
    pub revision: String,
    /// Version of the wire it writes.
    pub wire_version: u32,
    /// How often it flushes, nanoseconds.
    pub flush_interval: u64,
    /// Start of its first batch.
    pub first_start: u64,
    /// End of its last batch.
    pub last_end: u64,
    /// Arrival of its last batch.
    pub last_arrival: u64,
    /// True when it ended in order.
    pub closed: bool,
    /// Nanoseconds of the period that its batches cover.
    pub covered: u64,
    /// Nanoseconds of the period that they should cover.
    pub expected: u64,
    /// Batches missing in the period.
    pub lost_batches: u64,
    /// Exchanges in them.
    pub lost_exchanges: u64,
    /// Exchanges that it counted since it began, by its own account.
    pub exchanges: u64,
    /// True when it went silent without ending in order.
    pub unclosed: bool,
    /// Its counters as of its last batch.
    pub counters: Counters,
    /// Smallest arrival minus what its clock showed: negative when that is ahead.
    pub clock_skew_ns: i64,
    /// By how much its last batch was moved, as its clock cannot be right: 0 where it is believed.
    pub clock_shift_ns: i64,
    /// When it told that its clock was set; 0 when that never was.
    pub clock_set_at: u64,
}

/// One proxy counts requests of the same side with two hooks, by filters of a version that does not tell whether they are the same
/// requests: they are taken for the same, and not added.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HookConflict {
    /// Envoy's node id.
    pub proxy: String,
    /// The workload it stands before.
    pub workload: Workload,
    /// The side both count.
    pub side: hogusu_model::Reporter,
    /// The hooks: the first one's rows stay, the second one's are left out.
    pub hooks: (Hook, Hook),
}

/// The collector's own state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// When it was read.
    pub now: u64,
    /// Start of the process.
    pub started: u64,
    /// Up to here slots are sealed.
    pub sealed_to: u64,
    /// Start of the oldest slot that is kept; 0 when there is none.
    pub oldest: u64,
    /// Start of the newest slot that a batch reached; 0 when there is none.
    pub newest: u64,
    /// Bytes of journal and store.
    pub disk_bytes: u64,
    /// Files of the store that are damaged and left out of answers.
    pub damaged_files: u64,
    /// Bound on them.
    pub max_disk_bytes: u64,
    /// How long slots are kept, nanoseconds.
    pub retention: u64,
    /// How long each resolution is to be kept, nanoseconds, and how far it reaches; the finest first.
    pub resolutions: Vec<(Resolution, u64, Reach)>,
    /// True when batches can be taken.
    pub ready: bool,
}

/// Where periods come from. Calls block: a server makes them off its event loop.
pub trait Periods: Send + Sync {
    /// The period [from, to), rounded outwards to slots.
    ///
    /// # Errors
    /// When the store cannot be read, or nobody waits for it any more.
    fn period(&self, from: u64, to: u64, wanted: &Wanted) -> Result<Period, StoreError>;
    /// The same, told apart no finer than this where that is cheaper to read.
    ///
    /// # Errors
    /// As those of [`Self::period`].
    fn period_at(&self, from: u64, to: u64, _finest: Resolution, wanted: &Wanted) -> Result<Period, StoreError> {
        self.period(from, to, wanted)
    }
    /// Lets go of what is kept so that further questions take less time, as its room is needed. Returns whether there was anything.
    fn let_go(&self) -> bool {
        false
    }
    /// The collector's own state.
    fn status(&self) -> Status;
}
