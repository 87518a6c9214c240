//! What an edge of a map tells a rehearsal. What it does not tell stays unknown: a map has no methods but gRPC's, no paths, no headers
//! and no addresses of sources.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_access::{
    Asking, Call, Chain, Client, Labels, Policies, Proxy, Seen, Server, Service, ServicePort, Wire, Workload,
};

use crate::report::Edge;
use crate::report::edge::SecurityCounts;
use crate::report::side::OutcomeCount;

/// By this label a proxy stands before others.
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
/// By this one it is a waypoint or a gateway; without it, a waypoint where it counts what comes in.
const GATEWAY_CLASS: &str = "gateway.networking.k8s.io/gateway-class-name";
const WAYPOINT: &str = "istio-waypoint";

/// What was seen; `None` of an edge to nobody that a policy could be about.
pub(super) fn seen(edge: &Edge, known: &Policies) -> Option<Seen> {
    if edge.destination.end.kind != "workload" {
        return None;
    }
    let report = edge.destination_report.as_ref().filter(|side| side.count > 0);
    let end = &edge.destination.end;
    let labels = known.inventory.labels(&end.namespace, &end.name).cloned();
    let proxy = proxy(labels.as_ref(), report.is_some());
    let port = (edge.destination.port > 0).then_some(edge.destination.port);
    let service = asking(edge, known);
    let is_http = service.as_ref().and_then(|service| declared(service, port, known));
    let workload = Workload { namespace: end.namespace.clone(), name: end.name.clone(), labels, proxy };
    let has_proxy = report.is_some().then_some(true);
    let counts = counts(edge);
    Some(Seen {
        client: Client {
            namespace: edge.source.namespace.clone(),
            has_proxy: edge.source_report.is_some().then_some(true),
        },
        call: Call {
            chain: report.map(|_| if edge.protocol == "tcp" { Chain::Tcp } else { Chain::Http }),
            port,
            service: service.as_ref().and_then(behind),
            method: (edge.protocol == "grpc").then(|| "POST".to_owned()),
            ..Call::default()
        },
        server: Server { workload, has_proxy, port, is_http, service },
        principals: principals(edge),
        has_unnamed: false,
        counted: counts.by_wire,
        unclear: counts.unclear,
        denied: ended(edge, is_denied),
        unanswered: ended(edge, is_unanswered),
        refused: ended(edge, is_refused_by_listener),
        doubts: BTreeSet::new(),
    })
}

fn proxy(labels: Option<&Labels>, counts_what_comes_in: bool) -> Proxy {
    let Some(labels) = labels.filter(|labels| labels.known.contains_key(GATEWAY_NAME)) else { return Proxy::Sidecar };
    let is_waypoint = labels.known.get(GATEWAY_CLASS).map_or(counts_what_comes_in, |class| class == WAYPOINT);
    if is_waypoint { Proxy::Waypoint { service: None } } else { Proxy::Gateway }
}

/// Names of the source, as the destination's proxy saw them.
fn principals(edge: &Edge) -> Vec<String> {
    edge.destination_report.as_ref().map(|side| side.principals.source.clone()).unwrap_or_default()
}

/// Exchanges that ended so at the destination.
fn ended(edge: &Edge, is_meant: fn(&OutcomeCount) -> bool) -> u64 {
    let outcomes = edge.destination_report.iter().flat_map(|side| &side.outcomes);
    outcomes.filter(|one| is_meant(one)).map(|one| one.count).fold(0, u64::saturating_add)
}

/// What is no exchange, for there was no connection: the listener has no filter chain for it, or the handshake failed.
fn is_refused_by_listener(one: &OutcomeCount) -> bool {
    one.outcome == "denied" && one.reason.as_deref() == Some("no_filter_chain")
}

/// By a policy, a token, an external authorizer, or whatever else refuses: an outcome does not tell.
fn is_denied(one: &OutcomeCount) -> bool {
    one.outcome == "denied" && !is_refused_by_listener(one)
}

/// The application said nothing: whether policies let it in before it ended is not known.
fn is_unanswered(one: &OutcomeCount) -> bool {
    !matches!(one.outcome.as_str(), "denied" | "ok") && !matches!(one.answered_by.as_str(), "application" | "upstream")
}

/// What was counted, by what the connection was, and of how much nobody says what it was.
struct Counts {
    by_wire: BTreeMap<Wire, u64>,
    unclear: u64,
}

fn counts(edge: &Edge) -> Counts {
    let none = SecurityCounts { mutual_tls: 0, tls: 0, application_tls: 0, plaintext: 0, unknown: 0 };
    let counts = edge.security.destination.or(edge.security.source).unwrap_or(none);
    // Of a connection that the listener refuses nobody knows what it was.
    let unknown = counts.unknown.saturating_sub(ended(edge, is_refused_by_listener));
    // A source does not know whether the client authenticated. Where a destination says that it did not, a listener took TLS that no
    // PeerAuthentication decides about.
    let unclear = unknown.saturating_add(counts.tls);
    let other = counts.application_tls;
    let kinds = [(Wire::MutualTls, counts.mutual_tls), (Wire::OtherTls, other), (Wire::Plaintext, counts.plaintext)];
    Counts { by_wire: kinds.into_iter().filter(|(_, count)| *count > 0).collect(), unclear }
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
