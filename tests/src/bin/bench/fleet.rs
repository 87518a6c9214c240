//! One outbound sidecar with many edges: an Envoy cluster for each host, all of them served by one application.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use hogusu_tests::envoy::{Envoy, Setup};
use hogusu_tests::script::{SCRIPT_HEADER, Script};
use hogusu_tests::xds::cluster::{self, Cluster, Endpoint, ServiceName, Upstream, outbound_name};
use hogusu_tests::xds::listener::{self, Chain, HttpParts, Listener, Opening};
use hogusu_tests::xds::node::{Identity, node};
use hogusu_tests::xds::plugin::{Hook, Place, Plugin};
use hogusu_tests::xds::route::{Policy, virtual_host};
use serde_json::{Value, json};

use crate::configurations::add_plugin;
use crate::lines::Source;
use crate::surroundings::Servers;

#[derive(Debug)]
pub struct Fleet {
    _envoy: Envoy,
    pub ways: Vec<SocketAddr>,
    pub requests: Requests,
}

impl Fleet {
    /// A listener with a VM of its own for each revision, all with the same `edges`.
    pub async fn start(servers: &Servers, application: SocketAddr, edges: usize, revisions: &[&str]) -> Result<Self> {
        let folder = servers.folder.join("gateway");
        std::fs::create_dir_all(&folder)?;
        let address = servers.block.next()?;
        let envoy = Envoy::start(&setup(servers, application, address, edges, revisions)?, &folder).await?;
        let listening = envoy.admin().listeners().await?;
        let way = |revision: &&str| listening.get(*revision).copied().context("a listener is missing");
        let ways = revisions.iter().map(way).collect::<Result<_>>()?;
        Ok(Self { _envoy: envoy, ways, requests: Requests { hosts: (0..edges).map(host).collect() } })
    }
}

fn host(number: usize) -> String {
    format!("service-{number:05}.shop.svc.cluster.local")
}

fn setup(
    servers: &Servers,
    application: SocketAddr,
    address: Ipv4Addr,
    edges: usize,
    revisions: &[&str],
) -> Result<Setup> {
    let identity = Identity {
        namespace: "shop",
        workload: "gateway",
        service_account: "gateway",
        revision: "v1",
        k8s_cluster: "c1",
        mesh: "bench",
        address,
    };
    let mut clusters: Vec<Value> = (0..edges).map(|number| edge(number, application)).collect();
    clusters.push(cluster::collector(servers.sink.address(), Upstream::Http2));
    Ok(Setup {
        name: "gateway".to_owned(),
        node: node(&identity),
        listeners: revisions.iter().map(|revision| listener(revision, edges)).collect::<Result<_>>()?,
        clusters,
        concurrency: 1,
        drain_s: 2,
        arguments: Vec::new(),
        bootstrap_extra: json!({}),
        environment: Vec::new(),
    })
}

fn listener(revision: &str, edges: usize) -> Result<Value> {
    let mut parts = HttpParts::default();
    let plugin = Plugin::new(Hook::AccessLog).key("max_edges", json!(edges.max(1_000)));
    add_plugin(&mut parts, plugin, Place { direction: "outbound", protocol: "http" }, revision)?;
    let hosts: Vec<Value> = (0..edges)
        .map(|number| {
            let host = host(number);
            virtual_host(&format!("{host}:80"), &[&host], &outbound_name(80, &host), &Policy::default())
        })
        .collect();
    let chain = Chain {
        opening: Opening::Any,
        transport_socket: None,
        filters: vec![listener::http(revision, &hosts, &parts)],
    };
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    Ok(Listener { name: revision.to_owned(), address, direction: "OUTBOUND", chains: vec![chain] }.json())
}

fn edge(number: usize, application: SocketAddr) -> Value {
    let name = format!("service-{number:05}");
    let host = host(number);
    Cluster {
        name: outbound_name(80, &host),
        endpoints: vec![Endpoint { address: application, workload: Some(format!("{name};shop;{name};v1;c1")) }],
        services: vec![ServiceName { host, name, namespace: "shop".to_owned() }],
        bind: None,
        upstream: Upstream::Http1,
        transport_socket: None,
        extra: json!({}),
    }
    .json()
}

/// Requests that go round all hosts and ask the application, if it is scripted, for delays between 1 and 8 ms, evenly on a
/// logarithmic scale.
#[derive(Clone, Debug)]
pub struct Requests {
    hosts: Arc<[String]>,
}

impl Source for Requests {
    fn request(&mut self, turn: u64) -> Bytes {
        let host = &self.hosts[turn as usize % self.hosts.len()];
        // Multiples of the golden ratio are spread evenly, the same on every run.
        let share = (turn as f64 * 0.618_033_988_749).fract();
        let script = Script { delay_ms: 8_f64.powf(share) as u64, ..Script::default() }.label();
        Bytes::from(format!(
            "GET / HTTP/1.1\r\nhost: {host}\r\nuser-agent: bench/1\r\n{SCRIPT_HEADER}: {script}\r\n\r\n"
        ))
    }
}
