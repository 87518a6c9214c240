//! End-to-end scenarios through real Envoy. One module for each theme.

mod answers;
mod bounds;
mod changes;
mod clocks;
mod ends;
mod exact;
mod filter;
mod ground_truth;
mod handshakes;
mod hooks;
mod injected;
mod inside;
mod joined;
mod lifecycle;
mod outage;
mod page;
mod pair;
mod peers;
mod peers_of_istio;
mod process;
mod security;
mod shop;
mod sources;
mod streams;
