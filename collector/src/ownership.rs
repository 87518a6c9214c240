//! Whose an address was, slot by slot: what proxies say of themselves joined with what the API server says of pods.
//!
//! Ownership holds for stretches of time, never for "now". A slot in which an address had two owners, or in which the two
//! sources name different ones, is disputed: it resolves to nobody, and is reported. Pure.

pub mod claims;
mod crowd;
pub mod owners;

pub use claims::{Claim, Source, of_proxy, of_senders, of_tenures};
pub use owners::{Dispute, Owner, Owners, Timeline};
