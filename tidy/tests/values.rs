//! The chart's values: the file that people read and the schema that refuses name the same keys, and the file says what each does.

use hogusu_tidy::tree::{assert_none, read};
use serde_json::Value;

/// Helm's own key: it means nothing in this chart.
const OF_HELM: &str = "global";

/// Have a value, and the chart can do without: a container's requests, limits and ids are optional in Kubernetes.
const OPTIONAL: [&str; 3] = ["collector.resources.requests", "collector.resources.limits", "collector.user"];

/// One key of values.yaml.
struct Key {
    line: usize,
    /// With its parents, as `collector.image.tag`.
    path: String,
    /// What stands on its own line behind it; nothing where further keys follow below.
    value: String,
    /// The comment right above it.
    comment: String,
}

/// Keys by their indentation: the file uses no other form for what has further keys.
fn keys() -> Vec<Key> {
    let text = read("istio/values.yaml");
    let (mut found, mut comment, mut parents) = (Vec::new(), String::new(), Vec::<(usize, String)>::new());
    for (number, line) in text.lines().enumerate() {
        let content = line.trim_start();
        if let Some(words) = content.strip_prefix('#') {
            comment.push_str(words);
            continue;
        }
        if let Some((name, value)) = content.split_once(':') {
            let indent = line.len() - content.len();
            parents.retain(|(of_parent, _)| *of_parent < indent);
            parents.push((indent, name.to_owned()));
            let path = parents.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(".");
            found.push(Key { line: number + 1, path, value: value.trim().to_owned(), comment: comment.clone() });
        }
        comment.clear();
    }
    assert!(found.len() > 50, "{} keys are read", found.len());
    found
}

fn schema() -> Value {
    serde_json::from_str(&read("istio/values.schema.json")).expect("a schema in JSON")
}

/// Keys with names: an object's own, or those of a list's entries.
fn named(schema: &Value) -> Vec<(&String, &Value)> {
    let properties = schema.get("properties").or_else(|| schema.pointer("/items/properties"));
    properties.and_then(Value::as_object).into_iter().flatten().collect()
}

/// What the schema says of a path, and whether that is a key of the schema itself or one of a map with any keys.
fn place<'a>(schema: &'a Value, path: &str) -> Option<(&'a Value, bool)> {
    let mut place = (schema, true);
    for key in path.split('.') {
        place = match named(place.0).into_iter().find(|(name, _)| *name == key) {
            Some((_, inner)) => (inner, true),
            None => (place.0.get("additionalProperties").filter(|inner| inner.is_object())?, false),
        };
    }
    Some(place)
}

#[test]
fn every_value_says_what_it_does() {
    let schema = schema();
    let is_named = |key: &&Key| place(&schema, &key.path).is_none_or(|(_, is_named)| is_named);
    let bare = keys().into_iter().filter(|key| !key.value.is_empty() && key.comment.trim().is_empty());
    let offences = bare.filter(|key| is_named(&key)).map(|key| format!("istio/values.yaml:{}: {}", key.line, key.path));
    assert_none("a value has a comment right above it", &offences.collect::<Vec<_>>());
}

#[test]
fn every_value_is_in_the_schema() {
    let schema = schema();
    let unknown = keys().into_iter().filter(|key| place(&schema, &key.path).is_none());
    let offences: Vec<_> = unknown.map(|key| format!("istio/values.yaml:{}: {}", key.line, key.path)).collect();
    assert_none("istio/values.schema.json does not have it, so the chart refuses it", &offences);
}

#[test]
fn every_value_that_is_not_empty_is_required_so_that_null_does_not_take_it_away() {
    let schema = schema();
    let is_required = |path: &str| {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        let parent = if parent.is_empty() { Some(&schema) } else { place(&schema, parent).map(|(parent, _)| parent) };
        let required = parent.and_then(|parent| parent.get("required")).and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|required| required == name))
    };
    let must_be = |key: &&Key| {
        let is_empty = ["\"\"", "{}", "[]"].contains(&key.value.as_str());
        !is_empty && !OPTIONAL.contains(&key.path.as_str()) && place(&schema, &key.path).is_some_and(|(_, named)| named)
    };
    let offences: Vec<_> = keys()
        .iter()
        .filter(|key| is_required(&key.path) != must_be(key))
        .map(|key| format!("istio/values.yaml:{}: {}", key.line, key.path))
        .collect();
    assert_none("what has a value, and nothing else, is among `required` of istio/values.schema.json", &offences);
}

#[test]
fn every_key_of_the_schema_is_a_value_or_in_the_comment_of_one() {
    let (schema, keys) = (schema(), keys());
    let own = |path: &str| keys.iter().find(|key| key.path == path);
    let (mut offences, mut pending) = (Vec::new(), vec![(String::new(), &schema)]);
    while let Some((path, place)) = pending.pop() {
        for (name, inner) in named(place) {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if own(&below).is_some() {
                pending.push((below, inner));
            } else if below != OF_HELM && !own(&path).is_some_and(|key| key.comment.contains(name.as_str())) {
                offences.push(below);
            }
        }
    }
    assert_none("istio/values.yaml neither has it nor names it in the comment of the value it belongs to", &offences);
}
