//! The chart's schema as a list of places: every value that can be set, by its JSON pointer, which is also how helm names it.

use hogusu_tests::istio::chart;
use serde_json::{Map, Value, json};

/// Belongs to Helm: it has the same meaning in every chart, and none in this one.
pub(super) const OF_HELM: &str = "/global";

/// One place, and what the schema says of it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) pointer: String,
    pub(super) schema: Value,
}

impl Place {
    fn has(&self, keyword: &str) -> bool {
        self.schema.get(keyword).is_some()
    }

    /// Keys of its own that have names; for a list, those of its entries.
    fn keys(&self) -> Vec<Self> {
        let (prefix, properties) = match (self.schema.get("properties"), self.schema.pointer("/items/properties")) {
            (Some(own), _) => (self.pointer.clone(), own),
            (None, Some(of_entries)) => (format!("{}/0", self.pointer), of_entries),
            (None, None) => return Vec::new(),
        };
        let place =
            |(key, schema): (&String, &Value)| Self { pointer: format!("{prefix}/{key}"), schema: schema.clone() };
        properties.as_object().into_iter().flatten().map(place).collect()
    }

    /// The first entry of a list, any entry of a map: where the schema says what those are.
    pub(super) fn entry(&self) -> Option<Self> {
        let inner = |keyword: &str, key: &str| {
            let schema = self.schema.get(keyword).filter(|schema| schema.is_object())?;
            Some(Self { pointer: format!("{}/{key}", self.pointer), schema: schema.clone() })
        };
        inner("items", "0").or_else(|| inner("additionalProperties", "some"))
    }

    /// Its keys that must be there once Helm has merged what it is given with the chart's own values.
    pub(super) fn required(&self) -> Vec<String> {
        let keys = self.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        keys.map(|key| format!("{}/{key}", self.pointer)).collect()
    }

    /// True where keys that the schema does not know are refused.
    pub(super) fn is_closed(&self) -> bool {
        self.schema["additionalProperties"] == json!(false)
    }

    /// A value of a type that the schema does not allow here.
    pub(super) fn wrong(&self) -> Value {
        let types = &self.schema["type"];
        let allows = |word: &str| types == word || types.as_array().is_some_and(|all| all.contains(&json!(word)));
        match (allows("string") || self.has("enum"), allows("number")) {
            (true, true) => json!(true),
            (true, false) => json!(7),
            (false, _) => json!("wrong"),
        }
    }

    /// Each value that it may have, where those are few.
    pub(super) fn choices(&self) -> Vec<Value> {
        match self.schema.get("enum").and_then(Value::as_array) {
            Some(choices) => choices.clone(),
            None if self.schema["type"] == "boolean" => vec![json!(false), json!(true)],
            None => Vec::new(),
        }
    }
}

/// Every place: objects and lists, and what is in them.
pub(super) fn places() -> Vec<Place> {
    let text = std::fs::read_to_string(chart::folder().join("values.schema.json")).expect("the chart's schema");
    let schema = serde_json::from_str(&text).expect("a schema in JSON");
    let mut found = vec![Place { pointer: String::new(), schema }];
    let mut next = 0;
    while let Some(place) = found.get(next) {
        let keys = place.keys();
        found.extend(keys);
        next += 1;
    }
    assert!(found.len() > 80, "{} places", found.len());
    found
}

/// Places at which the chart has values of its own, as pointers: those that must keep one, and those that `null` may take away.
pub(super) fn required_and_optional() -> (Vec<String>, Vec<String>) {
    let places = places();
    let required: Vec<_> = places.iter().flat_map(Place::required).collect();
    let holders = places.iter().filter(|place| place.pointer.is_empty() || required.contains(&place.pointer));
    let mut optional: Vec<_> = holders.flat_map(Place::keys).map(|place| place.pointer).collect();
    optional.retain(|pointer| !required.contains(pointer) && pointer != OF_HELM);
    assert!(required.len() > 30 && optional.len() > 15, "{required:?}, {optional:?}");
    (required, optional)
}

/// Places that have no named keys: what a user writes a value at.
pub(super) fn leaves() -> Vec<Place> {
    places().into_iter().filter(|place| place.keys().is_empty()).collect()
}

/// Puts a value at a pointer; objects and lists on the way are made.
pub(super) fn put(values: &mut Value, pointer: &str, value: Value) {
    let Some((key, rest)) = pointer.strip_prefix('/').map(|path| path.split_once('/').unwrap_or((path, ""))) else {
        *values = value;
        return;
    };
    let rest = if rest.is_empty() { String::new() } else { format!("/{rest}") };
    if key == "0" {
        if !values.is_array() {
            *values = json!([null]);
        }
        return put(&mut values[0], &rest, value);
    }
    if !values.is_object() {
        *values = Value::Object(Map::new());
    }
    put(&mut values[key], &rest, value);
}
