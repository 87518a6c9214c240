//! The filter's outside: what it asks of a proxy, and what it asks of a writer of batches.

use hogusu_model::{BatchHeader, Hook, SeriesData, SeriesKey};

/// A proxy. Nothing here panics or blocks; a host call that fails is counted by the host and reads as absent.
pub trait Host {
    /// A property by its NUL-joined path, as the proxy encodes it; `None` when absent. Valid until [`Host::recycle`].
    fn property(&self, path: &str) -> Option<&[u8]>;
    /// A request header; `None` when absent.
    fn request_header(&self, name: &str) -> Option<&[u8]>;
    /// Leaves a property on the exchange that is shown now, for who reads it after; only a filter can.
    fn leave(&self, path: &str);
    /// Notes that senders of a hook came to this proxy or went, in whichever VM of it.
    /// False where that cannot be done.
    fn enlist(&mut self, hook: Hook, by: i64) -> bool;
    /// How many senders of a hook are in this proxy now; 0 where that cannot be known.
    fn enlisted(&self, hook: Hook) -> u64;
    /// Forgets all that was read: called at each entry.
    fn recycle(&mut self);
    /// Wall time, nanoseconds since the epoch.
    fn wall(&self) -> u64;
    /// Monotonic time in nanoseconds.
    fn monotonic(&self) -> u64;
    /// 64 random bits.
    fn random(&mut self) -> u64;
    /// Linear memory in bytes; 0 where there is none.
    fn memory(&self) -> u64;
    /// Host calls that failed so far.
    fn errors(&self) -> u64;
    /// Sends a request; the answer comes to [`crate::Sender::answered`] under the returned token.
    ///
    /// # Errors
    /// When the proxy does not take it.
    fn post(&mut self, request: &Request<'_>) -> Result<u32, PostError>;
    /// Asks for the next tick in `millis` milliseconds.
    fn tick_in(&mut self, millis: u32);
    /// Says that a sender asked to end has ended.
    fn finished(&mut self);
    /// Writes to the proxy's log.
    fn log(&self, level: Level, message: &str);
    /// Adds to one of the proxy's own statistics.
    fn count(&mut self, stat: Stat, by: u64);
}

/// A request to the collector.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Envoy cluster to send to.
    pub envoy_cluster: &'a str,
    /// `:authority`.
    pub authority: &'a str,
    /// `:path`.
    pub path: &'a str,
    /// Time to answer, milliseconds.
    pub timeout_ms: u32,
    /// Protobuf body.
    pub body: &'a [u8],
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostError {
    /// The proxy has no such Envoy cluster.
    NoSuchCluster,
    /// Anything else.
    Failed,
}

/// Level of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Something is not as configured.
    Warn,
}

/// Statistics of the filter that the proxy itself shows (`wasmcustom.*` in Envoy).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stat {
    /// A plugin configuration was refused; defaults are in force.
    ConfigurationRefused,
    /// A batch was acknowledged.
    BatchAcknowledged,
    /// A send failed and will be tried again.
    BatchRetried,
    /// A batch was refused for good and dropped.
    BatchRefused,
    /// A cut was skipped since too many batches wait.
    BatchFolded,
    /// A host call failed.
    HostError,
}

impl Stat {
    /// Every statistic, in order.
    pub const ALL: [Self; 6] = [
        Self::ConfigurationRefused,
        Self::BatchAcknowledged,
        Self::BatchRetried,
        Self::BatchRefused,
        Self::BatchFolded,
        Self::HostError,
    ];

    /// Its name in the proxy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfigurationRefused => "hogusu_configuration_refused",
            Self::BatchAcknowledged => "hogusu_batches_acknowledged",
            Self::BatchRetried => "hogusu_batches_retried",
            Self::BatchRefused => "hogusu_batches_refused",
            Self::BatchFolded => "hogusu_batches_folded",
            Self::HostError => "hogusu_host_errors",
        }
    }
}

/// A writer of batches.
pub trait Encoder {
    /// Begins a batch whose exchanges ended in [start, end).
    fn begin(&mut self, start: u64, end: u64);
    /// Appends a series.
    fn series(&mut self, key: &SeriesKey, data: &SeriesData);
    /// Ends the batch: its body.
    fn finish(&mut self, header: &BatchHeader) -> Vec<u8>;
}
