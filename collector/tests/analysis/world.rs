//! Periods built by hand: workloads with one proxy each, and rows as their proxies would report them.

use std::sync::Arc;

use hogusu_collector::analysis::edge::Edge;
use hogusu_collector::analysis::join::{Include, Joined, join};
use hogusu_collector::kubernetes::pod::{Pod, ProxyKind, Standing};
use hogusu_collector::kubernetes::record::{Asked, Record, WatchState};
use hogusu_collector::ownership::{self, Owners, of_proxy};
use hogusu_collector::period::{Period, Reporter, Row, SenderInPeriod};
use hogusu_model::{
    AnsweredBy, Counters, Histogram, Hook, Measure, Outcome, Peer, Protocol, Proxy, Reporter as Side, Security,
    SenderId, SeriesData, SeriesKey, Service, Slot, TlsVersion, Traffic, Workload,
};

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MILLISECOND: u64 = 1_000_000;
/// 2026-11-24T14:02:00Z.
pub(crate) const FROM: u64 = 1_795_528_920 * SECOND;
/// Five minutes later.
pub(crate) const TO: u64 = FROM + 300 * SECOND;

/// A period that is sealed and complete, and who is in it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) period: Period,
    /// When each row was counted.
    times: Vec<u64>,
    /// When the next rows are counted.
    pub(crate) at: u64,
    /// What the API server said.
    pub(crate) record: Record,
}

impl World {
    /// Five minutes, sealed, without anybody.
    pub(crate) fn new() -> Self {
        let period = Period { from: FROM, to: TO, sealed_to: TO, now: TO + 60 * SECOND, ..Period::default() };
        let record = Record { k8s_cluster: "c1".to_owned(), ..Record::default() };
        Self { period, times: Vec::new(), at: FROM, record }
    }

    /// A world with these workloads, addresses 10.0.0.1 and on in this order.
    pub(crate) fn of(names: &[&str]) -> Self {
        let mut world = Self::new();
        for (place, name) in names.iter().enumerate() {
            world.proxy(name, &format!("10.0.0.{}", place + 1));
        }
        world
    }

    /// A proxy that began with the period, covered all of it, and ended in order.
    pub(crate) fn proxy(&mut self, name: &str, address: &str) -> &mut SenderInPeriod {
        let workload = workload(name);
        let number = u8::try_from(self.period.senders.len()).unwrap() + 1;
        self.period.senders.push(SenderInPeriod {
            id: SenderId([number; 16]),
            proxy: Proxy {
                id: format!("sidecar~{address}~{}-0.{}~{}", workload.name, workload.namespace, workload.namespace),
                pod: format!("{}-0", workload.name),
                service_account: workload.name.clone(),
                canonical_service: workload.name.clone(),
                canonical_revision: "v1".to_owned(),
                mesh: "demo".to_owned(),
                trust_domain: "cluster.local".to_owned(),
                addresses: address.to_owned(),
                workload,
                ..Proxy::default()
            },
            hook: Hook::AccessLog,
            filter_version: "0.1.0".to_owned(),
            filter_digest: "0123abcd".to_owned(),
            revision: "r1".to_owned(),
            wire_version: 1,
            flush_interval: 5 * SECOND,
            first_start: FROM,
            last_end: TO,
            last_arrival: TO + 300 * MILLISECOND,
            closed: true,
            covered: 300 * SECOND,
            expected: 300 * SECOND,
            lost_batches: 0,
            lost_exchanges: 0,
            exchanges: 0,
            unclosed: false,
            counters: Counters::default(),
            clock_skew_ns: 300_000_000,
            clock_shift_ns: 0,
            clock_set_at: 0,
        });
        self.period.senders.last_mut().unwrap()
    }

    /// From here on the API server is watched, and a plugin object of the root namespace asks for revision `r1`.
    pub(crate) fn watched(&mut self) -> &mut Self {
        self.record.watch = WatchState::Watching { refused: None };
        let asked = Asked { revision: Some("r1".to_owned()), since: FROM - 3_600 * SECOND };
        self.record.plugins = Some([(PLUGIN.to_owned(), asked)].into());
        self
    }

    /// The API server says that `namespace/name-0` is a pod of workload `namespace/name`, with a sidecar, an hour old.
    pub(crate) fn pod(&mut self, name: &str, address: &str) -> &mut Self {
        self.record.history.seen(pod(name, address), FROM - 3_600 * SECOND, FROM);
        self
    }

    pub(crate) fn sender(&mut self, name: &str) -> &mut SenderInPeriod {
        let wanted = workload(name);
        self.period.senders.iter_mut().find(|sender| sender.proxy.workload == wanted).unwrap()
    }

    /// What the proxies of `name` report.
    pub(crate) fn row(&mut self, name: &str, row: &Report) -> &mut Self {
        self.row_by(Hook::AccessLog, name, row)
    }

    pub(crate) fn row_by(&mut self, hook: Hook, name: &str, row: &Report) -> &mut Self {
        let workload = workload(name);
        let of_sender = self.period.senders.iter().find(|sender| sender.proxy.workload == workload);
        let reporter = Reporter {
            service_account: of_sender.map_or_else(String::new, |sender| sender.proxy.service_account.clone()),
            canonical_service: workload.name.clone(),
            canonical_revision: row.revision.clone(),
            mesh: "demo".to_owned(),
            trust_domain: "cluster.local".to_owned(),
            workload,
            hook,
            proxy: String::new(),
        };
        let known = self.period.reporters.iter().position(|other| *other == reporter);
        let place = known.unwrap_or(self.period.reporters.len());
        if known.is_none() {
            self.period.reporters.push(reporter);
        }
        self.period.rows.push(Row {
            reporter: place,
            key: Arc::new(row.key.clone()),
            owner: 0,
            data: row.data.clone(),
        });
        self.times.push(self.at);
        self
    }

    /// Both sides of `count` good requests over mutual TLS, each lasting `millis` at the source and one less at the
    /// destination.
    pub(crate) fn calls(&mut self, source: &str, destination: &str, count: u64, millis: u64) -> &mut Self {
        self.row(source, &Report::source(source, destination).count(count, millis));
        self.row(destination, &Report::destination(source, destination).count(count, millis - 1))
    }

    /// The period with every row attributed, as the writer's view puts it together.
    pub(crate) fn attributed(&self) -> Period {
        let stated = self.period.senders.iter().map(|sender| sender.proxy.workload.cluster.as_str());
        let k8s_cluster = self.record.k8s_cluster_among(stated);
        let mut claims = ownership::of_tenures(self.record.history.within(FROM, TO), &k8s_cluster);
        for sender in &self.period.senders {
            claims.extend(of_proxy(&sender.proxy, (sender.first_start, sender.last_end), sender.flush_interval));
        }
        let owners = Owners::of(claims, 5 * SECOND);
        let mut period = self.period.clone();
        for (row, at) in period.rows.iter_mut().zip(&self.times) {
            let cluster = &period.reporters[row.reporter].workload.cluster;
            row.owner = owners.timelines(&row.key).at(owners.scope(cluster), Slot::of(*at));
        }
        let cluster = self.record.period(&k8s_cluster, (FROM, TO, period.now));
        Period { owners: owners.into_list(), cluster, ..period }
    }

    pub(crate) fn join(&self) -> Joined {
        join(&self.attributed(), Include::default())
    }

    /// The only edge.
    pub(crate) fn edge(&self) -> Edge {
        let joined = self.join();
        assert_eq!(joined.edges.len(), 1, "{:#?}", joined.edges.iter().map(Edge::label).collect::<Vec<_>>());
        joined.edges[0].clone()
    }
}

/// `namespace/name` in k8s cluster c1, or `cluster/namespace/name`; `/namespace/name` is in one that is not known.
pub(crate) fn workload(name: &str) -> Workload {
    let [cluster, namespace, name] = match name.split('/').collect::<Vec<_>>()[..] {
        [namespace, name] => ["c1", namespace, name],
        [cluster, namespace, name] => [cluster, namespace, name],
        _ => panic!("{name} is no name of a workload"),
    };
    Workload { cluster: cluster.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
}

/// The plugin object that covers every pod.
pub(crate) const PLUGIN: &str = "istio-system/hogusu";

/// A pod as the API server describes it.
pub(crate) fn pod(name: &str, address: &str) -> Pod {
    let workload = workload(name);
    Pod {
        uid: format!("uid of {name} at {address}"),
        name: format!("{}-0", workload.name),
        namespace: workload.namespace,
        service_account: workload.name.clone(),
        workload: workload.name,
        node: "node1".to_owned(),
        zone: "z1".to_owned(),
        addresses: vec![address.parse().unwrap()],
        node_addresses: Vec::new(),
        standing: Standing::Expected { kind: ProxyKind::Sidecar, plugin: PLUGIN.to_owned() },
    }
}

/// The certificate of a workload whose service account has its name.
pub(crate) fn principal(name: &str) -> String {
    let workload = workload(name);
    format!("spiffe://cluster.local/ns/{}/sa/{}", workload.namespace, workload.name)
}

/// A row before it is put into a world.
#[derive(Clone)]
pub(crate) struct Report {
    /// Canonical revision of who reports.
    pub(crate) revision: String,
    pub(crate) key: SeriesKey,
    pub(crate) data: SeriesData,
}

impl Report {
    /// As `source` reports what it sends to `destination` over mutual TLS: it can only assert TLS.
    pub(crate) fn source(source: &str, destination: &str) -> Self {
        let mut report = Self::new(Side::Source, source, destination, Security::Tls, AnsweredBy::Upstream);
        let Workload { namespace, name, .. } = workload(destination);
        report.key.service = Service { host: format!("{name}.{namespace}.svc.cluster.local"), port: 80 };
        report
    }

    /// As `destination` reports what it receives from `source` over mutual TLS.
    pub(crate) fn destination(source: &str, destination: &str) -> Self {
        Self::new(Side::Destination, destination, source, Security::MutualTls, AnsweredBy::Application)
    }

    fn new(reporter: Side, own: &str, peer: &str, security: Security, answered_by: AnsweredBy) -> Self {
        let key = SeriesKey {
            peer: Peer { workload: workload(peer), principal: principal(peer), ..Peer::default() },
            port: 8080,
            security,
            tls_version: TlsVersion::V1_3,
            own_principal: principal(own),
            ..SeriesKey::new(Measure::Request, reporter, Protocol::Http, Outcome::Ok, answered_by)
        };
        Self { revision: "v1".to_owned(), key, data: SeriesData::default() }
    }

    /// Adds `count` exchanges of `millis` each.
    pub(crate) fn count(mut self, count: u64, millis: u64) -> Self {
        let mut one = Histogram::default();
        one.record(millis * MILLISECOND);
        let (first, run) = one.run();
        let counts = run.iter().map(|n| n * count).collect();
        let many = Histogram::from_parts(0, 0, first, counts, millis * MILLISECOND * count).unwrap();
        self.data.duration.merge(&many);
        self
    }

    pub(crate) fn ended(mut self, outcome: Outcome, answered_by: AnsweredBy) -> Self {
        (self.key.outcome, self.key.answered_by) = (outcome, answered_by);
        self
    }

    pub(crate) fn attempts(mut self) -> Self {
        self.key.measure = Measure::Attempt;
        self
    }

    pub(crate) fn tcp(mut self) -> Self {
        (self.key.measure, self.key.protocol) = (Measure::Connection, Protocol::Tcp);
        self
    }

    pub(crate) fn plaintext(mut self) -> Self {
        self.key.security = Security::Plaintext;
        self.key.tls_version = TlsVersion::None;
        self.key.own_principal.clear();
        self.key.peer.principal.clear();
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut SeriesKey)) -> Self {
        change(&mut self.key);
        self
    }
}

/// A mesh with something of everything: the one that the table's golden and docs/api.md show.
pub(crate) fn demo() -> World {
    let mut world = World::of(&["shop/gateway", "shop/checkout", "stock/inventory", "stock/pricing", "data/redis"]);
    world.calls("shop/gateway", "shop/checkout", 9_000, 415);
    world.calls("shop/checkout", "stock/pricing", 6_000, 402);
    inventory(&mut world);
    world.row("stock/inventory", &Report::destination("legacy/cron", "stock/inventory").plaintext().count(600, 22));
    let redis = |report: Report| report.count(3, 60_000).tcp().with(|key| key.port = 6379);
    world.row("shop/checkout", &redis(Report::source("shop/checkout", "data/redis")));
    world.row("data/redis", &redis(Report::destination("shop/checkout", "data/redis")));
    let probe = Report::destination("shop/checkout", "stock/inventory").plaintext().count(150, 1);
    world.row("stock/inventory", &probe.with(|key| (key.traffic, key.peer) = (Traffic::Probe, Peer::default())));
    let sender = world.sender("data/redis");
    (sender.closed, sender.unclosed, sender.covered, sender.last_end) =
        (false, true, 240 * SECOND, FROM + 240 * SECOND);
    world
}

/// gRPC with a router log, bytes, operations, exemplars, errors of the application and attempts that were retried.
fn inventory(world: &mut World) {
    let (source, destination) = ("shop/checkout", "stock/inventory");
    let grpc = |report: Report| {
        report.with(|key| {
            (key.protocol, key.port, key.operation) = (Protocol::Grpc, 9090, "stock.Inventory/Reserve".to_owned())
        })
    };
    let mut sent = grpc(Report::source(source, destination)).count(11_700, 9);
    sent.data.bytes = Some((48_234_496, 6_144_000));
    let trace = 0x00b2_e10d_ecb0_7dd1_ae8c_7cb9_cdaa_1574_u128.to_be_bytes();
    sent.data.exemplar = Some(hogusu_model::Exemplar { trace, nanos: 44 * MILLISECOND, at: FROM + 7 * SECOND });
    world.row(source, &sent);
    let failed = |report: Report, by| grpc(report).count(300, 4).ended(Outcome::ServerError, by);
    world.row(source, &failed(Report::source(source, destination), AnsweredBy::Upstream));
    world.row(destination, &grpc(Report::destination(source, destination)).count(11_700, 8));
    world.row(destination, &failed(Report::destination(source, destination), AnsweredBy::Application));
    let attempts =
        |count, outcome, by| grpc(Report::source(source, destination)).attempts().count(count, 9).ended(outcome, by);
    world.row_by(Hook::UpstreamLog, source, &attempts(11_700, Outcome::Ok, AnsweredBy::Upstream));
    world.row_by(Hook::UpstreamLog, source, &attempts(300, Outcome::ServerError, AnsweredBy::Upstream));
    world.row_by(Hook::UpstreamLog, source, &attempts(4, Outcome::ConnectFailure, AnsweredBy::LocalProxy));
}
