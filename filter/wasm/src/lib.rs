//! The filter as a proxy-wasm module (ABI 0.2.1): callbacks in, host calls out. Decides nothing: see `hogusu-filter`.
//!
//! Written against the ABI itself: the usual SDK panics on host statuses it does not expect, and a panic ends the VM for
//! every stream of a worker. This crate is the only one with `unsafe` code.

mod abi;
mod arena;
mod contexts;
mod encoder;
mod envoy;
mod roots;
