//! The collector: takes batches from filters, keeps them durably, and answers what happened on each edge.
//!
//! Modules stand in flow order; a stage uses only stages above it. `main.rs` parses the command line and calls in here.
//! Only [`serve`] reads a clock, listens, handles signals and starts the tasks that ask others.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod limits;

pub mod shown;

pub mod label;

mod schema;

pub mod declared;

pub mod telemetry;

pub mod spans;

pub mod refusals;

pub mod allowance;

pub mod wanted;

pub mod peer;

pub mod shares;

pub mod piecewise;

mod etag;

pub mod inode;

pub mod ingest;

pub mod journal;

pub mod aggregate;

pub mod kubernetes;

pub mod ownership;

pub mod store;

pub mod period;

pub mod series;

pub mod writer;

pub mod analysis;

pub mod chart;

pub mod hours;

pub mod baseline;

pub mod placing;

pub mod policies;

pub mod report;

pub mod simulation;

pub mod bundle;

pub mod suggestion;

pub mod backup;

mod ui;

pub mod api;

pub mod serve;

pub mod lint;

pub mod check;

pub mod cli;
