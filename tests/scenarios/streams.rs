//! What is no request with an answer, or whose answer Envoy only guesses: streams, switched protocols, gRPC for other clients,
//! checks of other proxies.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::load::Load;
use hogusu_tests::map::{Map, Sent, until_counted};
use hogusu_tests::mesh::{Edge, Mesh, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use hogusu_tests::workdir::Workdir;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::shop::logger;

const LIMIT: Duration = Duration::from_secs(40);
const WEB: &str = "shop/web";
/// Longer than any exchange that is not held.
const HELD_MS: u64 = 2_000;

struct Scene {
    mesh: Mesh,
    collector: Collector,
}

impl Scene {
    async fn start(workdir: &Workdir, describe: impl FnOnce(MeshBuilder) -> MeshBuilder) -> Result<Self> {
        let builder = MeshBuilder::new("demo", workdir)?;
        let collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        Ok(Self { mesh: describe(builder).start().await?, collector })
    }

    async fn map(&self, sent: &[Sent<'_>], also: impl Fn(&Map) -> bool) -> Result<Map> {
        self.mesh.settle().await?;
        until_counted(&self.collector, sent, LIMIT, also).await
    }

    async fn stop(mut self) -> Result<()> {
        self.mesh.stop().await?;
        self.collector.stop().await?;
        Ok(())
    }
}

fn counting(name: &str) -> Workload {
    Workload::new("shop", name).plugin(logger())
}

/// (outcome, streaming, answered by, count) of a report, sorted.
fn outcomes(report: &Value) -> Vec<(&str, bool, &str, u64)> {
    let listed = report["outcomes"].as_array().into_iter().flatten();
    let row = |one: &'_ Value| one["streaming"].as_bool().zip(one["count"].as_u64());
    let mut rows: Vec<_> = listed
        .filter_map(|one| {
            let (streaming, count) = row(one)?;
            Some((one["outcome"].as_str()?, streaming, one["answered_by"].as_str()?, count))
        })
        .collect();
    rows.sort_unstable();
    rows
}

fn to<'a>(map: &'a Map, destination: &str) -> Result<&'a Value> {
    let found = map.edges().iter().find(|edge| edge["destination"]["label"] == destination);
    found.with_context(|| format!("no edge to {destination} in {}", map.0))
}

fn seconds(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("no seconds: {value}"))
}

#[test]
fn the_life_of_a_stream_is_in_the_counts_and_in_no_quantile() {
    scenario::run("streams", async |workdir| {
        let scene = Scene::start(workdir, |builder| {
            builder
                .workload(counting("web"))
                .workload(counting("feed"))
                .workload(counting("events"))
                .service(Service::new("shop", "feed", Protocol::Grpc))
                .service(Service::new("shop", "events", Protocol::Http1))
                .edge(Edge::new(WEB, "feed.shop"))
                .edge(Edge::new(WEB, "events.shop"))
        })
        .await?;
        let calls = scene.mesh.load(WEB, "feed.shop")?.connections(2);
        let account = calls.requests(130, Script::grpc(0)).requests(3, Script::grpc(0).hold_ms(HELD_MS)).run().await;
        ensure!(account.answered(Answer::Grpc(0)) == 133, "{:?}", account.by_answer());
        let events = scene.mesh.load(WEB, "events.shop")?.connections(2);
        let account = events.requests(5, Script::default()).requests(2, Script::default().hold_ms(HELD_MS)).run().await;
        ensure!(account.answered(Answer::Status(200)) == 7, "{:?}", account.by_answer());

        let sent = [Sent::requests(WEB, "shop/feed", 133), Sent::requests(WEB, "shop/events", 7)];
        let map = scene.map(&sent, |_| true).await?;
        for (destination, requests, streams) in [("shop/feed", 130, 3), ("shop/events", 5, 2)] {
            let edge = to(&map, destination)?;
            for (side, by) in [("source_report", "upstream"), ("destination_report", "application")] {
                let report = &edge[side];
                assert_eq!(outcomes(report), [("ok", false, by, requests), ("ok", true, by, streams)], "{edge}");
                assert_eq!((&report["streaming"], &report["failed"]), (&json!(streams), &json!(0)));
                assert!(seconds(&report["p50_s"])? < 1.0, "{report}");
            }
        }
        let feed = &to(&map, "shop/feed")?["source_report"];
        assert!(seconds(&feed["p99_s"])? < 1.0, "the calls' own: {feed}");
        let lives = feed["outcomes"].as_array().into_iter().flatten().find(|one| one["streaming"] == true);
        assert!(seconds(&lives.context("a row of streams")?["p50_s"])? > 1.5, "lives stand beside: {feed}");
        assert_eq!(map.0["totals"]["streaming"], 5);
        scene.stop().await
    });
}

/// Answers every upgrade with 101, echoes what comes, and closes in order after `close`.
async fn chat() -> Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let at = listener.local_addr()?;
    let serve = async |mut stream: TcpStream| -> Result<()> {
        head(&mut stream).await?;
        stream
            .write_all(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
            .await?;
        let mut word = [0; 5];
        while stream.read_exact(&mut word).await.is_ok() {
            stream.write_all(&word).await?;
            if &word == b"close" {
                stream.shutdown().await?;
                return Ok(());
            }
        }
        Ok(())
    };
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = serve(stream).await;
        }
    });
    Ok((at, server))
}

/// Reads to the end of a message's head.
async fn head(stream: &mut TcpStream) -> Result<String> {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(read)?)
}

#[test]
fn a_websocket_that_either_end_closes_ended_in_order() {
    scenario::run("websockets", async |workdir| {
        let (at, server) = chat().await?;
        let scene = Scene::start(workdir, |builder| {
            builder
                .workload(counting("web"))
                .workload(counting("chat").application(8080, at))
                .service(Service::new("shop", "chat", Protocol::Http1))
                .edge(Edge::new(WEB, "chat.shop"))
        })
        .await?;
        for word in [b"close", b"close", b"close", b"hello", b"hello"] {
            let mut stream = TcpStream::connect(scene.mesh.way(WEB, "chat.shop")?).await?;
            stream
                .write_all(b"GET /ws HTTP/1.1\r\nhost: chat\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
                .await?;
            ensure!(head(&mut stream).await?.starts_with("HTTP/1.1 101"), "switched");
            stream.write_all(word).await?;
            let mut back = [0; 5];
            stream.read_exact(&mut back).await?;
            ensure!(&back == word, "echoed");
            if word == b"close" {
                ensure!(stream.read_to_end(&mut Vec::new()).await? == 0, "the server closes first");
            }
        }
        let map = scene.map(&[Sent::requests(WEB, "shop/chat", 5)], |_| true).await?;
        let edge = to(&map, "shop/chat")?;
        assert_eq!(outcomes(&edge["source_report"]), [("ok", true, "upstream", 5)], "{edge}");
        assert_eq!(outcomes(&edge["destination_report"]), [("ok", true, "application", 5)], "{edge}");
        assert_eq!(edge["source_report"]["p50_s"], Value::Null, "a life is no latency");
        assert!(map.findings("failing").is_empty(), "{}", map.0["findings"]);
        server.abort();
        scene.stop().await
    });
}

#[test]
fn grpc_is_judged_by_a_status_that_was_stated_and_translated_answers_by_their_code() {
    scenario::run("grpc_statuses", async |workdir| {
        let web = json!({
            "name": "envoy.filters.http.grpc_web",
            "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb"},
        });
        let scene = Scene::start(workdir, |builder| {
            builder
                .workload(counting("web").extra_filter("outbound", web))
                .workload(counting("feed"))
                .service(Service::new("shop", "feed", Protocol::Grpc))
                .edge(Edge::new(WEB, "feed.shop"))
        })
        .await?;
        let browser = Load::http1(scene.mesh.way(WEB, "feed.shop")?, "feed.shop.svc.cluster.local")
            .header("content-type", "application/grpc-web+proto");
        let account = browser.requests(10, Script::grpc(0)).run().await;
        ensure!(account.answered(Answer::Status(200)) == 10, "{:?}", account.by_answer());
        let statuses = [(0, 4), (5, 3), (2, 2), (17, 1), (99, 1)];
        let load = scene.mesh.load(WEB, "feed.shop")?;
        let load = statuses.iter().fold(load, |load, (status, count)| load.requests(*count, Script::grpc(*status)));
        let account = load.run().await;
        for (status, count) in statuses {
            ensure!(account.answered(Answer::Grpc(status)) == count as u64, "{:?}", account.by_answer());
        }
        let map = scene.map(&[Sent::requests(WEB, "shop/feed", 21)], |_| true).await?;
        let edge = to(&map, "shop/feed")?;
        for (side, by) in [("source_report", "upstream"), ("destination_report", "application")] {
            let expected = [("client_error", false, by, 3), ("ok", false, by, 14), ("server_error", false, by, 4)];
            assert_eq!(outcomes(&edge[side]), expected, "{side}: {edge}");
        }
        scene.stop().await
    });
}

#[test]
fn another_proxys_health_checks_are_left_out_and_nobody_disagrees() {
    scenario::run("health_checks", async |workdir| {
        let check = |kind: &str, how: Value| {
            let often = "0.1s";
            json!([{
                "timeout": "1s", "interval": often, "no_traffic_interval": often, "unhealthy_threshold": 3,
                "healthy_threshold": 1, kind: how,
            }])
        };
        let scene = Scene::start(workdir, |builder| {
            builder
                .workload(counting("web"))
                .workload(counting("orders"))
                .workload(counting("store"))
                .service(Service::new("shop", "orders", Protocol::Http1))
                .service(Service::new("shop", "store", Protocol::Tcp).ports(6379, 16379))
                .edge(Edge::new(WEB, "orders.shop").cluster_key(
                    "health_checks",
                    check("http_health_check", json!({"path": "/healthz", "host": "orders"})),
                ))
                .edge(Edge::new(WEB, "store.shop").cluster_key("health_checks", check("tcp_health_check", json!({}))))
        })
        .await?;
        let account = scene.mesh.load(WEB, "orders.shop")?.requests(8, Script::default()).run().await;
        ensure!(account.answered(Answer::Status(200)) == 8, "{:?}", account.by_answer());
        scene.mesh.tcp_load(WEB, "store.shop")?.connections(6, TcpScript::Echo, 100).run().await;
        let sent = [Sent::requests(WEB, "shop/orders", 8), Sent::connections(WEB, "shop/store", 6)];
        let checked = |map: &Map| map.0["totals"]["left_out"]["probe"].as_u64() >= Some(20);
        let map = until_counted(&scene.collector, &sent, LIMIT, checked).await?;
        for destination in ["shop/orders", "shop/store"] {
            let edge = to(&map, destination)?;
            assert_ne!(edge["agreement"]["state"], "disagree", "{edge}");
        }
        scene.stop().await
    });
}
