//! What an edge of a map tells a rehearsal. What it does not tell stays unknown: a map has no methods but gRPC's, no paths, no headers
//! and no addresses of sources.

use std::collections::BTreeMap;

use hogusu_access::{
    Asking, Call, Chain, Client, Labels, Marks, Policies, Proxy, Seen, Server, Service, ServicePort, Wire, Workload,
};
use hogusu_policy::fact;

use super::counts::{Group, beyond, groups, source_has_proxy};
use crate::report::Edge;

/// By this label a proxy stands before others.
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
/// By this one it is a waypoint or a gateway; without it nobody knows which.
const GATEWAY_CLASS: &str = "gateway.networking.k8s.io/gateway-class-name";
const WAYPOINT: &str = "istio-waypoint";
const EITHER: &str = "whether the destination is a gateway or a waypoint (label gateway.networking.k8s.io/gateway-class-name of its pods)";
/// Istio's own gateways have this label; of other values nobody knows whether they mean one.
const ISTIO: &str = "istio";
const GATEWAYS: [&str; 2] = ["ingressgateway", "egressgateway"];

/// What was seen, one by one as far as they can be told apart; nothing of an edge to nobody that a policy could be about. `facts`: of this
/// edge, where they are known. `is_whole`: what came to the destination is all in its report.
pub(crate) fn seen(edge: &Edge, facts: Option<&fact::Edge>, known: &Policies, is_whole: bool) -> Vec<Seen> {
    if edge.destination.end.kind != "workload" {
        return Vec::new();
    }
    let end = &edge.destination.end;
    let labels = known.inventory.labels(&end.namespace, &end.name);
    let marks = known.inventory.marks(&end.namespace, &end.name);
    let readings = proxies(labels, marks);
    let client = Client { namespace: edge.source.namespace.clone(), has_proxy: source_has_proxy(edge, is_whole) };
    let read =
        |(proxy, doubt)| of_proxy(edge, facts, &Seen { client: client.clone(), ..frame(edge, known, proxy, doubt) });
    readings.into_iter().flat_map(read).collect()
}

/// What was seen, where that is what enforces.
fn of_proxy(edge: &Edge, facts: Option<&fact::Edge>, frame: &Seen) -> Vec<Seen> {
    let of_group = |group: Group| Seen {
        principals: group.principals,
        has_unnamed: group.has_unnamed,
        counted: group.counted,
        unclear: group.unclear,
        denied: group.denied,
        unanswered: group.unanswered,
        refused: group.refused,
        ..frame.clone()
    };
    groups(edge, facts).into_iter().map(of_group).chain(past(edge, frame)).collect()
}

/// What reached pods of which no proxy tells.
fn past(edge: &Edge, frame: &Seen) -> Option<Seen> {
    let count = beyond(edge);
    (count > 0).then(|| Seen {
        client: Client { has_proxy: Some(true), ..frame.client.clone() },
        server: Server { has_proxy: None, ..frame.server.clone() },
        call: Call { chain: None, ..frame.call.clone() },
        counted: BTreeMap::from([(Wire::Plaintext, count)]),
        ..frame.clone()
    })
}

/// All that is known of an edge beside its numbers.
fn frame(edge: &Edge, known: &Policies, proxy: Proxy, doubt: Option<String>) -> Seen {
    let report = edge.destination_report.as_ref().filter(|side| side.count > 0);
    let end = &edge.destination.end;
    let labels = known.inventory.labels(&end.namespace, &end.name).cloned();
    let marks = known.inventory.marks(&end.namespace, &end.name);
    let port = (edge.destination.port > 0).then_some(edge.destination.port);
    let service = asking(edge, known);
    let is_http = service.as_ref().and_then(|service| declared(service, port, known));
    let workload = Workload { namespace: end.namespace.clone(), name: end.name.clone(), labels, proxy };
    let has_proxy = report.is_some().then_some(true);
    let unpoliced = marks.and_then(|marks| marks.unpoliced(port));
    Seen {
        client: Client { namespace: edge.source.namespace.clone(), has_proxy: None },
        call: Call {
            chain: report.map(|_| if edge.protocol == "tcp" { Chain::Tcp } else { Chain::Http }),
            port,
            service: service.as_ref().and_then(behind),
            method: (edge.protocol == "grpc").then(|| "POST".to_owned()),
            ..Call::default()
        },
        server: Server { workload, has_proxy, port, is_http, service },
        becomes: known.inventory.becomes(&end.namespace, &end.name).cloned(),
        remade: remade(edge, known),
        doubts: doubt.into_iter().chain(unpoliced).collect(),
        principals: Vec::new(),
        has_unnamed: false,
        counted: BTreeMap::new(),
        unclear: 0,
        denied: 0,
        unanswered: 0,
        refused: 0,
    }
}

/// What a change changes of the pods of either end beside their labels, and of the service that was asked for.
fn remade(edge: &Edge, known: &Policies) -> Vec<String> {
    let service = asking(edge, known).and_then(|service| behind(&service));
    let service = service.filter(|one| known.inventory.is_service_remade(&one.namespace, &one.name));
    let service = service.map(|one| format!("Service {}/{}", one.namespace, one.name));
    let ends = [("destination", &edge.destination.end), ("source", &edge.source)];
    let of = |(side, end): (&str, &crate::report::edge::End)| {
        let what = known.inventory.remade(&end.namespace, &end.name).filter(|_| end.kind == "workload")?;
        Some(format!("the {side}'s pods: {what}"))
    };
    ends.into_iter().filter_map(of).chain(service).collect()
}

/// What enforces, and what would tell, where labels and annotations leave it open: then all that it may be.
fn proxies(labels: Option<&Labels>, marks: Option<&Marks>) -> Vec<(Proxy, Option<String>)> {
    let Some(labels) = labels else { return vec![(Proxy::Sidecar, None)] };
    let of_istio = labels.known.get(ISTIO);
    let is_gateway = of_istio.is_some_and(|value| GATEWAYS.contains(&value.as_str()));
    if is_gateway || marks.is_some_and(Marks::is_gateway) {
        return vec![(Proxy::Gateway, None)];
    }
    let waypoint = Proxy::Waypoint { service: None };
    if labels.known.contains_key(GATEWAY_NAME) {
        return match labels.known.get(GATEWAY_CLASS) {
            Some(class) if class == WAYPOINT => vec![(waypoint, None)],
            Some(_) => vec![(Proxy::Gateway, None)],
            None => [Proxy::Gateway, waypoint].map(|proxy| (proxy, Some(EITHER.to_owned()))).into(),
        };
    }
    let doubt = [ISTIO, "istio.io/dataplane-mode"].into_iter().find(|key| labels.known.contains_key(*key));
    let said = |key| format!("whether the destination's proxy is a sidecar (label {key} of its pods)");
    vec![(Proxy::Sidecar, doubt.map(said))]
}

/// The service through which it was asked, where that is one alone.
fn asking(edge: &Edge, known: &Policies) -> Option<Asking> {
    let [service] = edge.destination.services.as_slice() else { return None };
    let (host, port) =
        service.rsplit_once(':').map_or((service.as_str(), None), |(host, port)| (host, port.parse().ok()));
    let mut labels = host.split('.');
    let (name, namespace, svc) = (labels.next()?, labels.next()?, labels.next()?);
    let is_headless = known.inventory.service(namespace, name).map(|service| service.is_headless);
    (svc == "svc").then(|| Asking { host: host.to_owned(), namespace: namespace.to_owned(), port, is_headless })
}

/// The service, as a waypoint's policies name it.
fn behind(service: &Asking) -> Option<Service> {
    let name = service.host.split('.').next()?.to_owned();
    Some(Service { namespace: service.namespace.clone(), name, is_entry: false })
}

/// Whether the port is declared to be HTTP.
fn declared(service: &Asking, port: Option<u16>, known: &Policies) -> Option<bool> {
    let name = service.host.split('.').next()?;
    let facts = known.inventory.service(&service.namespace, name)?;
    let is_it = |one: &&ServicePort| one.target == port || service.port == Some(one.port);
    facts.ports.iter().find(is_it)?.is_http
}
