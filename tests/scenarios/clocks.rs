//! Wall clocks that are wrong, and that are set while everything runs: of a proxy, and of the collector itself.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use hogusu_tests::artefacts;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::map::{Map, Sent, senders, until_counted};
use hogusu_tests::mesh::{Edge, Mesh, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::wall_clock::WallClock;
use hogusu_tests::xds::plugin::{Hook, Plugin};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(30);
const YEAR: i64 = 365 * 24 * 3_600;

fn workload(name: &str, environment: Vec<(String, String)>) -> Workload {
    let logger = Plugin::new(Hook::AccessLog).key("flush_interval_ms", json!(500));
    let mut workload = Workload::new("shop", name).concurrency(1).plugin(logger);
    workload.environment = environment;
    workload
}

/// Checkout and orders, checkout's Envoy with this environment.
async fn pair(builder: MeshBuilder, environment: Vec<(String, String)>) -> Result<Mesh> {
    builder
        .workload(workload("checkout", environment))
        .workload(workload("orders", Vec::new()))
        .service(Service::new("shop", "orders", Protocol::Http1))
        .edge(Edge::new("shop/checkout", "orders.shop"))
        .start()
        .await
}

async fn send(mesh: &Mesh, count: usize) -> Result<()> {
    mesh.load("shop/checkout", "orders.shop")?.requests(count, Script::default()).run().await;
    Ok(())
}

fn sent(count: u64) -> [Sent<'static>; 1] {
    [Sent::requests("shop/checkout", "shop/orders", count)]
}

#[test]
fn a_proxy_an_hour_ahead_is_counted_where_it_arrives_and_followed_when_its_clock_is_set() {
    scenario::run("clock_of_a_proxy", async |workdir| {
        let clock = WallClock::new(&workdir.folder("clock")?)?;
        clock.set(3_600)?;
        let builder = MeshBuilder::new("demo", workdir)?;
        let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let mesh = pair(builder, clock.environment()).await?;
        send(&mesh, 30).await?;
        let told = |map: &Map, what: &str| map.findings("clock_skew").iter().any(|text| text.contains(what));
        until_counted(&collector, &sent(30), LIMIT, |map| told(map, "s ahead of the collector's; what it counts"))
            .await?;
        for (off, total) in [(0, 50), (-864_000, 70), (0, 90)] {
            clock.set(off)?;
            send(&mesh, 20).await?;
            let is_set = |map: &Map| told(map, "its clock was set while it counted");
            let map = until_counted(&collector, &sent(total), LIMIT, is_set).await?;
            assert_eq!((map.batches("lost"), map.batches("refused")), (0, 0));
        }
        let steps = |sender: &serde_json::Value| sender["counters"]["clock_steps"].as_u64().unwrap_or_default();
        let most = senders(&collector).await?.iter().map(steps).max();
        assert_eq!(most, Some(3), "followed each time");
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}

/// Waits until a request is answered so; its body is no batch.
async fn until_answered(collector: &Collector, status: u16) -> Result<()> {
    eventually(&format!("a request is answered {status}"), LIMIT, async || {
        let headers = [("content-type", "application/x-protobuf")];
        match collector.post("/v1/metrics", &headers, b"none".to_vec()).await {
            Ok((answered, _)) if answered == status => Seen::Done(()),
            other => Seen::Waiting(format!("{other:?}")),
        }
    })
    .await
}

#[test]
fn a_collector_whose_clock_jumps_a_year_takes_nothing_loses_nothing_and_erases_nothing() {
    scenario::run("clock_of_the_collector", async |workdir| {
        let clock = WallClock::new(&workdir.folder("clock")?)?;
        let builder = MeshBuilder::new("demo", workdir)?;
        let mut program = Command::new("env");
        program.args(clock.environment().iter().map(|(name, value)| format!("{name}={value}")));
        program.arg(artefacts::hogusu()?);
        let (at, folder) = (builder.collector_address(), workdir.folder("collector")?);
        let mut collector = Collector::start_elsewhere(&program, at, at, &folder, &["--retention", "1d"]).await?;
        let mesh = pair(builder, Vec::new()).await?;
        send(&mesh, 30).await?;
        until_counted(&collector, &sent(30), LIMIT, |_| true).await?;
        clock.set(YEAR)?;
        until_answered(&collector, 503).await?;
        send(&mesh, 20).await?;
        clock.set(0)?;
        let map = until_counted(&collector, &sent(50), LIMIT, |map| map.batches("unclosed_senders") == 0).await?;
        assert_eq!(map.batches("lost"), 0);
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}
