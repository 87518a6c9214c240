//! The properties that are read, by NUL-joined path, and how their values are encoded. Source: Envoy's attributes.

use std::net::{IpAddr, SocketAddr};

use crate::hash::of_bytes;

/// 1 inbound, 2 outbound.
pub(crate) const LISTENER_DIRECTION: &str = "xds\0listener_direction";
pub(crate) const ENVOY_CLUSTER: &str = "xds\0cluster_name";
pub(crate) const ROUTE: &str = "xds\0route_name";
pub(crate) const SERVICE_HOST: &str = "xds\0cluster_metadata\0filter_metadata\0istio\0services\x000\0host";
pub(crate) const ENDPOINT_WORKLOAD: &str = "xds\0upstream_host_metadata\0filter_metadata\0istio\0workload";
/// What a tunnel is asked to connect to: Istio's HBONE, where the upstream is a listener of this proxy itself.
pub(crate) const TUNNEL_TARGET: &str =
    "xds\0upstream_host_metadata\0filter_metadata\0envoy.filters.listener.original_dst\0local";

pub(crate) const UPSTREAM_ADDRESS: &str = "upstream\0address";
pub(crate) const UPSTREAM_LOCAL_ADDRESS: &str = "upstream\0local_address";
pub(crate) const UPSTREAM_TLS_VERSION: &str = "upstream\0tls_version";
pub(crate) const UPSTREAM_PEER_SAN: &str = "upstream\0uri_san_peer_certificate";
pub(crate) const UPSTREAM_LOCAL_SAN: &str = "upstream\0uri_san_local_certificate";
pub(crate) const UPSTREAM_FAILURE: &str = "upstream\0transport_failure_reason";
pub(crate) const ATTEMPTS: &str = "upstream\0request_attempt_count";

pub(crate) const CONNECTION_ID: &str = "connection\0id";
pub(crate) const CONNECTION_MTLS: &str = "connection\0mtls";
pub(crate) const CONNECTION_TLS_VERSION: &str = "connection\0tls_version";
pub(crate) const CONNECTION_PEER_SAN: &str = "connection\0uri_san_peer_certificate";
pub(crate) const CONNECTION_LOCAL_SAN: &str = "connection\0uri_san_local_certificate";
/// Whom an earlier listener of the same proxy authenticated, and as whom: Istio's waypoints set both.
pub(crate) const HANDED_PEER_PRINCIPAL: &str = "filter_state\0io.istio.peer_principal";
pub(crate) const HANDED_LOCAL_PRINCIPAL: &str = "filter_state\0io.istio.local_principal";
/// Why the handshake with the downstream, or what came after it, broke off.
pub(crate) const DOWNSTREAM_FAILURE: &str = "connection\0transport_failure_reason";
/// SNI: of the proxy's own TLS, or, where a listener looks into what it passes on, of the applications'.
pub(crate) const SERVER_NAME: &str = "connection\0requested_server_name";
pub(crate) const TERMINATION_DETAILS: &str = "connection\0termination_details";
pub(crate) const SOURCE_ADDRESS: &str = "source\0address";
pub(crate) const DESTINATION_PORT: &str = "destination\0port";

/// What an HTTP filter of this module leaves on an exchange that it counts, for a logger of the same proxy.
pub(crate) const COUNTED: &str = "hogusu_counted";

pub(crate) const CODE: &str = "response\0code";
pub(crate) const FLAGS: &str = "response\0flags";
pub(crate) const DETAILS: &str = "response\0code_details";
pub(crate) const GRPC_STATUS: &str = "response\0grpc_status";
/// The status where a filter left it; what [`GRPC_STATUS`] shows may be a guess from the code.
pub(crate) const GRPC_TRAILER: &str = "response\0trailers\0grpc-status";
pub(crate) const GRPC_HEADER: &str = "response\0headers\0grpc-status";
pub(crate) const RESPONSE_TYPE: &str = "response\0headers\0content-type";
/// Milliseconds from the end of the request to the beginning of the answer, as the proxy's router states them.
pub(crate) const BEGAN_AFTER: &str = "response\0headers\0x-envoy-upstream-service-time";
/// Messages of a gRPC exchange, `SENT,RECEIVED`, where Envoy's filter of gRPC statistics leaves them, as Istio has it.
pub(crate) const GRPC_MESSAGES: &str = "filter_state\0envoy.filters.http.grpc_stats";
pub(crate) const BACKEND_LATENCY: &str = "response\0backend_latency";
pub(crate) const RESPONSE_SIZE: &str = "response\0total_size";
pub(crate) const DURATION: &str = "request\0duration";
pub(crate) const REQUEST_SIZE: &str = "request\0total_size";
pub(crate) const REQUEST_PROTOCOL: &str = "request\0protocol";
pub(crate) const METHOD: &str = "request\0method";
pub(crate) const PATH: &str = "request\0path";

/// An integer of eight bytes, little-endian; durations are such integers of nanoseconds.
pub(crate) fn integer(value: Option<&[u8]>) -> Option<u64> {
    value?.try_into().ok().map(u64::from_le_bytes)
}

/// True for a true boolean.
pub(crate) fn is_true(value: Option<&[u8]>) -> bool {
    value.is_some_and(|bytes| bytes.first() == Some(&1))
}

/// Longest text that is looked at or sent.
pub(crate) const MAX_TEXT: usize = 256;

/// A text that stays inside, its first [`MAX_TEXT`] bytes; empty when absent or not UTF-8.
pub(crate) fn text(value: Option<&[u8]>) -> &str {
    let text = whole(value);
    text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or(text)
}

/// A text at its full length; empty when absent or not UTF-8.
pub(crate) fn whole(value: Option<&[u8]>) -> &str {
    value.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
}

/// A name that leaves the proxy.
pub(crate) fn name(value: Option<&[u8]>) -> String {
    bounded(whole(value))
}

/// A name of at most [`MAX_TEXT`] bytes: a longer one ends in a hash of all of it, so that two which begin alike stay two, and
/// one is the same in every proxy.
pub(crate) fn bounded(name: &str) -> String {
    if name.len() <= MAX_TEXT {
        return name.to_owned();
    }
    let kept = name.get(..name.floor_char_boundary(MAX_TEXT - 17)).unwrap_or_default();
    format!("{kept}~{:016x}", of_bytes(name.as_bytes()))
}

/// Address and port of `1.2.3.4:80` or `[::1]:80`, port 0 when there is none. `None` for what is no IP address: the path of a Unix
/// socket, which is nobody's business outside, or a listener of the proxy itself.
pub(crate) fn ip_and_port(text: &str) -> Option<(IpAddr, u16)> {
    let (ip, port) = match text.parse::<SocketAddr>() {
        Ok(address) => (address.ip(), address.port()),
        Err(_) => (text.parse().ok()?, 0),
    };
    Some((ip.to_canonical(), port))
}
