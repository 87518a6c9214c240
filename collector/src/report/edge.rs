//! An edge of the map: its ends, its security, both reports, and whether they agree.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::declared::OfEdge;
use super::side::Side;

/// An edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Edge {
    /// Stable id, 16 hexadecimal digits.
    pub id: String,
    /// Who asks.
    pub source: End,
    /// Who is asked.
    pub destination: Destination,
    /// `http`, `grpc` or `tcp`.
    pub protocol: String,
    /// `requests` or `connections`.
    pub measure: String,
    /// How it is secured.
    pub security: Security,
    /// What the source's proxies counted.
    pub source_report: Option<Side>,
    /// What the destination's proxies counted.
    pub destination_report: Option<Side>,
    /// Whether both counted the same.
    pub agreement: Agreement,
    /// What is declared of it; only where something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<OfEdge>,
}

/// An end of an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct End {
    /// `workload`, `service`, `address`, `unknown` or `overflow`.
    pub kind: String,
    /// Kubernetes cluster.
    pub cluster: String,
    /// Kubernetes namespace.
    pub namespace: String,
    /// Name, host or address.
    pub name: String,
    /// For people.
    pub label: String,
    /// Service account, several joined by a comma.
    pub service_account: String,
    /// URI SANs of its certificates on this edge.
    pub principals: Vec<String>,
    /// Trust domain.
    pub trust_domain: String,
    /// Canonical service.
    pub canonical_service: String,
    /// Canonical revision, several joined by a comma.
    pub canonical_revision: String,
    /// How it is known: `itself`, `metadata`, `address_of_proxy`, `address_in_kubernetes`, `service_account_of_one_workload`.
    pub named_by: Vec<String>,
    /// Zones of its pods in the period, by the API server's word.
    pub zones: Vec<String>,
}

/// The end that is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Destination {
    /// Who.
    #[serde(flatten)]
    pub end: End,
    /// Port at the workload, or of the service when no upstream was chosen; 0 when not known.
    pub port: u16,
    /// `host:port` of the services through which the source asked.
    pub services: Vec<String>,
    /// Of a host outside the mesh: its addresses that were reached, as many as are kept.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// There were more of them.
    #[serde(default)]
    pub has_more_addresses: bool,
}

/// How an edge is secured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Security {
    /// `mutual_tls`, `tls`, `application_tls`, `plaintext`, `unknown` or `disagreement`.
    pub state: String,
    /// Who says so, and for which share.
    pub statement: String,
    /// What the source asserts; `None` without its report.
    pub source: Option<SecurityCounts>,
    /// What the destination asserts; `None` without its report.
    pub destination: Option<SecurityCounts>,
    /// Server names (SNI) that the applications' own TLS asked for, the first of them by name.
    #[serde(default)]
    pub server_names: Vec<String>,
}

/// Exchanges by how their connection was secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecurityCounts {
    /// Both ends authenticated.
    pub mutual_tls: u64,
    /// The server authenticated.
    pub tls: u64,
    /// TLS of the applications' own; the peer is unproven.
    #[serde(default)]
    pub application_tls: u64,
    /// No TLS.
    pub plaintext: u64,
    /// No connection, or nothing known.
    pub unknown: u64,
}

/// Whether both reporters agree, with the numbers of rule 7 summed over the sources that share a principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// `agree`, `disagree`, `one_reporter` or `not_comparable`.
    pub state: String,
    /// Why.
    pub reasons: Vec<String>,
    /// Attempts by the router's upstream log; `None` without one.
    pub attempts: Option<u64>,
    /// Attempts (else requests) of which nothing proves that they arrived; connect failures included.
    pub undetermined: u64,
    /// Those of them that certainly did not arrive.
    pub connect_failures: u64,
    /// Requests that the destination counted; `None` without its report.
    pub requests_at_destination: Option<u64>,
}
