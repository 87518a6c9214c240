//! Every sender of a period with its own account: `hogusu.senders/v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cursor::Cursor;
use crate::label;
use crate::period::{Period, SenderInPeriod};
use crate::report::Moment;
use crate::report::side::as_f64;

/// A page of senders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Senders {
    /// Name and version of this shape.
    #[schemars(extend("const" = "hogusu.senders/v1"))]
    pub schema: String,
    /// Start of the period.
    pub from: Moment,
    /// End of it.
    pub to: Moment,
    /// How many there are on all pages.
    pub total: u64,
    /// By proxy, hook and start.
    pub senders: Vec<Sender>,
    /// How to ask for the next page; `None` on the last one.
    pub next_cursor: Option<String>,
}

/// One sender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sender {
    /// 32 hexadecimal digits.
    pub id: String,
    /// Envoy's node id.
    pub proxy: String,
    /// `namespace/name`, as a label is written.
    pub workload: String,
    /// Kubernetes cluster.
    pub cluster: String,
    /// Pod.
    pub pod: String,
    /// IP addresses that the proxy states.
    pub addresses: Vec<String>,
    /// `access_log`, `upstream_log` or `http_filter`.
    pub hook: String,
    /// Version of the filter.
    pub filter_version: String,
    /// Digest of its module.
    pub filter_digest: String,
    /// Revision of its configuration.
    pub revision: String,
    /// Version of the wire format.
    pub wire_version: u32,
    /// `accepted`, or `refused`: then the defaults are in force.
    pub configuration: String,
    /// `running`, `closed` (ended in order) or `unclosed` (went silent).
    pub state: String,
    /// Seconds between two flushes.
    pub flush_interval_s: f64,
    /// Start of its first batch.
    pub first_start: Moment,
    /// End of its last batch.
    pub last_end: Moment,
    /// When its last batch arrived.
    pub last_arrival: Moment,
    /// Seconds of the period that it covers.
    pub covered_s: f64,
    /// Seconds that it should cover.
    pub expected_s: f64,
    /// Batches missing from its sequence.
    pub lost_batches: u64,
    /// Exchanges in those.
    pub lost_exchanges: u64,
    /// Exchanges that it counted since it began; 0 for a proxy's main thread, which handles none.
    pub exchanges: u64,
    /// Smallest difference of a batch's arrival and what its clock showed then; negative: its clock is ahead.
    pub clock_skew_s: f64,
    /// By how much its batches are moved, as its clock cannot be right; 0 where it is believed.
    #[serde(default)]
    pub clock_shift_s: f64,
    /// Its own account.
    pub counters: Counters,
}

/// A sender's account of itself, since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counters {
    /// Linear memory of its VM.
    pub memory_bytes: u64,
    /// Batches waiting to be acknowledged.
    pub waiting: u64,
    /// Batches folded into another before they were sent; nothing of them is lost.
    pub folded: u64,
    /// Batches dropped since the receiver refused them.
    pub refused: u64,
    /// Exchanges in those.
    pub refused_exchanges: u64,
    /// Sends that were tried again.
    pub retried: u64,
    /// Exchanges counted on the overflow edge.
    pub overflowed: u64,
    /// Host calls that failed.
    pub host_errors: u64,
    /// Longest stay in the VM in nanoseconds.
    pub longest_entry_ns: u64,
    /// How often its wall clock was set.
    #[serde(default)]
    pub clock_steps: u64,
}

impl Senders {
    /// The page of `limit` senders that begins there.
    pub(super) fn of(period: &Period, page: Cursor, limit: usize) -> Self {
        let next = Cursor { offset: page.offset.saturating_add(limit), from: period.from, to: period.to, ..page };
        Self {
            schema: "hogusu.senders/v1".to_owned(),
            from: Moment(period.from),
            to: Moment(period.to),
            total: period.senders.len() as u64,
            senders: period.senders.iter().skip(page.offset).take(limit).map(Sender::of).collect(),
            next_cursor: (next.offset < period.senders.len()).then(|| next.to_string()),
        }
    }
}

impl Sender {
    /// From what the period says of it.
    #[must_use]
    pub fn of(sender: &SenderInPeriod) -> Self {
        let (proxy, counters) = (&sender.proxy, &sender.counters);
        let seconds = |nanos: u64| as_f64(nanos) / 1e9;
        let signed =
            |nanos: i64| if nanos < 0 { -seconds(nanos.unsigned_abs()) } else { seconds(nanos.unsigned_abs()) };
        Self {
            id: sender.id.to_string(),
            proxy: proxy.id.clone(),
            workload: label::workload(&proxy.workload.namespace, &proxy.workload.name),
            cluster: proxy.workload.cluster.clone(),
            pod: proxy.pod.clone(),
            addresses: proxy.addresses.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect(),
            hook: sender.hook.to_string(),
            filter_version: sender.filter_version.clone(),
            filter_digest: sender.filter_digest.clone(),
            revision: sender.revision.clone(),
            wire_version: sender.wire_version,
            configuration: if counters.configuration_refused == 0 { "accepted" } else { "refused" }.to_owned(),
            state: state(sender).to_owned(),
            flush_interval_s: seconds(sender.flush_interval),
            first_start: Moment(sender.first_start),
            last_end: Moment(sender.last_end),
            last_arrival: Moment(sender.last_arrival),
            covered_s: seconds(sender.covered),
            expected_s: seconds(sender.expected),
            lost_batches: sender.lost_batches,
            lost_exchanges: sender.lost_exchanges,
            exchanges: sender.exchanges,
            clock_skew_s: signed(sender.clock_skew_ns),
            clock_shift_s: signed(sender.clock_shift_ns),
            counters: Counters {
                memory_bytes: counters.memory_bytes,
                waiting: counters.waiting,
                folded: counters.folded,
                refused: counters.refused,
                refused_exchanges: counters.refused_exchanges,
                retried: counters.retried,
                overflowed: counters.overflowed,
                host_errors: counters.host_errors,
                longest_entry_ns: counters.longest_entry,
                clock_steps: counters.clock_steps,
            },
        }
    }
}

const fn state(sender: &SenderInPeriod) -> &'static str {
    match (sender.closed, sender.unclosed) {
        (true, _) => "closed",
        (false, true) => "unclosed",
        (false, false) => "running",
    }
}
