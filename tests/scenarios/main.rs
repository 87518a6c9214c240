//! End-to-end scenarios through real Envoy. One module for each theme.

mod answers;
mod bounds;
mod changes;
mod exact;
mod filter;
mod ground_truth;
mod hooks;
mod joined;
mod lifecycle;
mod outage;
mod pair;
mod process;
mod security;
mod shop;
