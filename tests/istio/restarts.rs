//! A proxy ends without a word and comes back: nothing is counted twice, at most one flush interval is missing, and it is said.

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::accesslog::Entry;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::load::Account;
use hogusu_tests::map::{self, Map};
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use crate::cast::{self, CLIENT, WEB, WEB_HTTP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);
const RATE: u64 = 100;

#[test]
fn experiment() {
    on_lab("restarts", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        cast::until_revision(&collector, "1").await?;
        for (n, key) in [CLIENT, WEB].into_iter().enumerate() {
            println!("== {key}");
            let load = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).connections(4);
            let load = load.requests(10_000, &Script::status(404)).over(Duration::from_secs(100)).start()?;
            std::thread::sleep(Duration::from_secs(4));
            if n == 0 {
                println!("agent ended: {:?}", lab.pod(key).kill_envoy().await?);
            } else {
                lab.pod(key).kill_sidecar().await?;
            }
            lab.pod_mut(key).restart_sidecar().await?;
            std::thread::sleep(Duration::from_secs(4));
            let account = load.stop().await?;
            println!("{:?}", account.by_answer());
            std::thread::sleep(Duration::from_secs(8));
            let map = Map::of(&collector).await?;
            println!("{}", serde_json::to_string(&map.0)?);
            for key in [CLIENT, WEB] {
                let mut tally = std::collections::BTreeMap::<_, u64>::new();
                for e in lab.pod(key).access_log()? {
                    *tally.entry((e.direction, e.cluster, e.code, e.flags, e.details)).or_default() += 1;
                }
                println!("{key} {tally:#?}");
            }
            for sender in map::senders(&collector).await? {
                println!("S {} {} {} {} {}", sender["workload"], sender["state"], sender["sequence"], sender["last_end"], sender["cumulative"]);
            }
        }
        collector.stop().await?;
        Ok(())
    });
}
