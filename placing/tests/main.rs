//! What is promised of places: nobody moves, nothing depends on an order of input, and few lines cross.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the figures that docs/decisions/0046-places.md states")]

mod chance;
mod kept;
mod lines;
mod mesh;
mod places;
mod size;
mod still;
