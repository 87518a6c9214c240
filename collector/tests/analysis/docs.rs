//! docs/api.md describes what is really answered: its examples parse, and every field is named in it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::ask;
use crate::world::{World, demo};

const DOCS: &str = include_str!("../../../docs/api.md");

/// The JSON blocks of the page.
fn examples() -> Vec<Value> {
    let blocks = DOCS.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error} in {block}"))).collect()
}

pub(crate) fn example(schema: &str) -> Value {
    examples()
        .into_iter()
        .find(|example| example["schema"] == schema)
        .unwrap_or_else(|| panic!("no example of {schema}"))
}

/// Names of all fields; `tls_versions` and `counts` have data for names.
fn fields(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                into.insert(name.clone());
                if name != "tls_versions" && name != "counts" {
                    fields(inner, into);
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|inner| fields(inner, into)),
        _ => {}
    }
}

async fn check(target: &str) {
    check_of(demo(), target).await;
}

async fn check_of(world: World, target: &str) {
    is_described(&ask(world, target).await.2, target);
}

/// Every field of an answer is in docs/api.md, and its example has no others.
pub(crate) fn is_described(answer: &Value, target: &str) {
    let mut real = BTreeSet::new();
    fields(answer, &mut real);
    for field in &real {
        assert!(DOCS.contains(&format!("`{field}`")), "docs/api.md does not describe `{field}` of {target}");
    }
    let mut shown = BTreeSet::new();
    fields(&example(answer["schema"].as_str().unwrap()), &mut shown);
    let unknown: Vec<_> = shown.difference(&real).collect();
    assert!(unknown.is_empty(), "docs/api.md shows fields of {target} that are never answered: {unknown:?}");
}

#[tokio::test]
async fn every_field_of_the_map_and_of_the_graph_is_described_and_none_is_invented() {
    check("/api/v1/map").await;
    check("/api/v1/graph").await;
    check("/api/v1/facts").await;
}

#[tokio::test]
async fn every_field_of_senders_status_and_one_edge_is_described() {
    check("/api/v1/senders").await;
    check("/api/v1/status").await;
    let mut watched = World::of(&["shop/checkout"]);
    watched.watched().pod("shop/checkout", "10.0.0.1");
    check_of(watched, "/api/v1/proxies").await;
    let (_, _, map) = ask(demo(), "/api/v1/map").await;
    check(&format!("/api/v1/edges/{}", map["edges"][1]["id"].as_str().unwrap())).await;
}

#[tokio::test]
async fn every_field_of_entries_impact_and_coupling_is_described() {
    check("/api/v1/entries?workload=shop/gateway").await;
    check("/api/v1/impact?workload=stock/inventory").await;
    check("/api/v1/coupling").await;
}

#[test]
fn the_example_of_the_map_is_a_map_that_reads_and_writes_back_the_same() {
    let shown = example("hogusu.map/v1");
    let map: hogusu_collector::report::Map = serde_json::from_value(shown.clone()).unwrap();
    assert_eq!(serde_json::to_value(map).unwrap(), shown);
}

#[tokio::test]
async fn the_example_of_the_graph_is_what_is_answered() {
    assert_eq!(ask(demo(), "/api/v1/graph?namespace=stock").await.2, example("hogusu.graph/v1"));
}

#[test]
fn every_kind_of_finding_and_every_word_of_a_state_is_described() {
    for kind in hogusu_collector::analysis::findings::Kind::ALL {
        assert!(DOCS.contains(&format!("`{}`", kind.as_str())), "docs/api.md does not describe {}", kind.as_str());
    }
    for state in hogusu_collector::analysis::proxies::ProxyState::ALL {
        assert!(DOCS.contains(&format!("`{}`", state.as_str())), "docs/api.md does not describe {}", state.as_str());
    }
    for outcome in hogusu_model::Outcome::ALL {
        assert!(DOCS.contains(&format!("`{outcome}`")), "docs/api.md does not describe {outcome}");
    }
    for reason in hogusu_model::Reason::ALL.iter().filter(|reason| !reason.as_str().is_empty()) {
        assert!(DOCS.contains(&format!("`{reason}`")), "docs/api.md does not describe {reason}");
    }
}
