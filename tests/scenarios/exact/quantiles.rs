//! Quantiles of the map against the same rank in Envoy's own access log, which has every duration in nanoseconds.

use std::time::Duration;

use anyhow::{Result, ensure};
use hogusu_model::Quantile;
use hogusu_tests::accesslog::Entry;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::map::Map;
use hogusu_tests::mesh::{Edge, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::{End, Script};
use hogusu_tests::tcp::TcpScript;
use hogusu_tests::xds::plugin::Hook;
use serde_json::Value;

use crate::exact::plugin;

/// Half a bucket is 4.4 %.
pub const TOLERANCE: f64 = 0.05;
const QUANTILES: [(&str, Quantile); 3] = [("p50_s", Quantile::P50), ("p90_s", Quantile::P90), ("p99_s", Quantile::P99)];

/// The value at the nearest rank of `durations`, in seconds.
pub fn at_rank(durations: &mut [u64], quantile: Quantile) -> Result<f64> {
    durations.sort_unstable();
    let rank = usize::try_from(quantile.rank(durations.len() as u64))?;
    ensure!(rank > 0, "nothing was logged");
    Ok(durations[rank - 1] as f64 / 1e9)
}

fn assert_quantiles(what: &str, side: &Value, durations: &mut [u64]) -> Result<()> {
    for (name, quantile) in QUANTILES {
        let logged = at_rank(durations, quantile)?;
        let shown = side[name].as_f64().unwrap_or(f64::NAN);
        assert!((shown / logged - 1.0).abs() < TOLERANCE, "{what}: {name} is {shown}, Envoy logged {logged}");
    }
    Ok(())
}

/// The durations of the entries that `wanted` picks.
fn durations(entries: &[Entry], wanted: impl Fn(&Entry) -> bool) -> Vec<u64> {
    entries.iter().filter(|entry| wanted(entry)).filter_map(|entry| entry.duration).collect()
}

/// An answer came whole: neither a reset nor a timeout was scripted.
fn is_answered(entry: &Entry) -> bool {
    Script::parse(&entry.script).is_ok_and(|script| matches!(script.end, End::Answer | End::TrailersOnly))
}

/// Delays from 1 ms up to about 190 ms, each 11 % longer than the one before, so that ranks a few apart differ measurably.
fn delays() -> impl Iterator<Item = u64> {
    (0..50).map(|step| (1.112_f64.powi(step)).round() as u64)
}

#[test]
fn quantiles_are_those_of_the_access_log() {
    scenario::run("quantiles", async |workdir| {
        let builder = MeshBuilder::new("demo", workdir)?;
        let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let mesh = builder
            .workload(Workload::new("shop", "checkout").plugin(plugin(Hook::AccessLog)))
            .workload(Workload::new("shop", "orders").plugin(plugin(Hook::AccessLog)))
            .service(Service::new("shop", "orders", Protocol::Http1))
            .service(Service::new("shop", "returns", Protocol::Grpc).behind(&["shop/orders"]).ports(81, 8081))
            .service(Service::new("shop", "store", Protocol::Tcp).behind(&["shop/orders"]).ports(6379, 16379))
            .edge(Edge::new("shop/checkout", "orders.shop").timeout(Duration::from_secs(3)))
            .edge(Edge::new("shop/checkout", "returns.shop"))
            .edge(Edge::new("shop/checkout", "store.shop"))
            .start()
            .await?;
        let http = mesh.load("shop/checkout", "orders.shop")?.connections(16);
        let http = delays().fold(http, |load, delay| load.requests(8, Script::default().delay_ms(delay)));
        let http = http.requests(30, Script::status(404)).requests(60, Script::ending(End::ResetMidBody));
        let grpc = mesh.load("shop/checkout", "returns.shop")?.connections(16);
        let grpc = delays().fold(grpc, |load, delay| load.requests(4, Script::grpc(0).delay_ms(delay)));
        let grpc = grpc.requests(20, Script { end: End::TrailersOnly, ..Script::grpc(14) });
        let http = http.requests(12, Script::ending(End::NoAnswer));
        let tcp = mesh.tcp_load("shop/checkout", "store.shop")?.connections(150, TcpScript::Echo, 2000);
        let (http, grpc, _) = tokio::join!(http.run(), grpc.run(), tcp.run());
        mesh.settle().await?;

        let sent = http.sent() + grpc.sent() + 150;
        let map = eventually("the map counts everything", Duration::from_secs(30), async || {
            let Ok(map) = Map::of(&collector).await else { return Seen::Waiting(0) };
            let counted = |side| {
                ["requests", "connections"].map(|measure| map.count("shop/checkout", "shop/orders", measure, side))
            };
            let least = ["source_report", "destination_report"].map(|side| counted(side).iter().sum::<u64>());
            if least == [sent, sent] { Seen::Done(map) } else { Seen::Waiting(least[0]) }
        })
        .await?;
        let (outbound, inbound) = (
            mesh.sidecar("shop/checkout").access_log().entries()?,
            mesh.sidecar("shop/orders").access_log().entries()?,
        );
        for edge in map.edges() {
            let protocol = edge["protocol"].as_str().unwrap_or_default();
            let port = format!(":{}", edge["destination"]["port"]);
            for (side, entries, direction) in
                [("source_report", &outbound, "outbound"), ("destination_report", &inbound, "inbound")]
            {
                let mine = |entry: &Entry| {
                    let address = if direction == "outbound" { &entry.upstream_host } else { &entry.downstream_local };
                    entry.direction == direction && entry.kind != "upstream" && address.ends_with(&port)
                };
                let answered = |entry: &Entry| mine(entry) && (protocol == "tcp" || is_answered(entry));
                let mut times = durations(entries, answered);
                assert!(times.len() >= 150, "{protocol} {side}: {} answers", times.len());
                assert_quantiles(&format!("{protocol} {side}"), &edge[side], &mut times)?;
            }
        }
        assert_eq!(map.edges().len(), 3);
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}
