//! The map as a drawing for other tools: Graphviz DOT and Mermaid. Namespaces are boxes, edges carry their numbers; what the table has
//! above its rows stands in comments here, and in DOT above the drawing too.

use std::collections::BTreeMap;

use super::frame::wrapped;
use super::{Edge, Map, heading, words};
use crate::label::{in_cluster, part};
use crate::shown;

/// The end that a node is: kind, k8s cluster, namespace, and a workload's name or else the label. Where a node stands, labels of different
/// workloads may be equal.
type Key<'a> = [&'a str; 4];

/// The label of each node, by namespace (empty: outside of all).
type Nodes<'a> = BTreeMap<&'a str, BTreeMap<Key<'a>, String>>;

/// Graphviz DOT.
#[must_use]
pub fn dot(map: &Map) -> String {
    shown::drawn(&labelled(map), in_dot)
}

/// A Mermaid flowchart.
#[must_use]
pub fn mermaid(map: &Map) -> String {
    shown::drawn(&labelled(map), in_mermaid)
}

/// The map with labels as nodes have them. The namespace is the box that a node is in; of namesakes the k8s cluster is needed too.
fn labelled(map: &Map) -> Map {
    let mut map = Map { observed: heading::worded(&map.observed), ..map.clone() };
    for edge in &mut map.edges {
        for end in [&mut edge.source, &mut edge.destination.end] {
            if end.kind != "workload" || end.namespace.is_empty() {
                continue;
            }
            let name = part(&end.name);
            let is_namesake = end.label == in_cluster(&end.cluster, &end.namespace, &end.name);
            end.label = if is_namesake { format!("{name} ({})", part(&end.cluster)) } else { name.into_owned() };
        }
    }
    map
}

fn in_dot(map: &Map) -> String {
    let above = above(map);
    let mut out: String = above.iter().map(|line| format!("// {line}\n")).collect();
    out.push_str("digraph hogusu {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (place, (namespace, nodes)) in nodes(map).iter().enumerate() {
        let inside = !namespace.is_empty();
        if inside {
            out.push_str(&format!("  subgraph cluster_{place} {{\n    label={};\n", quoted(namespace)));
        }
        for (key, label) in nodes {
            out.push_str(&format!("    {} [label={}];\n", id(key), quoted(label)));
        }
        if inside {
            out.push_str("  }\n");
        }
    }
    for edge in &map.edges {
        let (source, destination) = (id(&node(edge, true).1), id(&node(edge, false).1));
        let style = match edge.security.state.as_str() {
            "plaintext" | "disagreement" => "bold",
            "unknown" => "dotted",
            _ => "solid",
        };
        let label = quoted(&described(edge));
        out.push_str(&format!("  {source} -> {destination} [style={style}, label={label}];\n"));
    }
    // `\l` ends a line that begins at the left. At the end, for boxes after it would inherit it.
    let title: String = above.iter().map(|line| format!("{}\\l", escaped_for_dot(line))).collect();
    out.push_str(&format!("  label=\"{title}\";\n  labelloc=t;\n  labeljust=l;\n}}\n"));
    out
}

fn in_mermaid(map: &Map) -> String {
    let mut out = String::from("flowchart LR\n");
    out.extend(above(map).iter().map(|line| format!("  %% {}\n", entities(line))));
    let all = nodes(map);
    let keys = all.values().flat_map(BTreeMap::keys);
    let numbers: BTreeMap<&Key<'_>, usize> = keys.enumerate().map(|(number, key)| (key, number)).collect();
    for (place, (namespace, nodes)) in all.iter().enumerate() {
        let inside = !namespace.is_empty();
        if inside {
            out.push_str(&format!("  subgraph ns{place}[{}]\n", escaped(namespace)));
        }
        for (key, label) in nodes {
            let number = numbers.get(key).copied().unwrap_or_default();
            out.push_str(&format!("    n{number}[{}]\n", escaped(label)));
        }
        if inside {
            out.push_str("  end\n");
        }
    }
    for edge in &map.edges {
        let number = |source: bool| numbers.get(&node(edge, source).1).copied();
        let (Some(source), Some(destination)) = (number(true), number(false)) else { continue };
        let arrow = match edge.security.state.as_str() {
            "plaintext" | "disagreement" => "==>",
            "unknown" => "-.->",
            _ => "-->",
        };
        out.push_str(&format!("  n{source} {arrow}|{}| n{destination}\n", escaped(&described(edge))));
    }
    out
}

fn above(map: &Map) -> Vec<String> {
    wrapped(&heading::parts(&map.observed), "  ", "").lines().map(str::to_owned).collect()
}

/// `grpc 40.0/s, failed 2.5 %, P99 31 ms, both sides`.
fn described(edge: &Edge) -> String {
    let unit = if edge.measure == "connections" { "" } else { "/s" };
    let p99 = edge.source_report.as_ref().and_then(|side| side.p99_s).filter(|_| edge.protocol != "tcp");
    let p99 = p99.map_or_else(String::new, |p99| format!(", P99 {}", words::seconds(Some(p99))));
    format!(
        "{} {}{unit}, failed {}{p99}, {}",
        edge.protocol,
        words::rate(edge),
        words::failed(edge),
        words::security(edge)
    )
}

fn nodes(map: &Map) -> Nodes<'_> {
    let mut nodes = Nodes::new();
    for edge in &map.edges {
        for source in [true, false] {
            let (namespace, key, label) = node(edge, source);
            nodes.entry(namespace).or_default().insert(key, label);
        }
    }
    nodes
}

/// Namespace, key and label of an end.
fn node(edge: &Edge, source: bool) -> (&str, Key<'_>, String) {
    let end = if source { &edge.source } else { &edge.destination.end };
    // A host or an address is told from others by its port, which is in the label.
    let name = if end.kind == "workload" { &end.name } else { &end.label };
    (&end.namespace, [&end.kind, &end.cluster, &end.namespace, name], end.label.clone())
}

/// A node's name in DOT, `workload/c1/shop/checkout`: no two keys read the same.
fn id(key: &Key<'_>) -> String {
    quoted(&key.map(|part| part.replace('/', "\\u{2f}")).join("/"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped_for_dot(text))
}

/// Graphviz takes entities of HTML for what they stand for, in plain labels too.
fn escaped_for_dot(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}

fn escaped(text: &str) -> String {
    format!("\"{}\"", entities(text))
}

/// Mermaid knows no backslash, and takes HTML, Markdown, directives and entities of its own wherever they stand, in quotes and in
/// comments too: what could begin one is an entity itself.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '"' | '#' | '&' | ';' | '<' | '>' | '[' | '\\' | ']' | '`' | '{' | '|' | '}' => {
                out.push_str(&format!("#{};", u32::from(char)));
            }
            other => out.push(other),
        }
    }
    out
}
