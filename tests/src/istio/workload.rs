//! What a scenario says of a workload in the lab: its names, its ports, whether it has a sidecar. Starts nothing.

/// A port of the workload's Service and of its application, which are the same number.
#[derive(Clone, Debug)]
pub struct Port {
    /// Istio reads the protocol from the name's beginning (`http-`, `tcp-`).
    pub name: String,
    pub number: u16,
}

/// What a pod holds beside its application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    None,
    Sidecar,
    /// A proxy alone, without an application: traffic comes to its own ports.
    Gateway,
}

/// One workload with one pod, a Service and a service account of its name.
#[derive(Clone, Debug)]
pub struct Workload {
    pub namespace: String,
    pub name: String,
    pub ports: Vec<Port>,
    pub proxy: Proxy,
    /// Its application listens on loopback alone and is started by whoever wants it.
    pub loopback: bool,
}

impl Workload {
    pub fn new(namespace: &str, name: &str) -> Self {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Self { namespace, name, ports: Vec::new(), proxy: Proxy::Sidecar, loopback: false }
    }

    pub fn http(self, number: u16) -> Self {
        self.port("http", number)
    }

    pub fn tcp(self, number: u16) -> Self {
        self.port("tcp", number)
    }

    pub fn port(mut self, name: &str, number: u16) -> Self {
        self.ports.push(Port { name: name.to_owned(), number });
        self
    }

    pub fn without_sidecar(mut self) -> Self {
        self.proxy = Proxy::None;
        self
    }

    /// A gateway; the Gateway object selects it by its `app` label.
    pub fn gateway(mut self) -> Self {
        self.proxy = Proxy::Gateway;
        self
    }

    /// Whether somebody starts an application in it.
    pub fn has_app(&self) -> bool {
        !self.loopback && self.proxy != Proxy::Gateway
    }

    pub fn on_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// `namespace/name` of its deployment, as a map shows it.
    pub fn label(&self) -> String {
        format!("{}/{}", self.namespace, self.deployment())
    }

    pub fn deployment(&self) -> String {
        format!("{}-v1", self.name)
    }

    pub fn pod(&self) -> String {
        format!("{}-v1-7d9f-0", self.name)
    }

    /// The Service's full name.
    pub fn host(&self) -> String {
        format!("{}.{}.svc.cluster.local", self.name, self.namespace)
    }

    pub fn principal(&self) -> String {
        crate::certs::spiffe(super::TRUST_DOMAIN, &self.namespace, &self.name)
    }
}
