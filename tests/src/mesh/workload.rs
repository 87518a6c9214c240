//! What a scenario says about one workload.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::xds::plugin::{Hook, Plugin};

/// What a scenario does to a listener, as Envoy is told of it.
pub type ListenerChange = fn(&mut Value);

#[derive(Clone, Debug)]
pub struct Workload {
    pub namespace: String,
    pub name: String,
    pub service_account: String,
    pub revision: String,
    pub k8s_cluster: String,
    pub concurrency: u32,
    pub proxied: bool,
    pub plugins: Vec<Plugin>,
    /// The certificate comes from a CA that nobody in the mesh trusts.
    pub foreign: bool,
    /// Write the ground truth log (off only in benches).
    pub file_log: bool,
    /// (target port, address) of applications that are not the harness's backends.
    pub applications: Vec<(u16, SocketAddr)>,
    /// Further access loggers of every listener, Envoy clusters and command line arguments: for benches.
    pub extra_access_logs: Vec<Value>,
    /// HTTP filters of listeners in a direction (`inbound`, `outbound`), before ours.
    pub extra_filters: Vec<(&'static str, Value)>,
    /// Changes to the finished listeners of a direction: what no other field says.
    pub listener_changes: Vec<(&'static str, ListenerChange)>,
    pub extra_clusters: Vec<Value>,
    pub arguments: Vec<String>,
    pub bootstrap_extra: Value,
    /// Environment of its Envoy.
    pub environment: Vec<(String, String)>,
}

impl Workload {
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            service_account: name.to_owned(),
            revision: "v1".to_owned(),
            k8s_cluster: "c1".to_owned(),
            concurrency: 2,
            proxied: true,
            plugins: Vec::new(),
            foreign: false,
            file_log: true,
            applications: Vec::new(),
            extra_access_logs: Vec::new(),
            extra_filters: Vec::new(),
            listener_changes: Vec::new(),
            extra_clusters: Vec::new(),
            arguments: Vec::new(),
            bootstrap_extra: json!({}),
            environment: Vec::new(),
        }
    }

    /// `namespace/name`, the word for it everywhere in the harness.
    pub fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Default: the workload's name. Two workloads may share one.
    pub fn service_account(mut self, name: &str) -> Self {
        name.clone_into(&mut self.service_account);
        self
    }

    pub fn revision(mut self, revision: &str) -> Self {
        revision.clone_into(&mut self.revision);
        self
    }

    /// Envoy's worker threads; default 2.
    pub fn concurrency(mut self, workers: u32) -> Self {
        self.concurrency = workers;
        self
    }

    /// No sidecar: its application listens at the workload's address itself, and calls others directly, in plaintext.
    pub fn without_proxy(mut self) -> Self {
        self.proxied = false;
        self
    }

    pub fn foreign_certificate(mut self) -> Self {
        self.foreign = true;
        self
    }

    pub fn without_file_log(mut self) -> Self {
        self.file_log = false;
        self
    }

    /// The application behind `target_port` is already running at `address` (a database).
    pub fn application(mut self, target_port: u16, address: SocketAddr) -> Self {
        self.applications.push((target_port, address));
        self
    }

    /// Our filter in one hook; may be called for several hooks.
    pub fn plugin(mut self, plugin: Plugin) -> Self {
        self.plugins.push(plugin);
        self
    }

    /// One more HTTP filter on the listeners of a direction.
    pub fn extra_filter(mut self, direction: &'static str, filter: Value) -> Self {
        self.extra_filters.push((direction, filter));
        self
    }

    /// Changes every listener of a direction, as Envoy is told of it.
    pub fn change_listeners(mut self, direction: &'static str, change: ListenerChange) -> Self {
        self.listener_changes.push((direction, change));
        self
    }

    /// A listener as the workload wants it.
    pub fn changed(&self, direction: &str, mut listener: Value) -> Value {
        for (_, change) in self.listener_changes.iter().filter(|(of, _)| *of == direction) {
            change(&mut listener);
        }
        listener
    }

    /// Our filter as access logger with default configuration.
    pub fn access_logger(self) -> Self {
        self.plugin(Plugin::new(Hook::AccessLog))
    }

    pub fn upstream_logger(self) -> Self {
        self.plugin(Plugin::new(Hook::UpstreamLog))
    }

    pub fn http_filter(self) -> Self {
        self.plugin(Plugin::new(Hook::HttpFilter))
    }
}
