//! Starts a pair of sidecars with the Wasm module, sends load for a while, and prints the batches that reach a sink.
//! For trying the module in a real Envoy: `mesh-try [SECONDS] [HOOK,HOOK...] [JSON]`, hooks `access_log`, `upstream_log`,
//! `http_filter`, JSON with keys for the plugin's configuration; the module comes from `HOGUSU_WASM`. Not a test: it asserts nothing.

use std::time::Duration;

use anyhow::{Result, bail};
use hogusu_tests::mesh::{Edge, Mesh, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::otlp_sink::OtlpSink;
use hogusu_tests::script::Script;
use hogusu_tests::workdir::Workdir;
use hogusu_tests::xds::plugin::{Hook, Plugin};

struct Options {
    seconds: u64,
    plugins: Vec<Plugin>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = options()?;
    let workdir = Workdir::create("mesh-try")?;
    let mut checkout = Workload::new("shop", "checkout");
    let mut orders = Workload::new("shop", "orders");
    for plugin in options.plugins {
        checkout = checkout.plugin(plugin.clone());
        orders = orders.plugin(plugin);
    }
    let builder = MeshBuilder::new("demo", &workdir)?;
    let sink = OtlpSink::start(builder.collector_address()).await?;
    let mesh = builder
        .workload(checkout)
        .workload(orders)
        .service(Service::new("shop", "orders", Protocol::Http1))
        .service(Service::new("shop", "orders-grpc", Protocol::Grpc).behind(&["shop/orders"]))
        .service(Service::new("shop", "orders-tcp", Protocol::Tcp).behind(&["shop/orders"]).ports(9000, 9090))
        .edge(Edge::new("shop/checkout", "orders.shop").timeout(Duration::from_secs(1)))
        .edge(Edge::new("shop/checkout", "orders-grpc.shop"))
        .edge(Edge::new("shop/checkout", "orders-tcp.shop"))
        .start()
        .await?;
    println!("files: {}\nsink: {}", workdir.path().display(), sink.address());
    send(&mesh, options.seconds).await?;
    mesh.settle().await?;
    // Two flush intervals, so that the last exchanges are on their way before the proxies stop.
    let before = sink.received().len();
    let _ =
        sink.wait_until("one more batch of each sender", Duration::from_secs(12), |all| all.len() >= before + 4).await;
    for one in sink.received() {
        println!("{:>8.2} s  {}  {} bytes", one.at.as_secs_f64(), one.path, one.body.len());
    }
    for sidecar in mesh.sidecars() {
        println!("--- {}", sidecar.key());
        for (name, value) in sidecar.admin()?.stats("wasm").await? {
            println!("{name} = {value}");
        }
        let log = sidecar.envoy()?.log();
        log.lines().filter(|line| line.contains("][wasm]")).take(20).for_each(|line| println!("{line}"));
    }
    mesh.stop().await
}

async fn send(mesh: &Mesh, seconds: u64) -> Result<()> {
    let count = usize::try_from(seconds)? * 100;
    let period = Duration::from_secs(seconds);
    let http = mesh.load("shop/checkout", "orders.shop")?.connections(2).over(period);
    let http = http.requests(count, Script::default()).requests(count / 10, Script::status(503)).start();
    let grpc = mesh.load("shop/checkout", "orders-grpc.shop")?.over(period);
    let grpc = grpc.requests(count, Script::grpc(0)).requests(count / 10, Script::grpc(13)).start();
    let tcp = mesh.tcp_load("shop/checkout", "orders-tcp.shop")?;
    let tcp = tcp.connections(20, hogusu_tests::tcp::TcpScript::Echo, 1000).run().await;
    println!("http {:?}", http.finish().await.by_answer());
    println!("grpc {:?}", grpc.finish().await.by_answer());
    println!("tcp {tcp:?}");
    Ok(())
}

fn options() -> Result<Options> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(12), |text| text.parse())?;
    let hooks = arguments.next().unwrap_or_else(|| "access_log".to_owned());
    let keys = arguments.next().map_or(Ok(serde_json::json!({})), |text| serde_json::from_str(&text))?;
    let mut plugins = Vec::new();
    for word in hooks.split(',').filter(|word| *word != "none") {
        let known = [Hook::AccessLog, Hook::UpstreamLog, Hook::HttpFilter].into_iter().find(|hook| hook.word() == word);
        let Some(hook) = known else { bail!("unknown hook {word}") };
        plugins.push(Plugin { keys: keys.clone(), ..Plugin::new(hook) });
    }
    Ok(Options { seconds, plugins })
}
