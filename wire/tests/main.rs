//! The wire: what is written is what is read, by this crate and by OpenTelemetry's own messages, in every version.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and computes its expectations in doubles"
)]

mod attributes;
mod batch;
mod document;
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
