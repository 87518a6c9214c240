//! Namespaces that a change is about, and k8s clusters that files are said to be of, that nobody knows: perhaps they are misspelt, and then
//! the change does nothing.

use std::collections::BTreeSet;

use hogusu_access::Policies;

use crate::report::map::Map;
use crate::shown;

/// Names of k8s clusters that are told, at most.
const SHOWN: usize = 10;

/// A warning of each.
#[must_use]
pub fn unknown(map: &Map, today: Option<&Policies>, after: &Policies) -> Vec<String> {
    let ends = map.edges.iter().flat_map(|edge| [&edge.source, &edge.destination.end]);
    let mut known: BTreeSet<&str> = ends.map(|end| end.namespace.as_str()).collect();
    let inventory = &after.inventory;
    known.extend(inventory.workloads.keys().chain(inventory.services.keys()).map(|(namespace, _)| namespace.as_str()));
    known.extend(today.into_iter().flat_map(Policies::objects).map(|object| object.namespace.as_str()));
    known.insert(&after.mesh.root_namespace);
    let mut said = Vec::new();
    for object in after.objects() {
        if known.insert(&object.namespace) {
            said.push(format!(
                "{}:{}: namespace {} is in no file and nothing of it was seen; is it misspelt?",
                object.place.file, object.place.line, object.namespace
            ));
        }
    }
    said
}

/// A warning where nothing came to workloads of a k8s cluster of this name.
#[must_use]
pub fn unknown_cluster(map: &Map, name: &str) -> Option<String> {
    let ends = map.edges.iter().map(|edge| &edge.destination.end).filter(|end| end.kind == "workload");
    let known: BTreeSet<&str> = ends.map(|end| end.cluster.as_str()).filter(|cluster| !cluster.is_empty()).collect();
    let all: Vec<_> = known.iter().take(SHOWN).map(|cluster| shown::word(cluster)).collect();
    (!known.contains(name) && !known.is_empty()).then(|| {
        format!(
            "--k8s-cluster {}: nothing was seen to come to one of this name; known are {}",
            shown::word(name),
            all.join(", ")
        )
    })
}
