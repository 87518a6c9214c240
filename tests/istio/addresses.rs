//! A pod's address is given to another workload while both have a proxy that reports: nothing of the one is ever shown as the
//! other's, and what cannot be told apart is said.

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::window::Window;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::map::Map;
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

const HTTP: u16 = 8080;
const LIMIT: Duration = Duration::from_secs(90);
const FIRST: &str = "alpha/first";
const SECOND: &str = "alpha/second";

/// The collector of the chart, which watches the API server, and the filter in both namespaces.
async fn start(lab: &mut IstioLab) -> Result<(Collector, Window)> {
    lab.add(&[Workload::new("alpha", "first"), Workload::new("beta", "web").http(HTTP)]).await?;
    let mut values = lab.values(json!({"namespaces": ["alpha", "beta"]}));
    values["collector"]["kubernetes"]["enabled"] = json!(true);
    lab.install_chart(&values).await?;
    let collector = lab.start_chart_collector().await?;
    for key in [FIRST, "beta/web"] {
        lab.pod(key).wait_for_stat(r"^wasm\..*\.active$", LIMIT, |active| active > 0).await?;
        lab.pod(key).wait_until_drained().await?;
    }
    Ok(collector)
}

/// So many requests to web that are answered with this status.
async fn send(lab: &IstioLab, from: &str, count: usize, status: u16) -> Result<()> {
    let load = lab.pod(from).load(lab.pod("beta/web"), HTTP).requests(count, &Script::status(status));
    let account = load.run().await?;
    assert_eq!(account.answered(Answer::Status(status)), count as u64, "{account:?}");
    Ok(())
}

/// Waits until the slot of this moment is sealed: what was sent before shares none with what comes.
async fn until_later_slot(collector: &Collector) -> Result<()> {
    // Times of one length and one zone: their order is that of their texts.
    let status = async |name: &str| -> Result<String> {
        let status = collector.json("/api/v1/status").await?;
        Ok(status[name].as_str().context("a time")?.trim_end_matches('Z').to_owned())
    };
    let sent = status("now").await?;
    eventually("the slot is sealed", LIMIT, async || match status("sealed_to").await {
        Ok(sealed) if sealed > sent => Seen::Done(()),
        other => Seen::Waiting(format!("{other:?}, {sent}")),
    })
    .await
}

/// What web's proxy reports of an edge: (404, 500).
fn reported(map: &Map, source: &str) -> (u64, u64) {
    let edge = view::edge(map, source, "beta/web-v1").unwrap_or(&Value::Null);
    let count = |outcome| view::count(edge, (DESTINATION, outcome, "application", 0));
    (count("client_error"), count("server_error"))
}

#[test]
fn an_address_that_is_given_to_another_workload_never_puts_requests_of_the_one_on_the_other() {
    on_lab("addresses", async |_, mut lab| {
        let (mut collector, _window) = start(&mut lab).await?;
        let address = lab.pod(FIRST).address();
        send(&lab, FIRST, 40, 404).await?;
        until_later_slot(&collector).await?;
        send(&lab, FIRST, 30, 404).await?;
        lab.hand_over(FIRST, &Workload::new("alpha", "second")).await?;
        assert_eq!(lab.pod(SECOND).address(), address);
        send(&lab, SECOND, 20, 500).await?;
        until_later_slot(&collector).await?;
        send(&lab, SECOND, 10, 500).await?;

        let (first, second) = ("alpha/first-v1".to_owned(), lab.pod(SECOND).workload().label());
        let map = eventually("everything that web's proxy saw is on the map", LIMIT, async || {
            let map = match Map::of(&collector).await {
                Ok(map) => map,
                Err(error) => return Seen::Never(format!("{error:#}")),
            };
            let of = [reported(&map, &first), reported(&map, &second), reported(&map, &address.to_string())];
            let (client, server) = of.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            // The second says itself what it sent, whatever its address.
            let by_itself = view::edge(&map, &second, "beta/web-v1").unwrap_or(&Value::Null);
            let by_itself = view::count(by_itself, (SOURCE, "server_error", "upstream", 0));
            if (client, server, by_itself) == (70, 30, 30) && of[1].1 >= 10 {
                Seen::Done(map)
            } else {
                Seen::Waiting(map.0.to_string())
            }
        })
        .await?;
        let (of_first, of_second) = (reported(&map, &first), reported(&map, &second));
        let unresolved = reported(&map, &address.to_string());
        println!("first {of_first:?}, second {of_second:?}, unresolved {unresolved:?}");
        assert!(of_first.0 >= 40 && of_first.1 == 0, "{of_first:?}: {}", map.0);
        assert!(of_second.1 >= 10 && of_second.0 == 0, "{of_second:?}: {}", map.0);
        let is_flagged = map.findings("ambiguous_address").iter().any(|text| text.contains(&address.to_string()));
        assert_eq!(is_flagged, unresolved != (0, 0), "{}", map.0["findings"]);
        collector.stop().await?;
        Ok(())
    });
}
