//! Whose an address was, slot by slot: what proxies say of themselves joined with what the API server says of pods.
//!
//! An address names only within its k8s cluster: others have the same ones. Ownership holds for stretches of time, never for "now".
//! A proxy's word on its address is weak, for anybody may send a batch: the API server's word on a pod is taken before it, and a slot
//! in which two of a kind name different owners is disputed: it resolves to nobody, and is reported. Pure.

pub mod claims;
mod crowd;
pub mod owners;
pub mod scope;

pub use claims::{Claim, Source, of_proxy, of_senders, of_tenures};
pub use owners::{Dispute, Owner, Owners, Timelines};
pub use scope::{Scope, Scopes};
