//! The mesh harness: real Envoy sidecars, scripted backends, bounded load and exact accounts, for scenarios, demo and bench.
//!
//! A scenario builds a mesh with `mesh::MeshBuilder`, sends `load`, and compares three accounts: the load's, the backends', and each
//! Envoy's own file access log (`accesslog`). Nothing here knows how the product maps codes to outcomes.

pub mod accesslog;
pub mod addresses;
pub mod admin;
pub mod artefacts;
pub mod backend;
pub mod batches;
pub mod certs;
pub mod client;
pub mod collector;
pub mod compliance;
pub mod demo;
pub mod envoy;
pub mod eventually;
pub mod gate;
pub mod istio;
pub mod ledger;
pub mod load;
pub mod map;
pub mod mesh;
pub mod otlp_sink;
pub mod process;
pub mod scenario;
pub mod script;
pub mod sightings;
pub mod streams;
pub mod tcp;
pub mod wall_clock;
pub mod workdir;
pub mod xds;
