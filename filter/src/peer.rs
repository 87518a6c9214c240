//! Who is at the other end of a connection, as this proxy can assert it: read once per connection and flush interval.
//!
//! Istio's peer metadata first (filter state, two spellings by release), else endpoint metadata, else the address, to be
//! resolved by the collector. Principals come from certificates alone. What the downstream is, and what it only claims, is
//! in [`downstream`].

use hogusu_model::{Peer, Reporter, Security, Service, TlsVersion, Traffic, Workload};

use crate::edges::Edge;
use crate::host::Host;
use crate::property::{self as path, bounded, ip_and_port, name, text, whole};

pub(crate) mod downstream;

/// An upstream, as the exchange that is shown names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upstream<'a> {
    /// The Envoy cluster, at its full length.
    pub(crate) envoy_cluster: &'a str,
    pub(crate) address: &'a str,
    /// True when there was a connection to it.
    pub(crate) is_connected: bool,
    /// True when the proxy verifies its certificate.
    pub(crate) is_verified: bool,
}

/// The edge of an exchange that this proxy sends on.
pub(crate) fn upstream_edge(host: &impl Host, upstream: Upstream<'_>) -> Edge {
    let Upstream { envoy_cluster, address, is_connected, is_verified } = upstream;
    let tunnel = address.strip_prefix(INTERNAL);
    let (ip, port) = match tunnel {
        Some(tunnel) => through_tunnel(tunnel, text(host.property(path::TUNNEL_TARGET))),
        None => named_address(address),
    };
    let tls_version = tls_version(host.property(path::UPSTREAM_TLS_VERSION));
    let security = match tls_version {
        _ if !is_connected => Security::Unknown,
        // What is secured there is the tunnel, by a later listener of this proxy.
        TlsVersion::None if tunnel.is_some() => Security::Unknown,
        TlsVersion::None => Security::Plaintext,
        // Whoever answers can show any certificate to a proxy that verifies none.
        _ if !is_verified => Security::Unknown,
        _ => Security::Tls,
    };
    let service = service_of(envoy_cluster, whole(host.property(path::SERVICE_HOST)));
    let principal = if is_verified { name(host.property(path::UPSTREAM_PEER_SAN)) } else { String::new() };
    let mut peer = Peer { principal, ..Peer::default() };
    if !address.is_empty() {
        peer_metadata(host, "upstream_peer", &mut peer);
        if peer.workload.is_empty() {
            endpoint_workload(whole(host.property(path::ENDPOINT_WORKLOAD)), &mut peer);
        }
        if peer.workload.is_empty() {
            peer.address = ip;
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
            name(host.property(path::UPSTREAM_LOCAL_SAN))
        } else {
            String::new()
        },
        traffic: Traffic::Mesh,
        server_name: String::new(),
        overflow: false,
    }
}

/// An address as batches name it, and its port; nothing for what is no IP address.
fn named_address(address: &str) -> (String, u16) {
    ip_and_port(address).map_or((String::new(), 0), |(ip, port)| (ip.to_string(), port))
}

/// What stands for the proxy's own address towards a Unix socket.
pub(crate) const UNIX: &[u8] = b"unix";

/// True for the path of a Unix socket, or its name: a connection to one has no address of its own.
pub(crate) fn is_unix_socket(address: &[u8]) -> bool {
    matches!(address.first(), Some(b'/' | b'@'))
}

/// How addresses begin that are listeners of this proxy itself; Istio sends into its tunnels (HBONE) through one.
const INTERNAL: &str = "envoy://";

/// Where a tunnel ends, after the listener's name, and the port that is asked for inside: that of a Service where a waypoint ends it.
fn through_tunnel(tunnel: &str, target: &str) -> (String, u16) {
    let (ip, port) = named_address(tunnel.split_once('/').map_or("", |(_, end)| end));
    match named_address(target).1 {
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
        let field = |key: &str| name(host.property(&format!("{object}{key}")));
        let workload = field("workload");
        if workload.is_empty() || workload == "peer_not_found" {
            continue;
        }
        peer.workload = Workload { cluster: field("cluster"), namespace: field("namespace"), name: workload };
        peer.canonical_service = field("service");
        peer.canonical_revision = field("revision");
        return;
    }
}

/// Endpoint metadata: `workload;namespace;canonical service;canonical revision;cluster`.
fn endpoint_workload(metadata: &str, peer: &mut Peer) {
    let mut parts = metadata.split(';').map(bounded);
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
    Service { host: bounded(if metadata_host.is_empty() { host } else { metadata_host }), port }
}

#[cfg(test)]
mod tests;
