//! Values of the chart: by the chart's own schema, and by what the chart makes of them.

use hogusu_yaml::{Content, Entry, Node};
use serde_json::Value;

use super::configuration;
use super::refused;
use super::report::Finding;
use crate::schema;

const SCHEMA: &str = include_str!("../../../istio/values.schema.json");
const REMEDY: &str = "istio/values.yaml explains every value";
const VALUES: &str = include_str!("../../../istio/values.yaml");

/// Keys of the plugin's configuration that the chart writes.
const WRITTEN_BY_CHART: [&str; 6] = ["version", "collector", "hook", "direction", "protocol", "revision"];

/// What is wrong with them.
pub(super) fn findings(root: &Node) -> Vec<Finding> {
    let given = root;
    let root = &match hogusu_yaml::read(VALUES).ok().and_then(|mut documents| documents.pop()) {
        Some(own) => merged(given, &own.root, given.line),
        None => given.clone(),
    };
    let mut found = match serde_json::from_str::<Value>(SCHEMA) {
        Ok(schema) => {
            schema::findings(&schema, root, "").into_iter().map(|broken| Finding::broken(broken, REMEDY)).collect()
        }
        Err(error) => {
            vec![Finding::fail(root.line, "", format!("the chart's schema cannot be read: {error}"), "report this")]
        }
    };
    // What the filter says of its configuration says more. That it takes `null` for nothing does not help: Helm refuses it there.
    let config = root.at(&["filter", "config"]);
    let by_filter: Vec<_> = config.into_iter().flat_map(configuration).collect();
    let is_null = |path: &str| {
        let keys: Vec<_> = path.split('.').collect();
        given.at(&keys).is_some_and(|node| matches!(node.content, Content::Null))
    };
    let is_said = |path: &str| by_filter.iter().any(|finding| finding.path == path);
    found.retain(|Finding { path, .. }| !path.starts_with("filter.config.") || (is_null(path) && !is_said(path)));
    for finding in found.iter_mut().filter(|finding| finding.said == schema::MISSING && is_null(&finding.path)) {
        let keys: Vec<_> = finding.path.split('.').collect();
        finding.line = given.line_of(&keys);
        finding.said = "null takes it away, and the chart cannot do without".to_owned();
    }
    found.extend(by_filter);
    found.extend(scope(root));
    found.extend(refused::findings(root));
    found
}

/// What is given over the chart's own, as Helm merges them: `null` deletes a key where the chart has a value of its own, and stays
/// elsewhere, where it is of no type. What comes from the chart stands at the line of the object that it is added to.
fn merged(given: &Node, own: &Node, line: usize) -> Node {
    let mut whole = given.clone();
    if let (Content::Object(entries), Content::Object(own_entries)) = (&mut whole.content, &own.content) {
        entries.retain(|entry| !matches!(entry.value.content, Content::Null) || own.get(&entry.key).is_none());
        for entry in entries.iter_mut() {
            if let Some(own) = own.get(&entry.key) {
                entry.value = merged(&entry.value, own, entry.line);
            }
        }
        let added = own_entries.iter().filter(|own| given.get(&own.key).is_none());
        let added =
            added.map(|own| Entry { key: own.key.clone(), line, value: Node::in_line(&own.value.json(), line) });
        entries.extend(added);
    }
    whole
}

fn configuration(node: &Node) -> Vec<Finding> {
    let (chart, own): (Vec<_>, Vec<_>) =
        node.entries().iter().cloned().partition(|entry| WRITTEN_BY_CHART.contains(&entry.key.as_str()));
    let written = chart.into_iter().map(|entry| {
        let path = format!("filter.config.{}", entry.key);
        Finding::fail(entry.line, &path, "the chart writes this key", "leave it out")
    });
    let mut found: Vec<_> = written.collect();
    let mut whole = Node::in_line(&serde_json::json!({"version": 1}), node.line);
    if let Content::Object(entries) = &mut whole.content {
        entries.extend(own);
    }
    found.extend(configuration::findings(&whole, "filter.config"));
    found
}

/// A scope that is not empty needs a module; one place twice counts twice.
fn scope(root: &Node) -> Vec<Finding> {
    let is_there =
        |path: &[&str]| root.at(path).is_some_and(|node| !node.items().is_empty() || !node.entries().is_empty());
    let mesh = root.at(&["scope", "mesh"]).is_some_and(|node| matches!(node.content, Content::Bool(true)));
    let parts = ["namespaces", "namespaceSelector", "workloads"];
    let narrower: Vec<_> = parts.into_iter().filter(|part| is_there(&["scope", part])).collect();
    let mut found = Vec::new();
    if let (true, Some(part)) = (mesh, narrower.first()) {
        let path = format!("scope.{part}");
        let said = "the whole mesh is in scope already; what is there twice counts twice";
        found.push(Finding::fail(root.line_of(&["scope", part]), &path, said, "leave it empty, or write mesh: false"));
    }
    if mesh || !narrower.is_empty() || is_there(&["waypoints"]) {
        for (key, remedy) in [
            ("url", "write where the filter's image is, as oci://REGISTRY/hogusu/filter:VERSION"),
            ("sha256", "write the digest of the image's manifest, so that nothing else can run"),
        ] {
            let is_empty = root
                .at(&["filter", key])
                .is_none_or(|node| matches!(&node.content, Content::Text(text) if text.is_empty()));
            if is_empty {
                let path = format!("filter.{key}");
                let said = "it is missing, and the scope is not empty";
                found.push(Finding::fail(root.line_of(&["filter", key]), &path, said, remedy));
            }
        }
    }
    found
}
