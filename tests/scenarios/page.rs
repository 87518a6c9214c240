//! What people see of real traffic: the page in a real browser, and `hogusu map`, both against the API of the same collector.

mod command_line;
mod printed;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use hogusu_tests::collector::Collector;
use hogusu_tests::load::Account;
use hogusu_tests::map::{Map, Sent, until_counted};
use hogusu_tests::mesh::{Edge, Mesh, MeshBuilder, Protocol, Security, Service, Workload};
use hogusu_tests::process::Process;
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use hogusu_tests::workdir::{Workdir, workspace_root};
use hogusu_tests::xds::plugin::Plugin;
use serde_json::{Value, json};

use crate::shop::logger;

const LIMIT: Duration = Duration::from_secs(40);

/// Six workloads in four namespaces with every state a person should see: failures, a slow edge, plaintext, TCP, one reporter.
struct World {
    mesh: Mesh,
    collector: Collector,
    /// The address of a source without a proxy.
    batch: String,
}

impl World {
    async fn start(workdir: &Workdir) -> Result<Self> {
        let builder = MeshBuilder::new("demo", workdir)?;
        let collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let plugin = logger().key("measure", json!({"exemplars": true, "operation": "grpc_method"}));
        let mesh = describe(builder, &plugin).start().await?;
        let batch = mesh.layout().workload("legacy/batch")?.address.to_string();
        Ok(Self { mesh, collector, batch })
    }

    /// Sends on every edge; what both reporters of each should count.
    async fn send(&self) -> Result<Vec<Sent<'_>>> {
        let calls = |stock: u32, delay: u64| {
            Script::default()
                .call("inventory.stock", Script::grpc(stock))
                .call("pricing.stock", Script::default().delay_ms(delay))
                .fail_with_calls()
        };
        let frontend = self.mesh.load("shop/frontend", "checkout.shop")?.connections(4).traced();
        let frontend = frontend.requests(180, calls(0, 2)).requests(12, calls(13, 2)).requests(8, calls(0, 120));
        let cron = self.mesh.load("legacy/cron", "inventory.stock")?.requests(40, Script::grpc(0));
        let batch = self.mesh.load("legacy/batch", "pricing.stock")?.requests(15, Script::default());
        let tcp = self.mesh.tcp_load("shop/checkout", "store.data")?.connections(9, TcpScript::Echo, 200);
        let (frontend, cron, batch, tcp) = tokio::join!(frontend.run(), cron.run(), batch.run(), tcp.run());
        self.mesh.settle().await?;
        let made = self.mesh.backend("shop/checkout").account().calls;
        let called = |service: &str| made.get(service).map_or(0, Account::sent);
        let sent = vec![
            Sent::requests("shop/frontend", "shop/checkout", frontend.sent()),
            Sent::requests("shop/checkout", "stock/inventory", called("inventory.stock")),
            Sent::requests("shop/checkout", "stock/pricing", called("pricing.stock")),
            Sent::requests("legacy/cron", "stock/inventory", cron.sent()),
            Sent { at_source: 0, ..Sent::requests(&self.batch, "stock/pricing", batch.sent()) },
            Sent::connections("shop/checkout", "data/store", tcp.values().sum()),
        ];
        ensure!(sent.iter().all(|sent| sent.at_destination > 0), "something was sent on every edge: {sent:?}");
        Ok(sent)
    }

    async fn stop(mut self) -> Result<()> {
        self.mesh.stop().await?;
        self.collector.stop().await?;
        Ok(())
    }
}

fn describe(builder: MeshBuilder, plugin: &Plugin) -> MeshBuilder {
    let counting = |namespace: &str, name: &str| Workload::new(namespace, name).plugin(plugin.clone());
    builder
        .workload(counting("shop", "frontend").concurrency(1))
        .workload(counting("shop", "checkout"))
        .workload(counting("stock", "inventory").concurrency(1))
        .workload(counting("stock", "pricing").concurrency(1))
        .workload(counting("data", "store").concurrency(1))
        .workload(counting("legacy", "cron").concurrency(1))
        .workload(Workload::new("legacy", "batch").without_proxy())
        .service(Service::new("shop", "checkout", Protocol::Http1))
        .service(Service::new("stock", "inventory", Protocol::Grpc).ports(9000, 9090))
        .service(Service::new("stock", "pricing", Protocol::Http1))
        .service(Service::new("data", "store", Protocol::Tcp).ports(6379, 16379))
        .edge(Edge::new("shop/frontend", "checkout.shop"))
        .edge(Edge::new("shop/checkout", "inventory.stock"))
        .edge(Edge::new("shop/checkout", "pricing.stock"))
        .edge(Edge::new("shop/checkout", "store.data"))
        .edge(Edge::new("legacy/cron", "inventory.stock").security(Security::Plaintext))
        .edge(Edge::new("legacy/batch", "pricing.stock").security(Security::Plaintext))
}

/// What the browser should find: counts of both reporters, `null` where one does not report.
fn expectation(sent: &[Sent<'_>]) -> Value {
    let count = |count: u64| if count == 0 { Value::Null } else { json!(count) };
    let edges = sent.iter().map(|sent| {
        json!({
            "source": sent.source,
            "destination": sent.destination,
            "source_count": count(sent.at_source),
            "destination_count": count(sent.at_destination),
        })
    });
    edges.collect()
}

#[test]
fn browser_finds_the_edges_that_were_sent() {
    scenario::run("browser", async |workdir| {
        let world = World::start(workdir).await?;
        let (status, body) = world.collector.get("/").await?;
        ensure!(status == 200, "the collector has no page in it ({status}: {body}); build the page first: make ui");
        let sent = world.send().await?;
        until_counted(&world.collector, &sent, LIMIT, |_| true).await?;
        let expected = workdir.path().join("expected.json");
        std::fs::write(&expected, expectation(&sent).to_string())?;
        for scheme in ["light", "dark"] {
            look(&world.collector.url(), &expected, workdir, scheme).await?;
        }
        world.stop().await
    });
}

/// Opens the page in Chromium, which follows a click to the panel of every expected edge; keeps a picture beside the logs.
async fn look(url: &str, expected: &Path, workdir: &Workdir, scheme: &str) -> Result<()> {
    let folder = workspace_root().join("collector/ui");
    let installed = folder.join("node_modules/playwright-core").is_dir();
    ensure!(installed, "the browser's driver is not installed; run `make setup-e2e`");
    let mut command = Command::new("node");
    command.current_dir(&folder).args(["browser/map.spec.mjs", "--url", url, "--expect"]).arg(expected);
    command.arg("--screenshot").arg(workdir.path().join(format!("page-{scheme}.png")));
    if scheme == "dark" {
        command.arg("--dark");
    }
    let browser = Process::spawn(&format!("browser-{scheme}"), command, workdir.path())?;
    let status = browser.wait(Duration::from_secs(90)).await?;
    ensure!(status.code() == Some(0), "the page in a {scheme} browser: {status}: {}", browser.last_words(20));
    Ok(())
}

#[test]
fn map_prints_what_the_api_holds() {
    scenario::run("map_prints", async |workdir| {
        let world = World::start(workdir).await?;
        let sent = world.send().await?;
        let counted = until_counted(&world.collector, &sent, LIMIT, Map::is_complete).await?;
        let map = command_line::settled(&world.collector, &counted.0).await?;
        let at = command_line::At { folder: workdir.folder("map")?, url: world.collector.url() };
        command_line::prints(&at, &map).await?;
        command_line::ends_as_documented(&at, &world.mesh).await?;
        world.stop().await
    });
}
