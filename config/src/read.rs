//! Reading a configuration: what is refused and why, and what of a refused one is still in force.

use std::ops::RangeInclusive;

use hogusu_model::Hook;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Config, Direction, MAX_TEXT, Measures, Operations, Refused, Target, Transport, Trust};

/// Version of the configuration.
pub(crate) const VERSION: u32 = 1;
const TIMEOUT_MS: RangeInclusive<u32> = 1..=60_000;
const MAX_TEMPLATES: usize = 200;

impl Config {
    /// Reads a configuration; with a refusal comes what is in force instead.
    #[must_use]
    pub fn read(json: &[u8]) -> (Self, Option<Refused>) {
        // A plugin that is given no configuration at all is given an empty one.
        if json.iter().all(u8::is_ascii_whitespace) {
            let least = format!("it is empty, and {{\"version\": {VERSION}}} is the least that it must say");
            return (Self::default(), Some(Refused(least)));
        }
        match serde_json::from_slice(json).map_err(|error| name(json, &error)).and_then(Written::check) {
            Ok(config) => (config, None),
            Err(refused) => (Self::salvage(json), Some(refused)),
        }
    }

    /// Defaults, with those of hook, direction, protocol and collector that can be read on their own, so that the refusal
    /// reaches the collector and nothing is counted on the wrong side.
    fn salvage(json: &[u8]) -> Self {
        let mut config = Self::default();
        let Some(object) = object(json) else { return config };
        if let Some(Value::Object(written)) = object.get("collector") {
            let text = |key: &str| written.get(key).and_then(Value::as_str).map(str::to_owned);
            let default = Target::default();
            let target = Target {
                envoy_cluster: text("envoy_cluster").unwrap_or_else(|| default.envoy_cluster.clone()),
                authority: text("authority").unwrap_or_else(|| default.authority.clone()),
                path: text("path").unwrap_or_else(|| default.path.clone()),
                timeout_ms: written
                    .get("timeout_ms")
                    .and_then(Value::as_u64)
                    .and_then(|millis| u32::try_from(millis).ok())
                    .filter(|millis| TIMEOUT_MS.contains(millis))
                    .unwrap_or(default.timeout_ms),
            };
            config.target = if check_target(&target).is_ok() { target } else { default };
        }
        config.hook = object.get("hook").and_then(Value::as_str).and_then(Hook::parse).unwrap_or(config.hook);
        config.direction = take(&object, "direction").unwrap_or_default();
        config.transport = take(&object, "protocol").unwrap_or_default();
        // Doubt that somebody wrote down outlives a mistake beside it.
        config.trust = take(&object, "trust").unwrap_or_default();
        config
    }
}

fn object(json: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(json) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

fn take<T: for<'a> Deserialize<'a>>(object: &Map<String, Value>, key: &str) -> Option<T> {
    object.get(key).cloned().and_then(|value| serde_json::from_value(value).ok())
}

/// A refusal that names the key: the parser's own message names only keys that are unknown, missing or written twice.
fn name(json: &[u8], error: &serde_json::Error) -> Refused {
    let found = object(json).and_then(|object| {
        object.iter().find_map(|(key, value)| {
            let error = alone(key, value).err()?;
            let inner = value.as_object().and_then(|fields| {
                fields.iter().find_map(|(field, value)| {
                    let only = Value::Object(Map::from_iter([(field.clone(), value.clone())]));
                    alone(key, &only).err().map(|error| format!("{key}.{field}: {error}"))
                })
            });
            Some(inner.unwrap_or_else(|| format!("{key}: {error}")))
        })
    });
    Refused(found.unwrap_or_else(|| error.to_string()))
}

/// Reads one key as if it were the only one.
fn alone(key: &str, value: &Value) -> Result<Written, serde_json::Error> {
    let mut object = Map::from_iter([("version".to_owned(), Value::from(VERSION))]);
    object.insert(key.to_owned(), value.clone());
    serde_json::from_value(Value::Object(object))
}

/// The configuration as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default)]
    collector: Target,
    hook: Option<String>,
    #[serde(default)]
    direction: Direction,
    #[serde(default)]
    protocol: Transport,
    flush_interval_ms: Option<u32>,
    max_edges: Option<u32>,
    max_waiting_batches: Option<u32>,
    #[serde(default)]
    measure: Measures,
    #[serde(default)]
    trust: Trust,
    #[serde(default)]
    revision: String,
}

impl Written {
    fn check(self) -> Result<Config, Refused> {
        if self.version != VERSION {
            return Err(Refused(format!("version is {}, this filter reads {VERSION}", self.version)));
        }
        let defaults = Config::default();
        let hook = match self.hook {
            None => defaults.hook,
            Some(word) => Hook::parse(&word).ok_or_else(|| {
                Refused(format!("hook is {word:?}, not access_log, upstream_log, http_filter or listener_log"))
            })?,
        };
        check_target(&self.collector)?;
        check_measures(&self.measure)?;
        if self.revision.len() > MAX_TEXT {
            return Err(Refused(format!("revision is longer than {MAX_TEXT} bytes")));
        }
        let interval = defaults.flush_interval_ms;
        let max_waiting = within("max_waiting_batches", self.max_waiting_batches, 1..=60, 12)?;
        Ok(Config {
            target: self.collector,
            hook,
            direction: self.direction,
            transport: self.protocol,
            flush_interval_ms: within("flush_interval_ms", self.flush_interval_ms, 100..=60_000, interval)?,
            max_edges: within("max_edges", self.max_edges, 1..=10_000, defaults.max_edges)?,
            max_waiting_batches: usize::try_from(max_waiting).unwrap_or(defaults.max_waiting_batches),
            measures: self.measure,
            trust: self.trust,
            revision: self.revision,
        })
    }
}

/// What goes into a request's headers is checked here, for the proxy would refuse every request that carries it.
fn check_target(target: &Target) -> Result<(), Refused> {
    for (key, text) in
        [("envoy_cluster", &target.envoy_cluster), ("authority", &target.authority), ("path", &target.path)]
    {
        if text.is_empty() || text.len() > MAX_TEXT || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refused(format!("collector.{key} is not 1 to {MAX_TEXT} printable characters without spaces")));
        }
    }
    if !target.path.starts_with('/') {
        return Err(Refused("collector.path does not start with /".into()));
    }
    within("collector.timeout_ms", Some(target.timeout_ms), TIMEOUT_MS, target.timeout_ms).map(|_| ())
}

fn check_measures(measures: &Measures) -> Result<(), Refused> {
    let templates = &measures.path_templates;
    if templates.len() > MAX_TEMPLATES {
        return Err(Refused(format!("measure.path_templates has more than {MAX_TEMPLATES} templates")));
    }
    if templates.iter().any(|template| !template.starts_with('/') || template.len() > MAX_TEXT) {
        return Err(Refused(format!(
            "measure.path_templates: a template starts with / and has at most {MAX_TEXT} bytes"
        )));
    }
    if measures.operation == Operations::PathTemplates && templates.is_empty() {
        return Err(Refused("measure.path_templates is empty, though measure.operation asks for them".into()));
    }
    Ok(())
}

fn within(key: &str, value: Option<u32>, range: RangeInclusive<u32>, default: u32) -> Result<u32, Refused> {
    match value {
        None => Ok(default),
        Some(value) if range.contains(&value) => Ok(value),
        Some(value) => Err(Refused(format!("{key} is {value}, not within {} and {}", range.start(), range.end()))),
    }
}
