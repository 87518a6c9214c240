//! What a scenario says of a workload in the lab: its names, its ports, whether it has a sidecar. Starts nothing.

use std::collections::BTreeMap;

use serde_json::Value;

const FIRST: &str = "v1";
/// The class of a waypoint's Gateway object.
pub const WAYPOINT_CLASS: &str = "istio-waypoint";
/// Where waypoints take tunnels.
pub const TUNNEL_PORT: u16 = 15008;

/// A port of the workload's Service and of its application, which are the same number.
#[derive(Clone, Debug)]
pub struct Port {
    /// Istio reads the protocol from the name's beginning (`http-`, `http2-`, `tcp-`).
    pub name: String,
    pub number: u16,
}

impl Port {
    /// Whether the application speaks TCP alone on it; on every other port it speaks HTTP, declared or not.
    pub fn is_tcp(&self) -> bool {
        self.name.starts_with("tcp")
    }
}

/// What a pod holds beside its application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    None,
    Sidecar,
    /// A proxy alone, without an application: traffic comes to its own ports.
    Gateway,
    /// The same for traffic inside of the mesh, which comes to it through tunnels.
    Waypoint,
}

/// One workload with one pod, a Service and a service account of its name. A further version of it stands behind the same Service.
#[derive(Clone, Debug)]
pub struct Workload {
    pub namespace: String,
    pub name: String,
    /// The first of a name is `v1`, and its Service is made with it.
    pub version: String,
    pub ports: Vec<Port>,
    pub proxy: Proxy,
    /// Its application listens on loopback alone and is started by whoever wants it.
    pub loopback: bool,
    /// Outside of the cluster: no object speaks of it.
    pub is_outside: bool,
    /// Further labels of its pod.
    pub labels: Vec<(String, String)>,
    /// The StatefulSet that its pod is made from; its Service and service account are somebody else's to make.
    pub stateful_set: Option<Value>,
}

impl Workload {
    pub fn new(namespace: &str, name: &str) -> Self {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Self {
            namespace,
            name,
            version: FIRST.to_owned(),
            ports: Vec::new(),
            proxy: Proxy::Sidecar,
            loopback: false,
            is_outside: false,
            labels: Vec::new(),
            stateful_set: None,
        }
    }

    /// A StatefulSet's only pod, with a sidecar; the application is started by whoever wants it.
    pub fn of_stateful_set(set: Value) -> Self {
        let text = |name: &str| set["metadata"][name].as_str().unwrap_or_default().to_owned();
        let labels = set["spec"]["template"]["metadata"]["labels"].as_object().into_iter().flatten();
        let labels = labels.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect();
        let ports = set["spec"]["template"]["spec"]["containers"][0]["ports"].as_array().into_iter().flatten();
        let ports = ports.map(|port| Port {
            name: port["name"].as_str().unwrap_or_default().to_owned(),
            number: port["containerPort"].as_u64().and_then(|number| number.try_into().ok()).unwrap_or_default(),
        });
        let mut workload = Self::new(&text("namespace"), &text("name")).on_loopback();
        workload.ports = ports.collect();
        workload.labels = labels;
        workload.stateful_set = Some(set);
        workload
    }

    /// One more label of its pod.
    pub fn labelled(mut self, key: &str, value: &str) -> Self {
        self.labels.push((key.to_owned(), value.to_owned()));
        self
    }

    /// All labels of its pod, with those that the injection of a sidecar adds.
    pub fn pod_labels(&self) -> BTreeMap<String, String> {
        let own = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let mut labels = BTreeMap::new();
        if self.stateful_set.is_none() {
            labels.extend([own("app", &self.name), own("version", &self.version), own("pod-template-hash", "7d9f")]);
        }
        if self.proxy == Proxy::Waypoint {
            labels.extend([
                own("service.istio.io/canonical-name", &self.name),
                own("service.istio.io/canonical-revision", "latest"),
                own("gateway.networking.k8s.io/gateway-name", &self.name),
                own("gateway.networking.k8s.io/gateway-class-name", WAYPOINT_CLASS),
                own("gateway.istio.io/managed", "istio.io-mesh-controller"),
                own("istio.io/dataplane-mode", "none"),
            ]);
        } else if self.proxy != Proxy::None {
            let revision = if self.stateful_set.is_none() { self.version.as_str() } else { "latest" };
            labels.extend([
                own("service.istio.io/canonical-name", &self.name),
                own("service.istio.io/canonical-revision", revision),
                own("security.istio.io/tlsMode", "istio"),
            ]);
        }
        labels.extend(self.labels.iter().cloned());
        labels
    }

    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// Whether its Service is made with it.
    pub fn is_first(&self) -> bool {
        self.version == FIRST
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

    /// A machine of which the cluster knows nothing.
    pub fn outside(mut self) -> Self {
        self.is_outside = true;
        self.without_sidecar()
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

    /// The waypoint of a Gateway object of its name, with what Istio's controller gives to its pod.
    pub fn waypoint(mut self) -> Self {
        self.proxy = Proxy::Waypoint;
        self.port("mesh", TUNNEL_PORT)
    }

    /// Whether somebody starts an application in it.
    pub fn has_app(&self) -> bool {
        !self.loopback && !matches!(self.proxy, Proxy::Gateway | Proxy::Waypoint)
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
        if self.stateful_set.is_some() { self.name.clone() } else { format!("{}-{}", self.name, self.version) }
    }

    pub fn pod(&self) -> String {
        if self.stateful_set.is_some() { format!("{}-0", self.name) } else { format!("{}-7d9f-0", self.deployment()) }
    }

    /// Name of its owner's kind, as a path of the API has it.
    pub fn owners(&self) -> &'static str {
        if self.stateful_set.is_some() { "statefulsets" } else { "deployments" }
    }

    /// Ports that its application reaches without its sidecar, as an annotation of its pod asks.
    pub fn excluded_outbound_ports(&self) -> &str {
        let template = self.stateful_set.as_ref().map(|set| &set["spec"]["template"]["metadata"]["annotations"]);
        let ports = template.map(|annotations| &annotations["traffic.sidecar.istio.io/excludeOutboundPorts"]);
        ports.and_then(Value::as_str).unwrap_or_default()
    }

    pub fn service_account(&self) -> &str {
        let template = self.stateful_set.as_ref().map(|set| &set["spec"]["template"]["spec"]["serviceAccountName"]);
        template.and_then(Value::as_str).unwrap_or(&self.name)
    }

    /// The Service's full name.
    pub fn host(&self) -> String {
        format!("{}.{}.svc.cluster.local", self.name, self.namespace)
    }

    pub fn principal(&self) -> String {
        crate::certs::spiffe(super::TRUST_DOMAIN, &self.namespace, self.service_account())
    }
}
