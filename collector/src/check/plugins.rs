//! Our plugin objects: whether they are there, accepted, safe, pinned, in the right place, and once only. Istio itself checks none of
//! it before a proxy does.

use super::catalogue::Check;
use super::facts::{EnvoyFilter, Known, Labels, Mesh, Place, Plugin, Pod};
use super::installation::known;
use super::report::Line;
use crate::kubernetes::pod::ProxyKind;

/// Lines of the group Plugin objects.
pub(super) fn lines(place: &Place, mesh: &Mesh) -> Vec<Line> {
    let mut lines = vec![known(Check::PluginFound, &mesh.plugins, |plugins| found(plugins))];
    let mut each = |check: Check, rule: Rule, line: fn(Check, Vec<String>, String) -> Line| {
        lines.push(known(check, &mesh.plugins, |plugins| {
            let against = plugins.iter().flat_map(|plugin| rule(plugin).into_iter().map(|text| said(plugin, &text)));
            line(check, against.collect(), String::new())
        }));
    };
    each(Check::PluginAccepted, accepted, Line::fail_if_any);
    each(Check::PluginStrategy, strategy, Line::fail_if_any);
    each(Check::PluginDigest, digest, Line::warn_if_any);
    each(Check::PluginPlacement, placement, Line::warn_if_any);
    lines.push(known(Check::PluginConfiguration, &mesh.plugins, |plugins| configurations(plugins)));
    lines.push(known(Check::PluginOnce, &mesh.plugins, |plugins| once(plugins, &mesh.pods, place)));
    lines.push(selection(mesh, place));
    lines.push(known(Check::FilterPriority, &mesh.envoy_filters, |filters| priorities(filters)));
    lines
}

/// What speaks against one plugin object.
type Rule = fn(&Plugin) -> Vec<String>;

fn said(plugin: &Plugin, text: &str) -> String {
    format!("{} {}: {text}", plugin.kind, plugin.name)
}

fn found(plugins: &[Plugin]) -> Line {
    let names: Vec<_> = plugins.iter().map(|plugin| format!("{} {}", plugin.kind, plugin.name)).collect();
    if names.is_empty() {
        let text = "no WasmPlugin or TrafficExtension has the pluginName hogusu; no proxy is expected to report";
        return Line::fail(Check::PluginFound, text);
    }
    Line::pass(Check::PluginFound, names.join(", "))
}

/// Conditions that say no, and messages of the analysis.
fn accepted(plugin: &Plugin) -> Vec<String> {
    let against = plugin.conditions.iter().filter(|condition| condition.status == "False");
    against.map(|condition| format!("{} is False: {}", condition.kind, condition.text)).collect()
}

/// What the filter would refuse fails, the rest of what `hogusu lint` says warns.
fn configurations(plugins: &[Plugin]) -> Line {
    let (mut refused, mut doubtful) = (Vec::new(), Vec::new());
    for plugin in plugins {
        let none =
            || vec!["it has no pluginConfig; the filter observes with defaults and knows no collector".to_owned()];
        let (against, unclear) =
            plugin.configuration.as_ref().map_or_else(|| (none(), Vec::new()), super::configuration::against);
        refused.extend(against.iter().map(|text| said(plugin, text)));
        doubtful.extend(unclear.iter().map(|text| said(plugin, text)));
    }
    if refused.is_empty() {
        return Line::warn_if_any(Check::PluginConfiguration, doubtful, "");
    }
    refused.extend(doubtful);
    Line::fail_if_any(Check::PluginConfiguration, refused, "")
}

fn strategy(plugin: &Plugin) -> Vec<String> {
    match plugin.fail_strategy.as_str() {
        "FAIL_OPEN" => Vec::new(),
        "" => vec!["failStrategy is not set, which is FAIL_CLOSE".to_owned()],
        other => vec![format!("failStrategy is {other}")],
    }
}

fn digest(plugin: &Plugin) -> Vec<String> {
    if plugin.sha256.is_empty() && !plugin.url.starts_with("file://") && !plugin.url.contains("@sha256:") {
        return vec![format!("no sha256 for {}", plugin.url)];
    }
    Vec::new()
}

fn placement(plugin: &Plugin) -> Vec<String> {
    let mut against = Vec::new();
    if plugin.phase != "STATS" {
        let phase = if plugin.phase.is_empty() { "not set" } else { &plugin.phase };
        against.push(format!("phase is {phase}: requests that a policy denies may pass it by"));
    }
    if plugin.filter_type == "NETWORK" {
        against.push("type is NETWORK: it sees connections, not requests".to_owned());
    }
    let one_way = |mode: &&String| matches!(mode.as_str(), "CLIENT" | "SERVER");
    if let Some(mode) = plugin.modes.iter().find(one_way).filter(|_| !plugin.modes.iter().any(|mode| !one_way(&mode))) {
        against.push(format!("match mode is {mode}: the other direction is not measured"));
    }
    let hook = plugin.configuration.as_ref().and_then(|given| given.get("hook")).and_then(serde_json::Value::as_str);
    if let Some(hook) = hook.filter(|hook| *hook != "http_filter") {
        against.push(format!("its hook is {hook}, yet a plugin object is an http_filter"));
    }
    against
}

/// Two plugins that may reach the same pod.
fn once(plugins: &[Plugin], pods: &Known<Vec<Pod>>, place: &Place) -> Line {
    let mut against = Vec::new();
    for (index, first) in plugins.iter().enumerate() {
        for second in plugins.iter().skip(index + 1).filter(|second| overlap(first, second, pods, place)) {
            against.push(format!("{} {} and {} {} both apply", first.kind, first.name, second.kind, second.name));
        }
    }
    Line::fail_if_any(Check::PluginOnce, against, "")
}

fn overlap(first: &Plugin, second: &Plugin, pods: &Known<Vec<Pod>>, place: &Place) -> bool {
    if !first.targets.is_empty() || !second.targets.is_empty() {
        return first.name.namespace == second.name.namespace
            && first.targets.iter().any(|one| second.targets.contains(one));
    }
    let in_root = |plugin: &Plugin| plugin.name.namespace == place.root_namespace;
    if first.name.namespace != second.name.namespace && !in_root(first) && !in_root(second) {
        return false;
    }
    // Two that take all of one place overlap whoever is there; else it takes a pod that both choose.
    let everything = |plugin: &Plugin| plugin.selector.is_empty();
    if everything(first) && everything(second) {
        return true;
    }
    let both = |pod: &Pod| pod.has_proxy() && applies(first, pod, place) && applies(second, pod, place);
    pods.as_ref().map_or(first.selector == second.selector, |pods| pods.iter().any(both))
}

/// Whether Istio gives this plugin to that pod. Those with targets are not about pods; waypoints take those with targets alone.
pub(super) fn applies(plugin: &Plugin, pod: &Pod, place: &Place) -> bool {
    plugin.targets.is_empty() && pod.proxy != Some(ProxyKind::Waypoint) && chooses(plugin, pod, place)
}

fn chooses(plugin: &Plugin, pod: &Pod, place: &Place) -> bool {
    let is_here = plugin.name.namespace == pod.name.namespace || plugin.name.namespace == place.root_namespace;
    is_here && pod.is_running && selects(&plugin.selector, &pod.labels)
}

/// An empty selector chooses everything.
pub(super) fn selects(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(name, value)| labels.get(name) == Some(value))
}

/// The same as Istio's own analysis (IST0166), plus selectors that choose pods without a proxy.
fn selection(mesh: &Mesh, place: &Place) -> Line {
    known(Check::PluginSelection, &mesh.plugins, |plugins| {
        known(Check::PluginSelection, &mesh.pods, |pods| {
            let without_targets = plugins.iter().filter(|plugin| plugin.targets.is_empty());
            let idle = without_targets.filter_map(|plugin| Some(said(plugin, &why_idle(plugin, pods, place)?)));
            Line::warn_if_any(Check::PluginSelection, idle.collect(), String::new())
        })
    })
}

fn why_idle(plugin: &Plugin, pods: &[Pod], place: &Place) -> Option<String> {
    if pods.iter().any(|pod| pod.has_proxy() && applies(plugin, pod, place)) {
        return None;
    }
    let chosen: Vec<_> = pods.iter().filter(|pod| chooses(plugin, pod, place)).collect();
    Some(match chosen.first() {
        None if plugin.selector.is_empty() => "there is no pod in its namespace".to_owned(),
        None => "its selector chooses no pod".to_owned(),
        Some(pod) if pod.proxy == Some(ProxyKind::Waypoint) => {
            format!("{} is a waypoint: only targetRefs reach it", pod.name)
        }
        Some(pod) => format!("no pod that it chooses has a proxy, such as {}", pod.name),
    })
}

fn priorities(filters: &[EnvoyFilter]) -> Line {
    let bare = filters.iter().filter(|filter| filter.priority.is_none());
    let against = bare.map(|filter| format!("EnvoyFilter {} has no priority", filter.name)).collect();
    Line::warn_if_any(Check::FilterPriority, against, crate::check::table::counted(filters.len(), "EnvoyFilter"))
}
