//! Promises of the policies: what each rule says, that nothing lost makes anything better, that files are refused in words.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that finds something else should fail loudly"
)]

mod borders;
mod borne_out;
mod documents;
mod files;
mod hidden;
mod laws;
mod over_time;
mod peers;
mod planted;
mod proofs;
mod rendering;
mod rules;
mod scopes;
mod shipped;
mod verdicts;
mod world;
