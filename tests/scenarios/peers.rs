//! Receivers that are not ours: a stock OpenTelemetry Collector takes the very batches of real proxies and reads all of them.

mod debug_exporter;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use hogusu_tests::artefacts;
use hogusu_tests::client::Answer;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::mesh::{Edge, Mesh, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::process::Process;
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use serde_json::json;

use crate::shop::{BOTH, CHECKOUT, ORDERS, logger};
use debug_exporter::{Batch, Metric, Point};

const LIMIT: Duration = Duration::from_secs(30);
const DURATIONS: [&str; 2] = ["hogusu.request.duration", "hogusu.connection.duration"];

/// OTLP/HTTP in, everything printed in full.
struct OpenTelemetryCollector {
    _process: Process,
    printed: PathBuf,
}

impl OpenTelemetryCollector {
    async fn start(at: SocketAddr, folder: &Path) -> Result<Self> {
        let configuration = json!({
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": at.to_string()}}}},
            "exporters": {"debug": {"verbosity": "detailed", "use_internal_logger": false, "output_paths": ["stdout"]}},
            "service": {
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {"metrics": {"receivers": ["otlp"], "exporters": ["debug"]}},
            },
        });
        // JSON is YAML.
        let path = folder.join("otelcol.yaml");
        std::fs::write(&path, configuration.to_string())?;
        let mut command = Command::new(artefacts::opentelemetry_collector()?);
        command.arg("--config").arg(&path);
        let process = Process::spawn("otelcol", command, folder)?;
        eventually("the OpenTelemetry Collector is ready", LIMIT, async || {
            let said = process.last_words(20);
            match process.exit() {
                Some(status) => Seen::Never(format!("{status}: {said}")),
                None if said.contains("Everything is ready") => Seen::Done(()),
                None => Seen::Waiting(said),
            }
        })
        .await?;
        Ok(Self { printed: process.stdout().to_owned(), _process: process })
    }

    /// What it has read so far.
    fn batches(&self) -> Result<Vec<Batch>> {
        debug_exporter::read(&std::fs::read_to_string(&self.printed)?)
    }
}

/// checkout asks orders by HTTP and gRPC, and store by TCP; both proxies send to `receiver`.
async fn mesh(builder: MeshBuilder, receiver: SocketAddr) -> Result<Mesh> {
    let plugin = logger().key("measure", json!({"bytes": true, "exemplars": true})).key("revision", json!("peers.1"));
    builder
        .collector_at(receiver)
        .collector_over_http1()
        .workload(Workload::new("shop", "checkout").plugin(plugin.clone()))
        .workload(Workload::new("shop", "orders").plugin(plugin))
        .service(Service::new("shop", "orders", Protocol::Http1))
        .service(Service::new("shop", "returns", Protocol::Grpc).behind(&[ORDERS]).ports(9080, 8080))
        .service(Service::new("shop", "store", Protocol::Tcp).behind(&[ORDERS]).ports(6379, 16379))
        .edge(Edge::new(CHECKOUT, "orders.shop"))
        .edge(Edge::new(CHECKOUT, "returns.shop"))
        .edge(Edge::new(CHECKOUT, "store.shop"))
        .start()
        .await
}

/// (protocol, outcome) -> exchanges, as both reporters should count them.
type Counts = BTreeMap<(String, String), u64>;

async fn send(mesh: &Mesh) -> Result<Counts> {
    let http = mesh.load(CHECKOUT, "orders.shop")?.connections(2).traced();
    let http = http.requests(60, Script::default()).requests(9, Script::status(404)).requests(6, Script::status(503));
    ensure!(http.run().await.answered(Answer::Status(200)) == 60, "traffic is touched");
    let grpc = mesh.load(CHECKOUT, "returns.shop")?.requests(20, Script::grpc(0)).requests(5, Script::grpc(13));
    ensure!(grpc.run().await.answered(Answer::Grpc(0)) == 20, "traffic is touched");
    mesh.tcp_load(CHECKOUT, "store.shop")?.connections(8, TcpScript::Echo, 100).run().await;
    mesh.settle().await?;
    let sent = [("http", "ok", 60), ("http", "client_error", 9), ("http", "server_error", 6)];
    let more = [("grpc", "ok", 20), ("grpc", "server_error", 5), ("tcp", "ok", 8)];
    let named = |(protocol, outcome, count): (&str, &str, u64)| ((protocol.to_owned(), outcome.to_owned()), count);
    Ok(sent.into_iter().chain(more).map(named).collect())
}

/// Data points of durations that this end reported.
fn durations<'a>(batches: &'a [Batch], reporter: &'a str) -> impl Iterator<Item = (&'a Metric, &'a Point)> {
    let metrics = batches.iter().flat_map(|batch| &batch.metrics);
    let durations = metrics.filter(|metric| DURATIONS.contains(&metric.name.as_str()));
    let points = durations.flat_map(|metric| metric.points.iter().map(move |point| (metric, point)));
    points.filter(move |(_, point)| point.text("hogusu.reporter") == reporter)
}

fn counted(batches: &[Batch], reporter: &str) -> Counts {
    let mut counts = Counts::new();
    for (_, point) in durations(batches, reporter) {
        let key = (point.text("hogusu.protocol").to_owned(), point.text("hogusu.outcome").to_owned());
        *counts.entry(key).or_default() += point.count;
    }
    counts
}

#[test]
fn a_stock_opentelemetry_collector_reads_every_batch_of_a_real_proxy() {
    scenario::run("opentelemetry_collector", async |workdir| {
        let builder = MeshBuilder::new("demo", workdir)?;
        let receiver = SocketAddr::from(builder.free_address(4318)?);
        let peer = OpenTelemetryCollector::start(receiver, &workdir.folder("otelcol")?).await?;
        let mesh = mesh(builder, receiver).await?;
        let sent = send(&mesh).await?;
        let batches = eventually("it has read all that was sent, from both ends", LIMIT, async || {
            let batches = match peer.batches() {
                Ok(batches) => batches,
                // It may be in the middle of a line.
                Err(error) => return Seen::Waiting(format!("{error:#}")),
            };
            let seen = [counted(&batches, "source"), counted(&batches, "destination")];
            if seen.iter().all(|counts| *counts == sent) {
                Seen::Done(batches)
            } else {
                Seen::Waiting(format!("{seen:?}"))
            }
        })
        .await?;
        assert_histograms(&batches);
        assert_attributes(&batches);
        assert_resources(&batches, &mesh)?;
        assert_acknowledged(&batches, &mesh).await?;
        mesh.stop().await
    });
}

/// Durations are delta exponential histograms in seconds whose buckets add up.
fn assert_histograms(batches: &[Batch]) {
    for (metric, point) in durations(batches, "source").chain(durations(batches, "destination")) {
        let described = (metric.kind.as_str(), metric.temporality.as_str(), metric.unit.as_str());
        assert_eq!(described, ("ExponentialHistogram", "Delta", "s"), "{}", metric.name);
        assert!(point.count > 0 && point.buckets == point.count, "{point:?}");
        assert!(point.sum > 0.0 && point.sum < 60.0, "seconds: {point:?}");
    }
    // `traced` gave every HTTP request a trace id, whose first half is this process.
    let traces: BTreeSet<&str> = durations(batches, "source").filter_map(|(_, point)| point.trace.as_deref()).collect();
    let own = format!("{:016x}", std::process::id());
    assert!(!traces.is_empty() && traces.iter().all(|trace| trace.starts_with(&own)), "{own}: {traces:?}");
    let bytes = batches.iter().flat_map(|batch| &batch.metrics).filter(|metric| metric.name == "hogusu.request.sent");
    for metric in bytes {
        assert_eq!((metric.kind.as_str(), metric.temporality.as_str(), metric.unit.as_str()), ("Sum", "Delta", "By"));
    }
}

fn assert_attributes(batches: &[Batch]) {
    let checkout = "spiffe://cluster.local/ns/shop/sa/checkout";
    let orders = "spiffe://cluster.local/ns/shop/sa/orders";
    for (_, point) in durations(batches, "source") {
        assert_eq!((point.text("hogusu.security"), point.text("hogusu.tls.version")), ("tls", "TLSv1.3"), "{point:?}");
        assert_eq!((point.text("hogusu.principal"), point.text("hogusu.peer.principal")), (checkout, orders));
        assert_eq!((point.text("hogusu.peer.workload"), point.text("hogusu.peer.namespace")), ("orders", "shop"));
        assert_eq!(point.text("hogusu.answered_by"), "upstream", "{point:?}");
        let (host, port) = match point.text("hogusu.protocol") {
            "http" => ("orders.shop.svc.cluster.local", "Int(80)"),
            "grpc" => ("returns.shop.svc.cluster.local", "Int(9080)"),
            _ => ("store.shop.svc.cluster.local", "Int(6379)"),
        };
        assert_eq!((point.text("hogusu.service.host"), point.raw("hogusu.service.port")), (host, port), "{point:?}");
    }
    for (_, point) in durations(batches, "destination") {
        assert_eq!((point.text("hogusu.security"), point.text("hogusu.tls.version")), ("mutual_tls", "TLSv1.3"));
        assert_eq!((point.text("hogusu.principal"), point.text("hogusu.peer.principal")), (orders, checkout));
        assert_eq!(point.text("hogusu.answered_by"), "application", "{point:?}");
    }
}

/// Each batch names its proxy by OpenTelemetry's semantic names and ours.
fn assert_resources(batches: &[Batch], mesh: &Mesh) -> Result<()> {
    for batch in batches {
        let name = batch.text("service.name");
        let placed = mesh.layout().workload(&format!("shop/{name}"))?;
        let wanted = [
            ("service.namespace", "shop"),
            ("service.version", "v1"),
            ("k8s.cluster.name", "c1"),
            ("k8s.namespace.name", "shop"),
            ("k8s.pod.name", &format!("{name}-0")),
            ("cloud.region", "test-1"),
            ("cloud.availability_zone", "test-1a"),
            ("hogusu.workload.name", name),
            ("hogusu.service_account", name),
            ("hogusu.mesh.id", "demo"),
            ("hogusu.proxy.addresses", &placed.address.to_string()),
            ("hogusu.hook", "access_log"),
            ("hogusu.revision", "peers.1"),
        ];
        for (key, value) in wanted {
            assert_eq!(batch.text(key), value, "{key} of {name}");
        }
        assert_eq!((batch.raw("hogusu.wire.version"), batch.raw("hogusu.flush_interval_ms")), ("Int(1)", "Int(1000)"));
        assert_eq!(batch.text("hogusu.filter.digest").len(), 16, "{batch:?}");
        assert_eq!(batch.scope, format!("hogusu.filter {}", batch.text("hogusu.filter.version")));
        assert!(batch.schema.starts_with("https://opentelemetry.io/schemas/"), "{}", batch.schema);
    }
    Ok(())
}

/// Its plain 200 is an acknowledgement: every batch came once, none was tried again or given up.
async fn assert_acknowledged(batches: &[Batch], mesh: &Mesh) -> Result<()> {
    let mut sequences: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for batch in batches {
        let header = batch.metrics.iter().find(|metric| metric.name == "hogusu.batch.sequence");
        let sequence = header.and_then(|metric| Some(metric.points.first()?.value)).expect("each batch has a sequence");
        // 0 is presence, which may come again.
        if sequence > 0 {
            sequences.entry(batch.text("service.instance.id")).or_default().push(sequence);
        }
    }
    assert!(sequences.len() >= 4, "two workers or two loggers at each end: {sequences:?}");
    for (sender, seen) in &sequences {
        assert_eq!(*seen, (1..=seen.len() as u64).collect::<Vec<_>>(), "{sender}: each batch once and in order");
    }
    for workload in BOTH {
        for trouble in ["hogusu_batches_retried", "hogusu_batches_refused"] {
            let count = mesh.sidecar(workload).admin()?.sum(&format!("wasmcustom.{trouble}$")).await?;
            assert_eq!(count, 0, "{trouble} at {workload}");
        }
    }
    Ok(())
}
