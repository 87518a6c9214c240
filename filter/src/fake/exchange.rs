//! Exchanges as a proxy shows them when it logs them. Values are as seen on a real Envoy, encoded as it encodes them.

use std::collections::BTreeMap;

use crate::property as path;

/// Bits of the response flags, by their names in access logs.
pub(crate) const FLAGS: [&str; 30] = [
    "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE", "DC", "URX", "SI", "IH",
    "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF", "DO", "DR", "UDO",
];

#[derive(Debug, Clone, Default)]
pub(crate) struct Exchange {
    properties: BTreeMap<&'static str, Vec<u8>>,
    headers: BTreeMap<&'static str, Vec<u8>>,
}

impl Exchange {
    /// A request over mutual TLS to `orders.shop`, answered with 200, as the source's proxy shows it.
    pub(crate) fn outbound() -> Self {
        Self::default()
            .text(path::ENVOY_CLUSTER, "outbound|80||orders.shop.svc.cluster.local")
            .number(path::LISTENER_DIRECTION, 2)
            .text(path::UPSTREAM_ADDRESS, "127.1.0.2:8080")
            .text(path::UPSTREAM_LOCAL_ADDRESS, "127.1.0.1:40000")
            .text(path::UPSTREAM_TLS_VERSION, "TLSv1.3")
            .text(path::UPSTREAM_PEER_SAN, "spiffe://cluster.local/ns/shop/sa/orders")
            .text(path::UPSTREAM_LOCAL_SAN, "spiffe://cluster.local/ns/shop/sa/checkout")
            .text(path::ENDPOINT_WORKLOAD, "orders;shop;orders;v1;c1")
            .number(path::CONNECTION_ID, 7)
            .bool(path::CONNECTION_MTLS, false)
            .http(200)
    }

    /// The same request as the destination's proxy shows it.
    pub(crate) fn inbound() -> Self {
        Self::default()
            .text(path::ENVOY_CLUSTER, "inbound|8080||")
            .number(path::LISTENER_DIRECTION, 1)
            .text(path::UPSTREAM_ADDRESS, "127.1.0.2:9080")
            .text(path::UPSTREAM_LOCAL_ADDRESS, "127.1.0.2:50000")
            .number(path::CONNECTION_ID, 7)
            .bool(path::CONNECTION_MTLS, true)
            .text(path::CONNECTION_TLS_VERSION, "TLSv1.3")
            .text(path::CONNECTION_PEER_SAN, "spiffe://cluster.local/ns/shop/sa/checkout")
            .text(path::CONNECTION_LOCAL_SAN, "spiffe://cluster.local/ns/shop/sa/orders")
            .text(path::SOURCE_ADDRESS, "127.1.0.1:40000")
            .number(path::DESTINATION_PORT, 8080)
            .http(200)
    }

    /// A TCP connection instead of a request, with bytes both ways.
    pub(crate) fn tcp(self) -> Self {
        self.number(path::REQUEST_SIZE, 5)
            .number(path::RESPONSE_SIZE, 5)
            .without(path::CODE)
            .without(path::DETAILS)
            .without(path::REQUEST_PROTOCOL)
            .without(path::GRPC_STATUS)
    }

    fn http(self, code: u64) -> Self {
        self.text(path::REQUEST_PROTOCOL, "HTTP/1.1")
            .number(path::CODE, code)
            .number(path::FLAGS, 0)
            .text(path::DETAILS, "via_upstream")
            .number(path::GRPC_STATUS, 2)
            .text(path::BEGAN_AFTER, "4")
            .number(path::DURATION, 5_000_000)
    }

    /// Another destination host: a number stands for an address and its edge.
    pub(crate) fn to(self, host: u32) -> Self {
        let [_, a, b, c] = host.to_be_bytes();
        let service = format!("outbound|80||s{host}.shop.svc.cluster.local");
        self.text(path::UPSTREAM_ADDRESS, &format!("10.{a}.{b}.{c}:8080"))
            .text(path::ENVOY_CLUSTER, &service)
            .without(path::ENDPOINT_WORKLOAD)
    }

    /// Nothing was sent anywhere.
    pub(crate) fn no_upstream(self) -> Self {
        [
            path::UPSTREAM_ADDRESS,
            path::UPSTREAM_LOCAL_ADDRESS,
            path::UPSTREAM_TLS_VERSION,
            path::UPSTREAM_PEER_SAN,
            path::UPSTREAM_LOCAL_SAN,
            path::ENDPOINT_WORKLOAD,
        ]
        .iter()
        .fold(self, |exchange, path| exchange.without(path))
    }

    /// A host was chosen, but there was no connection to it.
    pub(crate) fn no_connection(self) -> Self {
        [path::UPSTREAM_LOCAL_ADDRESS, path::UPSTREAM_TLS_VERSION, path::UPSTREAM_PEER_SAN, path::UPSTREAM_LOCAL_SAN]
            .iter()
            .fold(self, |exchange, path| exchange.without(path))
    }

    pub(crate) fn plaintext(self) -> Self {
        self.without(path::UPSTREAM_TLS_VERSION)
            .without(path::UPSTREAM_PEER_SAN)
            .without(path::UPSTREAM_LOCAL_SAN)
            .without(path::CONNECTION_TLS_VERSION)
            .without(path::CONNECTION_PEER_SAN)
            .without(path::CONNECTION_LOCAL_SAN)
            .bool(path::CONNECTION_MTLS, false)
    }

    pub(crate) fn code(self, code: u64) -> Self {
        self.number(path::CODE, code)
    }

    /// The router states how long an answer took to begin on what it passes on, and on no reply of the proxy's own.
    pub(crate) fn details(self, details: &str) -> Self {
        let exchange = if details == "via_upstream" { self } else { self.without(path::BEGAN_AFTER) };
        exchange.text(path::DETAILS, details)
    }

    /// Response flags by their names, separated by commas; none for an empty text.
    pub(crate) fn flags(self, names: &str) -> Self {
        let bit = |name: &str| FLAGS.iter().position(|flag| *flag == name).map_or(0, |at| 1_u64 << at);
        let mask = names.split(',').map(bit).fold(0, |mask, bit| mask | bit);
        self.number(path::FLAGS, mask)
    }

    /// gRPC with this status in its trailers.
    pub(crate) fn grpc(self, status: u64) -> Self {
        self.number(path::GRPC_STATUS, status)
            .text(path::GRPC_TRAILER, &status.to_string())
            .text(path::RESPONSE_TYPE, "application/grpc")
            .header("content-type", "application/grpc")
    }

    pub(crate) fn nanos(self, nanos: u64) -> Self {
        self.number(path::DURATION, nanos)
    }

    pub(crate) fn text(mut self, path: &'static str, value: &str) -> Self {
        self.properties.insert(path, value.as_bytes().to_vec());
        self
    }

    pub(crate) fn number(mut self, path: &'static str, value: u64) -> Self {
        self.properties.insert(path, value.to_le_bytes().to_vec());
        self
    }

    pub(crate) fn bytes(mut self, path: &'static str, value: &[u8]) -> Self {
        self.properties.insert(path, value.to_vec());
        self
    }

    fn bool(mut self, path: &'static str, value: bool) -> Self {
        self.properties.insert(path, vec![u8::from(value)]);
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.as_bytes().to_vec());
        self
    }

    pub(crate) fn without(mut self, path: &str) -> Self {
        self.properties.remove(path);
        self
    }

    pub(crate) fn property(&self, path: &str) -> Option<&[u8]> {
        self.properties.get(path).map(Vec::as_slice)
    }

    pub(crate) fn request_header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name).map(Vec::as_slice)
    }
}
