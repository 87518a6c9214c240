//! A collector that may use 1 GiB, flooded with edges that nobody else has, and asked about all of them many times at once.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hogusu_model::{BatchHeader, Measure};
use hogusu_tests::collector::Collector;
use hogusu_wire::{BatchWriter, encode_resource, encode_series};
use tokio::time::timeout;

use super::posts::{Busy, post};
use super::senders;
use crate::account::Account;
use crate::report::Row;
use crate::sender::now;
use crate::surroundings::Bench;

const ALLOWED: &str = "1GiB";
/// MB of it.
const GOAL: f64 = 1_073.7;
const SENDERS: u64 = 1_800;
/// Of each: so few that the batches of all connections have room on their way.
const EDGES: u64 = 500;
const QUESTIONS: u64 = 64;
const FLUSH: u64 = 5_000_000_000;
/// Beyond the longest that a question is worked on or waits.
const PATIENCE: Duration = Duration::from_secs(180);

pub async fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let folder = bench.workdir.folder("hostile")?.join("allowed");
    let collector = Collector::start(([127, 0, 0, 1], 0).into(), &folder, &["--max-memory", ALLOWED]).await?;
    let account = Account::of(&collector)?;
    let senders = if bench.quick { 3 } else { SENDERS };
    let end = now();
    let statuses = post(collector.address(), 0..senders, Busy::Again, move |number| flood(number, end)).await?;
    ensure!(statuses == [(200, senders)].into(), "answers by status: {statuses:?}");
    let taken = account.peak_memory()?;
    let answers = timeout(PATIENCE, ask(&collector)).await.context("64 questions took too long")??;
    let others: u64 = answers.iter().filter(|(status, _)| !matches!(status, 200 | 503)).map(|(_, count)| count).sum();
    let peak = account.peak_memory()?;
    Ok(vec![
        Row::new("hostile: 1 GiB allowed, 900,000 flooded edges, 64 questions at once: peak memory", peak, "MB")
            .goal(GOAL)
            .note(format!("{taken:.0} MB when they were taken; once 9.2 GB")),
        Row::new("hostile: questions answered neither with an answer nor with 503", others as f64, "1")
            .goal(0.0)
            .note(format!("by status: {answers:?}")),
    ])
}

/// Requests to workloads that nobody else calls.
fn flood(number: u64, end: u64) -> Vec<u8> {
    let header = BatchHeader { start: end - FLUSH, end, sequence: 1, cumulative: EDGES, ..BatchHeader::default() };
    let mut writer = BatchWriter::new(header.start, header.end);
    for edge in 0..EDGES {
        let series = senders::series(&format!("nobody-{number}-{edge}"), 8080);
        writer.series(Measure::Request, &encode_series(&series), &senders::one_request());
    }
    writer.finish(&encode_resource(&senders::resource(number)), &header)
}

/// Asks about different periods, so that no answer serves two; returns how many got each status.
async fn ask(collector: &Collector) -> Result<BTreeMap<u16, u64>> {
    let asked = (1..=QUESTIONS)
        .map(|minutes| async move { collector.get(&format!("/api/v1/map?since={}m&limit=1", 10 + minutes)).await });
    let mut statuses = BTreeMap::new();
    for answer in futures_util::future::join_all(asked).await {
        *statuses.entry(answer?.0).or_default() += 1;
    }
    Ok(statuses)
}
