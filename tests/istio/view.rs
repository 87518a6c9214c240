//! An edge as the map shows it: counts by outcome and answerer for each reporter. Compares nothing with the harness's own words.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::map::Map;
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(60);

pub const SOURCE: &str = "source_report";
pub const DESTINATION: &str = "destination_report";

/// (reporter, outcome, answered by, count) that an edge must show.
pub type Row<'a> = (&'a str, &'a str, &'a str, u64);

/// The edge between two labels.
pub fn edge<'a>(map: &'a Map, source: &str, destination: &str) -> Option<&'a Value> {
    map.edges().iter().find(|edge| edge["source"]["label"] == source && edge["destination"]["label"] == destination)
}

/// The edge between two labels at one port of the destination.
pub fn edge_at<'a>(map: &'a Map, source: &str, destination: &str, port: u16) -> Option<&'a Value> {
    let ends = |edge: &&Value| edge["source"]["label"] == source && edge["destination"]["label"] == destination;
    map.edges().iter().filter(ends).find(|edge| edge["destination"]["port"] == port)
}

/// How often an edge's reporter saw an outcome, answered by someone.
pub fn count(edge: &Value, (side, outcome, answered_by, _): Row<'_>) -> u64 {
    let outcomes = edge[side]["outcomes"].as_array().into_iter().flatten();
    let matching = outcomes.filter(|row| row["outcome"] == outcome && row["answered_by"] == answered_by);
    matching.filter_map(|row| row["count"].as_u64()).sum()
}

/// Waits until the edge shows exactly these rows; more of one of them ends the wait.
pub async fn until_shown(collector: &Collector, source: &str, destination: &str, rows: &[Row<'_>]) -> Result<Map> {
    eventually(&format!("{source} -> {destination} shows {rows:?}"), LIMIT, async || {
        let map = match Map::of(collector).await {
            Ok(map) => map,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let Some(edge) = edge(&map, source, destination) else { return Seen::Waiting(map.0) };
        if rows.iter().any(|row| count(edge, *row) > row.3) {
            return Seen::Never(format!("it counts more: {edge}"));
        }
        if rows.iter().all(|row| count(edge, *row) == row.3) {
            return Seen::Done(map);
        }
        Seen::Waiting(edge.clone())
    })
    .await
}
