//! A declaration's file: YAML or JSON, by its schema in docs/ and by what a schema cannot say. Everything that is wrong is said with its line
//! and what to do.

use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::Outcome;
use hogusu_yaml::{Content, Node};
use serde_json::Value;

use super::{Declaration, Failures, LeftOut, MILLION, What};
use crate::schema::{Broken, findings};
use crate::shown::{quoted, word};

/// Name and version of the format.
pub const SCHEMA: &str = "hogusu.declare/v1";
/// Longest file.
pub const FILE_BYTES: usize = 1024 * 1024;
/// Characters of what is said of a file at most.
const SAID: usize = 512;
/// What to do about most of it.
pub(crate) const REMEDY: &str = "docs/declare.md has every key";

const OF_DOCS: &str = include_str!("../../../docs/declare.schema.json");

/// Why a file cannot be used: the first thing that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {said}; {remedy}{}", more(*.others))]
pub struct Wrong {
    /// Where, from 1.
    pub line: usize,
    /// What is wrong, with the key that it is about.
    pub said: String,
    /// What to do.
    pub remedy: String,
    /// How many things more are wrong.
    pub others: usize,
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" (and {others} more: hogusu lint shows them all)") }
}

impl Wrong {
    fn new(line: usize, said: impl Into<String>, remedy: impl Into<String>) -> Self {
        let mut said = said.into();
        // What stands in a file may be as long as the file, and what is wrong with it is in every answer.
        if let Some((end, _)) = said.char_indices().nth(SAID) {
            said.truncate(end);
            said.push_str(" [...]");
        }
        Self { line, said, remedy: remedy.into(), others: 0 }
    }
}

/// Reads a file's text.
///
/// # Errors
/// When anything is wrong with it.
pub fn read(text: &str) -> Result<Declaration, Wrong> {
    if text.len() > FILE_BYTES {
        return Err(Wrong::new(1, format!("it is longer than {FILE_BYTES} bytes"), "leave away what is not needed"));
    }
    let documents = hogusu_yaml::read(text).map_err(|wrong| Wrong::new(wrong.line, wrong.message, wrong.remedy))?;
    let [document] = &documents[..] else {
        let line = documents.get(1).map_or(1, |second| second.root.line);
        let said = format!("it has {} documents, one is wanted", documents.len());
        return Err(Wrong::new(line, said, format!("write one document that begins with schema: {SCHEMA}")));
    };
    let mut wrong = wrong_with(&document.root);
    wrong.sort_by_key(|broken| broken.line);
    match wrong.first() {
        None => Ok(declaration(&document.root)),
        Some(Broken { line, path, said, remedy }) => {
            let said = if path.is_empty() { said.clone() } else { format!("{}: {said}", word(path)) };
            let remedy = remedy.as_deref().unwrap_or(REMEDY);
            Err(Wrong { others: wrong.len() - 1, ..Wrong::new(*line, said, remedy) })
        }
    }
}

/// Everything that is wrong with a document.
pub(crate) fn wrong_with(root: &Node) -> Vec<Broken> {
    let by_schema = match serde_json::from_str::<Value>(OF_DOCS) {
        Ok(schema) => findings(&schema, root, ""),
        Err(error) => vec![broken(root.line, "", format!("the schema cannot be read: {error}"), "report this")],
    };
    let mut found: Vec<Broken> = by_schema.into_iter().map(|broken| remedied(root, broken)).collect();
    // Where a value is of another type, what follows would speak of what is not there.
    if found.is_empty() {
        found.extend(left_out_twice(root));
        found.extend(failures_twice(root));
        found.extend(asynchronous_twice(root));
    }
    found
}

fn broken(line: usize, path: impl Into<String>, said: impl Into<String>, remedy: impl Into<String>) -> Broken {
    Broken { line, path: path.into(), said: said.into(), remedy: Some(remedy.into()) }
}

/// What to do about what people try.
fn remedied(root: &Node, mut wrong: Broken) -> Broken {
    let key = wrong.path.rsplit('.').next().unwrap_or_default();
    let list = key.split('[').next().unwrap_or_default();
    if root.get("schema").is_none() && wrong.path == "schema" {
        wrong.remedy = Some(format!("write schema: {SCHEMA}"));
    } else if matches!(key, "user_agent" | "user_agents") {
        wrong.said = "a user agent is not known here: it never leaves a proxy".to_owned();
        wrong.remedy = Some(
            "leave out the principal that sends it, or name its operation in the plugin's configuration \
             (measure.operation) and leave that out"
                .to_owned(),
        );
    } else if matches!(list, "count" | "do_not_count") && key.ends_with(']') {
        let remedy = "proxies keep classes of outcome and no codes: 404 is in client_error, 503 in server_error";
        wrong.remedy = Some(remedy.to_owned());
    } else if list == "principal" && wrong.said.contains("not of the form") {
        let remedy = "write all of a certificate's URI SAN, without *, as spiffe://cluster.local/ns/shop/sa/prober";
        wrong.remedy = Some(remedy.to_owned());
    }
    wrong
}

fn items<'a>(root: &'a Node, key: &str) -> impl Iterator<Item = (usize, &'a Node)> {
    root.get(key).map(Node::items).unwrap_or_default().iter().enumerate()
}

/// What is named in two places: the first of them, and the second as it is found.
struct Seen(HashMap<String, usize>);

impl Seen {
    /// Says so where `name` stood before.
    fn twice(&mut self, name: String, node: &Node, path: String) -> Option<Broken> {
        let said = match self.0.get(&name) {
            Some(line) => format!("{} stands in line {line} too", quoted(&name)),
            None => {
                self.0.insert(name, node.line);
                return None;
            }
        };
        Some(broken(node.line, path, said, "write it once"))
    }
}

fn left_out_twice(root: &Node) -> Vec<Broken> {
    let (mut seen, mut found) = (Seen(HashMap::new()), Vec::new());
    for (place, item) in items(root, "leave_out") {
        let path = format!("leave_out[{place}]");
        let named: Vec<_> = ["principal", "operation"].into_iter().filter_map(|key| item.entry(key)).collect();
        match named[..] {
            [entry] => {
                let name = format!("{} {}", entry.key, item.text(&[&entry.key]));
                found.extend(seen.twice(name, &entry.value, format!("{path}.{}", entry.key)));
            }
            [] => found.push(broken(item.line, path, "it says not what is left out", "write principal or operation")),
            _ => {
                let remedy = "write an entry for each; what one of them names is left out";
                found.push(broken(item.line, path, "principal and operation exclude each other", remedy));
            }
        }
    }
    found
}

fn failures_twice(root: &Node) -> Vec<Broken> {
    let (mut seen, mut found) = (Seen(HashMap::new()), Vec::new());
    for (place, item) in items(root, "failures") {
        let path = format!("failures[{place}]");
        if ["count", "do_not_count", "failing_from"].into_iter().all(|key| item.get(key).is_none()) {
            let remedy = "write count, do_not_count or failing_from";
            found.push(broken(item.line, path.clone(), "it declares nothing", remedy));
        }
        match item.get("namespaces") {
            None => found.extend(seen.twice("every other namespace".to_owned(), item, path)),
            Some(namespaces) => {
                for (number, name) in namespaces.items().iter().enumerate() {
                    let path = format!("{path}.namespaces[{number}]");
                    found.extend(seen.twice(format!("namespace {}", name.text(&[])), name, path));
                }
            }
        }
    }
    found
}

fn asynchronous_twice(root: &Node) -> Vec<Broken> {
    let mut seen = Seen(HashMap::new());
    let twice = |(place, item): (usize, &Node)| {
        let [source, destination] = ends(item).map(|(namespace, name)| format!("{namespace}/{name}"));
        seen.twice(format!("{source} -> {destination}"), item, format!("asynchronous[{place}]"))
    };
    items(root, "asynchronous").filter_map(twice).collect()
}

fn ends(item: &Node) -> [(String, String); 2] {
    ["source", "destination"].map(|end| {
        let text = |key| item.text(&[end, key]).to_owned();
        (text("namespace"), text("workload"))
    })
}

/// What a document declares with which nothing is wrong.
fn declaration(root: &Node) -> Declaration {
    let mut made = Declaration::default();
    for (place, item) in items(root, "leave_out") {
        let (principal, operation) = (item.text(&["principal"]), item.text(&["operation"]));
        let what = if principal.is_empty() {
            made.by_operation.insert(operation.to_owned(), place);
            What::Operation(operation.to_owned())
        } else {
            made.by_principal.insert(principal.to_owned(), place);
            What::Principal(principal.to_owned())
        };
        made.left_out.push(LeftOut { what, reason: item.text(&["reason"]).to_owned() });
    }
    for (_, item) in items(root, "failures") {
        let failures = Arc::new(failures(item));
        match item.get("namespaces") {
            None => made.elsewhere = Some(failures),
            Some(names) => {
                let names = names.items().iter().map(|name| name.text(&[]).to_owned());
                made.failures.extend(names.map(|name| (name, Arc::clone(&failures))));
            }
        }
    }
    for (_, item) in items(root, "asynchronous") {
        let [source, destination] = ends(item);
        made.asynchronous.insert((source, destination), item.text(&["reason"]).into());
    }
    made
}

fn failures(item: &Node) -> Failures {
    let outcomes = |key| items(item, key).filter_map(|(_, word)| Outcome::parse(word.text(&[]))).collect();
    let share = item.get("failing_from").and_then(|share| match &share.content {
        Content::Number(number) => number.as_f64(),
        _ => None,
    });
    Failures { count: outcomes("count"), do_not_count: outcomes("do_not_count"), failing_from: share.map(millionths) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the schema holds it within 0 and 1"
)]
fn millionths(share: f64) -> u64 {
    (share * MILLION as f64).round() as u64
}
