//! How many addresses of one host outside the mesh are told apart. Object stores and APIs have hundreds, and change them: without a
//! bound they would fill the table of edges. What is beyond it counts for the host alone.

use std::collections::{HashMap, HashSet};

use hogusu_model::Service;

use crate::hash::BuildWordHasher;

/// Addresses of a host told apart within [`EPOCHS`].
const ADDRESSES: usize = 32;
/// Hosts whose addresses are told apart.
const HOSTS: usize = 256;
/// After so many cuts others may take their place.
const EPOCHS: u32 = 12;

type Known = HashSet<String, BuildWordHasher>;

#[derive(Debug, Default)]
pub(crate) struct Addresses {
    /// Hashed without the host's randomness: where that is refused, the standard library's tables end the VM.
    hosts: HashMap<Service, Known, BuildWordHasher>,
    since: u32,
}

impl Addresses {
    /// True when exchanges with this address of the host are told apart.
    pub(crate) fn keeps(&mut self, host: &Service, address: &str, epoch: u32) -> bool {
        if epoch.wrapping_sub(self.since) >= EPOCHS {
            self.hosts.clear();
            self.since = epoch;
        }
        let is_room = self.hosts.len() < HOSTS;
        let Some(known) = self.hosts.get_mut(host) else {
            if is_room {
                self.hosts.insert(host.clone(), Known::from_iter([address.to_owned()]));
            }
            return is_room;
        };
        let keeps = known.len() < ADDRESSES || known.contains(address);
        if keeps {
            known.insert(address.to_owned());
        }
        keeps
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn host(number: usize) -> Service {
        Service { host: format!("host-{number}.example.com"), port: 443 }
    }

    #[test]
    fn the_first_addresses_of_each_host_are_told_apart_until_others_may_take_their_place() {
        let mut addresses = Addresses::default();
        let address = |number: usize| format!("192.0.2.{number}");
        for epoch in [1, EPOCHS + 1] {
            for number in 0..ADDRESSES {
                assert!(addresses.keeps(&host(0), &address(number), epoch));
            }
            assert!(!addresses.keeps(&host(0), "198.51.100.1", epoch) && addresses.keeps(&host(0), &address(0), epoch));
            assert!(addresses.keeps(&host(1), "198.51.100.1", epoch), "another host has its own");
        }
    }

    #[test]
    fn beyond_the_bound_on_hosts_none_is_told_apart() {
        let mut addresses = Addresses::default();
        assert!((0..HOSTS).all(|number| addresses.keeps(&host(number), "192.0.2.1", 1)));
        assert!(!addresses.keeps(&host(HOSTS), "192.0.2.1", 1) && addresses.keeps(&host(0), "192.0.2.2", 1));
    }
}
