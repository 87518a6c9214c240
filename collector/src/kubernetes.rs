//! What the API server says: pods over time with their addresses and workloads, and which proxies should report.
//!
//! [`record`] and what it is made of are pure. [`connect`], [`watch`], [`ask`] and [`mod@file`] do the talking; only
//! [`crate::serve`] starts them. Nothing here judges what a proxy reports: that is [`crate::analysis`].

pub mod agent;
pub mod ask;
pub mod connect;
mod credentials;
pub mod file;
pub mod health;
pub mod history;
pub mod object;
pub mod objects;
pub mod plugin;
pub mod pod;
mod proxy;
pub mod record;
pub mod scope;
mod streams;
pub mod watch;
pub mod workload;
