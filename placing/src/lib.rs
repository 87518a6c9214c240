//! Where the ends of a mesh's edges stand in a picture of it: column, lane, and row within both, in an order that crosses few lines; and
//! *placing epochs*, in which nothing that has a place moves.
//!
//! Pure: no clock, no files, no coordinates. What is equal comes out equal, byte for byte, in whatever order it was given. A column is how
//! deep an end lies behind the entry points, a lane its namespace in its Kubernetes cluster. Lanes and rows are keys to sort by, not places on
//! a screen: whoever draws packs what is shown.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod crossings;
mod cycles;
mod epoch;
mod graph;
mod growth;
mod key;
mod lanes;
mod layers;
mod layout;
mod per;
mod record;
mod rows;

pub use epoch::{Epoch, Growth, Place};
pub use graph::{End, Graph, Lane};
pub use key::Key;
pub use record::{EpochRecord, LaneRecord, PlaceRecord, Wrong};

/// Columns of a layout; what lies deeper stands in the last one.
pub const COLUMNS: i32 = 64;
/// Ends that an epoch has places for.
pub const PLACES: usize = 20_000;
/// Bytes of the names of those.
pub const NAME_BYTES: usize = 8 * 1024 * 1024;
/// Days that an end keeps its place after it was last seen.
pub const KEPT_DAYS: u32 = 30;
