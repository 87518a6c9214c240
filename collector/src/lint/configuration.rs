//! A plugin configuration: what the filter would refuse, and what it would take and yet be wrong where it stands.

use hogusu_config::{Config, problems};
use hogusu_yaml::Node;
use serde_json::Value;

use super::report::{Finding, State};
use super::templates;
use crate::schema::join;
use crate::shown::{quoted, word};

const KEYS: &str =
    "docs/configuration.md has every key with type and range; a filter that is given this observes with defaults";

/// Where in Envoy a configuration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The hook that it must name.
    pub(super) hook: &'static str,
    /// The only direction there, where there is only one.
    pub(super) direction: Option<&'static str>,
    /// True where only TCP connections come.
    pub(super) is_tcp: bool,
}

/// What the filter would refuse, and templates that it takes for nothing.
pub(super) fn findings(node: &Node, path: &str) -> Vec<Finding> {
    let told = problems(&node.json()).into_iter().map(|problem| {
        let keys: Vec<_> = problem.key.split('.').collect();
        let said = without_key(&problem.message, &problem.key);
        Finding::fail(node.line_of(&keys), &join(path, &problem.key), said, KEYS)
    });
    told.chain(templates::findings(node, path)).collect()
}

/// The key stands before it already.
fn without_key(message: &str, key: &str) -> String {
    match message.strip_prefix(key).filter(|_| !key.is_empty()) {
        Some(rest) => rest.strip_prefix(": ").map_or_else(|| format!("it{rest}"), str::to_owned),
        None => message.to_owned(),
    }
}

/// The same of a configuration that stands as JSON in a text.
pub(super) fn in_text(text: &str, line: usize, path: &str) -> (Option<Node>, Vec<Finding>) {
    let read = if text.trim().is_empty() { Ok(Value::Null) } else { serde_json::from_str(text) };
    let value = match read {
        Ok(value) => value,
        Err(error) => {
            return (None, vec![Finding::fail(line, path, format!("it is not JSON: {error}"), KEYS)]);
        }
    };
    let node = Node::in_line(&value, line);
    let mut found = findings(&node, path);
    // A key that is written twice shows in the text alone.
    let is_taken = found.iter().all(|finding| finding.state != State::Fail);
    if let (true, (_, Some(refused))) = (is_taken, Config::read(text.as_bytes())) {
        found.push(Finding::fail(line, path, refused.0, KEYS));
    }
    (Some(node), found)
}

/// What the filter would take, and what would be wrong at this place of a mesh.
pub(super) fn at_place(node: &Node, path: &str, place: Place) -> Vec<Finding> {
    let mut found = Vec::new();
    let written = node.text(&["hook"]);
    let hook = if written.is_empty() { "access_log" } else { written };
    if hook != place.hook {
        let said = match written {
            "" => format!("it is missing, which is access_log; here the plugin is called as {}", place.hook),
            _ => format!("it is {}; here the plugin is called as {}", word(hook), place.hook),
        };
        let remedy = format!("write hook: {}; batches carry it, and what counts twice is found by it", place.hook);
        found.push(Finding::fail(node.line_of(&["hook"]), &join(path, "hook"), said, &remedy));
    }
    let direction = node.text(&["direction"]);
    if matches!(direction, "inbound" | "outbound") && place.direction != Some(direction) {
        let said = match place.direction {
            Some(only) => format!("it is {direction}; here everything is {only}"),
            None => format!("it is {direction}; here both directions come, and half would be counted at the wrong end"),
        };
        let line = node.line_of(&["direction"]);
        found.push(Finding::fail(line, &join(path, "direction"), said, "leave it out, or write auto"));
    }
    let protocol = node.text(&["protocol"]);
    if protocol == if place.is_tcp { "http" } else { "tcp" } {
        let carried = if place.is_tcp { "TCP connections" } else { "requests" };
        let said = format!("it is {protocol}; here {carried} come");
        let line = node.line_of(&["protocol"]);
        found.push(Finding::fail(
            line,
            &join(path, "protocol"),
            said,
            "leave it out, or write what the listener carries",
        ));
    }
    found.extend(collector(node, path));
    found
}

/// Istio names its Envoy clusters `outbound|PORT|SUBSET|HOST`.
fn collector(node: &Node, path: &str) -> Option<Finding> {
    const REMEDY: &str = "write outbound|4318||hogusu-collector.hogusu-system.svc.cluster.local, with port, Service and namespace of \
                          your collector; what is sent to an Envoy cluster that is not there is lost";
    let keys = ["collector", "envoy_cluster"];
    let (line, path) = (node.line_of(&keys), join(path, "collector.envoy_cluster"));
    let name = node.text(&keys);
    if name.is_empty() {
        let said = "it is missing: no Envoy cluster of Istio is named hogusu-collector";
        return Some(Finding::fail(line, &path, said, REMEDY));
    }
    let parts: Vec<_> = name.split('|').collect();
    match parts.as_slice() {
        ["outbound", port, _, host] if port.parse::<u16>().is_ok() && !host.is_empty() => None,
        ["outbound" | "inbound", ..] => {
            Some(Finding::fail(line, &path, format!("{} is not outbound|PORT|SUBSET|HOST", quoted(name)), REMEDY))
        }
        _ => Some(Finding::warn(
            line,
            &path,
            format!("{} is not an Envoy cluster that Istio makes", quoted(name)),
            REMEDY,
        )),
    }
}
