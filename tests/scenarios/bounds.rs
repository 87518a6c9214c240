//! More than fits, in a proxy and at the collector: what exceeds a bound is counted, refused or folded, and said so.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::{Answer, connect, send_raw};
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::gate::Gate;
use hogusu_tests::map::{Map, senders, until_counted};
use hogusu_tests::mesh::{Fleet, Mesh, MeshBuilder, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::workdir::Workdir;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::shop::{Shop, logger, sent, untouched};

const LIMIT: Duration = Duration::from_secs(60);
const DESTINATIONS: usize = 5000;
/// Series in one batch at most.
const SERIES: usize = 512;

struct Far {
    mesh: Mesh,
    collector: Collector,
    gate: Gate,
}

impl Far {
    /// One proxy with 5,000 destinations in front of it.
    async fn start(workdir: &Workdir, max_edges: Option<u64>) -> Result<Self> {
        let builder = MeshBuilder::new("demo", workdir)?.collector_over_http1();
        let elsewhere = builder.free_address(4318)?.into();
        let collector = Collector::start(elsewhere, &workdir.folder("collector")?, &[]).await?;
        let gate = Gate::start(builder.collector_address(), collector.address()).await?;
        let plugin = max_edges.into_iter().fold(logger(), |plugin, edges| plugin.key("max_edges", json!(edges)));
        let mesh = builder
            .workload(Workload::new("shop", "checkout").plugin(plugin))
            .workload(Workload::new("far", "one").without_proxy())
            .fleet(Fleet::new("shop/checkout", "far", DESTINATIONS, "far/one"))
            .start()
            .await?;
        Ok(Self { mesh, collector, gate })
    }

    /// Sends one request to each of the destinations; waits until the map has `before` and these.
    async fn round(&self, before: u64) -> Result<Map> {
        let load =
            self.mesh.fleet_load("shop/checkout", "far")?.connections(4).requests(DESTINATIONS, Script::default());
        assert_eq!(load.run().await.answered(Answer::Status(200)), DESTINATIONS as u64);
        self.mesh.settle().await?;
        let wanted = before + DESTINATIONS as u64;
        eventually(&format!("the map counts {wanted} requests"), LIMIT, async || match self.map().await {
            Err(error) => Seen::Never(format!("{error:#}")),
            Ok(map) => match map.0["totals"]["requests"].as_u64() {
                Some(requests) if requests == wanted && map.is_complete() => Seen::Done(map),
                Some(requests) if requests > wanted => Seen::Never(format!("it counts {requests}")),
                other => Seen::Waiting((other, map.0["completeness"].to_string())),
            },
        })
        .await
    }

    async fn map(&self) -> Result<Map> {
        // One page is enough for the totals; all pages are read where edges matter.
        Ok(Map(self.collector.json("/api/v1/map?since=1h&limit=1").await?))
    }

    /// The largest of a counter over all senders.
    async fn largest(&self, counter: &str) -> Result<u64> {
        let senders = senders(&self.collector).await?;
        let counters = senders.iter().filter_map(|sender| sender["counters"][counter].as_u64());
        counters.max().context("no sender reports")
    }

    /// Prints what the proxy says of itself; no batch was larger than the bound.
    async fn report(&self, what: &str) -> Result<()> {
        let mut most = 0;
        for passage in self.gate.passages() {
            let batch = hogusu_wire::walk(&passage.body).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
            most = most.max(batch.points.len());
        }
        assert!(most <= SERIES, "a batch has {most} series");
        let (memory, entry) = (self.largest("memory_bytes").await?, self.largest("longest_entry_ns").await?);
        println!(
            "{what}: memory {} KiB, longest entry {} us, largest batch {most} series",
            memory / 1024,
            entry / 1000
        );
        assert_eq!(self.largest("host_errors").await?, 0);
        Ok(())
    }

    async fn stop(mut self) -> Result<()> {
        self.mesh.stop().await?;
        self.collector.stop().await?;
        Ok(())
    }
}

#[test]
fn beyond_a_thousand_edges_the_overflow_edge_holds_the_rest() {
    scenario::run("overflow_edge", async |workdir| {
        let far = Far::start(workdir, None).await?;
        let sent = DESTINATIONS as u64;
        far.round(0).await?;
        let memory = far.largest("memory_bytes").await?;
        let map = far.round(sent).await?;
        far.report("at most 1,000 edges").await?;
        let later = far.largest("memory_bytes").await?;
        assert!(later <= 2 << 20, "memory is bounded: {memory}, then {later} bytes");
        let overflow = map.0["totals"]["overflow"].as_u64().unwrap_or_default();
        let overflowed: u64 =
            senders(&far.collector).await?.iter().filter_map(|one| one["counters"]["overflowed"].as_u64()).sum();
        assert!(overflow >= 2 * sent - 4 * 1000, "two workers hold 1,000 edges each: {overflow}");
        assert_eq!(overflow, overflowed, "what the map shows is what the senders say");
        assert_eq!(map.findings("overflow").len(), 1, "{}", map.0["findings"]);
        let whole = Map::of(&far.collector).await?;
        let (overflow_edges, others): (Vec<&Value>, Vec<&Value>) =
            whole.edges().iter().partition(|edge| edge["destination"]["kind"] == "overflow");
        let count =
            |edges: &[&Value]| -> u64 { edges.iter().filter_map(|edge| edge["source_report"]["count"].as_u64()).sum() };
        assert_eq!((count(&overflow_edges), count(&overflow_edges) + count(&others)), (overflow, 2 * sent));
        assert!(others.len() >= 1000 && others.len() <= 2000, "{} edges", others.len());
        far.stop().await
    });
}

#[test]
fn five_thousand_edges_are_all_counted_where_they_are_allowed() {
    scenario::run("five_thousand_edges", async |workdir| {
        let far = Far::start(workdir, Some(5000)).await?;
        far.round(0).await?;
        far.round(DESTINATIONS as u64).await?;
        far.report("at most 5,000 edges").await?;
        let memory = far.largest("memory_bytes").await?;
        assert!(memory <= 5 << 20, "memory is bounded: {memory} bytes");
        let whole = Map::of(&far.collector).await?;
        assert_eq!((whole.edges().len(), whole.0["totals"]["overflow"].as_u64()), (DESTINATIONS, Some(0)));
        assert!(whole.edges().iter().all(|edge| edge["source_report"]["count"] == 2));
        far.stop().await
    });
}

/// What is sent, with which headers and body, and the status it gets.
type Refusal<'a> = (&'a str, &'a [(&'a str, &'a str)], Vec<u8>, u16);

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const GZIP: (&str, &str) = ("content-encoding", "gzip");

#[test]
fn bodies_that_are_no_batch_are_refused_and_the_collector_serves_on() {
    scenario::run("no_batch", async |workdir| {
        let (shop, gate) = Shop::gated(workdir, |workload| workload.plugin(logger())).await?;
        let requests = untouched(&shop.load()?.requests(100, Script::default()).run().await)?;
        shop.mesh.settle().await?;
        until_counted(&shop.collector, &sent(requests, 0), LIMIT, Map::is_complete).await?;
        let passages = gate.passages();
        let good = passages.iter().max_by_key(|one| one.body.len()).context("a batch came")?.body.to_vec();
        let half = good[..good.len() / 2].to_vec();

        let refusals: [Refusal<'_>; 9] = [
            ("no protobuf", &[PROTOBUF], vec![0xff; 64], 400),
            ("an empty body", &[PROTOBUF], Vec::new(), 400),
            ("half a batch", &[PROTOBUF], half, 400),
            ("a batch and a byte", &[PROTOBUF], [good.as_slice(), &[0x0a]].concat(), 400),
            ("not compressed", &[PROTOBUF, GZIP], good.clone(), 400),
            ("compression cut off", &[PROTOBUF, GZIP], vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x63], 400),
            ("another compression", &[PROTOBUF, ("content-encoding", "br")], good.clone(), 415),
            ("another type", &[("content-type", "application/json")], b"{}".to_vec(), 415),
            ("too long once unpacked", &[PROTOBUF, GZIP], gzip(workdir, &vec![0; 16 * 1024 * 1024 + 1])?, 413),
        ];
        for (what, headers, body, wanted) in refusals {
            let (status, words) = shop.collector.post("/v1/metrics", headers, body).await?;
            assert_eq!(status, wanted, "{what}: {words}");
            assert!(words.len() > 20, "{what} is told what is wrong: {words:?}");
        }
        truncated(shop.collector.address(), &good).await?;
        // A batch that was taken is recognised, plain or compressed, and not counted again.
        let packed = gzip(workdir, &good)?;
        assert_eq!(shop.collector.post("/v1/metrics", &[PROTOBUF, GZIP], packed).await?.0, 200);
        assert_eq!(shop.collector.post("/v1/metrics", &[PROTOBUF], good).await?.0, 200);

        let more = untouched(&shop.load()?.requests(50, Script::default()).run().await)?;
        shop.mesh.settle().await?;
        // What was refused is missing: said, and never all of the time.
        let is_said = |map: &Map| map.batches("refused") > 0 && map.time_covered() < 1.0;
        until_counted(&shop.collector, &sent(requests + more, 0), LIMIT, is_said).await?;
        assert_eq!(shop.collector.get("/readyz").await?.0, 200);
        let metrics = shop.collector.get("/metrics").await?.1;
        for reason in ["malformed", "too_large", "unsupported_type", "body"] {
            assert!(!metrics.contains(&format!("refused_total{{reason=\"{reason}\"}} 0")), "{reason}: {metrics}");
        }
        shop.stop().await
    });
}

/// Compressed by the tool that everybody has.
fn gzip(workdir: &Workdir, bytes: &[u8]) -> Result<Vec<u8>> {
    let path = workdir.path().join("body");
    std::fs::write(&path, bytes)?;
    let packed = std::process::Command::new("gzip").arg("--stdout").arg(&path).output()?;
    anyhow::ensure!(packed.status.success(), "gzip: {}", packed.status);
    Ok(packed.stdout)
}

/// Requests that break off, and bytes that are no HTTP: the connection ends, nothing else does.
async fn truncated(collector: SocketAddr, good: &[u8]) -> Result<()> {
    let head = |length: usize| {
        format!(
            "POST /v1/metrics HTTP/1.1\r\nhost: hogusu\r\ncontent-type: application/x-protobuf\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    let broken = [head(good.len()).as_bytes(), &good[..good.len() / 2]].concat();
    let mut breaks_off = connect(collector, None).await?;
    breaks_off.write_all(&broken).await?;
    drop(breaks_off);
    // One that closes its side right behind a whole batch, as a proxy does whose filter ends, has sent a batch.
    let mut closes = connect(collector, None).await?;
    closes.write_all(&[head(good.len()).as_bytes(), good].concat()).await?;
    closes.shutdown().await?;
    let mut answer = Vec::new();
    closes.read_to_end(&mut answer).await?;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    // Both lengths are refused before a byte of the body is read.
    let larger =
        String::from_utf8_lossy(&send_raw(collector, head(4 * 1024 * 1024 + 1).as_bytes()).await?).into_owned();
    assert!(larger.starts_with("HTTP/1.1 413"), "{larger}");
    let announced = String::from_utf8_lossy(&send_raw(collector, head(usize::MAX >> 8).as_bytes()).await?).into_owned();
    assert!(announced.starts_with("HTTP/1.1 413"), "{announced}");
    let nonsense =
        String::from_utf8_lossy(&send_raw(collector, b"\x16\x03\x01\x02\x00 no HTTP\r\n\r\n").await?).into_owned();
    assert!(nonsense.starts_with("HTTP/1.1 400"), "{nonsense}");
    Ok(())
}

#[test]
fn a_second_process_on_the_same_data_is_refused_by_name() {
    scenario::run("second_process", async |workdir| {
        let learnt = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut collector = Collector::start(learnt, &workdir.folder("collector")?, &[]).await?;
        let holder = collector.process().context("it runs")?.id();
        let (status, words) = collector.start_second().await?;
        assert_eq!(status.code(), Some(3), "{words}");
        for name in
            [format!("process {holder}"), collector.address().to_string(), collector.data().display().to_string()]
        {
            assert!(words.contains(&name), "it names {name}: {words}");
        }
        assert_eq!(collector.get("/readyz").await?.0, 200, "the holder is untouched");
        collector.stop().await?;
        Ok(())
    });
}
