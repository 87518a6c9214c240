//! Listeners: filter chains with the HTTP connection manager or the TCP proxy in them.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::xds::{extension, socket_address, typed};

#[derive(Clone, Debug)]
pub struct Listener {
    pub name: String,
    pub address: SocketAddr,
    /// `INBOUND` or `OUTBOUND`.
    pub direction: &'static str,
    pub chains: Vec<Chain>,
}

/// One filter chain. Several differ by what the client opens with.
#[derive(Clone, Debug)]
pub struct Chain {
    pub opening: Opening,
    pub transport_socket: Option<Value>,
    pub filters: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// No condition: the only chain.
    Any,
    Plaintext,
    Tls,
    /// TLS whose SNI is this.
    TlsFor(String),
}

impl Listener {
    pub fn json(&self) -> Value {
        let inspect = self.chains.iter().any(|chain| chain.opening != Opening::Any);
        let mut listener = typed(
            "envoy.config.listener.v3.Listener",
            json!({
                "name": self.name,
                "address": socket_address(self.address),
                "traffic_direction": self.direction,
                "filter_chains": self.chains.iter().map(Chain::json).collect::<Vec<_>>(),
            }),
        );
        if inspect {
            listener["listener_filters"] = json!([extension(
                "envoy.filters.listener.tls_inspector",
                "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
                json!({}),
            )]);
        }
        listener
    }
}

impl Chain {
    fn json(&self) -> Value {
        let mut chain = json!({"filters": self.filters});
        match &self.opening {
            Opening::Any => {}
            Opening::Plaintext => chain["filter_chain_match"] = json!({"transport_protocol": "raw_buffer"}),
            Opening::Tls => chain["filter_chain_match"] = json!({"transport_protocol": "tls"}),
            Opening::TlsFor(name) => {
                chain["filter_chain_match"] = json!({"transport_protocol": "tls", "server_names": [name]});
            }
        }
        if let Some(socket) = &self.transport_socket {
            chain["transport_socket"] = socket.clone();
        }
        chain
    }
}

/// What goes into an HTTP connection manager besides its routes.
#[derive(Clone, Debug, Default)]
pub struct HttpParts {
    pub access_logs: Vec<Value>,
    pub upstream_logs: Vec<Value>,
    /// Before the router, in order.
    pub filters: Vec<Value>,
}

pub fn http(stat_prefix: &str, virtual_hosts: &[Value], parts: &HttpParts) -> Value {
    let mut filters = parts.filters.clone();
    let router = json!({"upstream_log": parts.upstream_logs});
    filters.push(extension("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router", router));
    extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        json!({
            "stat_prefix": format!("hcm_{stat_prefix}"),
            "codec_type": "AUTO",
            "server_name": "istio-envoy",
            "generate_request_id": true,
            "preserve_external_request_id": true,
            "stream_idle_timeout": "0s",
            // Envoy waits this long (default 1 s) before it closes an HTTP/1 connection whose answer broke off: resets reach the
            // source only then, and must reach it before a scenario's timeouts.
            "delayed_close_timeout": "0.050s",
            "route_config": {"name": stat_prefix, "virtual_hosts": virtual_hosts, "validate_clusters": false},
            "http_filters": filters,
            "access_log": parts.access_logs,
            // As Istio's listeners.
            "upgrade_configs": [{"upgrade_type": "websocket"}],
        }),
    )
}

pub fn tcp(stat_prefix: &str, cluster: &str, access_logs: &[Value]) -> Value {
    extension(
        "envoy.filters.network.tcp_proxy",
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        json!({"stat_prefix": format!("tcp_{stat_prefix}"), "cluster": cluster, "access_log": access_logs}),
    )
}

/// Denies requests whose path begins with `prefix`, as an AuthorizationPolicy would.
pub fn deny_path(prefix: &str) -> Value {
    rbac(
        "envoy.filters.http.rbac",
        "envoy.extensions.filters.http.rbac.v3.RBAC",
        json!({
            "permissions": [{"url_path": {"path": {"prefix": prefix}}}], "principals": [{"any": true}],
        }),
    )
}

/// Denies connections of this SPIFFE id.
pub fn deny_principal(spiffe: &str) -> Value {
    let mut filter = rbac(
        "envoy.filters.network.rbac",
        "envoy.extensions.filters.network.rbac.v3.RBAC",
        json!({
            "permissions": [{"any": true}], "principals": [{"authenticated": {"principal_name": {"exact": spiffe}}}],
        }),
    );
    filter["typed_config"]["stat_prefix"] = json!("rbac");
    filter
}

fn rbac(name: &str, kind: &str, policy: Value) -> Value {
    extension(name, kind, json!({"rules": {"action": "DENY", "policies": {"ns[test]-policy[deny]-rule[0]": policy}}}))
}
