//! `hogusu map`: fetches every page of the map over HTTP and renders it here.

use std::collections::BTreeSet;

use super::CliError;
use super::arguments::{Format, Map as Options};
use super::fetch::Collector;
use crate::report::map::{Map, SCHEMA};
use crate::report::{graph, table};

/// Pages of one map at most: a million edges.
const PAGES: usize = 1_000;

pub(super) fn run(options: &Options) -> Result<String, CliError> {
    let collector = Collector::new(&options.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let map = runtime.block_on(fetch(&collector, options))?;
    Ok(match options.format {
        Format::Table => table::draw(&map, table::Options { all: options.all, url: collector.url() }),
        Format::Dot => graph::dot(&map),
        Format::Mermaid => graph::mermaid(&map),
        Format::Json => super::json(&map)?,
    })
}

/// The first page names the period, its cursors the rest. An edge that moved between two pages is taken once.
async fn fetch(collector: &Collector, options: &Options) -> Result<Map, CliError> {
    let question = question(options);
    let mut map: Map = page(collector, &question).await?;
    let mut known: BTreeSet<String> = map.edges.iter().map(|edge| edge.id.clone()).collect();
    for _ in 1..PAGES {
        let Some(cursor) = map.next_cursor.take() else { break };
        let mut further: Vec<(&str, String)> = question.iter().filter(|(name, _)| is_filter(name)).cloned().collect();
        further.push(("cursor", cursor));
        let page: Map = page(collector, &further).await?;
        map.next_cursor = page.next_cursor;
        map.edges.extend(page.edges.into_iter().filter(|edge| known.insert(edge.id.clone())));
    }
    Ok(map)
}

async fn page(collector: &Collector, question: &[(&str, String)]) -> Result<Map, CliError> {
    let (target, body) = collector.get("/api/v1/map", question).await?;
    let wrong = |message: String| CliError::Refused { url: target.clone(), status: "200".to_owned(), message };
    let map: Map = serde_json::from_slice(&body).map_err(|error| wrong(format!("not a map: {error}")))?;
    if map.schema == SCHEMA { Ok(map) } else { Err(wrong(format!("a map of schema {}, not {SCHEMA}", map.schema))) }
}

fn question(options: &Options) -> Vec<(&'static str, String)> {
    let include: Vec<&str> = options.include.iter().map(|one| one.as_str()).collect();
    let given = [
        ("since", options.since.clone()),
        ("from", options.from.clone()),
        ("to", options.to.clone()),
        ("namespace", options.namespace.clone()),
        ("workload", options.workload.clone()),
        ("include", (!include.is_empty()).then(|| include.join(","))),
        ("limit", Some("1000".to_owned())),
    ];
    given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The cursor stands for the period.
fn is_filter(name: &str) -> bool {
    !matches!(name, "since" | "from" | "to")
}
