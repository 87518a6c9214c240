//! The filter's later life under real Istio: upgraded, reconfigured, rolled back and removed, all under load.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::artefacts;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::map::{self, Map};
use serde_json::{Value, json};

use crate::cast;
use crate::on_lab;
use crate::steady::{self, Steady};
use crate::view::{self, SOURCE};

/// Proxies of the cast, and worker threads of each.
const PROXIES: usize = 3;
const WORKERS: usize = 2;

const LIMIT: Duration = Duration::from_secs(60);

/// A plugin also runs on a proxy's main thread, which handles nothing: of the senders that run, no more count than a proxy has
/// workers, and what all ever counted is what the map shows, so nothing is there twice.
async fn nobody_counts_without_handling(collector: &Collector) -> Result<()> {
    let senders = map::senders(collector).await?;
    let counted = |sender: &Value| sender["exchanges"].as_u64().unwrap_or_default();
    let mut running: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for sender in senders.iter().filter(|sender| sender["state"] == "running") {
        running.entry(sender["proxy"].as_str().context("a proxy")?).or_default().push(counted(sender));
    }
    let is_right = |of_proxy: &Vec<u64>| {
        of_proxy.len() <= WORKERS + 1 && of_proxy.iter().filter(|count| **count > 0).count() <= WORKERS
    };
    assert!(running.len() == PROXIES && running.values().all(is_right), "{running:?}");
    let map = Map::of(collector).await?;
    assert_eq!(map.total(), senders.iter().map(counted).sum::<u64>(), "{}", map.0);
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

/// Applies the chart's values and waits until every proxy runs what they say, and nothing else.
async fn change(lab: &IstioLab, collector: &Collector, values: &Value) -> Result<()> {
    lab.install_chart(values).await?;
    let path = "jsonpath={.spec.wasm.pluginConfig.revision}";
    let revision = lab.kube().ask(&["get", "trafficextension", "hogusu", "-n", "beta", "-o", path]).await?;
    cast::until_revision(collector, &revision).await
}

#[test]
fn upgraded_reconfigured_rolled_back_and_removed_under_load_it_counts_exactly_and_fails_nothing() {
    on_lab("changed_under_load", async |workdir, mut lab| {
        let (mut collector, _window) = cast::start_with_chart(&mut lab).await?;
        let another = lab.serve_module(&another_module(workdir.path())?).await?;
        let first = lab.values(json!({"namespaces": ["alpha", "beta", "edge"]}));
        let mut upgraded = first.clone();
        upgraded["filter"]["url"] = json!(another.url);
        upgraded["filter"]["sha256"] = json!(another.sha256);
        let mut reconfigured = upgraded.clone();
        reconfigured["filter"]["config"]["measure"] = json!({"bytes": true});
        change(&lab, &collector, &first).await?;
        cast::until_drained(&lab).await?;

        let edges = steady::edges_in_kubernetes(&lab);
        let load = Steady::start(&lab, 404)?;
        for values in [&upgraded, &reconfigured, &first] {
            change(&lab, &collector, values).await?;
        }
        let sent = load.stop().await?;
        steady::until_counted(&collector, &edges, "client_error", &sent).await?;
        until_complete(&collector).await?;
        nobody_counts_without_handling(&collector).await?;

        let load = Steady::start(&lab, 500)?;
        lab.install_chart(&lab.values(json!({}))).await?;
        cast::until_gone(&lab).await?;
        let more = load.stop().await?;
        // What came after the removal is not counted; what was counted before it arrived whole.
        let map = until_all_ended(&collector).await?;
        for edge in &edges {
            let shown = view::edge(&map, &edge.source, &edge.destination).context("the edge")?;
            let counted = view::count(shown, (SOURCE, "server_error", "upstream", 0));
            assert!(counted <= more[edge.way], "{shown}");
        }
        steady::until_counted(&collector, &edges, "client_error", &sent).await?;
        collector.stop().await?;
        Ok(())
    });
}

/// Waits until nothing is missing: a batch may be on its way when one looks.
async fn until_complete(collector: &Collector) -> Result<()> {
    eventually("the map is complete", LIMIT, async || match Map::of(collector).await {
        Ok(map) if map.is_complete() => Seen::Done(()),
        Ok(map) => Seen::Waiting(map.0["completeness"].clone()),
        Err(error) => Seen::Never(format!("{error:#}")),
    })
    .await
}

/// Waits until every sender has ended in order; nothing that one of them counted is missing from the map.
async fn until_all_ended(collector: &Collector) -> Result<Map> {
    eventually("every sender has ended in order", LIMIT, async || {
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
