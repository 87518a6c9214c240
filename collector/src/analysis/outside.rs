//! Hosts outside the mesh: a source that knows the host by its configuration reaches one destination, whichever of the host's
//! addresses answers. Object stores and APIs have dozens, and change them.

use std::collections::BTreeSet;

use crate::limits;

/// Addresses of a host, as far as they are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The first ones, by how they are written.
    pub kept: BTreeSet<String>,
    /// There are more.
    pub are_more: bool,
}

impl Addresses {
    /// Adds one; the same ones are kept, in whatever order they come.
    pub fn add(&mut self, address: &str) {
        if address.is_empty() || self.kept.contains(address) {
            return;
        }
        self.kept.insert(address.to_owned());
        if self.kept.len() > limits::HOST_ADDRESSES {
            self.are_more = true;
            self.kept.pop_last();
        }
    }
}
