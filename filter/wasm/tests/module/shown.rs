//! Exchanges as a proxy shows them to the module, by dotted property names, encoded as Envoy encodes them.

use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) properties: BTreeMap<String, Vec<u8>>,
    pub(crate) headers: BTreeMap<String, Vec<u8>>,
}

impl Shown {
    /// What a proxy's node says of itself, also outside any exchange.
    pub(crate) fn node() -> Self {
        Self::default()
            .text("xds.node.id", "sidecar~127.1.0.1~checkout-0.shop~cluster.local")
            .text("xds.node.metadata.WORKLOAD_NAME", "checkout")
            .text("xds.node.metadata.NAMESPACE", "shop")
            .text("xds.node.metadata.CLUSTER_ID", "c1")
    }

    /// A request over mutual TLS, answered with 200, at the source's proxy.
    pub(crate) fn outbound() -> Self {
        Self::node()
            .text("xds.cluster_name", "outbound|80||orders.shop.svc.cluster.local")
            .number("xds.listener_direction", 2)
            .text("upstream.address", "127.1.0.2:8080")
            .text("upstream.local_address", "127.1.0.1:40000")
            .text("upstream.tls_version", "TLSv1.3")
            .text("upstream.uri_san_peer_certificate", "spiffe://cluster.local/ns/shop/sa/orders")
            .text("upstream.uri_san_local_certificate", "spiffe://cluster.local/ns/shop/sa/checkout")
            .text("xds.upstream_host_metadata.filter_metadata.istio.workload", "orders;shop;orders;v1;c1")
            .number("connection.id", 7)
            .http()
    }

    /// The same at the destination's proxy.
    pub(crate) fn inbound() -> Self {
        Self::node()
            .text("xds.cluster_name", "inbound|8080||")
            .number("xds.listener_direction", 1)
            .text("upstream.address", "127.1.0.2:9080")
            .text("upstream.local_address", "127.1.0.2:50000")
            .number("connection.id", 7)
            .bytes("connection.mtls", &[1])
            .text("connection.tls_version", "TLSv1.3")
            .text("connection.uri_san_peer_certificate", "spiffe://cluster.local/ns/shop/sa/checkout")
            .text("connection.uri_san_local_certificate", "spiffe://cluster.local/ns/shop/sa/orders")
            .text("source.address", "127.1.0.1:40000")
            .number("destination.port", 8080)
            .http()
    }

    fn http(self) -> Self {
        self.text("request.protocol", "HTTP/1.1")
            .text("request.path", "/users/7")
            .number("request.duration", 5_000_000)
            .number("request.total_size", 300)
            .number("response.total_size", 900)
            .number("response.backend_latency", 4_000_000)
            .number("response.code", 200)
            .number("response.flags", 0)
            .number("response.grpc_status", 2)
            .text("response.code_details", "via_upstream")
            .text("response.headers.x-envoy-upstream-service-time", "4")
            .number("upstream.request_attempt_count", 1)
            .text("xds.route_name", "default")
            .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            .header("user-agent", "curl/8")
    }

    pub(crate) fn grpc(self) -> Self {
        self.number("response.grpc_status", 0)
            .header("content-type", "application/grpc")
            .text("request.path", "/shop.Orders/Place")
    }

    /// The connection to the chosen host failed; the proxy answered itself.
    pub(crate) fn connect_failure(self) -> Self {
        self.number("response.code", 503)
            .number("response.flags", 1 << 5)
            .text("response.code_details", "upstream_reset_before_response_started{connection_failure}")
            .text("upstream.transport_failure_reason", "delayed_connect_error:_111")
            .without(&[
                "upstream.local_address",
                "upstream.tls_version",
                "response.headers.x-envoy-upstream-service-time",
            ])
    }

    /// No host could be chosen; the proxy answered itself.
    pub(crate) fn no_healthy_upstream(self) -> Self {
        self.number("response.code", 503)
            .number("response.flags", 1 << 1)
            .text("response.code_details", "no_healthy_upstream")
            .without(&["upstream.address", "upstream.local_address", "upstream.tls_version"])
    }

    /// No route was found: there is no Envoy cluster.
    pub(crate) fn no_route(self) -> Self {
        self.number("response.code", 404)
            .number("response.flags", 1 << 8)
            .text("response.code_details", "route_not_found")
            .without(&["xds.cluster_name", "xds.route_name", "upstream.address", "upstream.local_address"])
    }

    /// A connection that no filter chain of its listener takes, as the listener's own access logger is shown it.
    pub(crate) fn refused() -> Self {
        Self::node()
            .number("xds.listener_direction", 1)
            .number("connection.id", 7)
            .bytes("connection.mtls", &[0])
            .text("source.address", "127.1.0.1:40000")
            .number("destination.port", 8080)
            .number("response.flags", 1 << 8)
            .text("response.code_details", "filter_chain_not_found")
            .number("request.duration", 90_000)
    }

    pub(crate) fn tcp(mut self) -> Self {
        self.headers.clear();
        self.without(&[
            "response.code",
            "response.code_details",
            "response.grpc_status",
            "request.protocol",
            "request.path",
        ])
    }

    pub(crate) fn plaintext(self) -> Self {
        self.bytes("connection.mtls", &[0]).without(&[
            "upstream.tls_version",
            "upstream.uri_san_peer_certificate",
            "upstream.uri_san_local_certificate",
            "connection.tls_version",
            "connection.uri_san_peer_certificate",
            "connection.uri_san_local_certificate",
        ])
    }

    /// Another destination, by number: a service, a host and a workload of its own.
    pub(crate) fn to(self, host: u32) -> Self {
        let [_, a, b, c] = host.to_be_bytes();
        self.text("xds.cluster_name", &format!("outbound|80||service-{host}.shop.svc.cluster.local"))
            .text("upstream.address", &format!("10.{a}.{b}.{c}:8080"))
            .text(
                "xds.upstream_host_metadata.filter_metadata.istio.workload",
                &format!("workload-{host};shop;service-{host};v1;c1"),
            )
    }

    pub(crate) fn text(self, path: &str, value: &str) -> Self {
        self.bytes(path, value.as_bytes())
    }

    pub(crate) fn number(self, path: &str, value: u64) -> Self {
        self.bytes(path, &value.to_le_bytes())
    }

    pub(crate) fn bytes(mut self, path: &str, value: &[u8]) -> Self {
        self.properties.insert(path.to_owned(), value.to_vec());
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.as_bytes().to_vec());
        self
    }

    fn without(mut self, paths: &[&str]) -> Self {
        paths.iter().for_each(|path| drop(self.properties.remove(*path)));
        self
    }
}
