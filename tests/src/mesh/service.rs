//! What a scenario says about a service: a name and a port, with workloads behind it.

use crate::client::Version;
use crate::mesh::edge::Security;
use crate::xds::cluster::Upstream;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
    Grpc,
    Tcp,
}

impl Protocol {
    pub fn is_http(self) -> bool {
        self != Self::Tcp
    }

    pub(crate) fn upstream(self) -> Upstream {
        match self {
            Self::Http1 => Upstream::Http1,
            Self::Http2 | Self::Grpc => Upstream::Http2,
            Self::Tcp => Upstream::Tcp,
        }
    }

    pub(crate) fn version(self) -> Version {
        if matches!(self, Self::Http2 | Self::Grpc) { Version::Http2 } else { Version::Http1 }
    }

    pub(crate) fn alpn(self) -> &'static [&'static str] {
        match self {
            Self::Http1 => &["http/1.1"],
            Self::Http2 | Self::Grpc => &["h2"],
            Self::Tcp => &[],
        }
    }
}

/// A service: `NAME.NAMESPACE` at `port`, served at `target_port` by the workloads behind it.
#[derive(Clone, Debug)]
pub struct Service {
    pub namespace: String,
    pub name: String,
    pub protocol: Protocol,
    pub port: u16,
    pub target_port: u16,
    pub behind: Vec<String>,
    /// What the destination's proxy accepts; None: what its edges use.
    pub accepts: Option<Vec<Security>>,
    /// The destination's proxy denies paths with this prefix (403, RBAC).
    pub denied_path: Option<String>,
    /// The destination's proxy closes connections of this SPIFFE id.
    pub denied_principal: Option<String>,
}

impl Service {
    /// Port 80, target port 8080, behind it the workload of the same name.
    pub fn new(namespace: &str, name: &str, protocol: Protocol) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            protocol,
            port: 80,
            target_port: 8080,
            behind: vec![format!("{namespace}/{name}")],
            accepts: None,
            denied_path: None,
            denied_principal: None,
        }
    }

    pub fn ports(mut self, port: u16, target_port: u16) -> Self {
        (self.port, self.target_port) = (port, target_port);
        self
    }

    /// Replaces the workloads behind it (`namespace/name`).
    pub fn behind(mut self, workloads: &[&str]) -> Self {
        self.behind = workloads.iter().map(ToString::to_string).collect();
        self
    }

    /// Accept only these, whatever the edges use (a plaintext source then fails).
    pub fn accept(mut self, securities: &[Security]) -> Self {
        self.accepts = Some(securities.to_vec());
        self
    }

    pub fn deny_path(mut self, prefix: &str) -> Self {
        self.denied_path = Some(prefix.to_owned());
        self
    }

    pub fn deny_principal(mut self, spiffe: &str) -> Self {
        self.denied_principal = Some(spiffe.to_owned());
        self
    }

    /// `name.namespace`, the word for it everywhere in the harness.
    pub fn key(&self) -> String {
        format!("{}.{}", self.name, self.namespace)
    }

    pub fn host(&self) -> String {
        format!("{}.{}.svc.cluster.local", self.name, self.namespace)
    }
}

/// Many services behind one workload, routed by host through one outbound listener.
#[derive(Clone, Debug)]
pub struct Fleet {
    pub source: String,
    pub namespace: String,
    pub count: usize,
    /// The workload that really answers, at its target port 8080, in plaintext.
    pub behind: String,
    pub target_port: u16,
}

impl Fleet {
    pub fn new(source: &str, namespace: &str, count: usize, behind: &str) -> Self {
        Self {
            source: source.to_owned(),
            namespace: namespace.to_owned(),
            count,
            behind: behind.to_owned(),
            target_port: 8080,
        }
    }

    pub fn name(number: usize) -> String {
        format!("svc-{number:05}")
    }

    pub fn host(&self, number: usize) -> String {
        format!("{}.{}.svc.cluster.local", Self::name(number), self.namespace)
    }

    pub fn hosts(&self) -> Vec<String> {
        (0..self.count).map(|number| self.host(number)).collect()
    }
}
