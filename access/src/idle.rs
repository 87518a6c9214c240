//! Policies that are about nobody: a selector that selects no workload that is known. Without workloads nothing can be said.

use std::collections::BTreeMap;

use crate::authorization::Target;
use crate::object::Object;
use crate::policies::Policies;
use crate::read::Problem;
use crate::truth::Truth;

/// Those of these policies, each as a warning.
#[must_use]
pub fn idle(policies: &Policies) -> Vec<Problem> {
    let mut found = Vec::new();
    for one in &policies.peers {
        found.extend(problem(policies, "PeerAuthentication", &one.object, &one.selector));
    }
    let authorizations = policies.authorizations.iter().map(|one| ("AuthorizationPolicy", &one.object, &one.target));
    let requests = policies.requests.iter().map(|one| ("RequestAuthentication", &one.object, &one.target));
    for (kind, object, target) in authorizations.chain(requests) {
        if let Target::Labels(labels) = target {
            found.extend(problem(policies, kind, object, labels));
        }
    }
    found
}

fn problem(policies: &Policies, kind: &str, object: &Object, selector: &BTreeMap<String, String>) -> Option<Problem> {
    let is_root = object.namespace == policies.mesh.root_namespace;
    let mut near = policies
        .inventory
        .workloads
        .iter()
        .filter(|((namespace, _), _)| is_root || *namespace == object.namespace)
        .peekable();
    let is_known = near.peek().is_some();
    let is_selected = near.any(|(_, labels)| labels.selected_by(selector) != Truth::No);
    (is_known && !is_selected && !selector.is_empty()).then(|| Problem {
        is_error: false,
        place: object.place.clone(),
        path: "spec.selector.matchLabels".to_owned(),
        said: format!("{kind} {} selects no workload of these files", object.label()),
        remedy: "compare it with the labels of the pods that are meant".to_owned(),
    })
}
