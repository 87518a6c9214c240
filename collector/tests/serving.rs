//! What the running `hogusu serve` promises: answers, refusals, one process per folder, stops of both kinds.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[path = "serving/api_server.rs"]
mod api_server;
#[path = "serving/backups.rs"]
mod backups;
#[path = "serving/baselines.rs"]
mod baselines;
#[path = "storage/batches.rs"]
#[expect(dead_code, reason = "each test binary uses its part")]
mod batches;
#[path = "serving/client_certificates.rs"]
mod client_certificates;
#[path = "serving/compliance.rs"]
mod compliance;
#[path = "serving/declare.rs"]
mod declare;
#[path = "serving/doors.rs"]
mod doors;
#[path = "serving/encryption.rs"]
mod encryption;
#[path = "serving/events.rs"]
mod events;
#[path = "serving/gateway.rs"]
mod gateway;
#[path = "serving/hosts.rs"]
mod hosts;
#[path = "serving/hours.rs"]
mod hours;
#[path = "serving/identity.rs"]
mod identity;
#[path = "serving/kubernetes.rs"]
mod kubernetes;
#[path = "serving/lifetime.rs"]
mod lifetime;
#[path = "serving/multiplexed.rs"]
mod multiplexed;
#[path = "serving/placing.rs"]
mod placing;
#[path = "serving/process.rs"]
mod process;
#[path = "serving/proxy.rs"]
mod proxy;
#[path = "serving/ready.rs"]
mod ready;
#[path = "serving/refusals.rs"]
mod refusals;
#[path = "serving/reload.rs"]
mod reload;
#[path = "serving/requests.rs"]
mod requests;
#[path = "serving/revalidation.rs"]
mod revalidation;
#[path = "serving/series.rs"]
mod series;
#[path = "serving/shape.rs"]
mod shape;
#[path = "serving/starving.rs"]
mod starving;
#[path = "serving/trace_receiver.rs"]
mod trace_receiver;
#[path = "serving/traces.rs"]
mod traces;
#[path = "serving/windows.rs"]
mod windows;
