//! What the shape of a mesh says: entry points and what hangs on them, cycles, what everything passes through, what fails with a workload,
//! what to decouple first, and which failures are passed on.
//!
//! Workloads are numbers and calls are counts; facts come out as numbers too. Pure: no I/O, no clock, no text for people. Nothing recurs on
//! the depth of a mesh, and what is quadratic has a bound. docs/topology.md has the method of each fact and its limits.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod availability;
mod busy;
mod cascade;
mod components;
mod coupling;
mod domains;
mod dominance;
mod entries;
mod every;
mod impact;
mod mesh;
mod reach;
mod retries;
mod shape;
mod share;
mod single;
mod time;

pub use availability::{Availability, Served};
pub use busy::{Bottleneck, Chatty, bottlenecks, chatty};
pub use cascade::{Cascade, FEWEST_STRETCHES, Failing, Passed, cascades};
pub use components::Cycle;
pub use coupling::{Coupled, FACTORS, Factor, Weights, coupling};
pub use domains::{Domain, domains};
pub use entries::{Base, Entry, Why};
pub use impact::{Certainty, Hit, Impact, impact};
pub use mesh::{Call, Interaction, Link, LinkId, Mesh, Node, Sight, Time, Traffic, WorkloadId};
pub use reach::{Dependency, Reach};
pub use retries::{Amplified, Retried, retried};
pub use shape::{MOST_ENTRIES, Shape};
pub use single::{Single, single_points};
pub use time::{Own, own_time};
