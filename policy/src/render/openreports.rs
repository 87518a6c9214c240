//! A report as objects of OpenReports (`openreports.io/v1alpha1`): results of edges in a `Report` of the destination's namespace, the rest in
//! `ClusterReport`s. compliant is `pass`, violating `fail`, undecidable `error`, excepted `warn` and not scored, unobserved `skip`.
//!
//! Readers join results of one id and drop the others, so each has a unique one (`resultID`); numbers are texts, as the definition asks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::causes;
use super::table::marks;
use crate::fact::{Edge, End, Facts};
use crate::read::is_id;
use crate::report::{EdgeResult, PolicyResult, Report};
use crate::words::{State, Verdict};

/// Bytes of one object's results at most: what `kubectl apply` writes into an annotation must fit in 256 KiB.
const OBJECT: usize = 200_000;
/// Characters of a message.
const MESSAGE: usize = 1_000;
/// What a result's own names of fields take, and numbers.
const FRAME: usize = 700;

/// A list as `kubectl` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    api_version: String,
    kind: String,
    /// Its objects, by namespace and name.
    pub items: Vec<Object>,
}

/// A `Report`, or a `ClusterReport`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    api_version: String,
    kind: String,
    metadata: Metadata,
    source: String,
    summary: Summary,
    /// At least one.
    pub results: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Metadata {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    namespace: Option<String>,
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Summary {
    pass: u64,
    fail: u64,
    warn: u64,
    error: u64,
    skip: u64,
}

/// What a policy says of an edge, or of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    policy: String,
    rule: String,
    category: String,
    severity: String,
    result: String,
    scored: bool,
    source: String,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    resources: Vec<Resource>,
    properties: BTreeMap<String, String>,
    timestamp: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Resource {
    kind: String,
    namespace: String,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Timestamp {
    seconds: u64,
    nanos: u64,
}

/// All objects of a report; `facts` are those that it judged.
#[must_use]
pub fn list(report: &Report, facts: &Facts) -> List {
    let edges: BTreeMap<&str, &Edge> = facts.edges.iter().map(|edge| (edge.id.as_str(), edge)).collect();
    let mut items = Vec::new();
    for policy in &report.policies {
        let mut by_namespace: BTreeMap<Option<&str>, Vec<Finding>> = BTreeMap::new();
        by_namespace.entry(None).or_default().push(of_policy(report, policy, facts));
        for result in &policy.results {
            let edge = edges.get(result.edge.as_str()).copied();
            let namespace = edge.and_then(|edge| namespace(&edge.destination));
            by_namespace.entry(namespace).or_default().push(of_edge(policy, result, edge, facts));
        }
        by_namespace.into_iter().for_each(|(namespace, found)| objects(&mut items, policy, namespace, found));
    }
    List { api_version: "v1".to_owned(), kind: "List".to_owned(), items }
}

/// The namespace of a workload, where it can be one's name at all: what comes from outside may hold anything.
fn namespace(end: &End) -> Option<&str> {
    (end.is_workload() && is_id(&end.namespace)).then_some(end.namespace.as_str())
}

/// As many objects as results need.
fn objects(items: &mut Vec<Object>, policy: &PolicyResult, namespace: Option<&str>, found: Vec<Finding>) {
    let mut parts: Vec<Vec<Finding>> = Vec::new();
    let mut bytes = usize::MAX;
    for finding in found {
        let own = finding.bytes();
        bytes = bytes.saturating_add(own);
        match parts.last_mut() {
            Some(part) if bytes <= OBJECT => part.push(finding),
            _ => {
                bytes = own;
                parts.push(vec![finding]);
            }
        }
    }
    for (place, results) in parts.into_iter().enumerate() {
        let mut summary = Summary::default();
        results.iter().for_each(|finding| summary.add(&finding.result));
        let label = ("app.kubernetes.io/managed-by".to_owned(), "hogusu".to_owned());
        items.push(Object {
            api_version: "openreports.io/v1alpha1".to_owned(),
            kind: if namespace.is_some() { "Report" } else { "ClusterReport" }.to_owned(),
            metadata: Metadata {
                name: format!("hogusu-{}-{}", policy.id, place + 1),
                namespace: namespace.map(str::to_owned),
                labels: BTreeMap::from([label]),
            },
            source: "hogusu".to_owned(),
            summary,
            results,
        });
    }
}

/// What a policy comes to: the case that says why it is not proven.
fn of_policy(report: &Report, policy: &PolicyResult, facts: &Facts) -> Finding {
    let result = match policy.verdict {
        Verdict::Compliant => "pass",
        Verdict::NotProven => "error",
        Verdict::Violating => "fail",
    };
    let mut message = vec![format!("{}: {}", policy.verdict.as_str(), policy.question)];
    message.extend(policy.unproven.iter().cloned());
    let complete = &report.completeness;
    let mut properties = BTreeMap::from([
        ("resultID".to_owned(), policy.id.clone()),
        ("from".to_owned(), report.from.clone()),
        ("to".to_owned(), report.to.clone()),
        ("proxies".to_owned(), shortened(&complete.statement)),
        ("lostBatches".to_owned(), complete.lost_batches.to_string()),
        ("secondsCovered".to_owned(), complete.covered_s.to_string()),
        ("secondsExpected".to_owned(), complete.expected_s.to_string()),
    ]);
    for (unit, rate) in [("requests", &policy.requests), ("connections", &policy.connections), ("edges", &policy.edges)]
    {
        properties.insert(format!("{unit}Compliant"), rate.compliant.to_string());
        properties.insert(format!("{unit}Decided"), rate.decided.to_string());
        properties.insert(format!("{unit}AtLeast"), rate.at_least.to_string());
        properties.insert(format!("{unit}SeenAndLost"), rate.seen.saturating_add(rate.lost).to_string());
    }
    Finding { properties, ..finding(policy, result, (&message.join("; "), Vec::new()), facts) }
}

fn of_edge(policy: &PolicyResult, result: &EdgeResult, edge: Option<&Edge>, facts: &Facts) -> Finding {
    let (word, of) = match result.state {
        State::Compliant => ("pass", None),
        State::Violating => ("fail", Some(&result.violating)),
        State::Undecidable => ("error", Some(&result.undecidable)),
        State::Excepted => ("warn", Some(&result.excepted)),
        State::Unobserved => ("skip", Some(&result.unobserved)),
    };
    let said = of.map_or_else(|| format!("{} compliant", result.compliant), causes);
    let message = format!("{}: {}: {said}{}", result.label, result.state.as_str(), marks(result));
    let ends = edge.into_iter().flat_map(|edge| [&edge.destination, &edge.source]);
    let resource = |end: &End| Resource {
        kind: "Workload".to_owned(),
        namespace: shortened(&end.namespace),
        name: shortened(&end.name),
    };
    let resources = ends.filter(|end| end.is_workload()).map(resource).collect();
    let cluster = edge.map_or("", |edge| edge.destination.cluster.as_str());
    let properties = [
        ("resultID", format!("{}/{}", policy.id, result.edge)),
        ("edge", shortened(&result.edge)),
        ("cluster", shortened(cluster)),
        ("measure", result.measure.clone()),
        ("compliant", result.compliant.to_string()),
        ("violating", crate::evaluate::all(&result.violating).to_string()),
        ("excepted", crate::evaluate::all(&result.excepted).to_string()),
        ("undecidable", crate::evaluate::all(&result.undecidable).to_string()),
        ("reporters", result.reporters.clone()),
    ];
    let properties = properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Finding { properties, ..finding(policy, word, (&message, resources), facts) }
}

fn finding(policy: &PolicyResult, result: &str, (message, resources): (&str, Vec<Resource>), facts: &Facts) -> Finding {
    Finding {
        policy: policy.id.clone(),
        rule: policy.rule.clone(),
        category: "Compliance from traffic".to_owned(),
        severity: policy.severity.as_str().to_owned(),
        result: result.to_owned(),
        // What is let off failed, and somebody answers for it.
        scored: result != "warn",
        source: "hogusu".to_owned(),
        message: shortened(message),
        resources,
        properties: BTreeMap::new(),
        timestamp: Timestamp { seconds: facts.end / 1_000_000_000, nanos: facts.end % 1_000_000_000 },
    }
}

/// Its beginning, where it is longer than a message may be.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl Finding {
    /// What it takes at most as JSON.
    fn bytes(&self) -> usize {
        let own = [&self.policy, &self.rule, &self.message].into_iter();
        let resources = self.resources.iter().flat_map(|one| [&one.namespace, &one.name]);
        let properties = self.properties.iter().flat_map(|(name, value)| [name, value]);
        // A character that must be escaped is written as twelve at most.
        let is_plain = |char: char| char.is_ascii_graphic() && !matches!(char, '"' | '\\') || char == ' ';
        let written = |text: &String| text.chars().map(|char| if is_plain(char) { 1 } else { 12 }).sum::<usize>() + 8;
        own.chain(resources).chain(properties).map(written).sum::<usize>() + FRAME
    }
}

impl Summary {
    fn add(&mut self, result: &str) {
        let count = match result {
            "pass" => &mut self.pass,
            "fail" => &mut self.fail,
            "warn" => &mut self.warn,
            "skip" => &mut self.skip,
            _ => &mut self.error,
        };
        *count += 1;
    }
}
