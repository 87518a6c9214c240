//! Who is in a made-up mesh and what each worker tells: workloads over 200 namespaces, each of which calls some others, most of them
//! in other namespaces, and is called by as many. A batch holds these edges and, of some of them, errors too.

use anyhow::Result;
use hogusu_model::{
    AnsweredBy, Hook, Measure, Outcome, Peer, Protocol, Proxy, Reporter, Security, SenderId, SeriesKey, Service,
    TlsVersion, Workload,
};
use hogusu_wire::{Resource, WIRE_VERSION};

use crate::sender::Sender;

const NAMESPACES: usize = 200;

/// How large a mesh is.
#[derive(Clone, Copy, Debug)]
pub struct Mesh {
    pub workloads: usize,
    /// Pods of each workload.
    pub pods: usize,
    /// Workers of each pod's proxy; each is a sender.
    pub workers: usize,
    /// How far away, in workloads, those that one calls are.
    pub calls: &'static [usize],
    /// Of them, those with errors.
    pub failing: usize,
}

impl Mesh {
    /// How many report.
    pub const fn senders(&self) -> usize {
        self.workloads * self.pods * self.workers
    }

    /// In each batch.
    pub const fn series(&self) -> usize {
        2 * (self.calls.len() + self.failing)
    }

    /// Of the whole mesh.
    pub const fn edges(&self) -> u64 {
        (self.workloads * self.calls.len()) as u64
    }

    /// A worker of a proxy, with the header that the collector's sidecar would add. Its first batch begins at `begin`.
    pub fn sender(&self, number: usize, begin: u64) -> Result<Sender> {
        let proxy = number / self.workers;
        let own = proxy % self.workloads;
        let header = format!(
            "x-forwarded-client-cert: By=spiffe://cluster.local/ns/hogusu-system/sa/hogusu-collector;Hash={:064x};Subject=\"\";URI={}\r\n",
            proxy,
            self.principal(own)
        );
        Sender::with(&self.resource(number, proxy, own), &self.series_of(own), &header, begin)
    }

    /// A workload's namespace.
    pub fn namespace(&self, workload: usize) -> String {
        format!("team-{:03}", workload % self.workloads / (self.workloads / NAMESPACES))
    }

    /// A workload's name in its namespace.
    pub fn name(&self, workload: usize) -> String {
        format!("service-{}", workload % self.workloads % (self.workloads / NAMESPACES))
    }

    fn principal(&self, workload: usize) -> String {
        format!("spiffe://cluster.local/ns/{}/sa/{}", self.namespace(workload), self.name(workload))
    }

    fn workload(&self, number: usize) -> Workload {
        Workload { cluster: "Kubernetes".to_owned(), namespace: self.namespace(number), name: self.name(number) }
    }

    /// What a worker says of itself.
    pub fn resource(&self, number: usize, proxy: usize, own: usize) -> Resource {
        let (namespace, name) = (self.namespace(own), self.name(own));
        let address = format!("10.{}.{}.{}", 1 + proxy / 62_500, proxy / 250 % 250, 1 + proxy % 250);
        let pod = format!("{name}-6c9f7d5b8-{proxy:05}");
        let mut id = [7; 16];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        Resource {
            sender: SenderId(id),
            proxy: Proxy {
                id: format!("sidecar~{address}~{pod}.{namespace}~{namespace}.svc.cluster.local"),
                workload: self.workload(own),
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

    /// What a workload's proxy counts.
    pub fn series_of(&self, own: usize) -> Vec<SeriesKey> {
        let edges = |steps: &'static [usize], outcome| {
            let source = move |step: &usize| self.as_source(own, own + step, outcome);
            let destination = move |step: &usize| self.as_destination(own, own + self.workloads - step, outcome);
            steps.iter().map(source).chain(steps.iter().map(destination))
        };
        let failing = edges(&self.calls[..self.failing], Outcome::ServerError);
        edges(self.calls, Outcome::Ok).chain(failing).collect()
    }

    fn as_source(&self, own: usize, peer: usize, outcome: Outcome) -> SeriesKey {
        let host = format!("{}.{}.svc.cluster.local", self.name(peer), self.namespace(peer));
        SeriesKey {
            reporter: Reporter::Source,
            service: Service { host, port: 80 },
            security: Security::Tls,
            answered_by: AnsweredBy::Upstream,
            ..self.key(own, peer, outcome)
        }
    }

    fn as_destination(&self, own: usize, peer: usize, outcome: Outcome) -> SeriesKey {
        SeriesKey {
            reporter: Reporter::Destination,
            security: Security::MutualTls,
            answered_by: AnsweredBy::Application,
            ..self.key(own, peer, outcome)
        }
    }

    /// What both sides say of an edge.
    fn key(&self, own: usize, peer: usize, outcome: Outcome) -> SeriesKey {
        SeriesKey {
            peer: Peer {
                workload: self.workload(peer),
                canonical_service: self.name(peer),
                canonical_revision: "v1".to_owned(),
                principal: self.principal(peer),
                address: String::new(),
            },
            port: 8080,
            tls_version: TlsVersion::V1_3,
            own_principal: self.principal(own),
            ..SeriesKey::new(Measure::Request, Reporter::Source, Protocol::Http, outcome, AnsweredBy::Nobody)
        }
    }
}
