//! The outbound half of a sidecar: one listener per destination service on a port that is learnt, and the Envoy clusters behind them.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::certs::Leaf;
use crate::envoy::Setup;
use crate::mesh::edge::{Edge, Endpoints, Security};
use crate::mesh::layout::inbound::{one_way_name, service_name};
use crate::mesh::layout::{Layout, Placed, parts};
use crate::mesh::service::{Fleet, Service};
use crate::xds::cluster::{Cluster, Endpoint, ServiceName, Upstream, outbound_name};
use crate::xds::listener::{self, Chain, Listener, Opening};
use crate::xds::node::endpoint_workload;
use crate::xds::route::{Policy, virtual_host};
use crate::xds::tls::{self, ClientTls};

/// Nobody listens there: it is below the range of drawn ports, on addresses that are ours.
const CLOSED_PORT: u16 = 4;

/// A port of the proxy's own choice on loopback: the application is the only one who uses it.
const LEARNT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The listener's name for a service, by which its port is learnt.
pub(crate) fn listener_name(service: &Service) -> String {
    format!("outbound_{}_{}", service.port, service.host())
}

/// The listener's name for a fleet.
pub(crate) fn fleet_listener_name(fleet: &Fleet) -> String {
    format!("outbound_fleet_{}", fleet.namespace)
}

pub(super) fn of(layout: &Layout, placed: &Placed) -> Result<(Vec<Value>, Vec<Value>)> {
    let mut listeners = Vec::new();
    let mut clusters = Vec::new();
    for (number, edge) in layout.edges.iter().enumerate() {
        if edge.source != placed.spec.key() {
            continue;
        }
        let service = layout.service(&edge.service)?;
        listeners.push(listener(placed, edge, service)?);
        clusters.push(cluster(layout, placed, number, edge)?.json());
    }
    for fleet in layout.fleets.iter().filter(|fleet| fleet.source == placed.spec.key()) {
        listeners.push(fleet_listener(placed, fleet)?);
        clusters.extend(fleet_clusters(layout, placed, fleet)?);
    }
    Ok((listeners, clusters))
}

fn listener(placed: &Placed, edge: &Edge, service: &Service) -> Result<Value> {
    let name = listener_name(service);
    let cluster = outbound_name(service.port, &service.host());
    let parts = parts(placed, "outbound", &name, service.protocol.is_http())?;
    let filter = if service.protocol.is_http() {
        let host = virtual_host(&format!("{}:{}", service.host(), service.port), &["*"], &cluster, &edge.policy);
        listener::http(&name, &[host], &parts)
    } else {
        listener::tcp(&name, &cluster, &parts.access_logs)
    };
    Ok(placed.spec.changed("outbound", one_chain(name, filter)))
}

fn one_chain(name: String, filter: Value) -> Value {
    let chain = Chain { opening: Opening::Any, transport_socket: None, filters: vec![filter] };
    Listener { name, address: LEARNT, direction: "OUTBOUND", chains: vec![chain] }.json()
}

fn cluster(layout: &Layout, placed: &Placed, number: usize, edge: &Edge) -> Result<Cluster> {
    let service = layout.service(&edge.service)?;
    let tls = matches!(edge.security, Security::Mutual | Security::OneWay);
    Ok(Cluster {
        name: outbound_name(service.port, &service.host()),
        services: vec![service_name(service)],
        endpoints: endpoints(layout, number, edge, service)?,
        bind: Some(placed.address),
        upstream: service.protocol.upstream(),
        transport_socket: if tls { Some(client_tls(layout, &placed.leaf, edge, service)?) } else { None },
        extra: edge.cluster_extra.clone(),
    })
}

fn endpoints(layout: &Layout, number: usize, edge: &Edge, service: &Service) -> Result<Vec<Endpoint>> {
    let relay = layout.relays.iter().find(|(edge, _)| *edge == number).map(|(_, address)| *address);
    let mut endpoints = Vec::new();
    for key in &service.behind {
        let behind = layout.workload(key)?;
        let real = SocketAddr::from((behind.address, behind.port(service.target_port)?.number));
        let closed = SocketAddr::from((behind.address, CLOSED_PORT));
        let workload = edge.endpoint_metadata.then(|| endpoint_workload(&behind.identity(&layout.mesh)));
        let addresses = match edge.endpoints {
            Endpoints::None => vec![],
            Endpoints::ClosedPort => vec![closed],
            Endpoints::ClosedPortAndService => vec![closed, real],
            Endpoints::OfService => vec![relay.unwrap_or(real)],
        };
        endpoints.extend(addresses.into_iter().map(|address| Endpoint { address, workload: workload.clone() }));
    }
    Ok(endpoints)
}

fn client_tls(layout: &Layout, leaf: &Leaf, edge: &Edge, service: &Service) -> Result<Value> {
    let behind = service.behind.iter().map(|key| layout.workload(key)).collect::<Result<Vec<_>>>()?;
    let names = behind.iter().map(|placed| placed.leaf.spiffe.clone()).collect();
    let sni = match edge.security {
        Security::OneWay => one_way_name(&behind.first().context("a service with TLS has a workload")?.spec.key()),
        _ => format!("outbound_.{}_._.{}", service.port, service.host()),
    };
    Ok(tls::client(&ClientTls {
        leaf: edge.client_certificate.then_some(leaf),
        root: &layout.root,
        sni,
        accepted: edge.accepted.clone().unwrap_or(names),
        version: edge.tls,
        alpn: service.protocol.alpn(),
    }))
}

fn fleet_listener(placed: &Placed, fleet: &Fleet) -> Result<Value> {
    let name = fleet_listener_name(fleet);
    let parts = parts(placed, "outbound", &name, true)?;
    let hosts: Vec<Value> = fleet
        .hosts()
        .iter()
        .map(|host| virtual_host(&format!("{host}:80"), &[host], &outbound_name(80, host), &Policy::default()))
        .collect();
    Ok(one_chain(name.clone(), listener::http(&name, &hosts, &parts)))
}

fn fleet_clusters(layout: &Layout, placed: &Placed, fleet: &Fleet) -> Result<Vec<Value>> {
    let behind = layout.workload(&fleet.behind)?;
    let address = SocketAddr::from((behind.address, behind.port(fleet.target_port)?.number));
    let clusters = fleet.hosts().into_iter().enumerate().map(|(number, host)| {
        let name = Fleet::name(number);
        Cluster {
            name: outbound_name(80, &host),
            endpoints: vec![Endpoint { address, workload: Some(format!("{name};{};{name};v1;c1", fleet.namespace)) }],
            services: vec![ServiceName { host, name, namespace: fleet.namespace.clone() }],
            bind: Some(placed.address),
            upstream: Upstream::Http1,
            transport_socket: None,
            extra: json!({}),
        }
        .json()
    });
    Ok(clusters.collect())
}

/// A proxy outside the mesh: plaintext in, mutual TLS with the source's own certificate out.
pub(super) fn relay(layout: &Layout, number: usize, at: SocketAddr) -> Result<Setup> {
    let edge = layout.edges.get(number).context("the relay's edge")?;
    let service = layout.service(&edge.service)?;
    let source = layout.workload(&edge.source)?;
    let straight = Layout { relays: Vec::new(), ..layout.clone() };
    let filter = listener::tcp("relay", "relay", &[]);
    let chain = Chain { opening: Opening::Any, transport_socket: None, filters: vec![filter] };
    let listener = Listener { name: "relay".to_owned(), address: at, direction: "UNSPECIFIED", chains: vec![chain] };
    let cluster = Cluster {
        name: "relay".to_owned(),
        services: Vec::new(),
        endpoints: endpoints(&straight, number, edge, service)?,
        bind: Some(source.address),
        upstream: Upstream::Tcp,
        transport_socket: Some(client_tls(layout, &source.leaf, edge, service)?),
        extra: json!({}),
    };
    Ok(Setup {
        name: format!("relay-{number}"),
        node: json!({"id": format!("relay-{number}"), "cluster": "relay"}),
        listeners: vec![listener.json()],
        clusters: vec![cluster.json()],
        concurrency: 1,
        drain_s: 2,
        arguments: Vec::new(),
        bootstrap_extra: json!({}),
        environment: Vec::new(),
    })
}
