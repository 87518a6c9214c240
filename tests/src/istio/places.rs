//! Where pods and Services are: addresses of the lab's own network, given out one after the other. Makes nothing.

use std::net::Ipv4Addr;

use anyhow::{Context, Result};

/// Last octets begin here.
const FIRST: u8 = 11;

/// What one workload gets: its pod's address, its Service's, and the name of the cable between pod and bridge.
#[derive(Clone, Debug)]
pub struct Place {
    pub pod: Ipv4Addr,
    pub service: Ipv4Addr,
    pub cable: String,
}

/// Gives out places, none of them twice.
#[derive(Debug, Default)]
pub struct Places {
    given: u8,
}

impl Places {
    pub fn next(&mut self) -> Result<Place> {
        let octet = FIRST.checked_add(self.given).context("a lab holds at most 244 pods")?;
        self.given += 1;
        let (pod, service) = (Ipv4Addr::new(10, 244, 0, octet), Ipv4Addr::new(10, 96, 1, octet));
        Ok(Place { pod, service, cable: format!("pod{octet}") })
    }

    /// A place whose pod has an address that another pod had.
    pub fn after(&mut self, pod: Ipv4Addr) -> Result<Place> {
        Ok(Place { pod, ..self.next()? })
    }
}

/// The link-layer address that goes with a pod's: who gets the address is found at once by those who knew its old owner.
pub fn link_address(pod: Ipv4Addr) -> String {
    let [a, b, c, d] = pod.octets();
    format!("02:00:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
}
