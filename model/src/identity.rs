//! Who is at an end of an edge, and what a proxy says of itself.
//!
//! Identity is asserted, not guessed: what nobody asserted stays empty. Joining assertions is the collector's work.

/// A workload's name in the mesh. Equality is by all three parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Workload {
    /// Name of the Kubernetes cluster, `CLUSTER_ID` in Istio.
    pub cluster: String,
    /// Kubernetes namespace.
    pub namespace: String,
    /// Name of the workload, for example of the Deployment.
    pub name: String,
}

impl Workload {
    /// True when no workload is named.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_empty()
    }
}

/// A destination service, as the Envoy cluster or its metadata name it. `port` is the service port, 0 when not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service {
    /// Host, for example `orders.shop.svc.cluster.local`; or `BlackHoleCluster`, `PassthroughCluster`. Empty: not known.
    pub host: String,
    /// Service port.
    pub port: u16,
}

impl Service {
    /// True for a host that is no Service of Kubernetes (`NAME.NAMESPACE.svc...`) and no Envoy cluster's own name, as
    /// `PassthroughCluster` is: behind those may be anybody.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        let is_of_kubernetes = self.host.split('.').skip(2).any(|label| label == "svc");
        let is_host = self.port != 0 || self.host.contains('.');
        !self.host.is_empty() && is_host && !is_of_kubernetes
    }
}

/// The other end of an exchange, as the reporting proxy knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// From Istio's peer metadata or endpoint metadata; empty when neither names it.
    pub workload: Workload,
    /// Canonical service of the workload.
    pub canonical_service: String,
    /// Canonical revision of the workload.
    pub canonical_revision: String,
    /// URI SAN of the peer's certificate.
    pub principal: String,
    /// IP address without port; only when no metadata names the workload, so that it can be resolved by ownership.
    pub address: String,
}

/// What a proxy says of itself: the sender's own part of every batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proxy {
    /// Envoy's node id, for example `sidecar~10.1.2.3~orders-0.shop~shop.svc.cluster.local`.
    pub id: String,
    /// The workload it stands before.
    pub workload: Workload,
    /// Pod name.
    pub pod: String,
    /// Service account.
    pub service_account: String,
    /// Canonical service.
    pub canonical_service: String,
    /// Canonical revision.
    pub canonical_revision: String,
    /// Mesh id.
    pub mesh: String,
    /// Trust domain, from the node's domain or its certificate.
    pub trust_domain: String,
    /// Region of its locality.
    pub region: String,
    /// Zone of its locality.
    pub zone: String,
    /// Node's IP addresses, comma separated as the proxy states them.
    pub addresses: String,
}

/// Namespace and service account of a SPIFFE id `spiffe://DOMAIN/ns/NAMESPACE/sa/ACCOUNT`, with its trust domain first.
#[must_use]
pub fn parse_spiffe(principal: &str) -> Option<(&str, &str, &str)> {
    let (domain, path) = principal.strip_prefix("spiffe://")?.split_once('/')?;
    let (namespace, account) = path.strip_prefix("ns/")?.split_once("/sa/")?;
    let is_name = |part: &str| !part.is_empty() && !part.contains('/');
    (is_name(domain) && is_name(namespace) && is_name(account)).then_some((domain, namespace, account))
}
