//! The model's laws. Each runs natively and as WebAssembly on Node, where `usize` has 32 bits and floats take other
//! paths: `test` names the runner of the target.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a law fails by panicking, and draws its values from doubles"
)]

mod exemplars;
mod identity;
mod layout;
mod merging;
mod quantiles;
mod slots;
mod strategies;
mod vocabulary;
