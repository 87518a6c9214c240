//! The access logger and the HTTP filter see the same requests. Both sit on every listener of one mesh, so that they are asked about
//! the very same streams; a sink keeps what each of them reports apart. A collector takes both on one listener for a conflict.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use hogusu_model::{AnsweredBy, Histogram, Outcome, Protocol as Word, SeriesKey};
use hogusu_tests::batches::Ledger;
use hogusu_tests::client::send_raw;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::map::{Map, Sent, until_counted};
use hogusu_tests::mesh::{Edge, Fleet, Mesh, MeshBuilder, Protocol, Security, Service, Workload};
use hogusu_tests::otlp_sink::OtlpSink;
use hogusu_tests::scenario;
use hogusu_tests::script::{End, Script};
use hogusu_tests::tcp::TcpScript;
use hogusu_tests::workdir::Workdir;
use hogusu_tests::xds::plugin::{Hook, Plugin};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(30);

fn plugin(hook: Hook) -> Plugin {
    Plugin::new(hook).key("flush_interval_ms", json!(1000))
}

fn with_both(workload: Workload) -> Workload {
    workload.plugin(plugin(Hook::AccessLog)).plugin(plugin(Hook::HttpFilter))
}

/// Plaintext, so that bytes that are no HTTP reach inbound listeners too.
fn plaintext_mesh(builder: MeshBuilder) -> MeshBuilder {
    let plain =
        |service| Edge::new("shop/checkout", service).security(Security::Plaintext).timeout(Duration::from_secs(2));
    builder
        .workload(with_both(Workload::new("shop", "checkout")))
        .workload(with_both(Workload::new("shop", "orders")))
        .workload(Workload::new("far", "one").without_proxy())
        .service(Service::new("shop", "orders", Protocol::Http1).deny_path("/denied"))
        .service(Service::new("shop", "returns", Protocol::Grpc).behind(&["shop/orders"]).ports(81, 8080))
        .edge(plain("orders.shop").direct_response("/direct", 418))
        .edge(plain("returns.shop"))
        .fleet(Fleet::new("shop/checkout", "far", 1, "far/one"))
}

/// Requests that reach a stream: every ending, denials, direct responses, no route.
async fn send_requests(mesh: &Mesh) -> Result<()> {
    let orders = || mesh.load("shop/checkout", "orders.shop");
    let http = orders()?
        .connections(4)
        .requests(200, Script::default())
        .requests(40, Script::status(404))
        .requests(40, Script::status(503))
        .requests(20, Script::ending(End::ResetBeforeHeaders))
        .requests(20, Script::ending(End::ResetMidBody))
        .requests(4, Script::ending(End::NoAnswer))
        .departures(10);
    let grpc = mesh
        .load("shop/checkout", "returns.shop")?
        .connections(3)
        .requests(60, Script::grpc(0))
        .requests(20, Script::grpc(13))
        .requests(20, Script { end: End::TrailersOnly, ..Script::grpc(14) })
        .requests(10, Script::ending(End::ResetBeforeHeaders))
        .requests(3, Script::ending(End::NoAnswer))
        .departures(10);
    let denied = orders()?.path("/denied").requests(15, Script::default());
    let direct = orders()?.path("/direct").requests(15, Script::default());
    let nowhere = mesh.fleet_load("shop/checkout", "far")?.authorities(vec!["nowhere".to_owned()]);
    let nowhere = nowhere.requests(15, Script::default());
    tokio::join!(http.run(), grpc.run(), denied.run(), direct.run(), nowhere.run());
    Ok(())
}

/// An HTTP/2 connection that asks once, with these header fields after the usual ones (HPACK, literal).
fn http2(fields: &[(&str, &str)]) -> Vec<u8> {
    // :method GET, :path /, :scheme http, :authority a.
    let mut block = vec![0x82, 0x84, 0x86, 0x41, 1, b'a'];
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).expect("a short text"));
            block.extend_from_slice(text.as_bytes());
        }
    }
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let head = [0, 0, u8::try_from(block.len()).expect("a short block"), 1, 5, 0, 0, 0, 1];
    [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings, &head, &block].concat()
}

/// What a codec refuses, and what is refused before there is a route.
async fn send_malformed(to: SocketAddr) -> Result<()> {
    let huge = format!("GET / HTTP/1.1\r\nhost: a\r\nx-big: {}\r\n\r\n", "x".repeat(100_000));
    let http2_garbage = [&http2(&[])[..24], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"].concat();
    for bytes in [
        &b"NONSENSE\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nbad name: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nnot-a-chunk\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        huge.as_bytes(),
        &http2(&[("Upper", "x")]),
        &http2_garbage,
    ] {
        // Whatever comes back, and be it a reset: what counts is what the proxy logged.
        drop(send_raw(to, bytes).await);
    }
    Ok(())
}

/// Durations per reporting workload and series, which their counts are part of.
type Durations = BTreeMap<(String, SeriesKey), Histogram>;

fn of_hook(ledger: &Ledger, hook: &str) -> Durations {
    let mut durations = Durations::new();
    for (origin, data) in
        ledger.series.iter().filter(|(origin, _)| origin.hook == hook && origin.series.protocol != Word::Tcp)
    {
        let series = SeriesKey { twice: false, ..origin.series.clone() };
        durations.entry((origin.workload.clone(), series)).or_default().merge(&data.duration);
    }
    durations
}

/// Requests of which the logger does not say that the filter counts them too.
fn by_the_logger_alone(ledger: &Ledger) -> u64 {
    let mine = |series: &SeriesKey| series.protocol != Word::Tcp && !series.twice;
    let alone = ledger.series.iter().filter(|(origin, _)| origin.hook == "access_log" && mine(&origin.series));
    alone.map(|(_, data)| data.duration.count()).sum()
}

fn total(durations: &Durations) -> u64 {
    durations.values().map(Histogram::count).sum()
}

/// What the proxies logged: (requests, those that the HTTP/2 codec refused before their headers were whole). To the latter there
/// was no answer; Envoy makes no filter chain for them, so that no HTTP filter of whatever kind can see them.
fn logged(mesh: &Mesh) -> Result<(u64, u64)> {
    let mut counts = (0, 0);
    for sidecar in mesh.sidecars() {
        for entry in sidecar.access_log().entries()?.iter().filter(|entry| entry.kind == "http") {
            counts.0 += 1;
            counts.1 += u64::from(entry.protocol == "HTTP/2" && entry.code == Some(0) && entry.flags == "DPE");
        }
    }
    Ok(counts)
}

#[test]
fn logger_and_http_filter_count_the_same_requests() {
    scenario::run("hooks_alike", async |workdir| {
        let builder = MeshBuilder::new("demo", workdir)?;
        let sink = OtlpSink::start(builder.collector_address()).await?;
        let mesh = plaintext_mesh(builder).start().await?;
        send_requests(&mesh).await?;
        send_malformed(mesh.way("shop/checkout", "orders.shop")?).await?;
        let orders = mesh.layout().workload("shop/orders")?;
        send_malformed((orders.address, orders.port(8080)?.number).into()).await?;
        mesh.settle().await?;

        let (requests, unseen) = logged(&mesh)?;
        assert_eq!(unseen, 2, "one for each listener that was sent one");
        let wanted = [requests, requests - unseen];
        let (mut logger, filter, alone) = eventually(&format!("the hooks report {wanted:?}"), LIMIT, async || {
            let ledger = match Ledger::of(&sink.received()) {
                Ok(ledger) => ledger,
                Err(error) => return Seen::Never(format!("{error:#}")),
            };
            let [logger, filter] = ["access_log", "http_filter"].map(|hook| of_hook(&ledger, hook));
            let counted = [total(&logger), total(&filter)];
            if counted == wanted {
                Seen::Done((logger, filter, by_the_logger_alone(&ledger)))
            } else {
                Seen::Waiting(counted)
            }
        })
        .await?;
        let refused =
            |series: &SeriesKey| (series.outcome, series.answered_by) == (Outcome::ProtocolError, AnsweredBy::Nobody);
        logger.retain(|(_, series), _| !refused(series));
        assert_eq!(logger, filter);
        assert_eq!(alone, unseen, "what both saw is told, one by one, and nothing else");
        assert_eq!(total(&logger), wanted[1], "nothing but the refused streams makes the difference");
        let outcomes: BTreeSet<_> = logger.keys().map(|(_, series)| series.outcome).collect();
        for outcome in
            [Outcome::ProtocolError, Outcome::Denied, Outcome::NoRoute, Outcome::ClientGone, Outcome::Timeout]
        {
            assert!(outcomes.contains(&outcome), "{outcome} was sent");
        }
        mesh.stop().await
    });
}

#[test]
fn two_hooks_on_one_listener_are_a_conflict_and_not_summed() {
    scenario::run("hooks_conflict", async |workdir| {
        let builder = MeshBuilder::new("demo", workdir)?;
        let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let mesh = plaintext_mesh(builder).start().await?;
        let load = mesh.load("shop/checkout", "orders.shop")?.connections(2);
        load.requests(120, Script::default()).requests(30, Script::status(500)).run().await;
        mesh.settle().await?;
        let sent = [Sent::requests("shop/checkout", "shop/orders", 150)];
        let said =
            |map: &Map| map.findings("hook_conflict").iter().filter(|text| text.contains("150 requests")).count();
        let map = until_counted(&collector, &sent, LIMIT, |map| said(map) == 2).await?;
        for (workload, side) in [("shop/checkout", "source"), ("shop/orders", "destination")] {
            let about = |text: &&str| text.starts_with(workload) && text.contains(&format!("as {side}"));
            assert!(map.findings("hook_conflict").iter().any(about), "{workload}: {:?}", map.findings("hook_conflict"));
        }
        assert_eq!(map.edges()[0]["source_report"]["failed"], 30);
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}

/// As where a plugin object comes to a mesh that has a logger: first one hook, then both, then the other, by configuration changes.
async fn move_hooks(workdir: &Workdir, filter: Plugin, is_alone_in_its_vm: bool) -> Result<()> {
    let builder = MeshBuilder::new("demo", workdir)?;
    let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
    let logger = plugin(Hook::AccessLog);
    let mut mesh = builder
        .workload(Workload::new("shop", "checkout").plugin(logger.clone()))
        .workload(Workload::new("shop", "orders").plugin(plugin(Hook::HttpFilter)))
        .service(Service::new("shop", "orders", Protocol::Http1))
        .edge(Edge::new("shop/checkout", "orders.shop"))
        .start()
        .await?;
    let mut total = 0;
    for plugins in [vec![logger.clone(), filter.clone()], vec![filter], vec![logger]] {
        mesh.load("shop/checkout", "orders.shop")?.connections(2).requests(40, Script::default()).run().await;
        total += 40;
        mesh.settle().await?;
        mesh.reconfigure("shop/checkout", |workload| workload.plugins = plugins).await?;
        if is_alone_in_its_vm {
            // Over upstream connections that are open another VM's hook is seen from the next cut on.
            let acknowledged = mesh.sidecar("shop/checkout").admin()?.sum("hogusu_batches_acknowledged").await?;
            let stat = "hogusu_batches_acknowledged";
            mesh.wait_for_stat("shop/checkout", stat, LIMIT, |sum| sum >= acknowledged + 8).await?;
        }
    }
    let sent = [Sent::requests("shop/checkout", "shop/orders", total)];
    let left_out =
        |map: &Map| map.findings("hook_conflict").iter().any(|text| text.contains("; 40 requests by access_log"));
    until_counted(&collector, &sent, LIMIT, left_out).await?;
    mesh.stop().await?;
    collector.stop().await?;
    Ok(())
}

#[test]
fn a_hook_that_comes_and_one_that_goes_lose_and_double_nothing() {
    scenario::run("hooks_moved", async |workdir| move_hooks(workdir, plugin(Hook::HttpFilter), false).await);
}

#[test]
fn hooks_in_vms_of_their_own_lose_and_double_nothing() {
    scenario::run("hooks_in_two_vms", async |workdir| {
        move_hooks(workdir, plugin(Hook::HttpFilter).in_vm("another"), true).await
    });
}

/// As where a WasmPlugin covers HTTP, which it cannot do for TCP: each listener has one hook.
#[test]
fn a_logger_for_tcp_beside_an_http_filter_is_no_conflict() {
    scenario::run("hooks_apart", async |workdir| {
        let apart =
            |workload: Workload| workload.plugin(plugin(Hook::AccessLog).only("tcp")).plugin(plugin(Hook::HttpFilter));
        let builder = MeshBuilder::new("demo", workdir)?;
        let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let mesh = builder
            .workload(apart(Workload::new("shop", "checkout").concurrency(1)))
            .workload(apart(Workload::new("shop", "orders").concurrency(1)))
            .service(Service::new("shop", "orders", Protocol::Http1))
            .service(Service::new("shop", "store", Protocol::Tcp).behind(&["shop/orders"]).ports(6379, 16379))
            .edge(Edge::new("shop/checkout", "orders.shop"))
            .edge(Edge::new("shop/checkout", "store.shop"))
            .start()
            .await?;
        mesh.load("shop/checkout", "orders.shop")?.requests(50, Script::default()).run().await;
        mesh.tcp_load("shop/checkout", "store.shop")?.connections(20, TcpScript::Echo, 100).run().await;
        mesh.settle().await?;
        let sent =
            [Sent::requests("shop/checkout", "shop/orders", 50), Sent::connections("shop/checkout", "shop/orders", 20)];
        let map = until_counted(&collector, &sent, LIMIT, |_| true).await?;
        assert_eq!(map.findings("hook_conflict"), [""; 0]);
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}
