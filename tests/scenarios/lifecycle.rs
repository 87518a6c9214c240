//! Senders that begin and end: configuration changed and removed under load, proxies killed and stopped. What was not sent is
//! missing and said so, and nothing is counted twice.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use hogusu_tests::accesslog::AccessLog;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::gate::{Gate, Pass};
use hogusu_tests::map::{Map, Sent, senders, until_counted};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::xds::access_log::{Kind, file};
use hogusu_tests::xds::plugin::Plugin;
use serde_json::{Value, json};

use crate::shop::{BOTH, CHECKOUT, ORDERS, Shop, Traffic, logger, sent, untouched};

const LIMIT: Duration = Duration::from_secs(60);

/// Waits until every sender has ended in order.
async fn all_closed(shop: &Shop) -> Result<()> {
    eventually("every sender ended in order", LIMIT, async || match senders(&shop.collector).await {
        Ok(all) if all.iter().all(|sender| sender["state"] == "closed") => Seen::Done(()),
        Ok(all) => Seen::Waiting(
            all.iter().map(|sender| format!("{} {}", sender["workload"], sender["state"])).collect::<Vec<_>>(),
        ),
        Err(error) => Seen::Waiting(vec![format!("{error:#}")]),
    })
    .await
}

/// Senders by `state`.
async fn in_state(shop: &Shop, state: &str) -> Result<Vec<Value>> {
    let mut all = senders(&shop.collector).await?;
    all.retain(|sender| sender["state"] == state);
    Ok(all)
}

#[test]
fn a_configuration_changed_under_load_counts_exactly() {
    scenario::run("configuration_changed", async |workdir| {
        let mut shop = Shop::start(workdir, |workload| workload.plugin(logger())).await?;
        let traffic = Traffic::start(&shop)?;
        for revision in ["a", "b"] {
            traffic.goes_on_for(200).await?;
            for workload in BOTH {
                let changed = logger().key("revision", json!(revision));
                shop.mesh.reconfigure(workload, |workload| workload.plugins = vec![changed]).await?;
            }
        }
        traffic.goes_on_for(200).await?;
        let (requests, connections) = traffic.stop().await?;
        shop.mesh.settle().await?;
        let map = until_counted(&shop.collector, &sent(requests, connections), LIMIT, Map::is_complete).await?;
        eventually("the older generations ended in order", LIMIT, async || match in_state(&shop, "closed").await {
            Ok(closed) if ["", "a"].iter().all(|gone| closed.iter().any(|sender| sender["revision"] == *gone)) => {
                Seen::Done(())
            }
            other => Seen::Waiting(format!("{other:?}")),
        })
        .await?;
        println!("{requests} requests, {connections} connections, {}", map.0["completeness"]["time_covered"]);
        shop.stop().await
    });
}

#[test]
fn a_plugin_removed_under_load_counts_exactly_what_its_listeners_served() {
    scenario::run("plugin_removed", async |workdir| {
        let marks: Vec<PathBuf> =
            BOTH.iter().map(|key| workdir.path().join(key.replace('/', "-")).with_extension("jsonl")).collect();
        // The generation of listeners that has the plugin also has a log of its own, which goes with it. It flushes so seldom
        // that its counts leave with the last batches.
        let plugin = logger().key("flush_interval_ms", json!(10_000));
        let (mut shop, gate) = Shop::gated(workdir, |mut workload| {
            let mark = &marks[usize::from(workload.name == "orders")];
            workload.extra_access_logs = vec![file(mark, "any", "any", Kind::Tcp)];
            workload.plugin(plugin.clone())
        })
        .await?;
        for workload in BOTH {
            // Two listeners, in two workers and the main thread.
            let acknowledged = "wasmcustom.hogusu_batches_acknowledged$";
            shop.mesh.wait_for_stat(workload, acknowledged, LIMIT, |sum| sum >= 6).await?;
        }
        let traffic = Traffic::start(&shop)?;
        traffic.goes_on_for(250).await?;
        for workload in BOTH {
            let bare = |workload: &mut hogusu_tests::mesh::Workload| {
                workload.plugins.clear();
                workload.extra_access_logs.clear();
            };
            shop.mesh.reconfigure(workload, bare).await?;
        }
        traffic.goes_on_for(300).await?;
        let (requests, connections) = traffic.stop().await?;
        shop.mesh.settle().await?;
        for workload in BOTH {
            let active = "^wasm.envoy.wasm.runtime.v8.active$";
            shop.mesh.wait_for_stat(workload, active, LIMIT, |vms| vms <= 1).await?;
        }
        let [checkout, orders] = [served(&marks[0])?, served(&marks[1])?];
        let expected = [
            Sent {
                source: CHECKOUT,
                destination: ORDERS,
                measure: "requests",
                at_source: checkout.0,
                at_destination: orders.0,
            },
            Sent {
                source: CHECKOUT,
                destination: ORDERS,
                measure: "connections",
                at_source: checkout.1,
                at_destination: orders.1,
            },
        ];
        let map = until_counted(&shop.collector, &expected, LIMIT, Map::is_complete).await?;
        println!("of {requests} and {connections}, counted {expected:?}, {}", map.0["completeness"]["time_covered"]);
        let last: u64 = gate.passages().iter().filter(|one| is_last(one)).filter_map(exchanges).sum();
        assert!(last > 0, "last batches carry counts");
        println!("{last} exchanges came with last batches");
        assert!(checkout.0 >= 250 && checkout.0 < requests, "a part of the load was served with the plugin");
        all_closed(&shop).await?;
        shop.stop().await
    });
}

/// Requests and connections in the log of a generation of listeners.
fn served(mark: &std::path::Path) -> Result<(u64, u64)> {
    let entries = AccessLog::new(vec![mark.to_owned()]).entries()?;
    let requests = entries.iter().filter(|entry| !entry.protocol.is_empty()).count() as u64;
    Ok((requests, entries.len() as u64 - requests))
}

#[test]
fn a_batch_in_flight_and_the_last_one_both_arrive_over_a_change() {
    scenario::run("in_flight_and_changed", async |workdir| {
        let (mut shop, gate) = Shop::gated(workdir, |workload| workload.plugin(slow())).await?;
        let requests = some_in_flight(&shop, &gate).await?;
        for workload in BOTH {
            let changed = slow().key("revision", json!("next"));
            shop.mesh.reconfigure(workload, |workload| workload.plugins = vec![changed]).await?;
        }
        let map = until_counted(&shop.collector, &sent(requests, 0), LIMIT, Map::is_complete).await?;
        println!("{requests} requests, {}", map.0["completeness"]["time_covered"]);
        shop.stop().await
    });
}

#[test]
fn a_batch_in_flight_and_the_last_one_both_arrive_over_a_removal() {
    scenario::run("in_flight_and_removed", async |workdir| {
        let (mut shop, gate) = Shop::gated(workdir, |workload| workload.plugin(slow())).await?;
        let requests = some_in_flight(&shop, &gate).await?;
        for workload in BOTH {
            shop.mesh.reconfigure(workload, |workload| workload.plugins.clear()).await?;
        }
        let map = until_counted(&shop.collector, &sent(requests, 0), LIMIT, Map::is_complete).await?;
        println!("{requests} requests, {}", map.0["completeness"]["time_covered"]);
        all_closed(&shop).await?;
        shop.stop().await
    });
}

/// Our logger with a backlog: the collector behind the gate is slower than it flushes.
fn slow() -> Plugin {
    logger().key("flush_interval_ms", json!(500))
}

/// Makes the collector slow, waits until all of some requests are on their way to it, and sends more behind them; returns all
/// requests.
async fn some_in_flight(shop: &Shop, gate: &Gate) -> Result<u64> {
    gate.always(Pass::Delay(Duration::from_millis(1000)));
    let requests = untouched(&shop.load()?.requests(100, Script::default()).run().await)?;
    eventually("the last batch with exchanges is held at the gate", LIMIT, async || {
        // A batch that was tried again is one batch.
        let bodies: BTreeMap<_, _> = gate.passages().into_iter().map(|one| (one.body.clone(), one)).collect();
        let seen: u64 = bodies.values().filter_map(exchanges).sum();
        if seen >= 2 * requests { Seen::Done(()) } else { Seen::Waiting(seen) }
    })
    .await?;
    let more = untouched(&shop.load()?.requests(60, Script::default()).run().await)?;
    shop.mesh.settle().await?;
    Ok(requests + more)
}

/// Whether a body that came to the gate says that its sender ends.
fn is_last(passage: &hogusu_tests::gate::Passage) -> bool {
    hogusu_wire::walk(&passage.body).is_ok_and(|batch| batch.header.last)
}

/// Exchanges in a body that came to the gate.
fn exchanges(passage: &hogusu_tests::gate::Passage) -> Option<u64> {
    let batch = hogusu_wire::walk(&passage.body).ok()?;
    let counts = batch.points.iter().filter_map(|point| match &point.value {
        hogusu_wire::Value::Duration(histogram, _) => Some(histogram.count()),
        _ => None,
    });
    Some(counts.sum())
}

#[test]
fn what_a_killed_proxy_had_not_sent_is_missing_and_said_so() {
    scenario::run("killed_proxy", async |workdir| {
        let mut shop = Shop::start(workdir, |workload| workload.plugin(logger())).await?;
        let first = served_and_counted(&shop, 0, [0, 0], 200).await?;
        // Right after it served.
        let account = first + untouched(&shop.load()?.requests(100, Script::default()).run().await)?;
        shop.mesh.settle().await?;
        shop.mesh.kill_sidecar(ORDERS).await?;
        let (missing, map) = ended(&shop, ORDERS, account).await?;
        assert!(!map.findings("unclosed_senders").is_empty(), "{}", map.0["findings"]);
        assert!(map.batches("unclosed_senders") >= 1 && map.time_covered() < 1.0, "{}", map.0["completeness"]);
        shop.mesh.restart_sidecar(ORDERS).await?;
        let account = served_and_counted(&shop, account, [0, missing], 50).await?;
        let map = Map::of(&shop.collector).await?;
        assert!(map.batches("unclosed_senders") >= 1 && map.time_covered() < 1.0, "it stays said");
        println!("of {account}, {missing} missing; {}", map.0["completeness"]);
        shop.stop().await
    });
}

#[test]
fn what_a_stopped_proxy_had_not_sent_is_missing_and_said_so() {
    scenario::run("stopped_proxy", async |workdir| {
        let mut shop = Shop::start(workdir, |workload| workload.plugin(logger())).await?;
        let first = served_and_counted(&shop, 0, [0, 0], 200).await?;
        let account = first + untouched(&shop.load()?.requests(100, Script::default()).run().await)?;
        shop.mesh.settle().await?;
        shop.mesh.stop_sidecar(CHECKOUT).await?;
        // Some of its senders may get rid of their last batch in the instant before Envoy ends.
        let (missing, map) = ended(&shop, CHECKOUT, account).await?;
        let is_said = map.batches("unclosed_senders") >= 1 && map.time_covered() < 1.0;
        assert!(missing == 0 || is_said, "{missing} are missing: {}", map.0["completeness"]);
        shop.mesh.restart_sidecar(CHECKOUT).await?;
        let account = served_and_counted(&shop, account, [missing, 0], 50).await?;
        let closed = in_state(&shop, "closed").await?.len();
        println!("of {account}, {missing} missing, {closed} senders ended in order; {}", map.0["completeness"]);
        shop.stop().await
    });
}

/// Sends `more` behind an account; waits until both sides count all of it but what is missing there.
async fn served_and_counted(shop: &Shop, account: u64, [source, destination]: [u64; 2], more: usize) -> Result<u64> {
    let account = account + untouched(&shop.load()?.requests(more, Script::default()).run().await)?;
    shop.mesh.settle().await?;
    let wanted = Sent {
        at_source: account - source,
        at_destination: account - destination,
        ..Sent::requests(CHECKOUT, ORDERS, account)
    };
    until_counted(&shop.collector, &[wanted], LIMIT, |_| true).await?;
    Ok(account)
}

/// Waits until no sender of `workload` is believed to run; returns how many of `account` its side does not count, and the map.
async fn ended(shop: &Shop, workload: &str, account: u64) -> Result<(u64, Map)> {
    eventually(&format!("no sender of {workload} runs"), LIMIT, async || match in_state(shop, "running").await {
        Ok(running) if running.iter().all(|sender| sender["workload"] != workload) => Seen::Done(()),
        other => Seen::Waiting(format!("{:?}", other.map(|running| running.len()))),
    })
    .await?;
    let map = Map::of(&shop.collector).await?;
    let side = if workload == CHECKOUT { "source_report" } else { "destination_report" };
    let counted = map.count(CHECKOUT, ORDERS, "requests", side);
    ensure!(counted <= account, "{counted} of {account} counted: something is doubled");
    ensure!(map.batches("lost") == 0, "nothing that arrived has a gap: {}", map.0["completeness"]);
    Ok((account - counted, map))
}
