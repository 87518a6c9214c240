//! Who is at the other end of a connection, as this proxy can assert it: read once per connection and flush interval.
//!
//! Istio's peer metadata first (filter state, two spellings by release), else endpoint metadata, else the address, to be
//! resolved by the collector. Principals come from certificates alone.

use hogusu_model::{Peer, Reporter, Security, Service, TlsVersion, Traffic, Workload};

use crate::edges::Edge;
use crate::host::Host;
use crate::property::{self as path, integer, is_true, split_address, text};

/// The edge of an exchange that this proxy sends on.
pub(crate) fn upstream_edge(host: &impl Host, envoy_cluster: &str, address: &str, is_connected: bool) -> Edge {
    let tunnel = address.strip_prefix(INTERNAL);
    let (ip, port) = match tunnel {
        Some(tunnel) => through_tunnel(tunnel, text(host.property(path::TUNNEL_TARGET))),
        None => split_address(address),
    };
    let tls_version = tls_version(host.property(path::UPSTREAM_TLS_VERSION));
    let security = match tls_version {
        _ if !is_connected => Security::Unknown,
        // What is secured there is the tunnel, by a later listener of this proxy.
        TlsVersion::None if tunnel.is_some() => Security::Unknown,
        TlsVersion::None => Security::Plaintext,
        _ => Security::Tls,
    };
    let service = service_of(envoy_cluster, text(host.property(path::SERVICE_HOST)));
    let mut peer = Peer { principal: text(host.property(path::UPSTREAM_PEER_SAN)).to_owned(), ..Peer::default() };
    if !address.is_empty() {
        peer_metadata(host, "upstream_peer", &mut peer);
        if peer.workload.is_empty() {
            endpoint_workload(text(host.property(path::ENDPOINT_WORKLOAD)), &mut peer);
        }
        if peer.workload.is_empty() {
            ip.clone_into(&mut peer.address);
        }
    }
    Edge {
        reporter: Reporter::Source,
        peer,
        service,
        port,
        security,
        tls_version: if is_connected { tls_version } else { TlsVersion::None },
        own_principal: if security == Security::Tls {
            text(host.property(path::UPSTREAM_LOCAL_SAN)).to_owned()
        } else {
            String::new()
        },
        traffic: Traffic::Mesh,
        server_name: String::new(),
        overflow: false,
    }
}

/// How addresses begin that are listeners of this proxy itself; Istio sends into its tunnels (HBONE) through one.
const INTERNAL: &str = "envoy://";

/// Where a tunnel ends, after the listener's name, and the port that is asked for inside: that of a Service where a waypoint ends it.
fn through_tunnel<'a>(tunnel: &'a str, target: &str) -> (&'a str, u16) {
    let (ip, port) = split_address(tunnel.split_once('/').map_or("", |(_, end)| end));
    match split_address(target).1 {
        0 => (ip, port),
        asked => (ip, asked),
    }
}

/// The Envoy cluster that one of Istio's own routes stands for: what it answers itself leads to none.
pub(crate) fn cluster_of_route(route: Option<&[u8]>) -> &'static [u8] {
    match route {
        Some(b"block_all") => b"BlackHoleCluster",
        Some(b"allow_any") => b"PassthroughCluster",
        _ => b"",
    }
}

/// True for the Envoy clusters of Istio that lead to the proxy's own application, or, at a waypoint, to those behind it.
pub(crate) fn is_inbound(envoy_cluster: &[u8]) -> bool {
    [&b"inbound|"[..], b"inbound-vip|", b"InboundPassthroughCluster"].iter().any(|name| envoy_cluster.starts_with(name))
}

/// The edge of an exchange that this proxy received.
pub(crate) fn downstream_edge(host: &impl Host) -> Edge {
    let tls_version = tls_version(host.property(path::CONNECTION_TLS_VERSION));
    let mut peer = Peer { principal: text(host.property(path::CONNECTION_PEER_SAN)).to_owned(), ..Peer::default() };
    let mut own_principal = text(host.property(path::CONNECTION_LOCAL_SAN)).to_owned();
    let security = match tls_version {
        // A waypoint ends mutual TLS one listener earlier, and hands on whom it authenticated.
        TlsVersion::None => match text(host.property(path::HANDED_PEER_PRINCIPAL)) {
            "" => Security::Plaintext,
            principal => {
                principal.clone_into(&mut peer.principal);
                text(host.property(path::HANDED_LOCAL_PRINCIPAL)).clone_into(&mut own_principal);
                Security::MutualTls
            }
        },
        _ if is_true(host.property(path::CONNECTION_MTLS)) => Security::MutualTls,
        _ => Security::Tls,
    };
    peer_metadata(host, "downstream_peer", &mut peer);
    // Where Envoy trusts `x-forwarded-for`, as Istio's sidecars do, the source's address is what that header says: anybody's.
    if peer.workload.is_empty() && host.request_header("x-forwarded-for").is_none() {
        split_address(text(host.property(path::SOURCE_ADDRESS))).0.clone_into(&mut peer.address);
    }
    let port = integer(host.property(path::DESTINATION_PORT)).and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
    Edge {
        reporter: Reporter::Destination,
        peer,
        service: Service::default(),
        port,
        security,
        tls_version,
        own_principal,
        traffic: Traffic::Mesh,
        server_name: String::new(),
        overflow: false,
    }
}

/// The edge of a connection that this proxy's listener refused: nothing was secured, and nobody was told who asks.
pub(crate) fn refused_edge(host: &impl Host) -> Edge {
    Edge { security: Security::Unknown, tls_version: TlsVersion::None, ..downstream_edge(host) }
}

/// Whose traffic an exchange's user agent says it is. Only asked on connections whose first exchange named such an agent.
pub(crate) fn traffic_of(user_agent: Option<&[u8]>) -> Traffic {
    match user_agent {
        Some(agent) if agent.starts_with(b"kube-probe/") || agent == b"Envoy/HC" => Traffic::Probe,
        Some(agent) if agent.starts_with(USER_AGENT.as_bytes()) => Traffic::Telemetry,
        _ => Traffic::Mesh,
    }
}

/// Beginning of the filter's own user agent.
pub(crate) const USER_AGENT: &str = "hogusu-filter";

fn tls_version(value: Option<&[u8]>) -> TlsVersion {
    match value {
        None | Some([]) => TlsVersion::None,
        Some(_) => TlsVersion::parse(text(value)).unwrap_or(TlsVersion::Other),
    }
}

/// Istio's peer: by field where the proxy offers that, else by field of the older object.
fn peer_metadata(host: &impl Host, key: &str, peer: &mut Peer) {
    for object in [format!("filter_state\0{key}_obj\0"), format!("filter_state\0{key}\0")] {
        let field = |name: &str| text(host.property(&format!("{object}{name}"))).to_owned();
        let name = field("workload");
        if name.is_empty() || name == "peer_not_found" {
            continue;
        }
        peer.workload = Workload { cluster: field("cluster"), namespace: field("namespace"), name };
        peer.canonical_service = field("service");
        peer.canonical_revision = field("revision");
        return;
    }
}

/// Endpoint metadata: `workload;namespace;canonical service;canonical revision;cluster`.
fn endpoint_workload(metadata: &str, peer: &mut Peer) {
    let mut parts = metadata.split(';').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    let (name, namespace) = (next(), next());
    (peer.canonical_service, peer.canonical_revision) = (next(), next());
    peer.workload = Workload { cluster: next(), namespace, name };
}

/// The destination service: the host that cluster metadata names, else that of `outbound|PORT|SUBSET|HOST`, else the
/// Envoy cluster's own name. The Host header is never asked: it is the downstream's to choose.
fn service_of(envoy_cluster: &str, metadata_host: &str) -> Service {
    let mut parts = envoy_cluster.split('|');
    let (port, host) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("outbound"), Some(port), Some(_), Some(host)) => (port.parse().unwrap_or(0), host),
        _ => (0, envoy_cluster),
    };
    Service { host: if metadata_host.is_empty() { host } else { metadata_host }.to_owned(), port }
}

#[cfg(test)]
mod tests;
