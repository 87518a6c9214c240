//! End-to-end scenarios through real Envoy. One module for each theme.

mod changes;
mod filter;
mod ground_truth;
mod pair;
mod security;
