//! Configuration changes while long streams are open: each stream holds the plugin's generation that it began with, and when the
//! streams end, so do the generations, and the proxy's memory comes back.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::pod::Memory;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::map;
use hogusu_tests::scenario;
use hogusu_tests::script::Script;

use crate::cast::{self, CLIENT, WEB, WEB_HTTP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);
const STREAMS: &str = "beta/streams";
const PORT: u16 = 8081;
const UPDATES: usize = 20;
/// Of each generation.
const OPEN: usize = 4;
/// Proxies whose memory is looked at: both ends of the streams.
const ENDS: [&str; 2] = [CLIENT, STREAMS];

async fn memory(lab: &IstioLab) -> Result<[Memory; 2]> {
    Ok([lab.pod(ENDS[0]).memory().await?, lab.pod(ENDS[1]).memory().await?])
}

/// What a proxy allocates once is there before anything is measured.
async fn warm_up(lab: &IstioLab) -> Result<()> {
    until_open(lab, 0).await?;
    let client = lab.pod(CLIENT);
    client.open_streams(lab.pod(STREAMS), PORT, OPEN).await?.finish().await?;
    client.load(lab.pod(WEB), WEB_HTTP).requests(1_000, &Script::status(404)).run().await.map(drop)
}

/// Waits until both ends report by this revision.
async fn until_reported(lab: &IstioLab, collector: &Collector, revision: &str) -> Result<()> {
    let labels = ENDS.map(|key| lab.pod(key).workload().label());
    eventually(&format!("both ends report revision {revision}"), LIMIT, async || {
        let senders = match map::senders(collector).await {
            Ok(senders) => senders,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let reports = |label: &String| {
            senders.iter().any(|sender| sender["workload"] == label.as_str() && sender["revision"] == revision)
        };
        if labels.iter().all(reports) { Seen::Done(()) } else { Seen::Waiting(senders.len()) }
    })
    .await
}

/// Waits until the client's proxy knows the streams' endpoint, with so many requests open to it.
async fn until_open(lab: &IstioLab, count: usize) -> Result<()> {
    let admin = lab.pod(CLIENT).admin()?;
    let host = lab.pod(STREAMS).workload().host();
    eventually(&format!("{count} streams are open"), LIMIT, async || {
        let said = match admin.get("/clusters").await {
            Ok(said) => said,
            Err(error) => return Seen::Waiting(format!("{error:#}")),
        };
        let lines = said.lines().filter(|line| line.starts_with(&format!("outbound|{PORT}||{host}::10.")));
        let active = lines.filter_map(|line| line.split_once("::rq_active::")?.1.parse::<usize>().ok());
        let active: Vec<_> = active.collect();
        let is_open = !active.is_empty() && active.iter().sum::<usize>() == count;
        if is_open { Seen::Done(()) } else { Seen::Waiting(format!("{active:?}")) }
    })
    .await
}

fn megabytes(memory: [Memory; 2]) -> String {
    let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    let one = |memory: Memory| {
        let [allocated, own, resident] = [memory.allocated, memory.anonymous, memory.resident].map(megabytes);
        format!("{allocated} allocated, {resident} resident, of which {own} are its own")
    };
    format!("source {}; destination {}", one(memory[0]), one(memory[1]))
}

/// Waits until no older generation is left at any proxy.
async fn until_alone(collector: &Collector, revision: &str) -> Result<()> {
    eventually(&format!("revision {revision} runs alone"), LIMIT, async || match map::senders(collector).await {
        Err(error) => Seen::Never(format!("{error:#}")),
        Ok(mut senders) => {
            senders.retain(|sender| sender["state"] != "closed" && sender["revision"] != revision);
            if senders.is_empty() { Seen::Done(()) } else { Seen::Waiting(senders.len()) }
        }
    })
    .await
}

/// Memory is within a fifth of what it was.
fn is_back(now: [Memory; 2], before: [Memory; 2]) -> bool {
    let is_within = |now: u64, before: u64| now * 5 <= before * 6;
    let both = |(now, before): (&Memory, &Memory)| {
        is_within(now.allocated, before.allocated) && is_within(now.anonymous, before.anonymous)
    };
    now.iter().zip(&before).all(both)
}

#[test]
fn twenty_changes_with_streams_open_give_their_memory_back_when_the_streams_end() {
    on_lab("streams", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        lab.add(&[Workload::new("beta", "streams").port("grpc", PORT)]).await?;
        warm_up(&lab).await?;
        let without = memory(&lab).await?;
        cast::apply(&lab, &cast::plugins(&lab, "0")).await?;
        lab.pod(STREAMS).wait_for_stat(cast::VMS, LIMIT, |active| active > 0).await?;
        lab.pod(STREAMS).wait_until_drained().await?;
        until_reported(&lab, &collector, "0").await?;
        warm_up(&lab).await?;
        let (client, streams) = (lab.pod(CLIENT), lab.pod(STREAMS));
        let before = memory(&lab).await?;

        let mut open = Vec::new();
        for revision in 1..=UPDATES {
            open.push(client.open_streams(streams, PORT, OPEN).await?);
            until_open(&lab, revision * OPEN).await?;
            let revision = revision.to_string();
            cast::apply_alone(&lab, &cast::plugins(&lab, &revision)).await?;
            until_reported(&lab, &collector, &revision).await?;
        }
        let height = memory(&lab).await?;
        for streams in open {
            assert_eq!(streams.finish().await?, OPEN, "a stream was broken by a change");
        }
        until_alone(&collector, &UPDATES.to_string()).await?;
        let after = eventually("memory is within a fifth of what it was", LIMIT, async || match memory(&lab).await {
            Ok(now) if is_back(now, before) => Seen::Done(now),
            other => Seen::Waiting(format!("{other:?} of {before:?}")),
        })
        .await?;
        for (when, memory) in
            [("without the plugin", without), ("before", before), ("at the height", height), ("after", after)]
        {
            scenario::say(&format!("{when}: {}", megabytes(memory)));
        }

        let count = (OPEN * (UPDATES + 1)) as u64;
        let rows = [(SOURCE, "ok", "upstream", count), (DESTINATION, "ok", "application", count)];
        let map = view::until_shown(&collector, "alpha/client-v1", "beta/streams-v1", &rows).await?;
        assert_eq!((map.batches("lost"), map.batches("unclosed_senders")), (0, 0), "{}", map.0["completeness"]);
        collector.stop().await?;
        Ok(())
    });
}
