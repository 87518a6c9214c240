//! Values and arithmetic of Hogusu: what an edge is, how an exchange ended, how durations are counted and merged.
//!
//! Holds no I/O, no clock, no serialization and no dependency. The laws its tests state:
//! merging histograms is commutative and associative with an identity; record-then-merge equals
//! merge-then-record; a quantile is off by at most the stated relative error.
#![warn(missing_docs)]
#![cfg_attr(not(test), forbid(unsafe_code))]

pub mod batch;
pub mod edge;
pub mod histogram;
pub mod identity;
pub mod layout;
pub mod quantile;
pub mod series;
pub mod slot;
pub mod words;

pub use batch::{BatchHeader, Counters, SenderId};
pub use edge::EdgeKey;
pub use histogram::Histogram;
pub use identity::{Peer, Proxy, Service, Workload, parse_spiffe};
pub use quantile::{Quantile, Reading};
pub use series::{Exemplar, SeriesData, SeriesKey, TraceId};
pub use slot::Slot;
pub use words::{AnsweredBy, Hook, Measure, Outcome, Protocol, Reason, Reporter, Security, TlsVersion, Traffic};
