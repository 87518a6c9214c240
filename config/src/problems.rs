//! Everything that speaks against a configuration at once, for who looks at it before it is applied. The filter itself stops at the
//! first. Each key is read by the filter's own reader, as if it stood alone.

use serde_json::{Map, Value};

use crate::read::VERSION;
use crate::{Config, Refused};

/// Objects whose keys are looked at one by one.
const PARTS: [&str; 3] = ["collector", "measure", "trust"];

/// What the filter refuses, and at which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, as `measure.bytes`; empty when it is about the whole.
    pub key: String,
    /// What is wrong.
    pub message: String,
}

/// Everything that a filter would refuse of this configuration. Empty exactly when it takes it.
#[must_use]
pub fn problems(configuration: &Value) -> Vec<Problem> {
    if configuration.is_null() {
        let (_, refused) = Config::read(b"");
        return refused.map(|Refused(message)| Problem { key: String::new(), message }).into_iter().collect();
    }
    let Value::Object(object) = configuration else {
        return vec![Problem { key: String::new(), message: "the configuration is not an object".to_owned() }];
    };
    let mut found: Vec<Problem> = Vec::new();
    for (key, piece) in object.iter().flat_map(|(key, value)| pieces(key, value)) {
        found.extend(problem(&piece, &key).filter(|new| found.iter().all(|old| old.key != new.key)));
    }
    // What no key shows alone: one that is missing, two that do not go together.
    let is_said = |new: &Problem| !new.key.is_empty() || found.iter().any(|old| old.message == new.message);
    let whole = problem(configuration, "").filter(|new| found.is_empty() || !is_said(new));
    found.extend(whole);
    found
}

/// A key, or each key of a part, and a configuration in which it is the only one.
fn pieces(key: &str, value: &Value) -> Vec<(String, Value)> {
    let only = |value: Value| {
        let mut object = Map::from_iter([("version".to_owned(), Value::from(VERSION))]);
        object.insert(key.to_owned(), value);
        Value::Object(object)
    };
    let Some(fields) = value.as_object().filter(|_| PARTS.contains(&key)) else {
        return vec![(key.to_owned(), only(value.clone()))];
    };
    let field = |(name, value): (&String, &Value)| {
        let mut taken = Map::from_iter([(name.clone(), value.clone())]);
        // The operation by path templates is read with its templates.
        if name == "operation" {
            taken.extend(fields.get("path_templates").map(|given| ("path_templates".to_owned(), given.clone())));
        }
        (format!("{key}.{name}"), only(Value::Object(taken)))
    };
    fields.iter().map(field).collect()
}

/// What is wrong with a configuration, which is about `whole` if about nothing in it.
fn problem(configuration: &Value, whole: &str) -> Option<Problem> {
    let (_, refused) = Config::read(configuration.to_string().as_bytes());
    let Refused(message) = refused?;
    // A refusal begins with the key that it is about, unless it is about one that is missing.
    if message.strip_prefix(whole).is_some_and(|rest| !whole.is_empty() && rest.starts_with([':', ' '])) {
        return Some(Problem { key: whole.to_owned(), message });
    }
    let first = message.split([':', ' ']).next().unwrap_or_default();
    let mut steps = first.split('.');
    let part = steps.next().and_then(|key| configuration.get(key));
    let is_key = match steps.next() {
        None => part.is_some(),
        Some(_) => part.is_some_and(Value::is_object),
    };
    let key = if is_key { first.to_owned() } else { whole.to_owned() };
    Some(Problem { key, message })
}
