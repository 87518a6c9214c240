//! WasmPlugin and TrafficExtension: whether they deliver the module that is meant, harm nothing, and tell the filter the truth.

use hogusu_yaml::{Content, Node};

use super::configuration::{self, Place};
use super::listeners::{Counter, Reach, Targets};
use super::report::Finding;
use crate::schema::join;
use crate::shown::{quoted, word};

/// The `pluginName` by which a plugin object is ours.
const PLUGIN_NAME: &str = "hogusu";

/// What is wrong with an object; `None` when it brings another plugin.
pub(super) fn findings(root: &Node, what: &str, index: usize, counters: &mut Vec<Counter>) -> Option<Vec<Finding>> {
    let is_extension = root.text(&["kind"]) == "TrafficExtension";
    let (module, path) =
        if is_extension { (root.at(&["spec", "wasm"])?, "spec.wasm") } else { (root.get("spec")?, "spec") };
    if !is_ours(root, module) {
        return None;
    }
    let modes: Vec<_> =
        root.at(&["spec", "match"]).map_or(&[][..], Node::items).iter().map(|one| one.text(&["mode"])).collect();
    let direction = match modes.as_slice() {
        [] => None,
        modes if modes.iter().all(|mode| *mode == "CLIENT") => Some("outbound"),
        modes if modes.iter().all(|mode| *mode == "SERVER") => Some("inbound"),
        _ => None,
    };
    let mut found = Vec::new();
    found.extend(name(module, path));
    found.extend(url(module, path));
    found.extend(digest(module, path));
    found.extend(strategy(module, path));
    found.extend(placement(root, module, path, direction));
    found.extend(plugin_configuration(module, path, direction));
    counters.push(Counter {
        index,
        what: what.to_owned(),
        line: root.line,
        reach: Reach::of(root),
        targets: Targets::of(root),
        direction,
        is_tcp: false,
    });
    Some(found)
}

/// By its name, or by what it would load: a wrong name must not hide it.
fn is_ours(root: &Node, module: &Node) -> bool {
    let named = [module.text(&["pluginName"]), module.text(&["url"]), root.text(&["metadata", "name"])];
    named.iter().any(|name| name.contains(PLUGIN_NAME))
}

fn name(module: &Node, path: &str) -> Option<Finding> {
    let name = module.text(&["pluginName"]);
    let said = match name {
        PLUGIN_NAME => return None,
        "" => "it is missing".to_owned(),
        other => format!("it is {}", quoted(other)),
    };
    let remedy = "write pluginName: hogusu; the collector and hogusu check know our objects by it";
    Some(Finding::fail(module.line_of(&["pluginName"]), &join(path, "pluginName"), said, remedy))
}

fn url(module: &Node, path: &str) -> Option<Finding> {
    let (url, line, path) = (module.text(&["url"]), module.line_of(&["url"]), join(path, "url"));
    let remedy = "write oci://REGISTRY/hogusu/filter:VERSION, or an http(s):// address of the module";
    if url.is_empty() {
        return Some(Finding::fail(line, &path, "it is missing", remedy));
    }
    let scheme = url.split_once("://").map_or("oci", |(scheme, _)| scheme);
    if scheme == "file" {
        let said =
            "a file:// module: where the file is missing every request is answered 500, and failStrategy does not help";
        return Some(Finding::fail(line, &path, said, remedy));
    }
    let is_good = matches!(scheme, "oci" | "http" | "https") && !url.contains(char::is_whitespace);
    (!is_good)
        .then(|| Finding::fail(line, &path, format!("{} is nothing that Istio's agent can fetch", quoted(url)), remedy))
}

fn digest(module: &Node, path: &str) -> Option<Finding> {
    const REMEDY: &str =
        "write 64 hexadecimal digits in quotes: the manifest's digest for oci://, the file's for http(s)://";
    let (node, line, path) = (module.get("sha256"), module.line_of(&["sha256"]), join(path, "sha256"));
    let url = module.text(&["url"]);
    match node.map(|node| &node.content) {
        None if url.starts_with("file://") || url.contains("@sha256:") => None,
        None => Some(Finding::warn(line, &path, "it is missing: whatever the registry serves would run", REMEDY)),
        Some(Content::Text(digest)) if is_digest(digest) => None,
        Some(Content::Text(digest)) if digest.is_empty() => {
            Some(Finding::fail(line, &path, "it is empty, which waypoints refuse", REMEDY))
        }
        Some(Content::Text(digest)) if digest.starts_with("sha256:") => Some(Finding::fail(
            line,
            &path,
            "it begins with sha256:, which Istio takes for a part of the digest",
            REMEDY,
        )),
        Some(Content::Text(digest)) => {
            let said = format!("{} is no digest: {} characters", quoted(digest), digest.chars().count());
            Some(Finding::fail(line, &path, said, REMEDY))
        }
        Some(_) => {
            let said = format!("it is {}, not a string", node.map_or("empty", Node::kind));
            Some(Finding::fail(line, &path, said, REMEDY))
        }
    }
}

/// 64 hexadecimal digits in lower case, as Istio's agent compares them.
pub(super) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn strategy(module: &Node, path: &str) -> Option<Finding> {
    let strategy = module.text(&["failStrategy"]);
    let said = match strategy {
        "FAIL_OPEN" => return None,
        "" => "it is missing, which is FAIL_CLOSE: while the module cannot be had, every request is refused".to_owned(),
        "FAIL_CLOSE" => "it is FAIL_CLOSE: while the module cannot be had, every request is refused".to_owned(),
        other => format!("it is {}: when the module cannot be loaded again, requests are refused", word(other)),
    };
    let line = module.line_of(&["failStrategy"]);
    Some(Finding::warn(line, &join(path, "failStrategy"), said, "write failStrategy: FAIL_OPEN"))
}

fn placement(root: &Node, module: &Node, path: &str, direction: Option<&str>) -> Vec<Finding> {
    let mut found = Vec::new();
    let phase = root.text(&["spec", "phase"]);
    if phase != "STATS" {
        let said = if phase.is_empty() { "it is missing".to_owned() } else { format!("it is {}", word(phase)) };
        let said = format!(
            "{said}: the order among Istio's own filters is another, and requests that a policy denies may not be seen as denied"
        );
        found.push(Finding::warn(root.line_of(&["spec", "phase"]), "spec.phase", said, "write phase: STATS"));
    }
    if module.text(&["type"]) == "NETWORK" {
        let line = module.line_of(&["type"]);
        let said = "it is NETWORK: connections would be seen, not requests";
        found.push(Finding::fail(line, &join(path, "type"), said, "leave it out, or write HTTP"));
    }
    if let Some(only) = direction {
        let said = format!("only {only} traffic is measured, so that no edge is seen from both ends");
        let line = root.line_of(&["spec", "match"]);
        found.push(Finding::warn(line, "spec.match", said, "write match: [{mode: CLIENT_AND_SERVER}]"));
    }
    found
}

fn plugin_configuration(module: &Node, path: &str, direction: Option<&'static str>) -> Vec<Finding> {
    let path = join(path, "pluginConfig");
    let Some(node) = module.get("pluginConfig") else {
        let remedy = "write a configuration with version, hook and collector, as docs/configuration.md has it";
        return vec![Finding::fail(module.line, &path, "it is missing: no collector is named", remedy)];
    };
    let mut found = configuration::findings(node, &path);
    found.extend(configuration::at_place(node, &path, Place { hook: "http_filter", direction, is_tcp: false }));
    found
}
