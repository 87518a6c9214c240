//! The plugin configuration: JSON, versioned, unknown keys are errors. docs/configuration.md lists every key.
//!
//! A configuration that is refused never stops a proxy: defaults are in force, as far as it could be read the collector it
//! names is told, and the state shows as a log line, a statistic and in every batch.
//!
//! The one reader of the format: the filter uses it inside the proxy, `hogusu lint` before anything is applied.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod problems;
mod read;

use hogusu_model::Hook;
use serde::Deserialize;

pub use problems::{Problem, problems};

/// Longest text that a configuration may carry, in bytes.
pub const MAX_TEXT: usize = 256;

/// What the filter is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where batches go.
    pub target: Target,
    /// Where in the proxy this sender is called.
    pub hook: Hook,
    /// Which side its exchanges are seen from.
    pub direction: Direction,
    /// What its listener carries.
    pub transport: Transport,
    /// Milliseconds between cuts.
    pub flush_interval_ms: u32,
    /// Edges at most; what exceeds it is counted on the overflow edge.
    pub max_edges: u32,
    /// Batches that may wait; then cuts are skipped (counts kept, time resolution lost).
    pub max_waiting_batches: usize,
    /// What is measured beside the exact core.
    pub measures: Measures,
    /// What of its listeners, which a logger cannot see, may be believed.
    pub trust: Trust,
    /// Revision, as whoever wrote the configuration names it.
    pub revision: String,
}

/// Where batches go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// Envoy cluster of the collector.
    pub envoy_cluster: String,
    /// `:authority` of its requests.
    pub authority: String,
    /// Path of its requests.
    pub path: String,
    /// Time to answer in milliseconds.
    pub timeout_ms: u32,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            envoy_cluster: "hogusu-collector".into(),
            authority: "hogusu-collector".into(),
            path: "/v1/metrics".into(),
            timeout_ms: 5_000,
        }
    }
}

/// Which side exchanges are seen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the Envoy cluster's name, else from the listener.
    #[default]
    Auto,
    /// This proxy is the destination.
    Inbound,
    /// This proxy is the source.
    Outbound,
}

/// What a listener carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Told by each exchange.
    #[default]
    Auto,
    /// HTTP, gRPC among it.
    Http,
    /// Plain TCP.
    Tcp,
}

/// What may be believed of the other end. Envoy shows a logger neither whether it verifies the certificates of clients or of
/// servers, nor whether a source's address came with the PROXY protocol: where one does otherwise than these defaults say, it is
/// said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trust {
    /// Client certificates are verified. False: none makes mutual TLS, and none names a principal.
    pub client_certificates: bool,
    /// Certificates of upstreams are verified. False: none is security, and none names a principal.
    pub server_certificates: bool,
    /// A source's address is that of its connection. False: no workload is named by it.
    pub source_addresses: bool,
}

impl Default for Trust {
    fn default() -> Self {
        Self { client_certificates: true, server_certificates: true, source_addresses: true }
    }
}

/// What is measured beside the exact core; each costs one more read per exchange.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Measures {
    /// Bytes received and sent (two reads).
    pub bytes: bool,
    /// Time from the first byte sent upstream to the last received.
    pub backend_latency: bool,
    /// Attempts per request.
    pub attempts: bool,
    /// Trace ids of slow and failed exchanges.
    pub exemplars: bool,
    /// What an operation is.
    pub operation: Operations,
    /// Templates such as `/users/{id}`, for `path_templates`.
    pub path_templates: Vec<String>,
}

/// What an operation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operations {
    /// Not measured.
    #[default]
    None,
    /// The gRPC method.
    GrpcMethod,
    /// The route's name.
    Route,
    /// The declared template that the path fits.
    PathTemplates,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            target: Target::default(),
            hook: Hook::AccessLog,
            direction: Direction::Auto,
            transport: Transport::Auto,
            flush_interval_ms: 5_000,
            max_edges: 1_000,
            max_waiting_batches: 12,
            measures: Measures::default(),
            trust: Trust::default(),
            revision: String::new(),
        }
    }
}

/// Why a configuration was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "plugin configuration refused: {}; observing with defaults", self.0)
    }
}
