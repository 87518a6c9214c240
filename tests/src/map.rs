//! A collector's map as scenarios compare it: counts per edge, measure and reporter, completeness, findings. Waits until it
//! counts what was sent; knows nothing of what its words mean.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::collector::Collector;
use crate::eventually::{Seen, eventually};

/// A scenario's whole life.
const PERIOD: &str = "1h";

/// What was sent on an edge, as both of its reporters should count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent<'a> {
    pub source: &'a str,
    pub destination: &'a str,
    /// `requests` or `connections`.
    pub measure: &'a str,
    pub at_source: u64,
    pub at_destination: u64,
}

impl<'a> Sent<'a> {
    pub fn requests(source: &'a str, destination: &'a str, count: u64) -> Self {
        Self { source, destination, measure: "requests", at_source: count, at_destination: count }
    }

    pub fn connections(source: &'a str, destination: &'a str, count: u64) -> Self {
        Self { measure: "connections", ..Self::requests(source, destination, count) }
    }
}

/// All pages of a map.
#[derive(Clone, Debug)]
pub struct Map(pub Value);

impl Map {
    /// The map of everything so far.
    pub async fn of(collector: &Collector) -> Result<Self> {
        let mut whole = collector.json(&format!("/api/v1/map?since={PERIOD}&limit=1000")).await?;
        while let Some(cursor) = whole["next_cursor"].as_str() {
            let mut page = collector.json(&format!("/api/v1/map?cursor={cursor}&limit=1000")).await?;
            whole["next_cursor"] = page["next_cursor"].take();
            let more = page["edges"].take();
            if let (Some(edges), Value::Array(more)) = (whole["edges"].as_array_mut(), more) {
                edges.extend(more);
            }
        }
        Ok(Self(whole))
    }

    pub fn edges(&self) -> &[Value] {
        self.0["edges"].as_array().map_or(&[], Vec::as_slice)
    }

    /// What `side` (`source_report`, `destination_report`) counts on an edge, whatever its port and protocol.
    pub fn count(&self, source: &str, destination: &str, measure: &str, side: &str) -> u64 {
        let edges = self.edges().iter().filter(|edge| {
            edge["source"]["label"] == source
                && edge["destination"]["label"] == destination
                && edge["measure"] == measure
        });
        edges.filter_map(|edge| edge[side]["count"].as_u64()).sum()
    }

    /// What both reporters count on the edge.
    pub fn counted(&self, sent: &Sent<'_>) -> (u64, u64) {
        let of = |side| self.count(sent.source, sent.destination, sent.measure, side);
        (of("source_report"), of("destination_report"))
    }

    /// What all reporters count on all edges.
    pub fn total(&self) -> u64 {
        let sides = |edge: &Value| ["source_report", "destination_report"].map(|side| edge[side]["count"].as_u64());
        self.edges().iter().flat_map(sides).flatten().sum()
    }

    /// `time_covered.ratio`; nothing expected is nothing missing.
    pub fn time_covered(&self) -> f64 {
        self.0["completeness"]["time_covered"]["ratio"].as_f64().unwrap_or(1.0)
    }

    /// A number of `completeness.batches`.
    pub fn batches(&self, name: &str) -> u64 {
        self.0["completeness"]["batches"][name].as_u64().unwrap_or_default()
    }

    /// Texts of the findings of a kind.
    pub fn findings(&self, kind: &str) -> Vec<&str> {
        let findings = self.0["findings"].as_array().into_iter().flatten();
        findings.filter(|finding| finding["kind"] == kind).filter_map(|finding| finding["text"].as_str()).collect()
    }

    /// Everything arrived, nothing is missing, all of the time is covered.
    pub fn is_complete(&self) -> bool {
        let none = ["lost", "lost_exchanges", "unclosed_senders"].iter().all(|name| self.batches(name) == 0);
        none && self.time_covered() >= 1.0
    }
}

/// Waits until the map counts `sent` on every edge, and `also` holds. What is counted beyond that ends the wait at once.
pub async fn until_counted(
    collector: &Collector,
    sent: &[Sent<'_>],
    limit: Duration,
    also: impl Fn(&Map) -> bool,
) -> Result<Map> {
    let title = format!("the map counts {sent:?}");
    eventually(&title, limit, async || {
        let map = match Map::of(collector).await {
            Ok(map) => map,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let counted: Vec<_> = sent.iter().map(|sent| map.counted(sent)).collect();
        let wanted: Vec<_> = sent.iter().map(|sent| (sent.at_source, sent.at_destination)).collect();
        if counted.iter().zip(&wanted).any(|(counted, wanted)| counted.0 > wanted.0 || counted.1 > wanted.1) {
            return Seen::Never(format!("counted {counted:?} of {wanted:?} sent: {}", map.0));
        }
        if counted == wanted && also(&map) {
            return Seen::Done(map);
        }
        Seen::Waiting(format!("{counted:?}, {}", map.0["completeness"]))
    })
    .await
}

/// Every sender's own account, as `/api/v1/senders` shows it.
pub async fn senders(collector: &Collector) -> Result<Vec<Value>> {
    let mut page = collector.json(&format!("/api/v1/senders?since={PERIOD}&limit=1000")).await?;
    match page["senders"].take() {
        Value::Array(senders) => Ok(senders),
        other => anyhow::bail!("no senders: {other}"),
    }
}
