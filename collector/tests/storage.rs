//! What journal, aggregate and store promise together, on a disk that can lose what was not synced.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[path = "storage/allowance.rs"]
mod allowance;
#[path = "storage/attribution.rs"]
mod attribution;
#[path = "storage/backup.rs"]
mod backup;
#[path = "storage/backup_crash.rs"]
mod backup_crash;
#[path = "storage/baseline.rs"]
mod baseline;
#[path = "storage/batches.rs"]
mod batches;
#[path = "storage/bounds.rs"]
mod bounds;
#[path = "storage/clocks.rs"]
mod clocks;
#[path = "storage/contradictions.rs"]
mod contradictions;
#[path = "storage/crash.rs"]
mod crash;
#[path = "storage/damage.rs"]
mod damage;
#[path = "storage/flips.rs"]
mod flips;
#[path = "storage/machine.rs"]
mod machine;
#[path = "storage/place.rs"]
mod place;
#[path = "storage/reach.rs"]
mod reach;
#[path = "storage/removed.rs"]
mod removed;
#[path = "storage/retention.rs"]
mod retention;
#[path = "storage/rolled_before.rs"]
mod rolled_before;
#[path = "storage/rolling.rs"]
mod rolling;
#[path = "storage/sequences.rs"]
mod sequences;
#[path = "storage/windows.rs"]
mod windows;
