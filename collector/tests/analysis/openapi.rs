//! What the API says of itself is committed, complete, and written for those who read it. Whether answers are so: `make schema-test`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use serde_json::Value;

use crate::api::ask;
use crate::world::World;

async fn document() -> Value {
    let (status, headers, document) = ask(World::new(), "/api/v1/openapi.json").await;
    assert_eq!((status, &headers["content-type"]), (StatusCode::OK, &"application/json".parse().unwrap()));
    document
}

/// Every object within a value, with the name that it has there.
fn objects(name: &str, value: &Value, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(entries) => {
            into.push((name.to_owned(), value.clone()));
            entries.iter().for_each(|(name, inner)| objects(name, inner, into));
        }
        Value::Array(all) => all.iter().for_each(|inner| objects(name, inner, into)),
        _ => {}
    }
}

#[tokio::test]
async fn what_is_committed_is_what_is_served() {
    let served = format!("{}\n", serde_json::to_string_pretty(&document().await).unwrap());
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    if std::env::var_os("HOGUSU_BLESS").is_some() {
        fs::write(&place, &served).unwrap();
    }
    let committed = fs::read_to_string(&place).unwrap_or_default();
    let differs = served.lines().zip(committed.lines()).find(|(served, committed)| served != committed);
    assert!(
        served == committed,
        "docs/openapi.json is not what is served; `make openapi` writes it. First: {differs:?}"
    );
}

#[tokio::test]
async fn every_address_takes_the_parameters_that_are_described_and_no_others() {
    let document = document().await;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let place = path.replace("{id}", "a").replace("{name}", "a");
        let (status, _, problem) = ask(World::new(), &format!("{place}?nonsense=1")).await;
        assert_eq!(
            (status, &problem["error"]["code"]),
            (StatusCode::BAD_REQUEST, &"unknown_parameter".into()),
            "{path}"
        );
        let remedy = problem["error"]["remedy"].as_str().unwrap();
        let known = remedy.strip_prefix("known: ").unwrap_or_default();
        let known: BTreeSet<&str> = known.split(", ").filter(|name| !name.is_empty()).collect();
        let parameters = operations["get"]["parameters"].as_array().unwrap().iter();
        let asked = parameters.filter(|one| one["in"] == "query").map(|one| one["name"].as_str().unwrap());
        assert_eq!(asked.collect::<BTreeSet<_>>(), known, "{path}");
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_definition_is_used() {
    let (document, mut all) = (document().await, Vec::new());
    objects("", &document, &mut all);
    let references: BTreeSet<String> = all
        .iter()
        .filter_map(|(_, object)| Some(object.get("$ref")?.as_str()?.trim_start_matches('#').to_owned()))
        .collect();
    for reference in &references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    for (kind, entries) in document["components"].as_object().unwrap() {
        for name in entries.as_object().unwrap().keys() {
            assert!(references.contains(&format!("/components/{kind}/{name}")), "{kind} {name}");
            assert!(!name.ends_with(|char: char| char.is_ascii_digit()), "two types are called {name}");
        }
    }
}

#[tokio::test]
async fn every_field_is_described_in_words_of_json() {
    let (document, mut all) = (document().await, Vec::new());
    objects("", &document, &mut all);
    for (name, object) in &all {
        if let Some(Value::String(text)) = object.get("description") {
            for foreign in ["None", "crate::", "[`", "\n"] {
                assert!(!text.contains(foreign), "{name}: {text:?}");
            }
        }
        if let Some(Value::Object(properties)) = object.get("properties") {
            for (property, schema) in properties {
                assert!(schema["description"].is_string(), "{property} of {name} is not described");
            }
        }
    }
}
