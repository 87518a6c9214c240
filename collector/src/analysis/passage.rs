//! Ports behind the gateways of networks. Who sends through one is told the gateway's port, 15443 on Istio; the port at the workload
//! is what the workload's own proxies count on, or what others see who ask for the same service from near by.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::edge::End;
use hogusu_model::{Protocol, Reporter, SeriesKey, Service, Workload};

/// Port of Istio's gateways between networks.
pub const GATEWAY_PORT: u16 = 15_443;

/// Ports of workloads, by who sees them.
#[derive(Debug, Clone, Default)]
pub struct Passages {
    /// Ports that workloads' own proxies count on.
    reported: BTreeSet<(Workload, u16)>,
    /// Those that they count on of a source and protocol, by source and destination.
    by_source: BTreeMap<(Workload, Workload, Protocol), BTreeSet<u16>>,
    /// Ports at a workload by which its own proxies, or who is near by, know a service.
    by_service: BTreeMap<(Service, Workload), BTreeSet<u16>>,
}

/// True where a gateway may be between a source and a workload: by its port, or as they are in different k8s clusters.
fn may_pass(source: &Workload, destination: &Workload, port: u16) -> bool {
    let is_far = source.cluster != destination.cluster && !source.cluster.is_empty() && !destination.cluster.is_empty();
    port == GATEWAY_PORT || (is_far && port != 0)
}

impl Passages {
    /// True where a row says that a gateway may be between.
    #[must_use]
    pub fn concerns(own: &Workload, key: &SeriesKey) -> bool {
        key.reporter == Reporter::Source && may_pass(own, &key.peer.workload, key.port)
    }

    /// Learns what a row of `own` workload says of ports.
    pub fn learn(&mut self, own: &Workload, key: &SeriesKey, peer: &End) {
        let End::Workload(peer) = peer else {
            if key.reporter == Reporter::Destination {
                self.reported.insert((own.clone(), key.port));
            }
            return;
        };
        match key.reporter {
            Reporter::Destination => {
                self.reported.insert((own.clone(), key.port));
                let place = (peer.clone(), own.clone(), key.protocol);
                self.by_source.entry(place).or_default().insert(key.port);
            }
            Reporter::Source if !may_pass(own, peer, key.port) && !key.service.host.is_empty() => {
                self.by_service.entry((key.service.clone(), peer.clone())).or_default().insert(key.port);
            }
            Reporter::Source => {}
        }
    }

    /// The port at `destination` of what `source` sent; that of the gateway where nobody tells.
    #[must_use]
    pub fn port(&self, source: &Workload, destination: &Workload, key: &SeriesKey) -> u16 {
        let is_own = || self.reported.contains(&(destination.clone(), key.port));
        if !may_pass(source, destination, key.port) || is_own() {
            return key.port;
        }
        let service = self.by_service.get(&(key.service.clone(), destination.clone()));
        let counted = self.by_source.get(&(source.clone(), destination.clone(), key.protocol));
        [service, counted].into_iter().flatten().find_map(only).unwrap_or(key.port)
    }
}

fn only(ports: &BTreeSet<u16>) -> Option<u16> {
    ports.first().copied().filter(|_| ports.len() == 1)
}
