//! Batches on the wire: OTLP metrics (`ExportMetricsServiceRequest`, protobuf), written and read.
//!
//! The only crate that knows protobuf and attribute names. docs/wire.md describes every field. What is read is read in
//! place: [`walk`] borrows from the body and hands out each series by the bytes of its attributes, so that a receiver
//! parses a series only when it sees it for the first time.
//!
//! Versions: a reader takes every wire version from 1 on. What it does not know it leaves out (metrics, attributes) or
//! reads as `other` (outcomes); what an older writer does not write reads as its default.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod attributes;
mod claim;
mod encode;
mod names;
mod protobuf;
mod read;
mod refusal;
mod resource;
mod walk;

pub use attributes::{encode_series, parse_series};
pub use claim::{Claim, claim};
pub use encode::BatchWriter;
pub use names::{SCHEMA_URL, WIRE_VERSION};
pub use refusal::Refusal;
pub use resource::{Preamble, Resource, admit_resource, encode_resource, parse_resource};
pub use walk::{Batch, MAX_POINTS, Point, Value, walk};
