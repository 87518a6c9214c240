//! Reads the file access log of a sidecar: what Envoy itself says about every exchange. Interprets nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Deserializer};

use crate::eventually::{Seen, eventually};

/// One line. Fields that Envoy logs as `-` are `None` or empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// `http`, `tcp` or `upstream` (one per attempt).
    pub kind: String,
    /// `inbound` or `outbound`.
    pub direction: String,
    pub listener: String,
    /// Seconds since the epoch with nanoseconds, as text.
    #[serde(deserialize_with = "text")]
    pub start: String,
    #[serde(deserialize_with = "nanoseconds")]
    pub duration: Option<u64>,
    #[serde(deserialize_with = "nanoseconds")]
    pub backend_latency: Option<u64>,
    #[serde(deserialize_with = "text")]
    pub cluster: String,
    #[serde(deserialize_with = "text")]
    pub upstream_host: String,
    #[serde(deserialize_with = "text")]
    pub upstream_local: String,
    #[serde(deserialize_with = "text")]
    pub downstream_remote: String,
    #[serde(deserialize_with = "text")]
    pub downstream_local: String,
    #[serde(deserialize_with = "number")]
    pub code: Option<u64>,
    /// Envoy's short codes, joined by commas; empty when there is none.
    #[serde(deserialize_with = "text")]
    pub flags: String,
    #[serde(deserialize_with = "text")]
    pub details: String,
    #[serde(deserialize_with = "number")]
    pub grpc_status: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub attempts: Option<u64>,
    #[serde(deserialize_with = "text")]
    pub downstream_peer_san: String,
    #[serde(deserialize_with = "text")]
    pub downstream_local_san: String,
    #[serde(deserialize_with = "text")]
    pub upstream_peer_san: String,
    #[serde(deserialize_with = "text")]
    pub upstream_local_san: String,
    #[serde(deserialize_with = "text")]
    pub downstream_tls: String,
    #[serde(deserialize_with = "text")]
    pub upstream_tls: String,
    #[serde(deserialize_with = "number")]
    pub connection: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub upstream_connection: Option<u64>,
    #[serde(deserialize_with = "text")]
    pub protocol: String,
    #[serde(deserialize_with = "number")]
    pub bytes_received: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub bytes_sent: Option<u64>,
    #[serde(deserialize_with = "text")]
    pub upstream_failure: String,
    #[serde(deserialize_with = "text")]
    pub termination: String,
    #[serde(deserialize_with = "text")]
    pub entry: String,
    #[serde(deserialize_with = "text")]
    pub route: String,
    #[serde(deserialize_with = "text")]
    pub method: String,
    #[serde(deserialize_with = "text")]
    pub path: String,
    #[serde(deserialize_with = "text")]
    pub authority: String,
    #[serde(deserialize_with = "text")]
    pub content_type: String,
    #[serde(deserialize_with = "text")]
    pub script: String,
    #[serde(deserialize_with = "text")]
    pub load_id: String,
    #[serde(deserialize_with = "text")]
    pub request_id: String,
    #[serde(deserialize_with = "text")]
    pub traceparent: String,
}

impl Entry {
    pub fn is(&self, direction: &str, kind: &str) -> bool {
        self.direction == direction && self.kind == kind
    }
}

/// The logs of all runs of one proxy.
#[derive(Clone, Debug)]
pub struct AccessLog {
    paths: Vec<PathBuf>,
}

impl AccessLog {
    pub fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths }
    }

    /// All complete lines so far.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for path in self.paths.iter().filter(|path| path.exists()) {
            entries.extend(read(path)?);
        }
        Ok(entries)
    }

    /// Waits until `count` entries satisfy `wanted` and returns those; more than `count` fails at once.
    pub async fn wait_for(&self, count: usize, limit: Duration, wanted: impl Fn(&Entry) -> bool) -> Result<Vec<Entry>> {
        eventually(&format!("{count} entries in the access log"), limit, async || match self.entries() {
            Err(error) => Seen::Never(format!("{error:#}")),
            Ok(mut entries) => {
                entries.retain(&wanted);
                match entries.len() {
                    found if found == count => Seen::Done(entries),
                    found if found > count => Seen::Never(format!("there are {found}")),
                    found => Seen::Waiting(found),
                }
            }
        })
        .await
    }
}

/// Counts entries by any key.
pub fn tally<K: Ord>(entries: &[Entry], key: impl Fn(&Entry) -> K) -> BTreeMap<K, u64> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(key(entry)).or_default() += 1;
    }
    counts
}

fn read(path: &Path) -> Result<Vec<Entry>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    // Envoy may be in the middle of a flush: what has no line end yet is not there yet.
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    let parse = |line: &str| serde_json::from_str(line).with_context(|| format!("access log line {line}"));
    complete.lines().map(parse).collect()
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) if text == "-" => String::new(),
        Some(serde_json::Value::String(text)) => text,
        Some(other) => other.to_string(),
    })
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(text(deserializer)?.parse().ok())
}

/// A CEL duration as text (`1m0.25s`, `4.986436ms`, `316ns`) to nanoseconds.
fn nanoseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(parse_duration(&text(deserializer)?))
}

fn parse_duration(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 6] = [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| letter != '.' && !letter.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|letter: char| letter.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let scale = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        sum += number.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    // Envoy's nanoseconds are far below 2^53: the sum is exact after rounding.
    (!text.is_empty()).then_some(sum.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_unit() {
        assert_eq!(parse_duration("316ns"), Some(316));
        assert_eq!(parse_duration("316.159us"), Some(316_159));
        assert_eq!(parse_duration("4.986436ms"), Some(4_986_436));
        assert_eq!(parse_duration("1m0.25s"), Some(60_250_000_000));
        assert_eq!(parse_duration("0"), None);
        assert_eq!(parse_duration(""), None);
    }

    #[test]
    fn a_dash_and_null_are_nothing() {
        let entry: Entry = serde_json::from_str(r#"{"flags":"-","code":null,"attempts":2,"duration":"-"}"#).unwrap();
        assert_eq!((entry.flags.as_str(), entry.code, entry.attempts, entry.duration), ("", None, Some(2), None));
    }
}
