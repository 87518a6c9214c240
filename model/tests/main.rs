//! The model's laws. Each runs natively and as WebAssembly on Node, where `usize` has 32 bits and floats take other
//! paths: `test` names the runner of the target.

mod exemplars;
mod identity;
mod layout;
mod merging;
mod quantiles;
mod slots;
mod strategies;
mod vocabulary;
