//! The map as plain data for people and programs (`hogusu.map/v1`), and its renderings as text.
//!
//! Rates, shares and quantiles are worked out here, once; whoever shows them only formats. docs/api.md says what each
//! field means. Holds no I/O and no clock.

pub mod analysed;
pub mod build;
pub mod cascades;
pub mod changes;
pub mod columns;
pub mod compliance;
pub mod coverage;
pub mod csv;
pub mod declared;
pub mod edge;
pub mod ends;
pub mod facts;
pub mod findings;
mod frame;
pub mod graph;
pub mod groups;
mod heading;
pub mod map;
pub mod moment;
pub mod observability;
pub mod observed;
pub mod placed;
pub mod selection;
pub mod series;
pub mod shape;
pub mod side;
pub mod table;
pub mod turnover;
pub mod unstable;
pub mod words;

pub use build::id as edge_id;
pub use edge::Edge;
pub use ends::Ends;
pub use map::Map;
pub use moment::Moment;
pub use selection::Selection;
