//! What the running `hogusu serve` promises: answers, refusals, one process per folder, stops of both kinds.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[path = "storage/batches.rs"]
#[expect(dead_code, reason = "each test binary uses its part")]
mod batches;
#[path = "serving/encryption.rs"]
mod encryption;
#[path = "serving/lifetime.rs"]
mod lifetime;
#[path = "serving/process.rs"]
mod process;
#[path = "serving/requests.rs"]
mod requests;
