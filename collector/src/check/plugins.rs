//! Our plugin objects: whether they are there, accepted, safe, pinned, in the right place, and once only. Istio itself checks none of
//! it before a proxy does.

use super::attachment::{Applies, Attaching, Meeting, surest};
use super::catalogue::Check;
use super::facts::{EnvoyFilter, Known, Mesh, Place, Plugin, Pod};
use super::installation::known;
use super::report::Line;
use crate::kubernetes::pod::ProxyKind;
use crate::label;
use crate::shown::word;

/// Lines of the group Plugin objects.
pub(super) fn lines(place: &Place, mesh: &Mesh) -> Vec<Line> {
    let mut lines = vec![known(Check::PluginFound, &mesh.plugins, |plugins| found(plugins))];
    let mut each = |check: Check, rule: Rule, line: fn(Check, Vec<String>, String) -> Line| {
        lines.push(known(check, &mesh.plugins, |plugins| {
            let against = plugins.iter().flat_map(|plugin| rule(plugin).into_iter().map(|text| said(plugin, &text)));
            line(check, against.collect(), String::new())
        }));
    };
    each(Check::PluginStrategy, strategy, Line::fail_if_any);
    each(Check::PluginDigest, digest, Line::warn_if_any);
    each(Check::PluginPlacement, placement, Line::warn_if_any);
    lines.push(known(Check::PluginAccepted, &mesh.plugins, |plugins| both(Check::PluginAccepted, plugins, reported)));
    lines.push(known(Check::PluginConfiguration, &mesh.plugins, |plugins| {
        both(Check::PluginConfiguration, plugins, configuration)
    }));
    let attaching = Attaching::of(place, mesh);
    lines.push(known(Check::PluginOnce, &mesh.plugins, |plugins| once(plugins, &mesh.pods, &attaching)));
    lines.push(selection(mesh, &attaching));
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

/// What fails and what warns, of each plugin object; the line fails where anything does.
fn both(check: Check, plugins: &[Plugin], judge: fn(&Plugin) -> (Vec<String>, Vec<String>)) -> Line {
    let (mut failing, mut doubtful) = (Vec::new(), Vec::new());
    for plugin in plugins {
        let (against, unclear) = judge(plugin);
        failing.extend(against.iter().map(|text| said(plugin, text)));
        doubtful.extend(unclear.iter().map(|text| said(plugin, text)));
    }
    Line::worst(check, failing, doubtful, "")
}

/// Conditions that say no fail, and errors of istiod's analysis; what else that says warns, unless it only informs.
fn reported(plugin: &Plugin) -> (Vec<String>, Vec<String>) {
    let against = plugin.conditions.iter().filter(|condition| condition.status == "False");
    let against = against.map(|condition| format!("{} is False: {}", word(&condition.kind), condition.text));
    let of_level = |is_wanted: fn(&str) -> bool| {
        let messages = plugin.messages.iter().filter(move |message| is_wanted(&message.level));
        messages.map(|message| format!("istiod's analysis says {}", message.text))
    };
    let errors = of_level(|level| level == "ERROR");
    (against.chain(errors).collect(), of_level(|level| !matches!(level, "ERROR" | "INFO")).collect())
}

/// What the filter would refuse fails, the rest of what `hogusu lint` says warns.
fn configuration(plugin: &Plugin) -> (Vec<String>, Vec<String>) {
    let none = "it has no pluginConfig; the filter observes with defaults and knows no collector";
    let given = plugin.configuration.as_ref();
    given.map_or_else(|| (vec![none.to_owned()], Vec::new()), super::configuration::against)
}

fn strategy(plugin: &Plugin) -> Vec<String> {
    match plugin.fail_strategy.as_str() {
        "FAIL_OPEN" => Vec::new(),
        "" => vec!["failStrategy is not set, which is FAIL_CLOSE".to_owned()],
        other => vec![format!("failStrategy is {}", word(other))],
    }
}

fn digest(plugin: &Plugin) -> Vec<String> {
    if plugin.sha256.is_empty() && !plugin.url.starts_with("file://") && !plugin.url.contains("@sha256:") {
        return vec![format!("no sha256 for {}", word(&plugin.url))];
    }
    Vec::new()
}

fn placement(plugin: &Plugin) -> Vec<String> {
    let mut against = Vec::new();
    if plugin.phase != "STATS" {
        let phase = if plugin.phase.is_empty() { "not set".into() } else { word(&plugin.phase) };
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
        against.push(format!("its hook is {}, yet a plugin object is an http_filter", word(hook)));
    }
    against
}

/// Two plugin objects for one proxy: each exchange passes two filters, and the collector cannot tell that from twice the traffic.
/// What only istiod's setting could tell, where that is not known, warns: by the default they would meet.
fn once(plugins: &[Plugin], pods: &Known<Vec<Pod>>, attaching: &Attaching<'_>) -> Line {
    let (mut against, mut doubtful, mut undecided) = (Vec::new(), Vec::new(), None);
    for (index, first) in plugins.iter().enumerate() {
        for second in plugins.iter().skip(index + 1) {
            let both = || format!("{} {} and {} {} both apply", first.kind, first.name, second.kind, second.name);
            match attaching.meeting(first, second, pods) {
                Ok(Meeting::None) => {}
                Ok(Meeting::Whole) => against.push(both()),
                Ok(Meeting::At(Applies::Yes, pod)) => against.push(format!("{}{}", both(), named(pod))),
                Ok(Meeting::At(_, pod)) => doubtful.push(format!("{}{}, {}", both(), named(pod), attaching.unless())),
                Err(unread) => undecided = Some(unread),
            }
        }
    }
    match undecided {
        Some(unread) if against.is_empty() => Line::skipped(Check::PluginOnce, &unread),
        _ => Line::worst(Check::PluginOnce, against, doubtful, ""),
    }
}

/// A gateway by its name: it is what its plugin object names, and may have many pods.
fn named(pod: &Pod) -> String {
    pod.gateway()
        .map_or_else(String::new, |name| format!(" to {} {}", kind(pod), label::workload(&pod.name.namespace, name)))
}

const fn kind(pod: &Pod) -> &'static str {
    match pod.proxy {
        Some(ProxyKind::Waypoint) => "waypoint",
        _ => "gateway",
    }
}

/// The same as Istio's own analysis (IST0166), plus selectors that choose pods without a proxy. Where only istiod's setting could tell
/// and is not known, nothing is said for or against.
fn selection(mesh: &Mesh, attaching: &Attaching<'_>) -> Line {
    known(Check::PluginSelection, &mesh.plugins, |plugins| {
        known(Check::PluginSelection, &mesh.pods, |pods| {
            let (mut idle, mut unclear) = (Vec::new(), Vec::new());
            for plugin in plugins.iter().filter(|plugin| plugin.targets.is_empty()) {
                match surest(pods, |pod| attaching.applies(plugin, pod)) {
                    None => idle.push(said(plugin, &why_idle(plugin, pods, attaching))),
                    Some((Applies::Yes, _)) => {}
                    Some((_, pod)) => {
                        let unless = attaching.unless();
                        unclear.push(said(plugin, &format!("it applies to {}, a {}, {unless}", pod.name, kind(pod))));
                    }
                }
            }
            if idle.is_empty() && !unclear.is_empty() {
                return Line::unclear(Check::PluginSelection, unclear);
            }
            Line::warn_if_any(Check::PluginSelection, [idle, unclear].concat(), "")
        })
    })
}

fn why_idle(plugin: &Plugin, pods: &[Pod], attaching: &Attaching<'_>) -> String {
    let chosen: Vec<_> = pods.iter().filter(|pod| attaching.chooses(plugin, pod)).collect();
    if let Some(pod) = chosen.iter().find(|pod| pod.has_proxy()) {
        return format!("{} is a {}: only targetRefs reach it", pod.name, kind(pod));
    }
    match chosen.first() {
        None if plugin.selector.is_empty() => "there is no pod in its namespace".to_owned(),
        None => "its selector chooses no pod".to_owned(),
        Some(pod) => format!("no pod that it chooses has a proxy, such as {}", pod.name),
    }
}

fn priorities(filters: &[EnvoyFilter]) -> Line {
    let bare = filters.iter().filter(|filter| filter.priority.is_none());
    let against = bare.map(|filter| format!("EnvoyFilter {} has no priority", filter.name)).collect();
    Line::warn_if_any(Check::FilterPriority, against, crate::check::table::counted(filters.len(), "EnvoyFilter"))
}
