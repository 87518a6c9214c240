//! Envoy clusters: outbound to a service's endpoints, inbound to the application, and the way to the collector.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};

use crate::xds::{socket_address, typed};

const KIND: &str = "envoy.config.cluster.v3.Cluster";

/// HTTP spoken to the endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upstream {
    Http1,
    Http2,
    /// As the one who asked.
    SameAsDownstream,
    Tcp,
}

/// One endpoint; `workload` is istiod's endpoint metadata.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub address: SocketAddr,
    pub workload: Option<String>,
}

/// A service as the cluster metadata names it.
#[derive(Clone, Debug)]
pub struct ServiceName {
    pub host: String,
    pub name: String,
    pub namespace: String,
}

#[derive(Clone, Debug)]
pub struct Cluster {
    pub name: String,
    pub services: Vec<ServiceName>,
    pub endpoints: Vec<Endpoint>,
    /// Source address of upstream connections.
    pub bind: Option<Ipv4Addr>,
    pub upstream: Upstream,
    pub transport_socket: Option<Value>,
    /// Further keys, such as circuit breakers.
    pub extra: Value,
}

impl Cluster {
    pub fn json(&self) -> Value {
        let mut cluster = typed(
            KIND,
            json!({
                "name": self.name,
                "type": "STATIC",
                "connect_timeout": "2s",
                "load_assignment": {"cluster_name": self.name, "endpoints": [self.locality()]},
            }),
        );
        if !self.services.is_empty() {
            cluster["metadata"] = json!({"filter_metadata": {"istio": {"services": self.service_names()}}});
        }
        if let Some(address) = self.bind {
            cluster["upstream_bind_config"] =
                json!({"source_address": {"address": address.to_string(), "port_value": 0}});
        }
        if let Some(options) = protocol_options(self.upstream) {
            cluster["typed_extension_protocol_options"] = options;
        }
        if let Some(socket) = &self.transport_socket {
            cluster["transport_socket"] = socket.clone();
        }
        for (key, value) in self.extra.as_object().into_iter().flatten() {
            cluster[key] = value.clone();
        }
        cluster
    }

    fn locality(&self) -> Value {
        let endpoints = self.endpoints.iter().map(|endpoint| {
            let mut json = json!({"endpoint": {"address": socket_address(endpoint.address)}});
            if let Some(workload) = &endpoint.workload {
                json["metadata"] = json!({"filter_metadata": {"istio": {"workload": workload}}});
            }
            json
        });
        json!({"locality": {"region": "test-1", "zone": "test-1a"}, "lb_endpoints": endpoints.collect::<Vec<_>>()})
    }

    fn service_names(&self) -> Vec<Value> {
        let names = self.services.iter();
        names
            .map(|service| json!({"host": service.host, "name": service.name, "namespace": service.namespace}))
            .collect()
    }
}

fn protocol_options(upstream: Upstream) -> Option<Value> {
    let options = match upstream {
        Upstream::Tcp => return None,
        Upstream::Http1 => json!({"explicit_http_config": {"http_protocol_options": {}}}),
        Upstream::Http2 => json!({"explicit_http_config": {"http2_protocol_options": {}}}),
        Upstream::SameAsDownstream => {
            json!({"use_downstream_protocol_config": {"http_protocol_options": {}, "http2_protocol_options": {}}})
        }
    };
    const HTTP: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    Some(json!({HTTP: typed(HTTP, options)}))
}

/// The name Istio gives: `outbound|80||orders.shop.svc.cluster.local`.
pub fn outbound_name(port: u16, host: &str) -> String {
    format!("outbound|{port}||{host}")
}

/// The name Istio gives: `inbound|8080||`.
pub fn inbound_name(port: u16) -> String {
    format!("inbound|{port}||")
}

/// The Envoy cluster through which the filter reaches the collector. A plugin that is removed sends its last batches in the
/// instant before its VM ends, over connections that are open by then: over HTTP/2 there is one, over HTTP/1.1 a few more are
/// kept open than are in use.
pub fn collector(address: SocketAddr, upstream: Upstream) -> Value {
    let extra = match upstream {
        Upstream::Http1 => json!({"preconnect_policy": {"per_upstream_preconnect_ratio": 3.0}}),
        _ => json!({}),
    };
    Cluster {
        name: "hogusu-collector".to_owned(),
        services: Vec::new(),
        endpoints: vec![Endpoint { address, workload: None }],
        bind: None,
        upstream,
        transport_socket: None,
        extra,
    }
    .json()
}
