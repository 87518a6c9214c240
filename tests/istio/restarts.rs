//! A proxy ends without a word and comes back: nothing is counted twice, at most one flush interval is missing, and it is said.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::istio::app::RunningLoad;
use hogusu_tests::map::Map;
use hogusu_tests::script::Script;
use serde_json::Value;

use crate::cast::{self, CLIENT, WEB, WEB_HTTP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);
const REQUESTS_A_SECOND: u64 = 100;
/// Requests that one flush interval of 500 ms holds, with a fifth more that a batch may wait before it goes and as much again for
/// its way: they are spread over the workers, and so is what is missing.
const ONE_INTERVAL: u64 = REQUESTS_A_SECOND / 2 * 7 / 5;
/// Senders of one proxy: two workers and the main thread, which counts nothing.
const SENDERS: u64 = 3;
/// Every request asks for it; nothing else answers so.
const ASKED: u64 = 404;

fn load(lab: &IstioLab) -> Result<RunningLoad> {
    let seconds = 100;
    let count = usize::try_from(REQUESTS_A_SECOND * seconds)?;
    let load = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).connections(4);
    load.requests(count, &Script::status(404)).over(Duration::from_secs(seconds)).start()
}

/// How often Envoy itself logged requests with this answer of the application.
fn logged(lab: &IstioLab, key: &str, direction: &str) -> u64 {
    let entries = lab.pod(key).access_log().expect("an access log");
    entries.iter().filter(|entry| entry.is(direction, "http") && entry.code == Some(ASKED)).count() as u64
}

/// Waits until the reporter counts more such requests than before.
async fn until_more(collector: &Collector, side: &str, than: u64) -> Result<()> {
    eventually(&format!("{side} counts more than {than}"), LIMIT, async || match counted(collector).await {
        Err(error) => Seen::Never(format!("{error:#}")),
        Ok(counts) if counts.of(side) > than => Seen::Done(()),
        Ok(counts) => Seen::Waiting(counts),
    })
    .await
}

/// What both reporters count of requests that the application answered.
#[derive(Debug)]
struct Counts {
    source: u64,
    destination: u64,
    map: Map,
}

impl Counts {
    fn of(&self, side: &str) -> u64 {
        if side == SOURCE { self.source } else { self.destination }
    }
}

async fn counted(collector: &Collector) -> Result<Counts> {
    let map = Map::of(collector).await?;
    let edge = view::edge(&map, "alpha/client-v1", "beta/web-v1").unwrap_or(&Value::Null);
    let source = view::count(edge, (SOURCE, "client_error", "upstream", 0));
    let destination = view::count(edge, (DESTINATION, "client_error", "application", 0));
    Ok(Counts { source, destination, map })
}

/// Waits until the reporter that went on counts exactly what there was, and so many senders are said to have vanished.
async fn until_said(collector: &Collector, side: &str, unclosed: u64, happened: impl Fn() -> u64) -> Result<Counts> {
    eventually(&format!("{side} counts exactly, {unclosed} senders are unclosed"), LIMIT, async || {
        let counts = match counted(collector).await {
            Ok(counts) => counts,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let happened = happened();
        if counts.of(side) == happened && counts.map.batches("unclosed_senders") == unclosed {
            return Seen::Done(counts);
        }
        Seen::Waiting(format!("of {happened}: {counts:?}"))
    })
    .await
}

/// What a proxy that was killed did not tell is at most one interval of its time, and the map says that it is missing.
fn assert_missing(counts: &Counts, side: &str, happened: u64, label: &str) {
    let reported = counts.of(side);
    assert!(reported <= happened, "{side} counts {reported} of {happened}: some twice");
    assert!(happened - reported <= ONE_INTERVAL, "{side} counts {reported} of {happened}");
    assert!(counts.map.time_covered() < 1.0, "{}", counts.map.0["completeness"]);
    let said = counts.map.findings("unclosed_senders");
    assert!(said.iter().any(|text| text.starts_with(label)), "{said:?}");
    assert_eq!((counts.map.batches("lost"), counts.map.batches("lost_exchanges")), (0, 0), "no batch was lost");
}

#[test]
fn a_proxy_that_is_killed_and_restarted_doubles_nothing_and_misses_one_flush_interval_that_is_said() {
    on_lab("restarts", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        cast::until_revision(&collector, "1").await?;

        // Envoy of the source: the agent ends with it.
        let running = load(&lab)?;
        until_more(&collector, SOURCE, 2 * REQUESTS_A_SECOND).await?;
        lab.pod(CLIENT).kill_envoy().await?;
        lab.pod_mut(CLIENT).restart_sidecar().await?;
        until_more(&collector, SOURCE, counted(&collector).await?.source + 2 * REQUESTS_A_SECOND).await?;
        let account = running.stop().await?;
        let answered = account.answered(Answer::Status(404));
        assert!(answered < account.count(|_, _| true), "no request met the proxy's absence: {account:?}");
        let counts = until_said(&collector, DESTINATION, SENDERS, || logged(&lab, WEB, "inbound")).await?;
        assert!(counts.destination >= answered, "{answered} were answered: {counts:?}");
        assert_missing(&counts, SOURCE, counts.destination, "alpha/client-v1");

        // Agent and Envoy of the destination, as their container ends.
        let before = (counts.source, counts.destination);
        let running = load(&lab)?;
        until_more(&collector, DESTINATION, before.1 + 2 * REQUESTS_A_SECOND).await?;
        lab.pod(WEB).kill_sidecar().await?;
        lab.pod_mut(WEB).restart_sidecar().await?;
        until_more(&collector, DESTINATION, counted(&collector).await?.destination + 2 * REQUESTS_A_SECOND).await?;
        let account = running.stop().await?;
        let answered = account.answered(Answer::Status(404));
        assert!(answered < account.count(|_, _| true), "no request met the proxy's absence: {account:?}");
        // The source's proxy went on, so it counts every answer; what the destination's own log lost it lost with its last second.
        let counts = until_said(&collector, SOURCE, 2 * SENDERS, || before.0 + answered).await?;
        assert_missing(&counts, DESTINATION, before.1 + answered, "beta/web-v1");
        collector.stop().await?;
        Ok(())
    });
}
