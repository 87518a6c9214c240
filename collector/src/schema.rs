//! The part of JSON Schema that our schemas of files use: the chart's values, declarations. A keyword that is not known here fails the test
//! that reads them. What to do about a value is said here where its type tells it, else by who knows the file.

use hogusu_yaml::{Content, Node};
use regex::Regex;
use serde_json::{Map, Value};

use crate::shown::quoted;

/// Said of a key that must be there.
pub(crate) const MISSING: &str = "it is missing";

/// What a schema says against a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// Where in the file, from 1.
    pub(crate) line: usize,
    /// Which key, as `leave_out[2].principal`.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) said: String,
    /// What to do, where its type tells it.
    pub(crate) remedy: Option<String>,
}

impl Broken {
    fn of(line: usize, path: &str, said: impl Into<String>) -> Self {
        Self { line, path: path.to_owned(), said: said.into(), remedy: None }
    }
}

/// All that a schema says against a value.
pub(crate) fn findings(schema: &Value, node: &Node, path: &str) -> Vec<Broken> {
    let Value::Object(schema) = schema else { return Vec::new() };
    let fail = |said: String| vec![Broken::of(node.line, path, said)];
    let wanted = types(schema);
    if !wanted.is_empty() && !wanted.iter().any(|wanted| is_of(node, wanted)) {
        let words: Vec<_> = wanted.iter().map(|wanted| article(wanted)).collect();
        let remedy = node.quoted().filter(|_| wanted.contains(&"string"));
        let said = format!("it is {}, {} is wanted", node.described(), words.join(" or "));
        return vec![Broken { remedy, ..Broken::of(node.line, path, said) }];
    }
    if let Some(Value::Array(allowed)) = schema.get("enum")
        && !allowed.contains(&node.json())
    {
        let words: Vec<_> = allowed.iter().filter_map(Value::as_str).collect();
        return fail(format!("it is {}, one of {} is wanted", node.json(), words.join(", ")));
    }
    let mut found: Vec<_> = bound(schema, node).into_iter().flat_map(fail).collect();
    for (number, item) in node.items().iter().enumerate() {
        let of_items = schema.get("items").map(|items| findings(items, item, &format!("{path}[{number}]")));
        found.extend(of_items.into_iter().flatten());
    }
    found.extend(of_object(schema, node, path));
    found
}

/// `path.key`, or the one of them that is not empty.
pub(crate) fn join(path: &str, key: &str) -> String {
    match (path, key) {
        ("", key) => key.to_owned(),
        (path, "") => path.to_owned(),
        (path, key) => format!("{path}.{key}"),
    }
}

fn of_object(schema: &Map<String, Value>, node: &Node, path: &str) -> Vec<Broken> {
    let mut found = Vec::new();
    let known = schema.get("properties").and_then(Value::as_object);
    for entry in node.entries() {
        let path = join(path, &entry.key);
        match (known.and_then(|known| known.get(&entry.key)), schema.get("additionalProperties")) {
            (Some(inner), _) | (None, Some(inner @ Value::Object(_))) => {
                found.extend(findings(inner, &entry.value, &path));
            }
            (None, Some(Value::Bool(false))) => {
                let names: Vec<_> = known.into_iter().flat_map(Map::keys).map(String::as_str).collect();
                let said = format!("unknown key; known here are {}", names.join(", "));
                found.push(Broken::of(entry.line, &path, said));
            }
            _ => {}
        }
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for key in required.filter(|key| node.get(key).is_none()) {
        found.push(Broken::of(node.line, &join(path, key), MISSING));
    }
    found
}

/// The first bound that a value breaks.
fn bound(schema: &Map<String, Value>, node: &Node) -> Option<String> {
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    let length = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
    match &node.content {
        Content::Number(value) => {
            let value = value.as_f64()?;
            let low = number("minimum").filter(|bound| value < *bound);
            let high = number("maximum").filter(|bound| value > *bound);
            low.map(|bound| format!("it is {value}, at least {bound} is wanted"))
                .or_else(|| high.map(|bound| format!("it is {value}, at most {bound} is wanted")))
        }
        Content::Text(text) => {
            let pattern = schema.get("pattern").and_then(Value::as_str);
            let breaks = pattern.filter(|pattern| Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text)));
            breaks
                .map(|pattern| format!("{} is not of the form {pattern}", quoted(text)))
                .or_else(|| sized(text.chars().count(), length("minLength"), length("maxLength"), "characters"))
        }
        Content::List(items) => sized(items.len(), length("minItems"), length("maxItems"), "entries"),
        Content::Object(entries) => sized(entries.len(), length("minProperties"), None, "keys"),
        Content::Null | Content::Bool(_) => None,
    }
}

fn sized(found: usize, low: Option<usize>, high: Option<usize>, what: &str) -> Option<String> {
    let (low, high) = (low.filter(|bound| found < *bound), high.filter(|bound| found > *bound));
    low.map(|bound| format!("it has {found} {what}, at least {bound} are wanted"))
        .or_else(|| high.map(|bound| format!("it has {found} {what}, at most {bound} are wanted")))
}

/// One, or several of which each will do.
fn types(schema: &Map<String, Value>) -> Vec<&str> {
    let wanted = schema.get("type");
    let several = wanted.and_then(Value::as_array).into_iter().flatten();
    wanted.into_iter().chain(several).filter_map(Value::as_str).collect()
}

fn is_of(node: &Node, wanted: &str) -> bool {
    match (&node.content, wanted) {
        (Content::Number(number), "integer") => number.is_i64() || number.is_u64(),
        (Content::Object(_), "object")
        | (Content::List(_), "array")
        | (Content::Text(_), "string")
        | (Content::Bool(_), "boolean")
        | (Content::Number(_), "number") => true,
        _ => false,
    }
}

fn article(wanted: &str) -> &'static str {
    match wanted {
        "integer" => "an integer",
        "object" => "an object",
        "array" => "a list",
        "string" => "a string",
        "boolean" => "a boolean",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests;
