//! Values that the chart's templates refuse though its schema takes them: places that would get the filter twice, and keys of the
//! collector's pod that are the chart's own. What the cluster has to be asked for is not looked at.

use hogusu_yaml::Node;
use serde_json::Value;

use super::report::Finding;

/// Labels of the collector's pod that have to stay as the chart has them.
const KEPT_LABELS: [(&str, &str); 2] =
    [("app.kubernetes.io/name", "hogusu-collector"), ("sidecar.istio.io/inject", "true")];

/// All of them, by the values that are in force.
pub(super) fn findings(root: &Node) -> Vec<Finding> {
    let mut found = namespaces(root);
    found.extend(workloads(root));
    found.extend(waypoints(root));
    found.extend(labels(root));
    found
}

fn items<'a>(root: &'a Node, path: &[&str]) -> &'a [Node] {
    root.at(path).map(Node::items).unwrap_or_default()
}

fn namespaces(root: &Node) -> Vec<Finding> {
    let of_root = root.text(&["istio", "rootNamespace"]);
    let found = items(root, &["scope", "namespaces"]).iter().enumerate();
    let found = found.filter(|(_, namespace)| !of_root.is_empty() && namespace.text(&[]) == of_root);
    let told = found.map(|(place, namespace)| {
        let said = "a plugin in Istio's root namespace is for the whole mesh";
        let path = format!("scope.namespaces[{place}]");
        Finding::fail(namespace.line, &path, said, "say scope.mesh, or name its workloads in scope.workloads")
    });
    told.collect()
}

fn workloads(root: &Node) -> Vec<Finding> {
    // What is no text has no name, and the schema says so.
    let whole = items(root, &["scope", "namespaces"]).iter().map(|namespace| namespace.text(&[]));
    let whole: Vec<&str> = whole.filter(|namespace| !namespace.is_empty()).collect();
    let mut seen: Vec<(&str, Value)> = Vec::new();
    let mut found = Vec::new();
    for (place, workload) in items(root, &["scope", "workloads"]).iter().enumerate() {
        let namespace = workload.text(&["namespace"]);
        let one = (namespace, workload.at(&["labels"]).map(Node::json).unwrap_or_default());
        let said = if namespace.is_empty() {
            continue;
        } else if whole.contains(&namespace) {
            "its namespace is in scope as a whole already; the filter would count twice"
        } else if seen.contains(&one) {
            "it is there twice; the filter would count twice"
        } else {
            seen.push(one);
            continue;
        };
        found.push(Finding::fail(workload.line, &format!("scope.workloads[{place}]"), said, "leave it out"));
    }
    found
}

fn waypoints(root: &Node) -> Vec<Finding> {
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for (place, waypoint) in items(root, &["waypoints"]).iter().enumerate() {
        let one = [waypoint.text(&["namespace"]), waypoint.text(&["name"])];
        if !one.contains(&"") && seen.contains(&one) {
            let said = "it is there twice; the filter would count twice";
            found.push(Finding::fail(waypoint.line, &format!("waypoints[{place}]"), said, "leave it out"));
        }
        seen.push(one);
    }
    found
}

fn labels(root: &Node) -> Vec<Finding> {
    let given = root.at(&["collector", "podLabels"]).map(Node::entries).unwrap_or_default();
    let told = KEPT_LABELS.into_iter().filter_map(|(key, kept)| {
        let entry = given.iter().find(|entry| entry.key == key && entry.value.text(&[]) != kept)?;
        let path = format!("collector.podLabels.{key}");
        Some(Finding::fail(entry.line, &path, format!("it has to stay {kept}"), "leave it out"))
    });
    told.collect()
}
