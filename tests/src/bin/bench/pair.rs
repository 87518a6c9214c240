//! Two sidecars over mutual TLS with a listener on each side for every configuration, so that all of them are measured in the same
//! processes: what differs between two windows is the configuration alone.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use hogusu_tests::addresses::Block;
use hogusu_tests::certs::{Authority, Leaf, spiffe};
use hogusu_tests::envoy::{Envoy, Setup};
use hogusu_tests::xds::cluster::{self, Cluster, Endpoint, ServiceName, Upstream, inbound_name, outbound_name};
use hogusu_tests::xds::listener::{self, Chain, Listener, Opening};
use hogusu_tests::xds::node::{Identity, endpoint_workload, node};
use hogusu_tests::xds::route::{Policy, virtual_host};
use hogusu_tests::xds::tls::{self, ClientTls, TlsVersion};
use serde_json::{Value, json};

use crate::configurations::{Configuration, Direction, RECEIVER_CLUSTER};

/// The service that is called; its host is what requests name.
pub const HOST: &str = "orders.shop.svc.cluster.local";
const ALPN: &[&str] = &["http/1.1"];

/// Where everything around the proxies is.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    pub application: SocketAddr,
    pub collector: SocketAddr,
    pub access_log_receiver: SocketAddr,
}

#[derive(Debug)]
pub struct Pair {
    pub outbound: Envoy,
    pub inbound: Envoy,
    /// Where each configuration's requests go in, in order.
    pub ways: Vec<SocketAddr>,
}

struct Plan<'a> {
    configurations: &'a [Configuration],
    around: Surroundings,
    folder: PathBuf,
    root: PathBuf,
    source: End,
    destination: End,
}

/// One end's workload.
struct End {
    name: &'static str,
    address: Ipv4Addr,
    leaf: Leaf,
}

impl End {
    fn new(name: &'static str, block: &Block, authority: &Authority) -> Result<Self> {
        let leaf = authority.leaf(name, &spiffe("cluster.local", "shop", name))?;
        Ok(Self { name, address: block.next()?, leaf })
    }

    fn identity(&self) -> Identity<'_> {
        Identity {
            namespace: "shop",
            workload: self.name,
            service_account: self.name,
            revision: "v1",
            k8s_cluster: "c1",
            mesh: "bench",
            address: self.address,
        }
    }
}

impl Pair {
    pub async fn start(
        configurations: &[Configuration],
        around: Surroundings,
        folder: &Path,
        block: &Block,
    ) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let authority = Authority::create("mesh", folder)?;
        let plan = Plan {
            configurations,
            around,
            folder: folder.to_owned(),
            root: authority.root().to_owned(),
            source: End::new("checkout", block, &authority)?,
            destination: End::new("orders", block, &authority)?,
        };
        let inbound = plan.start(&plan.destination, plan.inbound_listeners()?, plan.inbound_clusters()).await?;
        let outbound = plan.start(&plan.source, plan.outbound_listeners()?, plan.outbound_clusters()).await?;
        let listening = outbound.admin().listeners().await?;
        let way = |number| listening.get(&format!("outbound_{number}")).copied().context("a listener is missing");
        let ways = (0..configurations.len()).map(way).collect::<Result<_>>()?;
        Ok(Self { outbound, inbound, ways })
    }

    pub fn proxy(&self, direction: Direction) -> &Envoy {
        match direction {
            Direction::Outbound => &self.outbound,
            Direction::Inbound => &self.inbound,
        }
    }

    pub async fn stop(self) -> Result<()> {
        self.outbound.process().stop().await?;
        self.inbound.process().stop().await?;
        Ok(())
    }
}

impl Plan<'_> {
    async fn start(&self, end: &End, listeners: Vec<Value>, mut clusters: Vec<Value>) -> Result<Envoy> {
        clusters.push(cluster::collector(self.around.collector, Upstream::Http2));
        clusters.push(plain(RECEIVER_CLUSTER, self.around.access_log_receiver, Upstream::Http2).json());
        let setup = Setup {
            name: end.name.to_owned(),
            node: node(&end.identity()),
            listeners,
            clusters,
            concurrency: 1,
            drain_s: 2,
            arguments: Vec::new(),
            bootstrap_extra: json!({}),
            environment: Vec::new(),
        };
        let folder = self.folder.join(end.name);
        std::fs::create_dir_all(&folder)?;
        Envoy::start(&setup, &folder).await
    }

    /// The port at which the inbound proxy observes as this configuration says.
    fn port(number: usize) -> u16 {
        8_100 + u16::try_from(number).expect("few configurations")
    }

    fn inbound_listeners(&self) -> Result<Vec<Value>> {
        let mut listeners = Vec::new();
        for (number, configuration) in self.configurations.iter().enumerate() {
            let name = format!("inbound_{number}");
            let host = virtual_host("inbound|http|8080", &["*"], &inbound_name(8080), &Policy::default());
            let chain = Chain {
                opening: Opening::Any,
                transport_socket: Some(tls::server(&self.destination.leaf, Some(&self.root), ALPN)),
                filters: vec![listener::http(&name, &[host], &configuration.parts(Direction::Inbound)?)],
            };
            let address = (self.destination.address, Self::port(number)).into();
            listeners.push(Listener { name, address, direction: "INBOUND", chains: vec![chain] }.json());
        }
        Ok(listeners)
    }

    fn outbound_listeners(&self) -> Result<Vec<Value>> {
        let mut listeners = Vec::new();
        for (number, configuration) in self.configurations.iter().enumerate() {
            let name = format!("outbound_{number}");
            let cluster = outbound_name(Self::port(number), HOST);
            let host = virtual_host(&format!("{HOST}:80"), &["*"], &cluster, &Policy::default());
            let filter = listener::http(&name, &[host], &configuration.parts(Direction::Outbound)?);
            let chain = Chain { opening: Opening::Any, transport_socket: None, filters: vec![filter] };
            let address = (Ipv4Addr::LOCALHOST, 0).into();
            listeners.push(Listener { name, address, direction: "OUTBOUND", chains: vec![chain] }.json());
        }
        Ok(listeners)
    }

    fn inbound_clusters(&self) -> Vec<Value> {
        vec![
            Cluster {
                services: vec![service()],
                ..plain(&inbound_name(8080), self.around.application, Upstream::Http1)
            }
            .json(),
        ]
    }

    fn outbound_clusters(&self) -> Vec<Value> {
        (0..self.configurations.len()).map(|number| self.outbound_cluster(number).json()).collect()
    }

    fn outbound_cluster(&self, number: usize) -> Cluster {
        let port = Self::port(number);
        let socket = tls::client(&ClientTls {
            leaf: Some(&self.source.leaf),
            root: &self.root,
            sni: format!("outbound_.{port}_._.{HOST}"),
            accepted: vec![self.destination.leaf.spiffe.clone()],
            version: TlsVersion::V1_3,
            alpn: ALPN,
        });
        let workload = Some(endpoint_workload(&self.destination.identity()));
        Cluster {
            name: outbound_name(port, HOST),
            services: vec![service()],
            endpoints: vec![Endpoint { address: (self.destination.address, port).into(), workload }],
            bind: Some(self.source.address),
            upstream: Upstream::Http1,
            transport_socket: Some(socket),
            extra: json!({}),
        }
    }
}

fn service() -> ServiceName {
    ServiceName { host: HOST.to_owned(), name: "orders".to_owned(), namespace: "shop".to_owned() }
}

fn plain(name: &str, address: SocketAddr, upstream: Upstream) -> Cluster {
    Cluster {
        name: name.to_owned(),
        services: Vec::new(),
        endpoints: vec![Endpoint { address, workload: None }],
        bind: None,
        upstream,
        transport_socket: None,
        extra: json!({}),
    }
}
