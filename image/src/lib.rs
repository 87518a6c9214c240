//! Writes the two images as OCI layouts, and what each is made of as an SBOM. The same input gives the same bytes: no clock, no
//! user, no path of this machine goes in. Compiles nothing and pushes nothing.

pub mod collector;
pub mod error;
pub mod filter;
mod json;
pub mod labels;
pub mod layer;
pub mod layout;
pub mod sbom;

pub use error::Error;
