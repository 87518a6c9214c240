//! From a [`crate::period::Period`] to edges, their security, whether both reporters agree, how complete the picture
//! is, and what deserves a person's eye. Pure: no clock, no I/O, no serialization.

pub mod agreement;
pub mod clusters;
pub mod completeness;
pub mod edge;
pub mod evidence;
pub mod expected;
pub mod few;
pub mod findings;
pub mod flow;
mod hooks;
pub mod identity;
pub mod join;
pub mod kin;
pub mod numbered;
pub mod numerals;
pub mod outside;
pub mod passage;
pub mod pods;
pub mod proxies;
pub mod refused;
pub mod security;
pub mod slowness;
pub mod steadiness;
pub mod told;
pub mod twice;
