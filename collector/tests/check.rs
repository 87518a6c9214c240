//! What `hogusu check` makes of what it knows: facts in, lines out. No API server, no collector.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a test that finds something else should fail loudly"
)]

#[path = "check/attachment.rs"]
mod attachment;
#[path = "check/collector.rs"]
mod collector;
#[path = "check/command.rs"]
mod command;
#[path = "check/docs.rs"]
mod docs;
#[path = "check/installation.rs"]
mod installation;
#[path = "check/mutual_tls.rs"]
mod mutual_tls;
#[path = "check/plugins.rs"]
mod plugins;
#[path = "check/proxies.rs"]
mod proxies;
#[path = "check/reach.rs"]
mod reach;
#[path = "check/rights.rs"]
mod rights;
#[path = "check/world.rs"]
mod world;
