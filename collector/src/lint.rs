//! Configurations looked at before they are applied, as Istio does not: the plugin's own, the objects that bring it, values of the
//! chart, declarations. Pure: texts in, a report out. What the filter refuses is said by the filter's own reader.

mod configuration;
mod envoy_filter;
mod listeners;
mod names;
mod plugin_object;
mod refused;
mod report;
mod table;
mod templates;
mod values;

use hogusu_yaml::{Document, Wrong};
use listeners::Counter;
use serde_json::{Value, json};

use crate::declared;
use crate::label::part;
use crate::shown::word;

pub use report::{Counts, Finding, Looked, Report, State};
pub use table::draw;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A plugin configuration.
    Plugin,
    /// A Kubernetes object.
    Manifest,
    /// Values of the chart.
    Values,
    /// One's own rules, for `hogusu serve --declare`.
    Declaration,
}

/// A text and the name it is known by.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its file's name.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// Keys that only the chart's values have at the top; `collector` is a plugin configuration's too.
const OF_VALUES: [&str; 10] = [
    "scope",
    "waypoints",
    "filter",
    "moduleFile",
    "viewers",
    "prometheus",
    "networkPolicy",
    "podDisruptionBudget",
    "istio",
    "global",
];

/// What the name of a declaration's format begins with, whatever its version.
const OF_DECLARATIONS: &str = "hogusu.declare/";

/// Looks at all of them together; `kind` says what they are where that is not to be told by their keys.
#[must_use]
pub fn lint(sources: &[Source], kind: Option<Kind>) -> Report {
    let (mut looked, mut counters) = (Vec::new(), Vec::new());
    for source in sources {
        match as_named(source).and_then(|()| hogusu_yaml::read(&source.text)) {
            Ok(documents) => {
                for document in or_nothing(documents, kind) {
                    let (what, findings) = judge((source, &document), kind, looked.len(), &mut counters);
                    looked.push(Looked::new(source, &document, what, findings));
                }
            }
            Err(wrong) => looked.push(Looked::unreadable(source, &wrong)),
        }
    }
    for (index, finding) in listeners::conflicts(&counters) {
        if let Some(one) = looked.get_mut(index) {
            one.add(finding);
        }
    }
    Report::of(looked)
}

/// A file in which nothing stands has no key that says what it is: it is a plugin configuration, and an empty one is refused.
/// Values that are empty are the chart's own, and manifests may be none at all.
fn or_nothing(documents: Vec<Document>, kind: Option<Kind>) -> Vec<Document> {
    match kind {
        _ if !documents.is_empty() => documents,
        Some(Kind::Manifest) => documents,
        Some(Kind::Values) => vec![Document::of(&json!({}))],
        Some(Kind::Plugin | Kind::Declaration) | None => vec![Document::of(&Value::Null)],
    }
}

/// A file that calls itself JSON is JSON: whoever takes it, the filter among them, is less lenient than a reader of YAML.
fn as_named(source: &Source) -> Result<(), Wrong> {
    if !source.name.to_ascii_lowercase().ends_with(".json") || source.text.trim().is_empty() {
        return Ok(());
    }
    serde_json::from_str::<serde::de::IgnoredAny>(&source.text).map(|_ignored| ()).map_err(|error| Wrong::json(&error))
}

/// What a document is, for people, and what there is to say; `None` where nothing of it is ours.
fn judge(
    (source, document): (&Source, &Document),
    kind: Option<Kind>,
    index: usize,
    counters: &mut Vec<Counter>,
) -> (String, Option<Vec<Finding>>) {
    let root = &document.root;
    match kind.unwrap_or_else(|| told_by_keys(document)) {
        Kind::Plugin => ("plugin configuration".to_owned(), Some(configuration::findings(root, ""))),
        Kind::Values => ("values of the chart".to_owned(), Some(values::findings(root))),
        Kind::Declaration => ("declaration".to_owned(), Some(declaration(source, document))),
        Kind::Manifest => {
            let (kind, name) = (root.text(&["kind"]), root.text(&["metadata", "name"]));
            let (what, namespace) = (object(kind, root.text(&["metadata", "namespace"]), name), index);
            let of_kind = match kind {
                "WasmPlugin" | "TrafficExtension" => plugin_object::findings(root, &what, namespace, counters),
                "EnvoyFilter" => envoy_filter::findings(root, &what, namespace, counters),
                "" => Some(vec![Finding::fail(root.line, "kind", "it is missing", "say what this is with --as")]),
                _ => None,
            };
            let of_names =
                if of_kind.is_some() || names::is_of_chart(root) { names::findings(root) } else { Vec::new() };
            let findings = match of_kind {
                Some(findings) => Some([of_names, findings].concat()),
                None => Some(of_names).filter(|findings| !findings.is_empty()),
            };
            (what, findings)
        }
    }
}

/// What `hogusu serve --declare` would refuse.
fn declaration(source: &Source, document: &Document) -> Vec<Finding> {
    let mut found: Vec<Finding> = declared::wrong_with(&document.root)
        .into_iter()
        .map(|broken| Finding::broken(broken, declared::REMEDY))
        .collect();
    if source.text.len() > declared::FILE_BYTES {
        let said = format!("its file is longer than {} bytes", declared::FILE_BYTES);
        found.push(Finding::fail(document.root.line, "", said, "leave away what is not needed"));
    }
    if document.number > 1 {
        let remedy = "write all of it into one document, in a file of its own";
        found.push(Finding::fail(document.root.line, "", "it is not the only document of its file", remedy));
    }
    found
}

/// `WasmPlugin shop/hogusu`.
fn object(kind: &str, namespace: &str, name: &str) -> String {
    let kind = if kind.is_empty() { "object without a kind".into() } else { word(kind) };
    match (namespace, name) {
        (_, "") => format!("{kind}, without a name"),
        ("", name) => format!("{kind} {}", part(name)),
        (namespace, name) => format!("{kind} {}/{}", part(namespace), part(name)),
    }
}

fn told_by_keys(document: &Document) -> Kind {
    let has = |key: &str| document.root.get(key).is_some();
    if document.root.text(&["schema"]).starts_with(OF_DECLARATIONS) {
        Kind::Declaration
    } else if has("apiVersion") || has("kind") {
        Kind::Manifest
    } else if has("version")
        || !(has("collector") && document.root.entries().len() == 1 || OF_VALUES.into_iter().any(has))
    {
        Kind::Plugin
    } else {
        Kind::Values
    }
}
