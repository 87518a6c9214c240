//! A proxy ends without a word and comes back: nothing is counted twice, nothing is missing but what came after the last batch of
//! each of its workers, and it is said.

mod moment;
mod victim;

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::istio::app::RunningLoad;
use hogusu_tests::map::{self, Map};
use hogusu_tests::script::Script;
use serde_json::Value;

use crate::cast::{self, CLIENT, WEB, WEB_HTTP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};
use victim::Victim;

const LIMIT: Duration = Duration::from_secs(60);
/// Seconds: a flush interval of the cast's plugins, and what a batch waits beyond it; see docs/troubleshooting.md, collector-lost.
const INTERVAL: f64 = 0.5 * 1.2;
/// Seconds that a busy machine may add. A worker that counts nothing tells so at every sixth interval only.
const BUSY: f64 = 10.0;
const REQUESTS_A_SECOND: u64 = 100;
/// A load goes on until it is stopped: longer than all waits of its time may take.
const SECONDS: u64 = 600;
/// Connections of a load: each has one request under way at most.
const CONNECTIONS: usize = 4;
const WORKERS: usize = 2;
/// Senders of one proxy: its workers and the main thread, which counts nothing.
const SENDERS: usize = WORKERS + 1;
/// Every request asks for it; nothing else answers so.
const ASKED: u64 = 404;

/// A load during which a proxy was killed and restarted.
#[derive(Debug)]
struct Outage {
    /// By the collector's clock, in seconds since the epoch.
    began: f64,
    /// Up to here everything was told before the proxy was killed.
    told: f64,
    /// The proxy was gone, and the next one not there.
    killed: f64,
    /// What the application answered, by those who asked.
    answered: u64,
}

fn load(lab: &IstioLab) -> Result<RunningLoad> {
    let count = usize::try_from(REQUESTS_A_SECOND * SECONDS)?;
    let load = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).connections(CONNECTIONS);
    load.requests(count, &Script::status(404)).over(Duration::from_secs(SECONDS)).start()
}

/// The collector's clock, in seconds since the epoch.
async fn now(collector: &Collector) -> Result<f64> {
    let status = collector.json("/api/v1/status").await?;
    moment::of_collector(status["now"].as_str().context("a time")?)
}

/// Up to when a sender told, in seconds since the epoch.
fn told_to(sender: &Value) -> f64 {
    sender["last_end"].as_str().and_then(|text| moment::of_collector(text).ok()).unwrap_or_default()
}

/// When the witness began what it logged of answers of the application, in seconds since the epoch.
fn logged(lab: &IstioLab, witness: Victim) -> Vec<f64> {
    let entries = lab.pod(witness.key()).access_log().expect("an access log");
    let asked = entries.iter().filter(|entry| entry.is(witness.direction(), "http") && entry.code == Some(ASKED));
    asked.map(|entry| entry.start.parse().expect("seconds")).collect()
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

/// Waits until all that happened until now is told: the last batch of every sender of both ends reaches beyond it. The time.
async fn until_told(lab: &IstioLab, collector: &Collector) -> Result<f64> {
    let now = now(collector).await?;
    let labels = [CLIENT, WEB].map(|key| lab.pod(key).workload().label());
    eventually("every sender has told what was until now", LIMIT, async || {
        let senders = match map::senders(collector).await {
            Ok(senders) => senders,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let running: Vec<_> = senders.iter().filter(|sender| sender["state"] == "running").collect();
        let have_told = labels.iter().all(|label| {
            let of_proxy = || running.iter().filter(|sender| sender["workload"] == label.as_str());
            of_proxy().count() == SENDERS && of_proxy().all(|sender| told_to(sender) > now)
        });
        if have_told { Seen::Done(now) } else { Seen::Waiting(format!("{now}: {senders:?}")) }
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

/// Kills a proxy under load, waits until the next one counts, and ends the load; all of it is told when this returns.
async fn kill_under_load(lab: &mut IstioLab, collector: &Collector, victim: Victim) -> Result<Outage> {
    let (began, before) = (now(collector).await?, counted(collector).await?.of(victim.side()));
    let running = load(lab)?;
    until_more(collector, victim.side(), before + 2 * REQUESTS_A_SECOND).await?;
    let told = until_told(lab, collector).await?;
    victim.kill(lab).await?;
    let killed = now(collector).await?;
    lab.pod_mut(victim.key()).restart_sidecar().await?;
    let back = counted(collector).await?.of(victim.side());
    until_more(collector, victim.side(), back + 2 * REQUESTS_A_SECOND).await?;
    let account = running.stop().await?;
    let all = account.count(|_, _| true);
    let answered = account.answered(Answer::Status(404));
    assert!(answered < all, "no request met the proxy's absence: {account:?}");
    until_told(lab, collector).await?;
    Ok(Outage { began, told, killed, answered })
}

/// Waits until the witness's log has all that it counted, and so many senders are said to have vanished.
async fn until_said(
    lab: &IstioLab,
    collector: &Collector,
    (witness, before, began): (Victim, u64, f64),
    unclosed: usize,
) -> Result<Counts> {
    eventually(&format!("{witness:?} has logged what it counts, {unclosed} senders are unclosed"), LIMIT, async || {
        let counts = match counted(collector).await {
            Ok(counts) => counts,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let happened = logged(lab, witness).into_iter().filter(|start| *start >= began).count() as u64;
        let is_said = counts.map.batches("unclosed_senders") == unclosed as u64;
        if is_said && counts.of(witness.side()) == before + happened {
            return Seen::Done(counts);
        }
        Seen::Waiting(format!("{before} and {happened}: {counts:?}"))
    })
    .await
}

/// Up to when every worker of a killed proxy told what it counted. One that told of no request ever did so at least until all told.
async fn victim_told_to(lab: &IstioLab, collector: &Collector, (victim, outage): (Victim, &Outage)) -> Result<f64> {
    let label = lab.pod(victim.key()).workload().label();
    let mut senders = map::senders(collector).await?;
    senders.retain(|one| one["workload"] == label.as_str() && one["state"] == "unclosed" && one["exchanges"] != 0);
    let idle = std::iter::repeat_n(outage.told, WORKERS.saturating_sub(senders.len()));
    senders.iter().map(told_to).chain(idle).min_by(f64::total_cmp).context("no worker")
}

/// What a proxy that was killed did not tell came after its last batches, and the map says that it is missing.
async fn assert_missing(
    lab: &IstioLab,
    collector: &Collector,
    (victim, outage): (Victim, &Outage),
    (before, counts): (&Counts, &Counts),
) -> Result<()> {
    let [happened, reported] = [victim.witness(), victim].map(|end| counts.of(end.side()) - before.of(end.side()));
    assert!(reported <= happened, "{victim:?} counts {reported} of {happened}: some twice");
    let told_to = victim_told_to(lab, collector, (victim, outage)).await?;
    let untold_for = outage.killed - told_to;
    assert!(untold_for < INTERVAL + BUSY, "{victim:?} told nothing for {untold_for} s before it was killed");
    let untold = |start: &f64| (told_to..=outage.killed).contains(start);
    // What began before may have been under way, one request on each connection.
    let at_most = logged(lab, victim.witness()).iter().filter(|start| untold(start)).count() + CONNECTIONS;
    assert!(
        happened - reported <= at_most as u64,
        "{victim:?} counts {reported} of {happened}, {at_most} may be missing"
    );
    assert!(counts.map.time_covered() < 1.0, "{}", counts.map.0["completeness"]);
    let (said, label) = (counts.map.findings("unclosed_senders"), lab.pod(victim.key()).workload().label());
    assert!(said.iter().any(|text| text.starts_with(&label)), "{said:?}");
    assert_eq!((counts.map.batches("lost"), counts.map.batches("lost_exchanges")), (0, 0), "no batch was lost");
    Ok(())
}

#[test]
fn a_proxy_that_is_killed_and_restarted_doubles_nothing_and_misses_what_came_after_its_last_batches_and_says_so() {
    on_lab("restarts", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        cast::until_revision(&collector, "1").await?;
        let mut before = counted(&collector).await?;
        for (victim, unclosed) in [(Victim::Source, SENDERS), (Victim::Destination, 2 * SENDERS)] {
            let outage = kill_under_load(&mut lab, &collector, victim).await?;
            let (witness, side) = (victim.witness(), victim.witness().side());
            let counts = until_said(&lab, &collector, (witness, before.of(side), outage.began), unclosed).await?;
            let happened = counts.of(side) - before.of(side);
            let is_right = match victim {
                // Its last answers may not have reached those who asked.
                Victim::Source => happened >= outage.answered,
                Victim::Destination => happened == outage.answered,
            };
            assert!(is_right, "{outage:?}, {witness:?} counts {happened}");
            assert_missing(&lab, &collector, (victim, &outage), (&before, &counts)).await?;
            before = counts;
        }
        collector.stop().await?;
        Ok(())
    });
}
