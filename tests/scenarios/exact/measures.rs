//! The optional measures: bytes, backend latency, attempts, operations and exemplars on the map are those of Envoy's own access log, and no raw
//! path is among them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_model::Quantile;
use hogusu_tests::accesslog::Entry;
use hogusu_tests::collector::Collector;
use hogusu_tests::map::{Sent, until_counted};
use hogusu_tests::mesh::{Edge, Mesh, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::workdir::Workdir;
use hogusu_tests::xds::plugin::Hook;
use serde_json::{Value, json};

use crate::exact::plugin;
use crate::exact::quantiles::{TOLERANCE, at_rank};

/// Three sources, each with its own kind of operation; what it is called, and the size log of its proxy.
const SOURCES: [(&str, &str); 3] = [("web", "path_templates"), ("mobile", "grpc_method"), ("cron", "route")];

fn size_log(workdir: &Workdir, name: &str) -> PathBuf {
    workdir.path().join(format!("sizes-{name}.jsonl"))
}

/// Envoy's own word on the sizes, with headers, that the harness's log does not have.
fn sizes_logged_to(path: &Path) -> Value {
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": path,
            "log_format": {"json_format": {
                "received": "%CEL(request.total_size)%", "sent": "%CEL(response.total_size)%",
            }},
        },
    })
}

/// Sums of what was received and sent, once everything is in the file.
fn sizes(path: &Path) -> Result<(u64, u64)> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let mut sums = (0, 0);
    for line in text.lines() {
        let line: Value = serde_json::from_str(line)?;
        sums.0 += number(&line["received"]).with_context(|| format!("size in {line}"))?;
        sums.1 += number(&line["sent"]).with_context(|| format!("size in {line}"))?;
    }
    Ok(sums)
}

fn measured(workdir: &Workdir, name: &str, operation: &str) -> Workload {
    let mut measure =
        json!({"bytes": true, "backend_latency": true, "attempts": true, "exemplars": true, "operation": operation});
    if operation == "path_templates" {
        measure["path_templates"] = json!(["/users/{id}", "/health"]);
    }
    let mut workload = Workload::new("shop", name).plugin(plugin(Hook::AccessLog).key("measure", measure));
    workload.extra_access_logs.push(sizes_logged_to(&size_log(workdir, name)));
    workload
}

async fn mesh(workdir: &Workdir, builder: MeshBuilder) -> Result<Mesh> {
    let many = json!({"thresholds": [{"max_retries": 100}]});
    let builder = SOURCES.iter().fold(builder, |builder, (name, kind)| builder.workload(measured(workdir, name, kind)));
    builder
        .workload(measured(workdir, "orders", "none").concurrency(1))
        .service(Service::new("shop", "orders", Protocol::Http1))
        .service(Service::new("shop", "returns", Protocol::Grpc).behind(&["shop/orders"]).ports(81, 8080))
        .edge(Edge::new("shop/web", "orders.shop").retries("5xx", 1).cluster_key("circuit_breakers", many))
        .edge(Edge::new("shop/mobile", "returns.shop"))
        .edge(Edge::new("shop/cron", "orders.shop"))
        .start()
        .await
}

/// Sends on all three edges; says how many requests each source sent.
async fn send(mesh: &Mesh) -> Result<[u64; 3]> {
    let users = mesh.load("shop/web", "orders.shop")?.traced().path("/users/4711?token=secret");
    let users = users
        .requests(30, Script::default().body(2000).delay_ms(2))
        .requests(10, Script::default().first_attempt(Script::status(503)))
        .requests(5, Script::status(404));
    let other = mesh.load("shop/web", "orders.shop")?.traced().path("/admin/private").requests(20, Script::default());
    let calls = mesh.load("shop/mobile", "returns.shop")?.traced();
    let calls = calls.requests(40, Script::grpc(0).body(500)).requests(10, Script::grpc(13));
    let cron = mesh.load("shop/cron", "orders.shop")?.requests(15, Script::default());
    let (users, other, calls, cron) = tokio::join!(users.run(), other.run(), calls.run(), cron.run());
    mesh.settle().await?;
    Ok([users.sent() + other.sent(), calls.sent(), cron.sent()])
}

fn operations(side: &Value) -> Vec<(String, u64, u64)> {
    let listed = side["operations"].as_array().into_iter().flatten();
    let mut operations: Vec<_> = listed
        .map(|one| {
            let word = one["operation"].as_str().unwrap_or_default().to_owned();
            (word, one["count"].as_u64().unwrap_or_default(), one["failed"].as_u64().unwrap_or_default())
        })
        .collect();
    operations.sort();
    operations
}

/// The slowest entry of those whose answer has one of these codes: its trace, its duration in seconds.
fn slowest(entries: &[Entry], codes: std::ops::Range<u64>) -> Option<(String, f64)> {
    let answered = entries.iter().filter(|entry| entry.code.is_some_and(|code| codes.contains(&code)));
    let slowest = answered.filter(|entry| !entry.traceparent.is_empty()).max_by_key(|entry| entry.duration)?;
    let trace = slowest.traceparent.split('-').nth(1)?.to_owned();
    Some((trace, slowest.duration? as f64 / 1e9))
}

fn exemplar(side: &Value, outcome: &str) -> Option<(String, f64)> {
    let found = side["exemplars"].as_array()?.iter().find(|one| one["outcome"] == outcome)?;
    Some((found["trace_id"].as_str()?.to_owned(), found["duration_s"].as_f64()?))
}

#[test]
fn optional_measures_are_those_of_the_access_log() {
    scenario::run("measures", async |workdir| {
        let builder = MeshBuilder::new("demo", workdir)?;
        let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let mesh = mesh(workdir, builder).await?;
        let [web, mobile, cron] = send(&mesh).await?;
        let both =
            |source, count, there| Sent { at_destination: there, ..Sent::requests(source, "shop/orders", count) };
        // Ten of web's requests took a second attempt.
        let sent =
            [both("shop/web", web, web + 10), both("shop/mobile", mobile, mobile), both("shop/cron", cron, cron)];
        let map = until_counted(&collector, &sent, Duration::from_secs(30), |_| true).await?;
        let side = |source: &str| {
            let found = map.edges().iter().find(|edge| edge["source"]["label"] == format!("shop/{source}").as_str());
            found.map(|edge| edge["source_report"].clone()).unwrap_or_default()
        };

        let listed = |name: &str, count, failed| (name.to_owned(), count, failed);
        assert_eq!(operations(&side("web")), [listed("/users/{id}", 45, 5), listed("other", 20, 0)]);
        assert_eq!(operations(&side("mobile")), [listed("/hogusu.test.Service/Call", 50, 10)]);
        assert_eq!(operations(&side("cron")), [listed("default", 15, 0)]);
        for private in ["4711", "secret", "private"] {
            assert!(!map.0.to_string().contains(private), "{private} left a proxy");
        }
        for (name, _) in SOURCES {
            let (received, sent) = sizes(&size_log(workdir, name))?;
            assert_eq!(side(name)["bytes"], json!({"received": received, "sent": sent}), "{name}");
            let mut entries = mesh.sidecar(&format!("shop/{name}")).access_log().entries()?;
            entries.retain(|entry| entry.is("outbound", "http"));
            let attempts: u64 = entries.iter().filter_map(|entry| entry.attempts).sum();
            assert_eq!(side(name)["attempts"]["stated_by_requests"], attempts, "{name}");
            let mut latencies: Vec<u64> = entries.iter().filter_map(|entry| entry.backend_latency).collect();
            let shown = &side(name)["backend_latency"];
            assert_eq!(shown["count"], latencies.len(), "{name}");
            let (logged, median) =
                (at_rank(&mut latencies, Quantile::P50)?, shown["p50_s"].as_f64().unwrap_or(f64::NAN));
            assert!((median / logged - 1.0).abs() < TOLERANCE, "{name}: the median is {median}, Envoy logged {logged}");
        }
        let web_log = mesh.sidecar("shop/web").access_log().entries()?;
        let web_log: Vec<_> = web_log.into_iter().filter(|entry| entry.is("outbound", "http")).collect();
        for (outcome, codes) in [("ok", 200..300), ("client_error", 400..500)] {
            let (shown, logged) = (exemplar(&side("web"), outcome), slowest(&web_log, codes));
            assert!(logged.is_some(), "{outcome} was sent");
            assert_eq!(shown, logged, "{outcome}");
        }
        assert_eq!(side("cron")["exemplars"], json!([]), "what had no trace has no exemplar");
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}
