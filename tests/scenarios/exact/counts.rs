//! Counts per edge, reporter, outcome and answered_by: as the map shows them, and as the accounts that the design names have them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use hogusu_model::{AnsweredBy, Outcome, Protocol};
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::map::Map;
use serde_json::Value;

use crate::exact::plan::Class;

/// The map has been written to after a flush; retries of a busy machine are within it.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// Who counts, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    Source,
    Attempts,
    Destination,
}

/// One side of one edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub source: String,
    pub destination: String,
    pub protocol: Protocol,
    pub port: u16,
    pub by: By,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<(Place, Class), u64>);

impl Counts {
    pub fn add(&mut self, place: Place, class: Class, count: u64) {
        if count > 0 {
            *self.0.entry((place, class)).or_default() += count;
        }
    }

    pub fn total(&self, by: By) -> u64 {
        self.0.iter().filter(|((place, _), _)| place.by == by).map(|(_, count)| count).sum()
    }

    /// Edges that anybody counted on.
    pub fn edges(&self) -> usize {
        let edges = self.0.keys().map(|(place, _)| Place { by: By::Source, ..place.clone() });
        edges.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Everything in which the two differ, for people.
    pub fn differences(&self, found: &Self) -> String {
        let keys: std::collections::BTreeSet<_> = self.0.keys().chain(found.0.keys()).collect();
        let mut text = String::new();
        for key in keys {
            let count = |counts: &Self| counts.0.get(key).copied().unwrap_or_default();
            if count(self) != count(found) {
                let (Place { source, destination, protocol, port, by }, (outcome, answered_by)) = key;
                text += &format!(
                    "\n  {source} -> {destination}:{port} {protocol} by {by:?}: {outcome} by {answered_by}: accounts {}, map {}",
                    count(self),
                    count(found)
                );
            }
        }
        text
    }
}

/// Reads every edge of a map.
pub fn of_map(map: &Value) -> Result<Counts> {
    let mut counts = Counts::default();
    for edge in map["edges"].as_array().context("a map has edges")? {
        for (by, outcomes) in [
            (By::Source, &edge["source_report"]["outcomes"]),
            (By::Attempts, &edge["source_report"]["attempts"]["outcomes"]),
            (By::Destination, &edge["destination_report"]["outcomes"]),
        ] {
            for outcome in outcomes.as_array().into_iter().flatten() {
                counts.add(place(edge, by)?, class(outcome)?, outcome["count"].as_u64().context("a count")?);
            }
        }
    }
    Ok(counts)
}

fn place(edge: &Value, by: By) -> Result<Place> {
    let word = |value: &Value| value.as_str().map(str::to_owned).context("a word");
    Ok(Place {
        source: word(&edge["source"]["label"])?,
        destination: word(&edge["destination"]["label"])?,
        protocol: Protocol::parse(&word(&edge["protocol"])?).context("a protocol")?,
        port: u16::try_from(edge["destination"]["port"].as_u64().context("a port")?)?,
        by,
    })
}

fn class(outcome: &Value) -> Result<Class> {
    let word = |name: &str| outcome[name].as_str().unwrap_or_default();
    let known = Outcome::parse(word("outcome")).zip(AnsweredBy::parse(word("answered_by")));
    known.with_context(|| format!("words of {outcome}"))
}

/// Waits until the map counts exactly what the accounts have: no more, no less, on no other edge.
pub async fn map_that_counts(collector: &Collector, expected: &Counts) -> Result<Value> {
    eventually("the map counts what the accounts have", LIMIT, async || {
        let read = async { Map::of(collector).await.and_then(|map| Ok((of_map(&map.0)?, map.0))) };
        match read.await {
            Err(error) => Seen::Never(format!("{error:#}")),
            Ok((found, map)) if found == *expected => Seen::Done(map),
            Ok((found, _)) => Seen::Waiting(Readable(expected.differences(&found))),
        }
    })
    .await
}

/// Text that debug output leaves as it is.
struct Readable(String);

impl std::fmt::Debug for Readable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
