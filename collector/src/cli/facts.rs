//! All facts of a period, fetched page by page. A population that is not whole is none: what came must be as many edges as the collector says
//! that there are, each once.

use std::collections::BTreeSet;

use hogusu_policy::Facts;
use hogusu_policy::fact::Edge;
use serde::Deserialize;

use super::CliError;
use super::fetch::Collector;
use super::span::Span;
use crate::api::parse_length;
use crate::report::Moment;
use crate::report::facts::{Facts as Page, SCHEMA};
use crate::report::observed::Observed;

const PATH: &str = "/api/v1/facts";
const STATUS: &str = "/api/v1/status";
/// Length of a period when nothing is said, nanoseconds.
const SINCE: u64 = 300_000_000_000;
/// Pages at most: a million edges.
const PAGES: usize = 1_000;
/// How often a period that changes between its pages is asked for.
const TRIES: usize = 3;

/// Of the collector's status: up to where nothing changes any more.
#[derive(Deserialize)]
struct Settled {
    sealed_to: Moment,
}

/// The facts, and the question that brought them.
pub(super) async fn fetch(collector: &Collector, span: &Span) -> Result<(Facts, String), CliError> {
    let mut question = period(collector, span).await?;
    let told = question.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let asked = if told.is_empty() { PATH.to_owned() } else { format!("{PATH}?{told}") };
    question.push(("limit", "1000".to_owned()));
    for _ in 0..TRIES {
        if let Some(facts) = whole(collector, &question).await? {
            return Ok((facts, asked));
        }
    }
    Err(CliError::Refused {
        url: format!("{}{asked}", collector.url()),
        status: "200".to_owned(),
        message: "its edges changed between two pages; ask for a period that is over, with --from and --to".to_owned(),
    })
}

/// The facts of all edges of a period that a map was made of; `None` of a collector that has none, or where they cannot be had whole.
pub(super) async fn of_map(collector: &Collector, observed: &Observed) -> Result<Option<Vec<Edge>>, CliError> {
    let question = [("from", observed.from.to_string()), ("to", observed.to.to_string()), ("limit", "1000".to_owned())];
    for _ in 0..TRIES {
        match whole(collector, &question).await {
            Ok(Some(facts)) => return Ok(Some(facts.edges)),
            Ok(None) => {}
            Err(CliError::Refused { status, .. }) if status.starts_with("404") => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Start and end of what is asked for, nanoseconds since the epoch; without an end it is where nothing changes any more.
pub(super) async fn bounds(collector: &Collector, span: &Span) -> Result<(u64, u64), CliError> {
    let sealed_to = settled(collector).await?.0;
    let read = |text: &Option<String>| text.as_deref().and_then(Moment::parse).map(|moment| moment.0);
    Ok(match read(&span.from) {
        Some(from) => (from, read(&span.to).unwrap_or(sealed_to)),
        None => (sealed_to.saturating_sub(length(span)), sealed_to),
    })
}

fn length(span: &Span) -> u64 {
    span.since.as_deref().and_then(parse_length).unwrap_or(SINCE)
}

/// Which period is asked for. Up to now one end may have told what the other has not yet, so without an end it is where nothing changes any more.
async fn period(collector: &Collector, span: &Span) -> Result<Vec<(&'static str, String)>, CliError> {
    if span.from.is_some() {
        return Ok(span.named().into_iter().filter_map(|(name, value)| Some((name, value?.clone()))).collect());
    }
    let sealed_to = settled(collector).await?;
    let from = Moment(sealed_to.0.saturating_sub(length(span)));
    Ok(vec![("from", from.to_string()), ("to", sealed_to.to_string())])
}

/// Up to where nothing changes any more.
async fn settled(collector: &Collector) -> Result<Moment, CliError> {
    let (target, body) = collector.get(STATUS, &[]).await?;
    let wrong = |error: serde_json::Error| CliError::Refused {
        url: target.clone(),
        status: "200".to_owned(),
        message: format!("no status: {error}"),
    };
    let Settled { sealed_to } = serde_json::from_slice(&body).map_err(wrong)?;
    Ok(sealed_to)
}

/// Every page of one answer; `None` where they are not of one.
async fn whole(collector: &Collector, question: &[(&str, String)]) -> Result<Option<Facts>, CliError> {
    let mut page = one(collector, question).await?;
    let observed = page.observed.clone();
    let mut next = page.next_cursor.take();
    let mut facts = page.population();
    for _ in 1..PAGES {
        let Some(cursor) = next else { break };
        let mut page = one(collector, &[("limit", "1000".to_owned()), ("cursor", cursor)]).await?;
        if page.observed.totals != observed.totals || page.observed.completeness != observed.completeness {
            return Ok(None);
        }
        next = page.next_cursor.take();
        facts.edges.append(&mut page.edges);
    }
    let ids: BTreeSet<&str> = facts.edges.iter().map(|edge| edge.id.as_str()).collect();
    let is_whole = ids.len() == facts.edges.len() && ids.len() as u64 == observed.totals.edges;
    Ok((is_whole && next.is_none()).then_some(facts))
}

async fn one(collector: &Collector, question: &[(&str, String)]) -> Result<Page, CliError> {
    let (target, body) = collector.get(PATH, question).await?;
    let wrong = |message: String| CliError::Refused { url: target.clone(), status: "200".to_owned(), message };
    let page: Page = serde_json::from_slice(&body).map_err(|error| wrong(format!("no facts: {error}")))?;
    if page.schema == SCHEMA { Ok(page) } else { Err(wrong(format!("facts of schema {}, not {SCHEMA}", page.schema))) }
}
