//! The properties that are read, by NUL-joined path, and how their values are encoded. Source: Envoy's attributes.

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

/// Longest string taken from the proxy; what is longer is cut, at a character's border.
pub(crate) const MAX_TEXT: usize = 256;

/// A string, bounded; empty when absent or not UTF-8.
pub(crate) fn text(value: Option<&[u8]>) -> &str {
    let Some(text) = value.and_then(|bytes| std::str::from_utf8(bytes).ok()) else { return "" };
    text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or(text)
}

/// Host and port of `1.2.3.4:80` or `[::1]:80`; port 0 when there is none.
pub(crate) fn split_address(address: &str) -> (&str, u16) {
    let Some((host, port)) = address.rsplit_once(':') else { return (address, 0) };
    let Ok(port) = port.parse() else { return (address, 0) };
    (host.trim_start_matches('[').trim_end_matches(']'), port)
}
