//! EnvoyFilter: our plugin's configurations in it, as JSON in a StringValue, each judged by where in Envoy its patch puts it.

use hogusu_yaml::{Content, Node};

use super::configuration::{self, Place};
use super::listeners::{Counter, Reach, Targets};
use super::report::Finding;
use crate::schema::join;
use crate::shown::word;

/// The label by which `hogusu check` knows our EnvoyFilters.
const LABEL: &str = "app.kubernetes.io/part-of";

/// Deeper than every patch that Envoy takes.
const DEPTH: usize = 40;

/// A plugin's configuration that was found in a patch.
struct Plugin<'a> {
    node: &'a Node,
    path: String,
    /// The keys that lead to it say where in Envoy it stands.
    hook: &'static str,
}

/// What is wrong with an object; `None` when no plugin of ours is in it.
pub(super) fn findings(root: &Node, what: &str, index: usize, counters: &mut Vec<Counter>) -> Option<Vec<Finding>> {
    let patches = root.at(&["spec", "configPatches"])?;
    let (mut found, mut is_ours) = (Vec::new(), false);
    for (number, patch) in patches.items().iter().enumerate() {
        let Some(value) = patch.at(&["patch", "value"]) else { continue };
        let mut plugins = Vec::new();
        let path = format!("spec.configPatches[{number}].patch.value");
        // A listener's own log sees what no filter does.
        let is_listener = patch.text(&["applyTo"]) == "LISTENER";
        search(value, &path, if is_listener { "listener_log" } else { "http_filter" }, DEPTH, &mut plugins);
        if is_listener {
            found.extend(value.get("access_log").into_iter().flat_map(|log| unfiltered(log, &path)));
        }
        for plugin in plugins {
            is_ours = true;
            let is_tcp = is_listener || value.text(&["name"]) == "envoy.filters.network.tcp_proxy";
            let place = Place { hook: plugin.hook, direction: direction(patch), is_tcp };
            found.extend(judge(&plugin, place));
            // Attempts and refused connections are counted beside the others, never with them.
            if !matches!(plugin.hook, "upstream_log" | "listener_log") {
                counters.push(Counter {
                    index,
                    what: what.to_owned(),
                    line: plugin.node.line,
                    reach: Reach::of(root),
                    targets: Targets::of(root),
                    direction: place.direction,
                    is_tcp,
                });
            }
        }
    }
    if !is_ours {
        return None;
    }
    if root.at(&["spec", "priority"]).is_none() {
        let said = "it is missing: the order among EnvoyFilters is that of their creation";
        found.push(Finding::warn(root.line_of(&["spec"]), "spec.priority", said, "write priority: 10"));
    }
    if root.text(&["metadata", "labels", LABEL]) != "hogusu" {
        let line = root.line_of(&["metadata", "labels"]);
        let said = format!("{LABEL} is not hogusu: hogusu check does not find this object");
        found.push(Finding::warn(line, "metadata.labels", said, "write app.kubernetes.io/part-of: hogusu"));
    }
    Some(found)
}

/// Which traffic a patch's context has; `None` where it has both directions.
fn direction(patch: &Node) -> Option<&'static str> {
    match patch.text(&["match", "context"]) {
        "SIDECAR_INBOUND" => Some("inbound"),
        "SIDECAR_OUTBOUND" | "GATEWAY" => Some("outbound"),
        _ => None,
    }
}

/// Loggers of ours in a listener's own log that would be called for every connection.
fn unfiltered(log: &Node, path: &str) -> Vec<Finding> {
    let ours = |logger: &&Node| logger.at(&["typed_config", "config"]).is_some_and(is_plugin);
    let bare = log.items().iter().filter(ours).filter(|logger| logger.get("filter").is_none());
    let said = "it has no filter: it is called for every connection, and counts none but those that are refused";
    let remedy = "write filter: {response_flag_filter: {flags: [NR]}}";
    bare.map(|logger| Finding::warn(logger.line, &join(path, "access_log"), said, remedy)).collect()
}

/// Finds every plugin configuration of ours below a node.
fn search<'a>(node: &'a Node, path: &str, hook: &'static str, depth: usize, found: &mut Vec<Plugin<'a>>) {
    if depth == 0 {
        return;
    }
    if is_plugin(node) {
        found.push(Plugin { node, path: path.to_owned(), hook });
        return;
    }
    for (number, item) in node.items().iter().enumerate() {
        search(item, &format!("{path}[{number}]"), hook, depth - 1, found);
    }
    for entry in node.entries() {
        let hook = match entry.key.as_str() {
            "upstream_log" => "upstream_log",
            "access_log" if hook == "http_filter" => "access_log",
            _ => hook,
        };
        search(&entry.value, &join(path, &entry.key), hook, depth - 1, found);
    }
}

/// Envoy's plugin configuration: a name, a module, what the module is told.
fn is_plugin(node: &Node) -> bool {
    let file = node.text(&["vm_config", "code", "local", "filename"]);
    let named = [node.text(&["root_id"]), node.text(&["name"]), file];
    node.get("vm_config").is_some() && named.iter().any(|name| name.contains("hogusu"))
}

fn judge(plugin: &Plugin<'_>, place: Place) -> Vec<Finding> {
    let (node, path) = (plugin.node, plugin.path.as_str());
    let mut found = Vec::new();
    let policy = node.text(&["failure_policy"]);
    let is_open = policy == "FAIL_OPEN" || policy.is_empty() && is_true(node.get("fail_open"));
    if !is_open {
        let said = if policy.is_empty() { "it is missing, which is FAIL_CLOSED".into() } else { word(policy) };
        let said = format!("{said}: while the module cannot be had, traffic is refused");
        let line = node.line_of(&["failure_policy"]);
        found.push(Finding::warn(line, &join(path, "failure_policy"), said, "write failure_policy: FAIL_OPEN"));
    }
    let path = join(path, "configuration");
    let Some(entry) = node.get("configuration").and_then(|configuration| configuration.entry("value")) else {
        let remedy =
            "write \"@type\": type.googleapis.com/google.protobuf.StringValue and the configuration as JSON in value";
        found.push(Finding::fail(node.line_of(&["configuration"]), &path, "it has no value", remedy));
        return found;
    };
    let path = join(&path, "value");
    let Content::Text(text) = &entry.value.content else {
        let said = format!("it is {}, not a string with JSON in it", entry.value.kind());
        found.push(Finding::fail(entry.line, &path, said, "put the configuration as JSON into quotes"));
        return found;
    };
    let (inner, refused) = configuration::in_text(text, entry.line, &path);
    found.extend(refused);
    found.extend(inner.iter().flat_map(|inner| configuration::at_place(inner, &path, place)));
    found
}

fn is_true(node: Option<&Node>) -> bool {
    node.is_some_and(|node| matches!(node.content, Content::Bool(true)))
}
