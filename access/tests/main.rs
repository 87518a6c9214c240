//! The facts about policies, sentence by sentence, and a second reading of them over generated policies.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test that finds something else should fail loudly"
)]

mod ask;
mod attachment;
mod chance;
mod connections;
mod exchange;
mod fields;
mod generate;
mod generated;
mod generated_wires;
mod meant;
mod naive;
mod order;
mod peers;
mod properties;
mod reading;
mod refused;
mod rehearsals;
mod wires;
