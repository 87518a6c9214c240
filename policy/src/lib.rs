//! Compliance from traffic: what policies ask, and what the facts of a period answer. Read from files, judged edge by edge, counted in
//! rates that say what they rest on.
//!
//! Pure: texts and facts in, findings out. Holds no clock, no files, no I/O. docs/compliance.md has the method and each word,
//! docs/policy-format.md each field of a file.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod accounts;
mod counts;
pub mod edge_result;
pub mod evaluate;
pub mod explain;
pub mod fact;
mod given;
pub mod judge;
pub mod live;
pub mod over_time;
mod place;
pub mod policy;
pub mod problem;
pub mod rate;
mod reach;
pub mod read;
mod refused;
pub mod render;
pub mod report;
pub mod rule;
pub mod sample;
pub mod selector;
mod tally;
pub mod truth;
mod unjudged;
mod unproven;
pub mod words;
pub mod written;

pub use evaluate::evaluate;
pub use fact::Facts;
pub use policy::Policy;
pub use problem::{Level, Problem};
pub use read::{File, Read, read};
pub use report::Report;
pub use unproven::missing;
