//! Transport sockets: what a sidecar shows and demands.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use crate::certs::Leaf;
use crate::xds::extension;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum TlsVersion {
    #[serde(rename = "TLSv1_2")]
    V1_2,
    #[serde(rename = "TLSv1_3")]
    V1_3,
}

/// The client's side of a connection.
#[derive(Clone, Debug)]
pub struct ClientTls<'a> {
    /// None: the client has no certificate at all.
    pub leaf: Option<&'a Leaf>,
    pub root: &'a Path,
    pub sni: String,
    /// SPIFFE ids that the server may have.
    pub accepted: Vec<String>,
    pub version: TlsVersion,
    pub alpn: &'static [&'static str],
}

pub fn client(tls: &ClientTls<'_>) -> Value {
    let accepted =
        tls.accepted.iter().map(|id| json!({"san_type": "URI", "matcher": {"exact": id}})).collect::<Vec<_>>();
    let mut common = json!({
        "tls_params": {"tls_minimum_protocol_version": tls.version, "tls_maximum_protocol_version": tls.version},
        "alpn_protocols": tls.alpn,
        "validation_context": {"trusted_ca": {"filename": tls.root}, "match_typed_subject_alt_names": accepted},
    });
    if let Some(leaf) = tls.leaf {
        common["tls_certificates"] = certificates(leaf);
    }
    extension(
        "envoy.transport_sockets.tls",
        "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        json!({"sni": tls.sni, "common_tls_context": common}),
    )
}

/// The server's side; `client_root` set: a client certificate is demanded.
pub fn server(leaf: &Leaf, client_root: Option<&Path>, alpn: &[&str]) -> Value {
    let mut common = json!({
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"},
        "alpn_protocols": alpn,
        "tls_certificates": certificates(leaf),
    });
    if let Some(root) = client_root {
        common["validation_context"] = json!({"trusted_ca": {"filename": root}});
    }
    extension(
        "envoy.transport_sockets.tls",
        "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        json!({"require_client_certificate": client_root.is_some(), "common_tls_context": common}),
    )
}

fn certificates(leaf: &Leaf) -> Value {
    json!([{"certificate_chain": {"filename": leaf.certificate}, "private_key": {"filename": leaf.key}}])
}
