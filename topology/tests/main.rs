//! What is promised of a mesh's shape: that it is what brute force finds, that what was planted is found, and that nothing is certain where the
//! picture is incomplete.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod cascades;
mod chance;
mod incomplete;
mod large;
mod oracle;
mod planted;
mod random;
mod world;
