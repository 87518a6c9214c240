//! What a proxy is told wrongly, and what a collector answers badly: traffic is untouched, the state is visible, and the proxy
//! recovers without a restart.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::gate::{Gate, Pass};
use hogusu_tests::map::{Map, senders, until_counted};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::xds::plugin::{Hook, Plugin};
use serde_json::{Value, json};

use crate::shop::{BOTH, CHECKOUT, ORDERS, Shop, logger, sent, untouched};

const LIMIT: Duration = Duration::from_secs(40);

fn sum(senders: &[Value], counter: &str) -> u64 {
    senders.iter().filter_map(|sender| sender["counters"][counter].as_u64()).sum()
}

#[test]
fn a_refused_configuration_touches_no_traffic_and_shows() {
    scenario::run("refused_configuration", async |workdir| {
        let wrong = |workload: hogusu_tests::mesh::Workload| {
            let empty = Plugin::new(Hook::AccessLog).raw_configuration("");
            let unknown = logger().key("flush_intervall_ms", json!(1000));
            let plugin = if workload.name == "checkout" { empty } else { unknown };
            workload.plugin(plugin)
        };
        let mut shop = Shop::start(workdir, wrong).await?;
        let requests = untouched(&shop.load()?.requests(200, Script::default()).run().await)?;
        shop.connect(10).await?;
        shop.mesh.settle().await?;
        for (workload, why) in [(CHECKOUT, "it is empty"), (ORDERS, "flush_intervall_ms")] {
            assert!(shop.stat(workload, "hogusu_configuration_refused").await? > 0, "{workload} counts it");
            let log = shop.mesh.sidecar(workload).envoy()?.log();
            let said = log.lines().any(|line| line.contains("plugin configuration refused") && line.contains(why));
            assert!(said, "{workload} says why in Envoy's log: {log}");
        }
        // Observed with defaults, on the right sides, and the map names both proxies.
        let named = |map: &Map| {
            let findings = map.findings("configuration_refused");
            findings.len() == 2 && BOTH.iter().all(|workload| findings.iter().any(|text| text.contains(workload)))
        };
        until_counted(&shop.collector, &sent(requests, 10), LIMIT, named).await?;
        let before = senders(&shop.collector).await?;
        assert!(before.iter().all(|sender| sender["configuration"] == "refused"), "{before:?}");

        for workload in BOTH {
            shop.mesh.reconfigure(workload, |workload| workload.plugins = vec![logger()]).await?;
        }
        let more = untouched(&shop.load()?.requests(100, Script::default()).run().await)?;
        shop.connect(5).await?;
        shop.mesh.settle().await?;
        until_counted(&shop.collector, &sent(requests + more, 15), LIMIT, Map::is_complete).await?;
        only_accepted_run(&shop).await?;
        shop.stop().await
    });
}

/// Waits until the senders with a refused configuration have ended: the old generation lives on while its listeners drain.
async fn only_accepted_run(shop: &Shop) -> Result<()> {
    eventually("every running sender has an accepted configuration", LIMIT, async || {
        match senders(&shop.collector).await {
            Ok(mut all) => {
                all.retain(|sender| sender["state"] == "running");
                let is_done = !all.is_empty() && all.iter().all(|sender| sender["configuration"] == "accepted");
                if is_done { Seen::Done(()) } else { Seen::Waiting(format!("{all:?}")) }
            }
            Err(error) => Seen::Waiting(format!("{error:#}")),
        }
    })
    .await
}

#[test]
fn answers_that_may_pass_are_tried_again_until_they_do() {
    scenario::run("answers_that_may_pass", async |workdir| {
        let plugin = logger().key("flush_interval_ms", json!(500)).key("collector", json!({"timeout_ms": 700}));
        let (shop, gate) = Shop::gated(workdir, |workload| workload.plugin(plugin.clone())).await?;
        let (mut requests, mut connections) = (0, 0);
        for pass in [Pass::Status(500), Pass::RetryAfter(2), Pass::Hang, Pass::NoHttp, Pass::Status(429)] {
            gate.always(pass.clone());
            let before = shop.stats("hogusu_batches_retried").await?;
            requests += untouched(&shop.load()?.requests(50, Script::default()).run().await)?;
            shop.connect(2).await?;
            connections += 2;
            shop.until_stat_grows("hogusu_batches_retried", before).await?;
            gate.always(Pass::Forward);
            shop.mesh.settle().await?;
            let map = until_counted(&shop.collector, &sent(requests, connections), LIMIT, Map::is_complete).await?;
            println!("{pass:?}: {requests} requests, {}", map.0["completeness"]["time_covered"]);
        }
        assert_obeyed(&gate, 2);
        let senders = senders(&shop.collector).await?;
        assert!(sum(&senders, "retried") > 0 && sum(&senders, "refused") == 0, "{senders:?}");
        shop.stop().await
    });
}

/// A batch that was answered with `Retry-After` did not come again before that time.
fn assert_obeyed(gate: &Gate, seconds: u64) {
    let passages = gate.passages();
    let mut obeyed = 0;
    for (number, refused) in passages.iter().enumerate().filter(|(_, one)| one.pass == Pass::RetryAfter(2)) {
        if let Some(again) = passages[number + 1..].iter().find(|later| later.body == refused.body) {
            let waited = again.at - refused.at;
            assert!(waited >= Duration::from_secs(seconds), "the same batch came again after {waited:?}");
            obeyed += 1;
        }
    }
    assert!(obeyed > 0, "a batch was told to come later");
}

#[test]
fn garbage_as_acknowledgement_is_an_acknowledgement() {
    scenario::run("garbage_acknowledges", async |workdir| {
        let (shop, gate) = Shop::gated(workdir, |workload| workload.plugin(logger())).await?;
        gate.always(Pass::GarbledAnswer);
        let requests = untouched(&shop.load()?.requests(200, Script::default()).run().await)?;
        shop.connect(10).await?;
        shop.mesh.settle().await?;
        until_counted(&shop.collector, &sent(requests, 10), LIMIT, Map::is_complete).await?;
        assert_eq!(shop.stats("hogusu_batches_retried").await?, [0, 0]);
        shop.stop().await
    });
}

#[test]
fn batches_refused_for_good_are_lost_and_said_so() {
    scenario::run("refused_for_good", async |workdir| {
        let (shop, gate) = Shop::gated(workdir, |workload| workload.plugin(logger())).await?;
        let first = untouched(&shop.load()?.requests(70, Script::default()).run().await)?;
        shop.mesh.settle().await?;
        until_counted(&shop.collector, &sent(first, 0), LIMIT, Map::is_complete).await?;

        gate.always(Pass::Status(400));
        let lost = untouched(&shop.load()?.requests(40, Script::default()).run().await)?;
        shop.connect(3).await?;
        shop.mesh.settle().await?;
        for workload in BOTH {
            until_refused(&shop, workload, lost + 3).await?;
            assert!(shop.stat(workload, "hogusu_batches_refused").await? > 0);
        }
        gate.always(Pass::Forward);
        let last = untouched(&shop.load()?.requests(60, Script::default()).run().await)?;
        shop.mesh.settle().await?;
        // Each reporter lost its count of each of them.
        let said = |map: &Map| map.batches("lost_exchanges") == 2 * (lost + 3);
        let map = until_counted(&shop.collector, &sent(first + last, 0), LIMIT, said).await?;
        let findings = map.findings("lost_batches");
        assert!(map.batches("lost") >= 2 && findings.len() == 2, "{findings:?}");
        assert!(map.time_covered() < 1.0, "the time of lost batches is not covered: {}", map.0["completeness"]);
        let senders = senders(&shop.collector).await?;
        assert_eq!(sum(&senders, "refused_exchanges"), 2 * (lost + 3), "the senders say so too");
        println!("{findings:?}, {}", map.0["completeness"]);
        shop.stop().await
    });
}

/// Waits until the proxy's log says that batches with `exchanges` in all were refused.
async fn until_refused(shop: &Shop, workload: &str, exchanges: u64) -> Result<()> {
    let envoy = shop.mesh.sidecar(workload).envoy()?;
    eventually(&format!("{workload} logs {exchanges} refused exchanges"), LIMIT, async || {
        let log = envoy.log();
        let batches =
            log.lines().filter_map(|line| line.split_once("collector refused a batch of ")?.1.split_once(' '));
        let refused: u64 = batches.filter_map(|(number, _)| number.parse::<u64>().ok()).sum();
        if refused == exchanges { Seen::Done(()) } else { Seen::Waiting(refused) }
    })
    .await
}
