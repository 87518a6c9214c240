//! The inbound half of a sidecar: one listener per target port on the workload's address, and the Envoy cluster of the application.

use std::net::Ipv4Addr;

use anyhow::Result;
use serde_json::{Value, json};

use crate::mesh::edge::Security;
use crate::mesh::layout::{Layout, Placed, Port, listener_logs, parts};
use crate::mesh::service::Service;
use crate::xds::cluster::{Cluster, Endpoint, ServiceName, Upstream, inbound_name};
use crate::xds::listener::{self, Chain, Listener, Opening};
use crate::xds::route::{Policy, virtual_host};
use crate::xds::tls;

/// Istio's source address for traffic from a sidecar to its own application.
const TO_APPLICATION: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 6);

pub(super) fn of(layout: &Layout, placed: &Placed) -> Result<(Vec<Value>, Vec<Value>)> {
    let mut listeners = Vec::new();
    let mut clusters = Vec::new();
    for port in &placed.ports {
        let services: Vec<&Service> = layout
            .services
            .iter()
            .filter(|service| service.target_port == port.asked && service.behind.contains(&placed.spec.key()))
            .collect();
        listeners.push(listener(layout, placed, port, &services)?);
        clusters.push(application(port, &services));
    }
    Ok((listeners, clusters))
}

fn listener(layout: &Layout, placed: &Placed, port: &Port, services: &[&Service]) -> Result<Value> {
    let name = format!("inbound_{}", port.number);
    let filters = filters(placed, port, services, &name)?;
    let listener = Listener {
        address: (placed.address, port.number).into(),
        direction: "INBOUND",
        chains: chains(layout, placed, port, &filters),
        name,
    };
    let mut listener = listener.json();
    listener["access_log"] = json!(listener_logs(placed)?);
    Ok(placed.spec.changed("inbound", listener))
}

fn filters(placed: &Placed, port: &Port, services: &[&Service], name: &str) -> Result<Vec<Value>> {
    let cluster = inbound_name(port.number);
    let mut parts = parts(placed, "inbound", name, port.http)?;
    let mut filters: Vec<Value> = services
        .iter()
        .filter_map(|service| service.denied_principal.as_deref())
        .map(listener::deny_principal)
        .collect();
    if port.http {
        for prefix in services.iter().filter_map(|service| service.denied_path.as_deref()) {
            parts.filters.insert(0, listener::deny_path(prefix));
        }
        let host = virtual_host(&format!("inbound|http|{}", port.number), &["*"], &cluster, &Policy::default());
        filters.push(listener::http(name, &[host], &parts));
    } else {
        filters.push(listener::tcp(name, &cluster, &parts.access_logs));
    }
    Ok(filters)
}

/// One chain when all edges open alike; else one for each way, as Istio's permissive mode has.
fn chains(layout: &Layout, placed: &Placed, port: &Port, filters: &[Value]) -> Vec<Chain> {
    let accepted = layout.accepted_at(&placed.spec.key(), port.asked);
    let alpn: &[&str] = if port.http { &["h2", "http/1.1"] } else { &[] };
    let has = |wanted: Security| accepted.contains(&wanted);
    let mut chains = Vec::new();
    let mut add = |opening, transport_socket| {
        chains.push(Chain { opening, transport_socket, filters: filters.to_vec() });
    };
    if has(Security::OneWay) {
        let opening = Opening::TlsFor(one_way_name(&placed.spec.key()));
        add(opening, Some(tls::server(&placed.leaf, None, alpn)));
    }
    if has(Security::Mutual) || has(Security::PlaintextThenMutual) {
        add(Opening::Tls, Some(tls::server(&placed.leaf, Some(&layout.root), alpn)));
    }
    if has(Security::Plaintext) {
        add(Opening::Plaintext, None);
    }
    if let [only] = chains.as_mut_slice() {
        only.opening = Opening::Any;
    }
    chains
}

/// The SNI by which a listener that accepts several ways knows that it must not ask for a certificate.
pub(super) fn one_way_name(key: &str) -> String {
    format!("one-way.{}", key.replace('/', "."))
}

fn application(port: &Port, services: &[&Service]) -> Value {
    Cluster {
        name: inbound_name(port.number),
        services: services.iter().map(|service| service_name(service)).collect(),
        endpoints: vec![Endpoint { address: port.application, workload: None }],
        bind: Some(TO_APPLICATION),
        upstream: if port.http { Upstream::SameAsDownstream } else { Upstream::Tcp },
        transport_socket: None,
        extra: json!({}),
    }
    .json()
}

pub(super) fn service_name(service: &Service) -> ServiceName {
    ServiceName { host: service.host(), name: service.name.clone(), namespace: service.namespace.clone() }
}
