//! The filter's life under real Istio: applied to a running mesh, upgraded, reconfigured, rolled back and removed, all under load.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::artefacts;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually, eventually_equals};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::map::{self, Map};
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use serde_json::json;

use crate::cast::{self, CLIENT, GATEWAY, WEB, WEB_TCP};
use crate::on_lab;
use crate::steady::{self, Steady, WAYS};
use crate::view::{self, SOURCE};

/// Worker threads of every proxy in the lab.
const WORKERS: usize = 2;

/// Envoy writes its access log once a second.
const LOG_LIMIT: Duration = Duration::from_secs(30);

/// How often Envoy itself says that it passed on 404 and 500.
fn codes(lab: &IstioLab, key: &str, direction: &str) -> (usize, usize) {
    let entries = lab.pod(key).access_log().expect("an access log");
    let with = |code| entries.iter().filter(|entry| entry.is(direction, "http") && entry.code == Some(code)).count();
    (with(404), with(500))
}

#[test]
fn applied_under_load_it_counts_exactly_and_fails_nothing() {
    on_lab("applied_under_load", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        let load = Steady::start(&lab, 200)?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        load.stop().await?;
        cast::until_revision(&collector, "1").await?;

        let (client, web) = (lab.pod(CLIENT), lab.pod(WEB));
        let echoes = client.tcp_load(web, WEB_TCP).connections(20, TcpScript::Echo, 1_000).run().await?;
        assert_eq!(echoes, [(("echo".to_owned(), "Echoed".to_owned()), 20)].into());
        for load in steady::loads(&lab) {
            let account = load.requests(300, &Script::status(404)).requests(30, &Script::status(500)).run().await?;
            assert_eq!((account.answered(Answer::Status(404)), account.answered(Answer::Status(500))), (300, 30));
        }
        for (key, direction, edges) in [(CLIENT, "outbound", 2), (GATEWAY, "outbound", 1), (WEB, "inbound", 3)] {
            let title = format!("Envoy's own account of {key}, {direction}: (404, 500)");
            let wanted = (edges * 300, edges * 30);
            eventually_equals(&title, LOG_LIMIT, &wanted, async || codes(&lab, key, direction)).await?;
        }
        every_edge_is_right(&lab, &collector).await?;
        nobody_counts_without_handling(&collector).await?;
        collector.stop().await?;
        Ok(())
    });
}

/// Counts, security state and principals of every edge after 300 answers 404 and 30 answers 500 on each.
async fn every_edge_is_right(lab: &IstioLab, collector: &Collector) -> Result<()> {
    steady::until_counted(lab, collector, "client_error", &[300; WAYS]).await?;
    let map = steady::until_counted(lab, collector, "server_error", &[30; WAYS]).await?;
    let principal = |key: &str| json!([lab.pod(key).workload().principal()]);
    let nobody = (json!([]), json!([]));
    let by_gateway = (principal(GATEWAY), principal(WEB));
    let wanted = [
        ("mutual_tls", (principal(CLIENT), principal(WEB))),
        ("plaintext", nobody.clone()),
        ("plaintext", nobody),
        ("tls", by_gateway.clone()),
        ("mutual_tls", by_gateway),
    ];
    let edges = steady::edges(lab);
    // TCP connections are not seen by the HTTP filter.
    assert_eq!((map.edges().len(), wanted.len()), (edges.len(), edges.len()), "{}", map.0);
    for (edge, (state, principals)) in edges.iter().zip(wanted) {
        let edge = view::edge(&map, &edge.source, &edge.destination).context("the edge")?;
        assert_eq!(edge["security"]["state"], state, "{edge}");
        let seen = (edge["source"]["principals"].clone(), edge["destination"]["principals"].clone());
        assert_eq!(seen, principals, "{edge}");
    }
    Ok(())
}

/// A plugin also runs on a proxy's main thread, which handles nothing: of each proxy's senders no more count than it has workers,
/// and what they count is what the map shows, so nothing is there twice.
async fn nobody_counts_without_handling(collector: &Collector) -> Result<()> {
    let senders = map::senders(collector).await?;
    let mut counting: BTreeMap<String, usize> = BTreeMap::new();
    for sender in &senders {
        let proxy = sender["proxy"].as_str().context("a proxy")?.to_owned();
        *counting.entry(proxy).or_default() += usize::from(sender["exchanges"].as_u64() > Some(0));
    }
    assert_eq!(counting.len(), 3, "{counting:?}");
    assert!(counting.values().all(|count| (1..=WORKERS).contains(count)), "{counting:?}");
    let by_senders: u64 = senders.iter().filter_map(|sender| sender["exchanges"].as_u64()).sum();
    let map = Map::of(collector).await?;
    assert_eq!(map.total(), by_senders, "{}", map.0);
    Ok(())
}

/// The module with something more in it that changes nothing it does: another file, another digest, another virtual machine.
fn another_module(folder: &Path) -> Result<PathBuf> {
    let mut module = std::fs::read(artefacts::wasm()?)?;
    // A custom section: its number, its length, the length of its name, its name.
    module.extend_from_slice(b"\x00\x06\x05again");
    let path = folder.join("another.wasm");
    std::fs::write(&path, module)?;
    Ok(path)
}

#[test]
fn upgraded_reconfigured_rolled_back_and_removed_under_load_it_counts_exactly_and_fails_nothing() {
    on_lab("changed_under_load", async |workdir, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        let (first, second) = (lab.module().clone(), lab.serve_module(&another_module(workdir.path())?).await?);
        assert_ne!(first.sha256, second.sha256);
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        cast::until_revision(&collector, "1").await?;

        let load = Steady::start(&lab, 404)?;
        for (module, revision) in [(&second, "upgraded"), (&second, "reconfigured"), (&first, "rolled back")] {
            let plugins = cast::plugins(&lab, revision).into_iter().map(|plugin| plugin.module(module));
            cast::apply(&lab, &plugins.collect::<Vec<_>>()).await?;
            cast::until_revision(&collector, revision).await?;
        }
        let sent = load.stop().await?;
        let map = steady::until_counted(&lab, &collector, "client_error", &sent).await?;
        assert!(map.is_complete(), "{}", map.0["completeness"]);

        let load = Steady::start(&lab, 500)?;
        cast::remove_plugin(&lab).await?;
        let more = load.stop().await?;
        // What came after the removal is not counted; what was counted before it arrived whole.
        let map = until_all_ended(&collector).await?;
        for edge in steady::edges(&lab) {
            let shown = view::edge(&map, &edge.source, &edge.destination).context("the edge")?;
            let counted = view::count(shown, (SOURCE, "server_error", "upstream", 0));
            assert!(counted <= more[edge.way], "{shown}");
        }
        steady::until_counted(&lab, &collector, "client_error", &sent).await?;
        collector.stop().await?;
        Ok(())
    });
}

/// Waits until every sender has ended in order; nothing that one of them counted is missing from the map.
async fn until_all_ended(collector: &Collector) -> Result<Map> {
    eventually("every sender has ended in order", LOG_LIMIT, async || {
        let ended = async {
            let (senders, map) = (map::senders(collector).await?, Map::of(collector).await?);
            let open = senders.iter().filter(|sender| sender["state"] != "closed").count();
            let counted: u64 = senders.iter().filter_map(|sender| sender["exchanges"].as_u64()).sum();
            anyhow::Ok((open == 0 && counted == map.total() && map.is_complete(), map, senders))
        };
        match ended.await {
            Ok((true, map, _)) => Seen::Done(map),
            Ok((false, map, senders)) => Seen::Waiting(format!("{}, {senders:?}", map.0["completeness"])),
            Err(error) => Seen::Never(format!("{error:#}")),
        }
    })
    .await
}
