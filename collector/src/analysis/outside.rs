//! Hosts outside the mesh: a source that knows the host by its configuration reaches one destination, whichever of the host's
//! addresses answers. Object stores and APIs have dozens, and change them.

use std::collections::BTreeSet;
use std::net::IpAddr;

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

/// True for an address of the internet: none that networks use within themselves, as pods and services have.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            let is_own = v4.is_private() || v4.is_loopback() || v4.is_link_local() || is_shared;
            !is_own && (1..224).contains(&first)
        }
        IpAddr::V6(v6) => v6.segments().first().is_some_and(|first| first >> 13 == 1),
    }
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn what_networks_use_within_themselves_is_not_public() {
        for (address, is) in [
            ("203.0.113.9", true),
            ("2001:db8::9", true),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("::ffff:192.168.0.1", false),
            ("fd00::1", false),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("239.0.0.1", false),
        ] {
            assert_eq!(address.parse().is_ok_and(is_public), is, "{address}");
        }
    }
}
