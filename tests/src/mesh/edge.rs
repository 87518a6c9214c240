//! What a scenario says about one source's use of one service.

use std::time::Duration;

use serde_json::{Value, json};

use crate::xds::route::Policy;
use crate::xds::tls::TlsVersion;

/// How the source's proxy speaks to the destination's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Mutual,
    /// TLS; the server asks for no client certificate (the client has one all the same, as in Istio).
    OneWay,
    Plaintext,
    /// The source sends plaintext to a relay outside the mesh, which does mutual TLS with the source's certificate:
    /// the two reporters contradict each other.
    PlaintextThenMutual,
}

/// What the source's proxy knows as endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoints {
    OfService,
    /// No healthy upstream.
    None,
    /// The workload's address, a port nobody listens on: connect failure.
    ClosedPort,
    /// First a closed port and then the service's own (retries can succeed).
    ClosedPortAndService,
}

/// One source's use of one service.
#[derive(Clone, Debug)]
pub struct Edge {
    pub source: String,
    pub service: String,
    pub security: Security,
    pub tls: TlsVersion,
    pub client_certificate: bool,
    /// Whether endpoints carry istiod's workload metadata; off: identity must come from certificate and address.
    pub endpoint_metadata: bool,
    pub endpoints: Endpoints,
    pub policy: Policy,
    /// SPIFFE ids accepted of the server; None: those of the workloads behind.
    pub accepted: Option<Vec<String>>,
    /// Further keys of the Envoy cluster.
    pub cluster_extra: Value,
}

impl Edge {
    /// From `namespace/name` to `name.namespace`; mutual TLS 1.3, no retries, no timeout.
    pub fn new(source: &str, service: &str) -> Self {
        Self {
            source: source.to_owned(),
            service: service.to_owned(),
            security: Security::Mutual,
            tls: TlsVersion::V1_3,
            client_certificate: true,
            endpoint_metadata: true,
            endpoints: Endpoints::OfService,
            policy: Policy::default(),
            accepted: None,
            cluster_extra: json!({}),
        }
    }

    pub fn security(mut self, security: Security) -> Self {
        self.security = security;
        self
    }

    pub fn tls(mut self, version: TlsVersion) -> Self {
        self.tls = version;
        self
    }

    pub fn without_client_certificate(mut self) -> Self {
        self.client_certificate = false;
        self
    }

    pub fn without_endpoint_metadata(mut self) -> Self {
        self.endpoint_metadata = false;
        self
    }

    pub fn endpoints(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = endpoints;
        self
    }

    pub fn timeout(mut self, limit: Duration) -> Self {
        self.policy.timeout = Some(limit);
        self
    }

    pub fn per_try_timeout(mut self, limit: Duration) -> Self {
        self.policy.per_try_timeout = Some(limit);
        self
    }

    /// Envoy's `retry_on` (`5xx`, `reset`, `connect-failure`, ...) and `num_retries`.
    pub fn retries(mut self, on: &str, times: u32) -> Self {
        self.policy.retries = Some((on.to_owned(), times));
        self
    }

    /// The source's proxy answers paths with this prefix itself.
    pub fn direct_response(mut self, prefix: &str, status: u16) -> Self {
        self.policy.direct_responses.push((prefix.to_owned(), status));
        self
    }

    /// Demands other SPIFFE ids of the server than it has.
    pub fn accept_only(mut self, spiffe: &str) -> Self {
        self.accepted = Some(vec![spiffe.to_owned()]);
        self
    }

    /// One more key of the Envoy cluster, such as `circuit_breakers`.
    pub fn cluster_key(mut self, name: &str, value: Value) -> Self {
        self.cluster_extra[name] = value;
        self
    }
}
