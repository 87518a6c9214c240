//! What is made of the API server's objects: names, scope, the record over time and its file. No server: events are built by hand.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that finds something else should fail loudly"
)]

#[path = "kubernetes/file.rs"]
mod file;
#[path = "kubernetes/health.rs"]
mod health;
#[path = "kubernetes/history.rs"]
mod history;
#[path = "kubernetes/manifests.rs"]
mod manifests;
#[path = "kubernetes/metrics.rs"]
mod metrics;
#[path = "kubernetes/names.rs"]
mod names;
#[path = "kubernetes/objects.rs"]
mod objects;
#[path = "kubernetes/scope.rs"]
mod scope;
