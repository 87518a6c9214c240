//! What is known of an exchange: each field as the destination's proxy sees it, or not recorded.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::workload::Service;

/// An exchange, or all of an edge's that are alike in these. `None` anywhere: not recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// How the destination's proxy handles it: declared, sniffed, or by ALPN; not how the source means it.
    pub chain: Option<Chain>,
    /// Who asks, by the certificate that was proven.
    pub peer: Option<Peer>,
    /// Port of the workload at sidecars, of the listener at gateways; never the service's.
    pub port: Option<u16>,
    /// `:method`.
    pub method: Option<String>,
    /// `:path` without query and fragment, normalised.
    pub path: Option<Text>,
    /// `:authority`, with its port where it has one.
    pub host: Option<String>,
    /// Address of the direct peer.
    pub source_ip: Option<IpAddr>,
    /// Address after X-Forwarded-For and PROXY protocol.
    pub remote_ip: Option<IpAddr>,
    /// Address that was connected to.
    pub destination_ip: Option<IpAddr>,
    /// Server name of the handshake; empty: it named none.
    pub sni: Option<String>,
    /// All headers, names in lower case.
    pub headers: Option<BTreeMap<String, String>>,
    /// What is proven by a token.
    pub token: Option<Token>,
    /// What an external authorizer said where a CUSTOM rule asks it: true, it refused.
    pub is_refused_by_custom: Option<bool>,
    /// Service through which it came; of use to waypoints.
    pub service: Option<Service>,
}

/// How a proxy handles a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// As HTTP: there are requests.
    Http,
    /// As bytes.
    Tcp,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Nobody: there was no client certificate.
    Nobody,
    /// The first URI SAN of its certificate.
    Certificate(String),
}

/// A text, whole or only its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// All of it.
    Whole(String),
    /// It begins so and goes on in a way that is not recorded.
    Beginning(String),
}

/// What is proven by a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// There was none, or nothing that could prove one (no RequestAuthentication).
    Missing,
    /// A valid one.
    Valid {
        /// `iss`.
        issuer: String,
        /// `sub`.
        subject: String,
        /// Further claims by their path, `["aud"]`, `["realm_access", "roles"]`: each a text or a list of texts.
        claims: BTreeMap<Vec<String>, Vec<String>>,
    },
}
