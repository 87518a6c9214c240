//! Files that people write, as Helm, kubectl and Istio read them: YAML 1.1 and JSON as trees that know their lines, and what is
//! wrong with a file in words for who wrote it.
//! Bounded by the parser's
//! own budget of values, depth, documents and aliases; how long a text may be, is up to who reads it.
//!
//! Pure: texts in, trees out. What a document means is said elsewhere.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod document;
mod parted;
mod word;
mod wrong;

pub use document::{Content, Document, Entry, Node, read};
pub use wrong::Wrong;
