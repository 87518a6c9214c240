//! What happens inside one proxy: exchanges in, batches out. Pure: its whole outside is the [`Host`] trait and an
//! [`Encoder`]; it knows neither WebAssembly nor protobuf.
//!
//! Life of an exchange: the proxy logs it when it ended ([`Sender::exchange`]); a handful of reads name its edge and its
//! outcome; one histogram bucket grows. All else happens on ticks ([`Sender::tick`]): seal, pack, encode, send, in slices
//! of at most [`SLICE`] series per entry, so that the proxy's worker is never held up.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod addresses;
mod cache;
mod claims;
mod classify;
mod clock;
mod doubts;
mod edges;
mod exchange;
#[cfg(test)]
mod fake;
mod hash;
mod host;
mod local;
mod operation;
mod pack;
mod peer;
mod property;
mod recorder;
mod sender;
mod server_name;
mod stream;
mod upload;

pub use hogusu_config::{Config, Direction};
pub use host::{Encoder, Host, Level, PostError, Request, Stat};
pub use local::{local_ip, read_proxy};
pub use sender::{Answer, Sender};

/// Series handled per entry into the filter.
pub const SLICE: usize = 64;
