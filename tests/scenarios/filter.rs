//! The compiled module in real Envoys, against Envoy's own access logs. A sink stands in for the collector.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use hogusu_tests::batches::{Ledger, Origin};
use hogusu_tests::mesh::{Edge, Mesh, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::otlp_sink::{OtlpSink, Reply};
use hogusu_tests::scenario;
use hogusu_tests::script::{End, Script};
use hogusu_tests::tcp::TcpScript;
use hogusu_tests::workdir::Workdir;
use hogusu_tests::xds::plugin::{Hook, Plugin};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(20);

fn plugin(hook: Hook) -> Plugin {
    Plugin::new(hook).key("flush_interval_ms", json!(500))
}

/// checkout -> orders over HTTP/1.1 and gRPC, checkout -> store over TCP, all with `plugins` at both ends.
async fn mesh(workdir: &Workdir, plugins: &[Plugin]) -> Result<(Mesh, OtlpSink)> {
    let filtered =
        |workload: Workload| plugins.iter().fold(workload, |workload, plugin| workload.plugin(plugin.clone()));
    let builder = MeshBuilder::new("demo", workdir)?;
    let sink = OtlpSink::start(builder.collector_address()).await?;
    let mesh = builder
        .workload(filtered(Workload::new("shop", "checkout")))
        .workload(filtered(Workload::new("shop", "orders")))
        .service(Service::new("shop", "orders", Protocol::Http1))
        .service(Service::new("shop", "returns", Protocol::Grpc).behind(&["shop/orders"]).ports(81, 8080))
        .service(Service::new("shop", "store", Protocol::Tcp).behind(&["shop/orders"]).ports(6379, 16379))
        .edge(Edge::new("shop/checkout", "orders.shop").timeout(Duration::from_millis(300)))
        .edge(Edge::new("shop/checkout", "returns.shop"))
        .edge(Edge::new("shop/checkout", "store.shop"))
        .start()
        .await?;
    Ok((mesh, sink))
}

async fn send(mesh: &Mesh) -> Result<()> {
    let http = mesh.load("shop/checkout", "orders.shop")?.connections(3);
    http.requests(60, Script::default())
        .requests(20, Script::status(404))
        .requests(20, Script::status(503))
        .requests(10, Script::ending(End::ResetBeforeHeaders))
        .requests(10, Script::ending(End::ResetMidBody))
        .requests(3, Script::ending(End::NoAnswer))
        .departures(5)
        .run()
        .await;
    let grpc = mesh.load("shop/checkout", "returns.shop")?.requests(40, Script::grpc(0)).requests(10, Script::grpc(13));
    grpc.run().await;
    mesh.tcp_load("shop/checkout", "store.shop")?.connections(12, TcpScript::Echo, 100).run().await;
    mesh.settle().await
}

/// What Envoy itself logged: (workload, direction, kind) -> count.
fn logged(mesh: &Mesh) -> Result<BTreeMap<(String, String, String), u64>> {
    let mut counts = BTreeMap::new();
    for sidecar in mesh.sidecars() {
        for entry in sidecar.access_log().entries()? {
            *counts.entry((sidecar.key().to_owned(), entry.direction, entry.kind)).or_default() += 1;
        }
    }
    Ok(counts)
}

/// The same key for what the filter reported through `access_log` or `upstream_log`.
fn reported(origin: &Origin) -> (String, String, String) {
    let direction = if origin.series.reporter == hogusu_model::Reporter::Source { "outbound" } else { "inbound" };
    let kind = match (origin.hook.as_str(), origin.series.protocol) {
        ("upstream_log", _) => "upstream",
        (_, hogusu_model::Protocol::Tcp) => "tcp",
        _ => "http",
    };
    (origin.workload.clone(), direction.to_owned(), kind.to_owned())
}

/// Waits until the batches that arrived count what Envoy logged, and nothing more.
async fn agrees(mesh: &Mesh, sink: &OtlpSink, kinds: &[&str]) -> Result<Ledger> {
    let mut expected = logged(mesh)?;
    expected.retain(|(_, _, kind), _| kinds.contains(&kind.as_str()));
    let what = format!("the batches count {expected:?}");
    hogusu_tests::eventually::eventually(&what, LIMIT, async || match Ledger::of(&sink.received()) {
        Err(error) => hogusu_tests::eventually::Seen::Never(format!("{error:#}")),
        Ok(ledger) => {
            let seen = ledger.tally(reported);
            if seen == expected {
                hogusu_tests::eventually::Seen::Done(ledger)
            } else {
                hogusu_tests::eventually::Seen::Waiting(seen)
            }
        }
    })
    .await
}

#[test]
fn loggers_count_what_envoy_logs() {
    scenario::run("loggers_count", async |workdir| {
        let (mesh, sink) = mesh(workdir, &[plugin(Hook::AccessLog), plugin(Hook::UpstreamLog)]).await?;
        send(&mesh).await?;
        let ledger = agrees(&mesh, &sink, &["http", "tcp", "upstream"]).await?;
        assert!(ledger.broken_senders().is_empty(), "{:?}", ledger.broken_senders());
        mesh.stop().await
    });
}

#[test]
fn the_http_filter_counts_what_envoy_logs() {
    scenario::run("http_filter_counts", async |workdir| {
        let (mesh, sink) = mesh(workdir, &[plugin(Hook::HttpFilter)]).await?;
        send(&mesh).await?;
        agrees(&mesh, &sink, &["http"]).await?;
        mesh.stop().await
    });
}

#[test]
fn a_lost_acknowledgement_doubles_nothing() {
    scenario::run("lost_acknowledgement", async |workdir| {
        let (mesh, sink) = mesh(workdir, &[plugin(Hook::AccessLog)]).await?;
        sink.script(&[
            Reply::DropAcknowledgement,
            Reply::Status(500),
            Reply::RetryAfter(1),
            Reply::DropAcknowledgement,
        ]);
        send(&mesh).await?;
        agrees(&mesh, &sink, &["http", "tcp"]).await?;
        mesh.stop().await
    });
}

#[test]
fn configuration_changes_and_removal_under_load_lose_nothing() {
    scenario::run("configuration_changes", async |workdir| {
        let (mut mesh, sink) = mesh(workdir, &[plugin(Hook::AccessLog)]).await?;
        let load = mesh.load("shop/checkout", "orders.shop")?.connections(3).over(Duration::from_secs(4));
        let running = load.requests(800, Script::default()).start();
        for revision in ["a", "b"] {
            for workload in ["shop/orders", "shop/checkout"] {
                let changed = plugin(Hook::AccessLog).key("revision", json!(revision));
                mesh.reconfigure(workload, |workload| workload.plugins = vec![changed]).await?;
            }
        }
        running.finish().await;
        mesh.settle().await?;
        for workload in ["shop/orders", "shop/checkout"] {
            mesh.reconfigure(workload, |workload| workload.plugins.clear()).await?;
        }
        let ledger = agrees(&mesh, &sink, &["http", "tcp"]).await?;
        assert!(ledger.broken_senders().is_empty(), "{:?}", ledger.broken_senders());
        let counting = ledger.senders.values().filter(|sender| sender.counted() > 0);
        let revisions: std::collections::BTreeSet<_> = counting.map(|sender| sender.revision.as_str()).collect();
        assert_eq!(revisions.len(), 3, "every configuration counted a part: {revisions:?}");
        mesh.stop().await
    });
}
