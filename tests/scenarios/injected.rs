//! What Envoy's own fault filter injects, as Istio's VirtualServices use it: never a failure of anybody, never anybody's speed.

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::map::Map;
use hogusu_tests::mesh::{Edge, Mesh, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::shop::logger;

const LIMIT: Duration = Duration::from_secs(30);

/// A fault for paths that begin so.
fn fault(name: &str, prefix: &str, kind: &str, what: &Value) -> Value {
    let mut what = what.clone();
    what["percentage"] = json!({"numerator": 100});
    json!({
        "name": name,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
            kind: what,
            "headers": [{"name": ":path", "string_match": {"prefix": prefix}}],
        },
    })
}

/// Outcomes of a report as (outcome, reason, answered by, count), sorted.
fn outcomes(report: &Value) -> Vec<(&str, &str, &str, u64)> {
    let rows = report["outcomes"].as_array().into_iter().flatten();
    let mut rows: Vec<_> = rows
        .map(|row| {
            let word = |name: &str| row[name].as_str().unwrap_or_default();
            (word("outcome"), word("reason"), word("answered_by"), row["count"].as_u64().unwrap_or_default())
        })
        .collect();
    rows.sort_unstable();
    rows
}

/// Asks, and goes away while the delay holds the request.
async fn lose_patience(mesh: &Mesh, held_before: u64) -> Result<()> {
    let mut stream = TcpStream::connect(mesh.way("shop/checkout", "orders.shop")?).await?;
    stream.write_all(b"GET /hold HTTP/1.1\r\nhost: orders.shop.svc.cluster.local\r\n\r\n").await?;
    mesh.wait_for_stat("shop/checkout", r"fault\.delays_injected$", LIMIT, |held| held > held_before).await?;
    Ok(())
}

#[test]
fn faults_and_delays_on_purpose_are_told_from_real_failures_and_real_speed() {
    scenario::run("injected", async |workdir| {
        let builder = MeshBuilder::new("demo", workdir)?;
        let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let source = Workload::new("shop", "checkout")
            .plugin(logger())
            .extra_filter("outbound", fault("slow", "/slow", "delay", &json!({"fixed_delay": "0.3s"})))
            .extra_filter("outbound", fault("hold", "/hold", "delay", &json!({"fixed_delay": "60s"})))
            .extra_filter("outbound", fault("abort", "/abort", "abort", &json!({"http_status": 503})));
        let mesh = builder
            .workload(source)
            .workload(Workload::new("shop", "orders").plugin(logger()))
            .service(Service::new("shop", "orders", Protocol::Http1))
            .edge(Edge::new("shop/checkout", "orders.shop"))
            .start()
            .await?;
        send(&mesh).await?;
        lose_patience(&mesh, 48).await?;
        mesh.settle().await?;

        let map = until_complete(&collector, 200 + 40 + 8 + 6).await?;
        let edge = |destination: &str| {
            let found = map.edges().iter().find(|edge| edge["destination"]["label"] == destination);
            found.with_context(|| format!("no edge to {destination} in {}", map.0))
        };
        let reached = edge("shop/orders")?;
        let report = &reached["source_report"];
        assert_eq!(
            outcomes(report),
            [
                ("injected_delay", "", "upstream", 40),
                ("ok", "", "upstream", 200),
                ("server_error", "", "upstream", 6),
                ("server_error", "injected_delay", "upstream", 8),
            ]
        );
        assert_eq!((&report["failed"], &report["failed_of"]), (&json!(14), &json!(254)));
        assert_eq!((&report["injected"], &report["delayed"]), (&json!(0), &json!(48)));
        let p99 = report["p99_s"].as_f64().context("206 answers have a P99")?;
        assert!(p99 < 0.3, "48 of 254 answers were held for 0.3 s, and P99 is {p99}");
        assert_eq!(reached["agreement"]["state"], "agree", "{reached}");
        assert_eq!(reached["destination_report"]["delayed"], json!(0), "the destination saw none of the delays");

        let unreached = edge("orders.shop.svc.cluster.local:80")?;
        let seen = outcomes(&unreached["source_report"]);
        assert_eq!(seen, [("injected_fault", "", "local_proxy", 30), ("injected_fault", "", "nobody", 1)]);
        assert_eq!(unreached["source_report"]["failed_ratio"], Value::Null, "nothing real happened there");
        assert_eq!((&map.0["totals"]["injected"], &map.0["totals"]["delayed"]), (&json!(31), &json!(48)));
        assert_eq!(map.findings("injected").len(), 2, "{:?}", map.0["findings"]);
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}

/// Answers as they come, answers after a delay, aborts, failures of the application.
async fn send(mesh: &Mesh) -> Result<()> {
    for (path, count, status) in
        [("/", 200, 200), ("/slow", 40, 200), ("/slow", 8, 500), ("/abort", 30, 503), ("/", 6, 503)]
    {
        let script = if path == "/abort" { Script::default() } else { Script::status(status) };
        let load = mesh.load("shop/checkout", "orders.shop")?.path(path).connections(8).requests(count, script);
        let account = load.run().await;
        assert_eq!(account.answered(Answer::Status(status)), count as u64, "{path}: {:?}", account.by_answer());
    }
    Ok(())
}

/// Waits until both reporters of the edge count this many.
async fn until_complete(collector: &Collector, count: u64) -> Result<Map> {
    eventually("both reporters counted everything", LIMIT, async || {
        let map = match Map::of(collector).await {
            Ok(map) => map,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let of = |side| map.count("shop/checkout", "shop/orders", "requests", side);
        let injected = map.0["totals"]["injected"].as_u64().unwrap_or_default();
        if (of("source_report"), of("destination_report"), injected) == (count, count, 31) {
            return Seen::Done(map);
        }
        Seen::Waiting(map.0)
    })
    .await
}
