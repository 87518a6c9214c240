//! What bounds a suggestion, and what is perhaps not meant, in words.

use std::collections::BTreeSet;

use hogusu_access::{Action, Kind, Policies};

use super::Suggestion;
use crate::report::map::Map;

pub(super) fn limits(today: &Policies, suggestion: &Suggestion) -> Vec<String> {
    let mut limits = vec![
        "who did not ask in the period, or asked another port, is shut out: a job that comes less often than the period is long is not seen".to_owned(),
        "no rule has paths, hosts or headers: what is recorded of them is not what Istio compares; methods are POST where all that was seen is gRPC, else any".to_owned(),
    ];
    if !suggestion.unseen.is_empty() {
        limits.push(format!(
            "{} workloads of the namespace were asked by nobody: nothing is suggested for them, and without a policy they stay open to all",
            suggestion.unseen.len()
        ));
    }
    if !today.mesh.aliases.is_empty() {
        limits.push(format!(
            "Istio reads a name of one of the mesh's trust domains as one of each of them ({}, {}): the rules let those in, too",
            today.mesh.trust_domain,
            today.mesh.aliases.join(", ")
        ));
    }
    if !today.is_mesh_given {
        limits.push(format!(
            "Istio's ConfigMap is not among the files: trust domain {} and root namespace {} are taken, as by default",
            today.mesh.trust_domain, today.mesh.root_namespace
        ));
    }
    limits
}

pub(super) fn warnings(map: &Map, today: &Policies, suggestion: &Suggestion) -> Vec<String> {
    let namespace = suggestion.namespace.as_str();
    let names: BTreeSet<&str> = suggestion.policies.iter().map(|policy| policy.name.as_str()).collect();
    let mut warnings = Vec::new();
    for name in names.iter().filter(|name| today.has(Kind::AuthorizationPolicy, namespace, name)) {
        warnings.push(format!("AuthorizationPolicy {namespace}/{name} is in force, and would be replaced"));
    }
    for policy in &today.authorizations {
        let object = &policy.object;
        let is_own = object.namespace == namespace;
        let is_replaced = is_own && names.contains(object.name.as_str());
        let is_near = is_own || object.namespace == today.mesh.root_namespace;
        let is_enforced = !policy.is_dry_run && is_near && !is_replaced;
        if is_enforced && policy.action == Action::Allow {
            warnings.push(format!(
                "ALLOW {} stays in force, and lets in what it does beside these; delete it once these are in force",
                object.label()
            ));
        }
    }
    let sources = map.edges.iter().map(|edge| &edge.source).filter(|end| end.kind == "workload");
    let own = sources.filter(|end| end.namespace == namespace);
    let unknown = own.filter(|end| today.inventory.labels(namespace, &end.name).is_none());
    let unknown: BTreeSet<&str> = unknown.map(|end| end.label.as_str()).collect();
    for label in unknown {
        warnings
            .push(format!("labels of {label} are in no file: whether a selector selects its pods, too, is not known"));
    }
    warnings
}
