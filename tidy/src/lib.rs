//! Reads the repository as text, for the rules in `tests/`. Knows folders, Rust sources, manifests and Markdown by their
//! shape only; depends on no product crate, so that it still runs when none of them compiles.

pub mod manifest;
pub mod markdown;
pub mod rust;
pub mod tree;
pub mod word;
