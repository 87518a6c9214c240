//! Envoy configuration as JSON values: one file per kind of object. Pure functions; nothing is started or written here.

pub mod access_log;
pub mod bootstrap;
pub mod cluster;
pub mod listener;
pub mod node;
pub mod plugin;
pub mod route;
pub mod tls;

use serde_json::{Value, json};

/// A typed extension configuration: `@type` and the fields.
pub(crate) fn typed(kind: &str, fields: Value) -> Value {
    let mut fields = fields;
    fields["@type"] = Value::String(format!("type.googleapis.com/{kind}"));
    fields
}

/// A named extension.
pub fn extension(name: &str, kind: &str, fields: Value) -> Value {
    json!({"name": name, "typed_config": typed(kind, fields)})
}

pub(crate) fn socket_address(address: std::net::SocketAddr) -> Value {
    json!({"socket_address": {"address": address.ip().to_string(), "port_value": address.port()}})
}
