//! Our schemas hold nothing that is not read here, and the chart's says of the plugin's configuration what the filter says.

use hogusu_config::problems;
use serde_json::{Value, json};

use super::*;

const KNOWN: [&str; 16] = [
    "$schema",
    "additionalProperties",
    "description",
    "enum",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "pattern",
    "properties",
    "required",
    "title",
];

fn chart() -> Value {
    serde_json::from_str(include_str!("../../../istio/values.schema.json")).unwrap()
}

fn walk(schema: &Value, visit: &mut impl FnMut(&Map<String, Value>)) {
    let Value::Object(keywords) = schema else { return };
    visit(keywords);
    for inner in ["additionalProperties", "items"].into_iter().filter_map(|key| keywords.get(key)) {
        walk(inner, visit);
    }
    for property in keywords.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::values) {
        walk(property, visit);
    }
}

fn declaration() -> Value {
    serde_json::from_str(include_str!("../../../docs/declare.schema.json")).unwrap()
}

#[test]
fn every_keyword_of_the_schemas_is_read() {
    every_keyword_is_read(&chart(), 100);
    every_keyword_is_read(&declaration(), 90);
}

fn every_keyword_is_read(schema: &Value, least: usize) {
    let mut seen = 0;
    walk(schema, &mut |keywords| {
        for (keyword, value) in keywords {
            assert!(keyword == "type" || KNOWN.contains(&keyword.as_str()), "{keyword}");
            let is_pattern = keyword == "pattern";
            assert!(!is_pattern || value.as_str().is_some_and(|text| Regex::new(text).is_ok()), "{value}");
            seen += 1;
        }
        let known = ["array", "boolean", "integer", "number", "object", "string"];
        let types = types(keywords);
        assert!(types.iter().all(|one| known.contains(one)), "{types:?}");
        assert_eq!(types.is_empty(), !keywords.contains_key("type"), "{keywords:?}");
    });
    assert!(seen > least, "{seen} keywords");
}

#[test]
fn of_several_types_each_will_do_and_no_other() {
    let said = |value: Value| {
        let found = findings(&json!({"type": ["string", "number"]}), &Node::in_line(&value, 1), "memory");
        found.into_iter().map(|finding| finding.said).collect::<Vec<_>>()
    };
    assert_eq!((said(json!("1Gi")), said(json!(2))), (vec![], vec![]));
    assert_eq!(said(json!(true)), ["it is a boolean, a string or a number is wanted"]);
}

/// Objects of the configuration.
const PARTS: [&str; 2] = ["measure", "trust"];

#[test]
fn the_charts_schema_and_the_filter_agree_about_the_configuration() {
    let schema = chart()["properties"]["filter"]["properties"]["config"].clone();
    let mut values: Vec<Value> =
        [0, 1, 59, 60, 61, 99, 100, 101, 9_999, 10_000, 10_001, 59_999, 60_000, 60_001].map(Value::from).to_vec();
    values.extend([
        json!(-1),
        json!(1.5),
        json!("x"),
        json!("route"),
        json!("none"),
        json!(true),
        json!([]),
        json!(["/a"]),
        json!(["a"]),
    ]);
    values.extend([
        json!(vec!["/a"; 200]),
        json!(vec!["/a"; 201]),
        json!([format!("/{}", "a".repeat(255))]),
        json!([format!("/{}", "a".repeat(256))]),
    ]);
    let keys = |of: &Value| of["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut cases = Vec::new();
    for value in &values {
        cases.extend(keys(&schema).into_iter().map(|key| json!({key: value})));
        for part in PARTS {
            let inner = keys(&schema["properties"][part]).into_iter();
            cases.extend(inner.map(|key| json!({part: {key: value}})));
        }
    }
    let mut taken = 0;
    for case in cases {
        if PARTS.iter().any(|part| case[part].is_array()) {
            // The filter takes a list of an object's values in their order; the chart does not.
            continue;
        }
        let by_schema = findings(&schema, &Node::in_line(&case, 1), "").is_empty();
        let mut whole = case.clone();
        whole["version"] = json!(1);
        assert_eq!(by_schema, problems(&whole).is_empty(), "{case}");
        taken += usize::from(by_schema);
    }
    assert!(taken > 20, "{taken} cases are taken");
}
