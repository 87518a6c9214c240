//! Two hooks that count one listener: what the collector can only refuse afterwards is seen here when all objects are given together.

use hogusu_yaml::{Content, Node};
use std::collections::BTreeMap;

use super::report::Finding;

/// Istio's root namespace as it comes: objects there apply in every namespace.
const ROOT_NAMESPACE: &str = "istio-system";

/// A hook that counts requests, or connections.
#[derive(Debug)]
pub(super) struct Counter {
    /// The document that it stands in.
    pub(super) index: usize,
    /// Its object, for people.
    pub(super) what: String,
    pub(super) line: usize,
    pub(super) reach: Reach,
    pub(super) targets: Targets,
    /// `None`: both.
    pub(super) direction: Option<&'static str>,
    pub(super) is_tcp: bool,
}

/// Which pods an object applies to: those of a namespace that have these labels.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reach {
    namespace: String,
    labels: BTreeMap<String, String>,
}

/// Gateways and waypoints that an object names; then labels do not count.
#[derive(Debug)]
pub(super) struct Targets(Vec<String>);

impl Reach {
    pub(super) fn of(root: &Node) -> Self {
        let labels =
            root.at(&["spec", "selector", "matchLabels"]).or_else(|| root.at(&["spec", "workloadSelector", "labels"]));
        let pair = |entry: &hogusu_yaml::Entry| match &entry.value.content {
            Content::Text(value) => Some((entry.key.clone(), value.clone())),
            _ => None,
        };
        let labels = labels.map_or(&[][..], Node::entries).iter().filter_map(pair).collect();
        Self { namespace: root.text(&["metadata", "namespace"]).to_owned(), labels }
    }

    /// True where the pods of one are certainly also those of the other.
    fn meets(&self, other: &Self) -> bool {
        let is_root = |reach: &Self| reach.namespace == ROOT_NAMESPACE;
        let holds = |all: &Self, some: &Self| some.labels.iter().all(|(key, value)| all.labels.get(key) == Some(value));
        (self.namespace == other.namespace || is_root(self) || is_root(other))
            && (holds(self, other) || holds(other, self))
    }
}

impl Targets {
    pub(super) fn of(root: &Node) -> Self {
        let named = |one: &Node| format!("{}/{}", one.text(&["kind"]), one.text(&["name"]));
        let list = root.at(&["spec", "targetRefs"]).map_or(&[][..], Node::items);
        Self(list.iter().chain(root.at(&["spec", "targetRef"])).map(named).collect())
    }
}

impl Counter {
    fn counts_with(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.targets.0, &other.targets.0);
        let is_same_place = if ours.is_empty() && theirs.is_empty() {
            self.reach.meets(&other.reach)
        } else {
            self.reach.namespace == other.reach.namespace && ours.iter().any(|target| theirs.contains(target))
        };
        let is_same_way = match (self.direction, other.direction) {
            (Some(one), Some(another)) => one == another,
            _ => true,
        };
        is_same_place && is_same_way && self.is_tcp == other.is_tcp
    }
}

/// Those that count what another counts before them, by the document that they stand in.
pub(super) fn conflicts(counters: &[Counter]) -> Vec<(usize, Finding)> {
    let mut found = Vec::new();
    for (place, counter) in counters.iter().enumerate() {
        let before = counters.iter().take(place).find(|before| before.counts_with(counter));
        if let Some(before) = before {
            let counted = if counter.is_tcp { "connections" } else { "requests" };
            let said = format!(
                "{} counts the same {counted}: each would count twice, or be left out as a conflict",
                before.what
            );
            let remedy = "keep one of them, or narrow what they apply to";
            found.push((counter.index, Finding::fail(counter.line, "", said, remedy)));
        }
    }
    found
}
