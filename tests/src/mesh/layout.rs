//! A mesh with every address, port and certificate decided, and from it each sidecar's configuration. Starts nothing.

mod inbound;
mod outbound;

pub(crate) use outbound::{fleet_listener_name, listener_name};

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::artefacts;
use crate::certs::Leaf;
use crate::envoy::Setup;
use crate::mesh::edge::{Edge, Security};
use crate::mesh::service::{Fleet, Service};
use crate::mesh::workload::Workload;
use crate::xds::access_log::{self, Kind};
use crate::xds::cluster::{self, Upstream};
use crate::xds::extension;
use crate::xds::listener::HttpParts;
use crate::xds::node::{self, Identity};
use crate::xds::plugin::{self, Hook, Place};

#[derive(Clone, Debug)]
pub struct Layout {
    pub mesh: String,
    pub workloads: Vec<Placed>,
    pub services: Vec<Service>,
    pub edges: Vec<Edge>,
    pub fleets: Vec<Fleet>,
    /// What everybody in the mesh trusts.
    pub root: PathBuf,
    pub collector: SocketAddr,
    /// What the filters speak to it.
    pub collector_http: Upstream,
    /// (edge number, address) of relays outside the mesh.
    pub relays: Vec<(usize, SocketAddr)>,
}

/// A workload with its place in the mesh.
#[derive(Clone, Debug)]
pub struct Placed {
    pub spec: Workload,
    pub address: Ipv4Addr,
    pub leaf: Leaf,
    pub ports: Vec<Port>,
    pub folder: PathBuf,
    /// Counts restarts, so that each run of the proxy writes a log of its own.
    pub run: u32,
}

/// A target port of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// As the services ask for it.
    pub asked: u16,
    /// As it is: the same unless somebody listens there on all addresses.
    pub number: u16,
    pub http: bool,
    pub application: SocketAddr,
}

impl Placed {
    pub fn port(&self, asked: u16) -> Result<&Port> {
        let found = self.ports.iter().find(|port| port.asked == asked);
        found.with_context(|| format!("{} has no target port {asked}", self.spec.key()))
    }

    pub fn access_log(&self) -> PathBuf {
        self.folder.join(format!("access-{}.jsonl", self.run))
    }

    pub fn identity<'a>(&'a self, mesh: &'a str) -> Identity<'a> {
        Identity {
            namespace: &self.spec.namespace,
            workload: &self.spec.name,
            service_account: &self.spec.service_account,
            revision: &self.spec.revision,
            k8s_cluster: &self.spec.k8s_cluster,
            mesh,
            address: self.address,
        }
    }
}

impl Layout {
    pub fn workload(&self, key: &str) -> Result<&Placed> {
        let found = self.workloads.iter().find(|placed| placed.spec.key() == key);
        found.with_context(|| format!("the mesh has no workload {key}"))
    }

    pub fn workload_mut(&mut self, key: &str) -> Result<&mut Placed> {
        let found = self.workloads.iter_mut().find(|placed| placed.spec.key() == key);
        found.with_context(|| format!("the mesh has no workload {key}"))
    }

    pub fn service(&self, key: &str) -> Result<&Service> {
        let found = self.services.iter().find(|service| service.key() == key);
        found.with_context(|| format!("the mesh has no service {key}"))
    }

    pub fn edges_from<'a>(&'a self, source: &'a str) -> impl Iterator<Item = &'a Edge> {
        self.edges.iter().filter(move |edge| edge.source == source)
    }

    /// Everything Envoy has to be told for one workload.
    pub fn setup(&self, key: &str) -> Result<Setup> {
        let placed = self.workload(key)?;
        let (mut listeners, mut clusters) = inbound::of(self, placed)?;
        let (more_listeners, more_clusters) = outbound::of(self, placed)?;
        listeners.extend(more_listeners);
        clusters.extend(more_clusters);
        clusters.push(cluster::collector(self.collector, self.collector_http));
        clusters.extend(placed.spec.extra_clusters.iter().cloned());
        Ok(Setup {
            name: format!("{}.{}", placed.spec.name, placed.spec.namespace),
            node: node::node(&placed.identity(&self.mesh)),
            listeners,
            clusters,
            concurrency: placed.spec.concurrency,
            drain_s: 2,
            arguments: placed.spec.arguments.clone(),
            bootstrap_extra: placed.spec.bootstrap_extra.clone(),
            environment: placed.spec.environment.clone(),
        })
    }

    /// The proxy outside the mesh that adds mutual TLS to an edge.
    pub fn relay_setup(&self, edge: usize, at: SocketAddr) -> Result<Setup> {
        outbound::relay(self, edge, at)
    }

    /// Whether `edge` leads to this target port of this workload.
    fn leads_to(&self, edge: &Edge, key: &str, target_port: u16) -> bool {
        self.service(&edge.service).is_ok_and(|service| {
            service.target_port == target_port && service.behind.iter().any(|behind| behind == key)
        })
    }

    /// What a target port's listener has to accept.
    fn accepted_at(&self, key: &str, target_port: u16) -> Vec<Security> {
        let asked = self
            .services
            .iter()
            .filter(|service| service.target_port == target_port && service.behind.iter().any(|behind| behind == key));
        let mut accepted: Vec<Security> = asked.filter_map(|service| service.accepts.clone()).flatten().collect();
        if accepted.is_empty() {
            for edge in self.edges.iter().filter(|edge| self.leads_to(edge, key, target_port)) {
                let source = self.workload(&edge.source);
                let direct = source.is_ok_and(|source| !source.spec.proxied);
                accepted.push(if direct { Security::Plaintext } else { edge.security });
            }
        }
        if self.fleets.iter().any(|fleet| fleet.behind == key && fleet.target_port == target_port) {
            accepted.push(Security::Plaintext);
        }
        if accepted.is_empty() { vec![Security::Mutual] } else { accepted }
    }
}

/// The loggers and filters of one HTTP listener, and the access logs of a TCP one.
fn parts(placed: &Placed, direction: &'static str, listener: &str, http: bool) -> Result<HttpParts> {
    let spec = &placed.spec;
    let place = Place { direction, protocol: if http { "http" } else { "tcp" } };
    let mut parts = HttpParts { access_logs: spec.extra_access_logs.clone(), ..HttpParts::default() };
    let extra = spec.extra_filters.iter().filter(|(of, _)| *of == direction);
    parts.filters.extend(extra.map(|(_, filter)| filter.clone()));
    if spec.file_log {
        let log = |kind| access_log::file(&placed.access_log(), direction, listener, kind);
        parts.access_logs.push(log(if http { Kind::Http } else { Kind::Tcp }));
        if direction == "outbound" {
            parts.upstream_logs.push(log(Kind::Upstream));
        }
    }
    for plugin in spec.plugins.iter().filter(|plugin| plugin.only.is_none_or(|only| only == place.protocol)) {
        let module: PathBuf = plugin.wasm.clone().map_or_else(artefacts::wasm, Ok)?;
        let logger = || -> Value { plugin::access_logger(plugin, &module, place) };
        match plugin.hook {
            Hook::AccessLog => parts.access_logs.push(logger()),
            Hook::UpstreamLog if direction == "outbound" => parts.upstream_logs.push(logger()),
            Hook::HttpFilter if http => parts.filters.push(plugin::http_filter(plugin, &module, place)),
            Hook::UpstreamLog | Hook::HttpFilter | Hook::ListenerLog => {}
        }
    }
    Ok(parts)
}

/// The access logs of inbound listeners themselves.
fn listener_logs(placed: &Placed) -> Result<Vec<Value>> {
    let place = Place { direction: "inbound", protocol: "auto" };
    let plugins = placed.spec.plugins.iter().filter(|plugin| plugin.hook == Hook::ListenerLog);
    plugins
        .map(|plugin| {
            let module: PathBuf = plugin.wasm.clone().map_or_else(artefacts::wasm, Ok)?;
            let mut logger = plugin::access_logger(plugin, &module, place);
            logger["filter"] = refused_or_broken();
            Ok(logger)
        })
        .collect()
}

/// Connections that the listener refused, and those whose transport failed: docs/configuration.md names both filters.
fn refused_or_broken() -> Value {
    let broken = extension(
        "envoy.access_loggers.extension_filters.cel",
        "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
        json!({"expression": "has(connection.transport_failure_reason)"}),
    );
    json!({"or_filter": {"filters": [{"response_flag_filter": {"flags": ["NR"]}}, {"extension_filter": broken}]}})
}
