//! What is promised of a comparison: how often it is wrong, what it finds, and what it never says.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the figures that docs/diff.md states")]

mod chance;
mod mesh;
mod power;
mod unchanged;
mod words;
