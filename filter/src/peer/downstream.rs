//! The downstream of a connection that this proxy received: what it proved, and what it only claims.
//!
//! A handshake that succeeded asserts a principal; one that broke off, or of which nothing shows that it ended, asserts
//! nothing. An address names a workload only where it is the connection's own.

use std::net::IpAddr;

use hogusu_config::Trust;
use hogusu_model::{Peer, Reporter, Security, Service, TlsVersion, Traffic};

use super::{peer_metadata, tls_version};
use crate::edges::Edge;
use crate::host::Host;
use crate::property::{self as path, integer, ip_and_port, is_true, name, text};

/// Whose address the proxy shows as that of an exchange's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The connection's own.
    Connection(IpAddr),
    /// One that a header named (`x-forwarded-for`, or whatever an extension of the proxy reads), or nobody answers for: anybody
    /// may be meant.
    Claimed,
    /// None that is an IP address.
    Nobody,
}

/// A connection has a port; an address that a header named has none, and Envoy takes none with a port from there.
pub(crate) fn source(host: &impl Host, trust: Trust) -> Source {
    match ip_and_port(text(host.property(path::SOURCE_ADDRESS))) {
        Some((ip, 1..)) if trust.source_addresses => Source::Connection(ip),
        Some(_) => Source::Claimed,
        None => Source::Nobody,
    }
}

/// The edge of an exchange that this proxy received, over a connection whose handshake, if it had any, succeeded; and whether
/// its source is in doubt, as only the address could name it and that is a claim.
pub(crate) fn edge(host: &impl Host, trust: Trust) -> (Edge, bool) {
    edge_over(host, trust, version(host))
}

/// The version of TLS that the proxy's listener speaks with the downstream, or would.
pub(crate) fn version(host: &impl Host) -> TlsVersion {
    tls_version(host.property(path::CONNECTION_TLS_VERSION))
}

/// The same, of a connection whose version of TLS was read.
pub(crate) fn edge_over(host: &impl Host, trust: Trust, version: TlsVersion) -> (Edge, bool) {
    let mut edge = unproven(host, trust);
    edge.tls_version = version;
    edge.peer.principal = name(host.property(path::CONNECTION_PEER_SAN));
    edge.own_principal = name(host.property(path::CONNECTION_LOCAL_SAN));
    edge.security = match edge.tls_version {
        // A waypoint ends mutual TLS one listener earlier, and hands on whom it authenticated.
        TlsVersion::None => match name(host.property(path::HANDED_PEER_PRINCIPAL)) {
            handed if handed.is_empty() => Security::Plaintext,
            handed => {
                edge.peer.principal = handed;
                edge.own_principal = name(host.property(path::HANDED_LOCAL_PRINCIPAL));
                Security::MutualTls
            }
        },
        _ if trust.client_certificates && is_true(host.property(path::CONNECTION_MTLS)) => Security::MutualTls,
        _ => Security::Tls,
    };
    if edge.security != Security::MutualTls {
        // A certificate that nobody verified names nobody.
        edge.peer.principal.clear();
    }
    let is_in_doubt = name_source(host, trust, &mut edge.peer);
    (edge, is_in_doubt)
}

/// The edge of a connection on which nothing was secured, as far as is known: nobody was told who asks.
pub(crate) fn unproven_edge(host: &impl Host, trust: Trust) -> Edge {
    let mut edge = unproven(host, trust);
    name_source(host, trust, &mut edge.peer);
    edge
}

/// Names the source by metadata, else by its address; true where that is only claimed.
fn name_source(host: &impl Host, trust: Trust, peer: &mut Peer) -> bool {
    peer_metadata(host, "downstream_peer", peer);
    if !peer.workload.is_empty() {
        return false;
    }
    match source(host, trust) {
        Source::Connection(ip) => peer.address = ip.to_string(),
        Source::Claimed => return true,
        Source::Nobody => {}
    }
    false
}

fn unproven(host: &impl Host, trust: Trust) -> Edge {
    // Who states its own address by the PROXY protocol states the port that it asks for, too.
    let port = if trust.source_addresses { integer(host.property(path::DESTINATION_PORT)) } else { None };
    Edge {
        reporter: Reporter::Destination,
        peer: Peer::default(),
        service: Service::default(),
        port: port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
        security: Security::Unknown,
        tls_version: TlsVersion::None,
        own_principal: String::new(),
        traffic: Traffic::Mesh,
        server_name: String::new(),
        overflow: false,
    }
}
