//! What a sender says with each batch beside its series: which stretch of time, which place in its sequence, what it lost.

/// 128 random bits drawn at each configuration of a root context: `service.instance.id` on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SenderId(pub [u8; 16]);

impl std::fmt::Display for SenderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl SenderId {
    /// Reads 32 hexadecimal digits, lower case.
    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return None;
        }
        u128::from_str_radix(hex, 16).ok().map(|bits| Self(bits.to_be_bytes()))
    }
}

/// A sender that had no exchange yet reports its presence every so many flush intervals.
pub const PRESENCE_FLUSHES: u64 = 6;

/// Header of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchHeader {
    /// Start of the covered time, nanoseconds since the epoch.
    pub start: u64,
    /// End of the covered time, exclusive.
    pub end: u64,
    /// The sender's own clock when it wrote the batch, before it sent it for the first time; 0 when it does not say.
    pub sent: u64,
    /// Place in the sender's sequence, from 1; 0 for presence (before a sender's first exchange).
    pub sequence: u64,
    /// Exchanges in all batches of this sender up to and with this one.
    pub cumulative: u64,
    /// True when the sender ends in order with this batch.
    pub last: bool,
    /// The sender's own counters.
    pub counters: Counters,
}

/// A sender's account of itself. Counts since the sender began; gauges where said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Linear memory of its VM in bytes (gauge).
    pub memory_bytes: u64,
    /// Batches waiting to be acknowledged, without this one (gauge).
    pub waiting: u64,
    /// Never-sent batches that were folded into another (their counts are kept).
    pub folded: u64,
    /// Batches dropped as the receiver refused them for good.
    pub refused: u64,
    /// Exchanges in those batches: lost, and said so.
    pub refused_exchanges: u64,
    /// Sends that failed and were, or will be, tried again.
    pub retried: u64,
    /// Exchanges counted on the overflow edge.
    pub overflowed: u64,
    /// Host calls that failed with an unexpected status.
    pub host_errors: u64,
    /// Longest stay in the VM in nanoseconds (gauge).
    pub longest_entry: u64,
    /// 0: configuration accepted; 1: refused, defaults in force (gauge).
    pub configuration_refused: u64,
    /// How often its wall clock was set.
    pub clock_steps: u64,
}
