//! What the collector says: its status, its proxies, the senders and findings of the last minutes, its metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde::de::DeserializeOwned;

use crate::api::proxies::Proxies;
use crate::api::senders::{Sender, Senders};
use crate::api::status::Status;
use crate::check::facts::{Collector as Facts, Known, Unread};
use crate::cli::CliError;
use crate::cli::fetch::Collector;
use crate::report::Map;

/// Pages of senders at most: a million.
const PAGES: usize = 1_000;
/// How names of its metrics begin.
const PREFIX: &str = "hogusu_collector_";

/// Asks for everything; whether it could be reached at all stands beside.
pub(super) async fn ask(collector: &Collector) -> (Facts, Result<(), CliError>) {
    let status = get::<Status>(collector, "/api/v1/status", &[]).await;
    let reached = match &status {
        Err(CliError::Unreachable { url, reason }) => {
            Err(CliError::Unreachable { url: url.clone(), reason: reason.clone() })
        }
        _ => Ok(()),
    };
    if reached.is_err() {
        let unread = || Unread { what: "the collector".to_owned(), why: "it cannot be reached".to_owned() };
        let facts = Facts {
            status: known("the collector", status),
            proxies: Err(unread()),
            senders: Err(unread()),
            findings: Err(unread()),
            completeness: Err(unread()),
            metrics: Err(unread()),
        };
        return (facts, reached);
    }
    let (findings, completeness) = match map(collector).await {
        Ok(Map { findings, observed, .. }) => (Ok(findings), Ok(observed.completeness)),
        Err(error) => (known("the findings", Err(&error)), known("how complete the map is", Err(&error))),
    };
    let facts = Facts {
        status: known("the collector's status", status),
        proxies: known("the expected proxies", get::<Proxies>(collector, "/api/v1/proxies", &[]).await),
        senders: known("the senders", senders(collector).await),
        findings,
        completeness,
        metrics: known("the collector's metrics", metrics(collector).await),
    };
    (facts, reached)
}

fn known<T>(what: &str, answer: Result<T, impl Display>) -> Known<T> {
    answer.map_err(|error| Unread { what: what.to_owned(), why: error.to_string() })
}

async fn get<T: DeserializeOwned>(
    collector: &Collector,
    path: &str,
    question: &[(&str, String)],
) -> Result<T, CliError> {
    let (url, body) = collector.get(path, question).await?;
    let wrong =
        |error: serde_json::Error| CliError::Refused { url, status: "200".to_owned(), message: error.to_string() };
    serde_json::from_slice(&body).map_err(wrong)
}

/// Of the last five minutes, which is what the API answers without a time.
/// A sender that moved between two pages is taken once.
async fn senders(collector: &Collector) -> Result<Vec<Sender>, CliError> {
    let (mut senders, mut known) = (Vec::new(), BTreeSet::new());
    let mut question = vec![("limit", "1000".to_owned())];
    for _ in 0..PAGES {
        let page: Senders = get(collector, "/api/v1/senders", &question).await?;
        senders.extend(page.senders.into_iter().filter(|sender| known.insert(sender.id.clone())));
        let Some(cursor) = page.next_cursor else { break };
        question = vec![("limit", "1000".to_owned()), ("cursor", cursor)];
    }
    Ok(senders)
}

/// What is about the whole of it.
async fn map(collector: &Collector) -> Result<Map, CliError> {
    get(collector, "/api/v1/map", &[("limit", "1".to_owned())]).await
}

async fn metrics(collector: &Collector) -> Result<BTreeMap<String, f64>, CliError> {
    let (_, body) = collector.get("/metrics", &[]).await?;
    let text = String::from_utf8_lossy(&body);
    let samples = text.lines().filter_map(|line| line.strip_prefix(PREFIX)?.rsplit_once(' '));
    Ok(samples.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect())
}
