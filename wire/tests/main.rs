//! The wire: what is written is what is read, by this crate and by OpenTelemetry's own messages, in every version.

mod attributes;
mod batch;
mod goldens;
mod interop;
mod otlp;
mod refusals;
mod robustness;
mod round_trip;
mod samples;
mod strategies;
mod sums;
mod versions;
