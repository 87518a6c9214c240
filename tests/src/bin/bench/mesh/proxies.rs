//! Who is in the mesh and what each worker tells: 1,000 workloads of two pods, five in each of 200 namespaces. A workload calls twelve
//! others, most of them in other namespaces, and is called by twelve. A batch holds these 24 edges and, of six of them, errors too.

use anyhow::Result;
use hogusu_model::{
    AnsweredBy, Hook, Measure, Outcome, Peer, Protocol, Proxy, Reason, Reporter, Security, SenderId, SeriesKey,
    Service, TlsVersion, Traffic, Workload,
};
use hogusu_wire::{Resource, WIRE_VERSION};

use crate::sender::Sender;

const NAMESPACES: usize = 200;
const WORKLOADS: usize = 1_000;
const PROXIES: usize = 2_000;
const WORKERS: usize = 2;
pub const SENDERS: usize = PROXIES * WORKERS;
/// In each batch.
pub const SERIES: usize = 30;
/// How far away, in workloads, those that one calls are.
const CALLS: [usize; 12] = [1, 2, 3, 11, 29, 53, 117, 211, 307, 405, 613, 809];
/// Of them, those with errors.
const FAILING: usize = 3;
/// Of the whole mesh.
pub const EDGES: u64 = (WORKLOADS * CALLS.len()) as u64;

/// A worker of a proxy, with the header that the collector's sidecar would add.
pub fn sender(number: usize, begin: u64) -> Result<Sender> {
    let proxy = number / WORKERS;
    let own = proxy % WORKLOADS;
    let header = format!(
        "x-forwarded-client-cert: By=spiffe://cluster.local/ns/hogusu-system/sa/hogusu-collector;Hash={:064x};Subject=\"\";URI={}\r\n",
        proxy,
        principal(own)
    );
    Sender::with(&resource(number, proxy, own), &series(own), &header, begin)
}

fn namespace(workload: usize) -> String {
    format!("team-{:03}", workload % WORKLOADS / (WORKLOADS / NAMESPACES))
}

fn name(workload: usize) -> String {
    format!("service-{}", workload % WORKLOADS % (WORKLOADS / NAMESPACES))
}

fn principal(workload: usize) -> String {
    format!("spiffe://cluster.local/ns/{}/sa/{}", namespace(workload), name(workload))
}

fn workload(number: usize) -> Workload {
    Workload { cluster: "Kubernetes".to_owned(), namespace: namespace(number), name: name(number) }
}

fn resource(number: usize, proxy: usize, own: usize) -> Resource {
    let (namespace, name) = (namespace(own), name(own));
    let address = format!("10.{}.{}.{}", 1 + proxy / 62_500, proxy / 250 % 250, 1 + proxy % 250);
    let pod = format!("{name}-6c9f7d5b8-{proxy:05}");
    let mut id = [7; 16];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    Resource {
        sender: SenderId(id),
        proxy: Proxy {
            id: format!("sidecar~{address}~{pod}.{namespace}~{namespace}.svc.cluster.local"),
            workload: workload(own),
            pod,
            service_account: name.clone(),
            canonical_service: name,
            canonical_revision: "v1".to_owned(),
            mesh: "cluster.local".to_owned(),
            trust_domain: "cluster.local".to_owned(),
            region: "r1".to_owned(),
            zone: format!("z{}", proxy % 3),
            addresses: address,
        },
        hook: Hook::HttpFilter,
        filter_version: "0.1.0".to_owned(),
        filter_digest: "0123456789abcdef".to_owned(),
        revision: "0123456789ab".to_owned(),
        wire_version: WIRE_VERSION,
        flush_interval_ms: 5_000,
        marks: false,
    }
}

fn series(own: usize) -> Vec<SeriesKey> {
    let edges = |steps: &'static [usize], outcome| {
        let source = move |step: &usize| as_source(own, own + step, outcome);
        let destination = move |step: &usize| as_destination(own, own + WORKLOADS - step, outcome);
        steps.iter().map(source).chain(steps.iter().map(destination))
    };
    let all: Vec<_> = edges(&CALLS, Outcome::Ok).chain(edges(&CALLS[..FAILING], Outcome::ServerError)).collect();
    debug_assert_eq!(all.len(), SERIES);
    all
}

fn as_source(own: usize, peer: usize, outcome: Outcome) -> SeriesKey {
    let host = format!("{}.{}.svc.cluster.local", name(peer), namespace(peer));
    SeriesKey {
        reporter: Reporter::Source,
        service: Service { host, port: 80 },
        security: Security::Tls,
        answered_by: AnsweredBy::Upstream,
        ..key(own, peer, outcome)
    }
}

fn as_destination(own: usize, peer: usize, outcome: Outcome) -> SeriesKey {
    SeriesKey {
        reporter: Reporter::Destination,
        security: Security::MutualTls,
        answered_by: AnsweredBy::Application,
        ..key(own, peer, outcome)
    }
}

/// What both sides say of an edge.
fn key(own: usize, peer: usize, outcome: Outcome) -> SeriesKey {
    SeriesKey {
        measure: Measure::Request,
        reporter: Reporter::Source,
        protocol: Protocol::Http,
        peer: Peer {
            workload: workload(peer),
            canonical_service: name(peer),
            canonical_revision: "v1".to_owned(),
            principal: principal(peer),
            address: String::new(),
        },
        service: Service::default(),
        port: 8080,
        security: Security::Unknown,
        tls_version: TlsVersion::V1_3,
        own_principal: principal(own),
        outcome,
        reason: Reason::None,
        answered_by: AnsweredBy::Nobody,
        operation: String::new(),
        traffic: Traffic::Mesh,
        streaming: false,
        server_name: String::new(),
        twice: false,
        overflow: false,
    }
}
