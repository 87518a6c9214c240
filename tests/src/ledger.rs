//! A demo's account of what was sent on each edge, and its comparison with the map: equal on every edge, by every reporter.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::client::Answer;
use crate::collector::Collector;
use crate::eventually::{Seen, eventually};
use crate::load::Account;

/// What was sent on an edge: exchanges, and those among them that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub exchanges: u64,
    pub failed: u64,
}

impl Sent {
    pub fn add(&mut self, account: &Account) {
        self.exchanges += account.sent();
        let is_failure = |answer| !matches!(answer, Answer::Status(..400) | Answer::Grpc(0) | Answer::NotConnected);
        self.failed += account.count(|_, answer| is_failure(answer));
    }
}

/// (source, destination) -> what was sent.
pub type Ledger = BTreeMap<(String, String), Sent>;

/// A proxy sends every 5 s, spread over 1 s, and backs off for up to some seconds after the collector was away.
const PATIENCE: Duration = Duration::from_secs(60);
/// The demo's whole life.
const PERIOD: &str = "6h";

/// Requests in sealed slots so far.
pub async fn sealed_requests(collector: &Collector) -> Result<u64> {
    let map = collector.map(PERIOD).await?;
    let (from, sealed) = (map["from"].as_str().unwrap_or_default(), map["sealed_to"].as_str().unwrap_or_default());
    if sealed <= from {
        return Ok(0);
    }
    let sealed = collector.json(&format!("/api/v1/map?from={from}&to={sealed}")).await?;
    Ok(sealed["totals"]["requests"].as_u64().unwrap_or(0))
}

/// One edge's difference.
struct Difference {
    text: String,
    missing: u64,
    doubled: u64,
}

/// Waits until the map holds everything, prints the account, and says whether it is exact.
pub async fn report(sent: &Ledger, collector: &Collector) -> Result<bool> {
    let outcome = eventually("the map holds everything that was sent", PATIENCE, async || {
        let map = match collector.map(PERIOD).await {
            Ok(map) => map,
            Err(error) => return Seen::Waiting(format!("{error:#}")),
        };
        let differences = compare(sent, &map);
        if differences.iter().any(|difference| difference.missing > 0) {
            let lines: Vec<_> = differences.into_iter().map(|difference| difference.text).collect();
            return Seen::Waiting(lines.join("\n"));
        }
        Seen::Done((map, differences))
    })
    .await;
    let (map, differences) = match outcome {
        Ok(found) => found,
        Err(error) => {
            println!("sent and counted differ:\n{error:#}");
            return Ok(false);
        }
    };
    let total: u64 = sent.values().map(|sent| sent.exchanges).sum();
    let doubled: u64 = differences.iter().map(|difference| difference.doubled).sum();
    differences.iter().for_each(|difference| println!("{}", difference.text));
    println!("sent {total} = counted {}, doubled {doubled}", counted(&map)?);
    Ok(differences.is_empty() && counted(&map)? == total)
}

/// All exchanges that sources counted.
fn counted(map: &Value) -> Result<u64> {
    let Some(edges) = map["edges"].as_array() else { bail!("the map has no edges: {map}") };
    Ok(edges.iter().filter_map(|edge| edge["source_report"]["count"].as_u64()).sum())
}

fn compare(sent: &Ledger, map: &Value) -> Vec<Difference> {
    let edges = map["edges"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut differences = Vec::new();
    for ((source, destination), sent) in sent {
        let on_edge = |side: &str, what: &str| -> u64 {
            let matching = edges.iter().filter(|edge| {
                edge["source"]["label"].as_str() == Some(source)
                    && edge["destination"]["label"].as_str() == Some(destination)
            });
            matching.filter_map(|edge| edge[side][what].as_u64()).sum()
        };
        for side in ["source_report", "destination_report"] {
            let (count, failed) = (on_edge(side, "count"), on_edge(side, "failed"));
            if (count, failed) != (sent.exchanges, sent.failed) {
                differences.push(Difference {
                    text: format!(
                        "{source} -> {destination}: sent {} ({} failed), {side} counts {count} ({failed} failed)",
                        sent.exchanges, sent.failed
                    ),
                    missing: sent.exchanges.saturating_sub(count),
                    doubled: count.saturating_sub(sent.exchanges),
                });
            }
        }
    }
    differences
}
