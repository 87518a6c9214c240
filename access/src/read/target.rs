//! Whom a policy is about: `selector`, `targetRef` and `targetRefs`.

use std::collections::BTreeMap;

use hogusu_yaml::Node;

use super::fields::{Fields, join};
use crate::authorization::{Reference, ReferenceKind, Target};

/// References of a policy, at most.
const MOST: usize = 16;

/// Pods that `selector` selects.
pub(super) fn selector(fields: &mut Fields<'_>, spec: &Node) -> BTreeMap<String, String> {
    let Some(selector) = spec.get("selector") else { return BTreeMap::new() };
    fields.known(selector, "spec.selector", &["matchLabels"]);
    fields.labels(selector, "spec.selector", "matchLabels")
}

/// What it selects or names. `targetRef` counts only without `targetRefs`.
pub(super) fn read(fields: &mut Fields<'_>, spec: &Node) -> Target {
    let labels = selector(fields, spec);
    let many = fields.list(spec, "spec", "targetRefs");
    let mut references: Vec<Reference> = Vec::new();
    for (index, node) in many.iter().enumerate() {
        references.extend(reference(fields, node, &format!("spec.targetRefs[{index}]")));
    }
    if let Some(one) = spec.get("targetRef").filter(|_| many.is_empty()) {
        references.extend(reference(fields, one, "spec.targetRef"));
    }
    if many.len() > MOST {
        let line = spec.line_of(&["targetRefs"]);
        fields.error(
            line,
            "spec.targetRefs",
            "there are more than 16, which the API server refuses",
            "split the policy",
        );
    }
    let is_both = spec.get("selector").is_some() && !references.is_empty();
    if is_both {
        let line = spec.line_of(&["selector"]);
        fields.error(
            line,
            "spec.selector",
            "it stands beside targetRefs, which Istio refuses",
            "leave one of them out",
        );
    }
    if references.is_empty() { Target::Labels(labels) } else { Target::References(references) }
}

fn reference(fields: &mut Fields<'_>, node: &Node, path: &str) -> Option<Reference> {
    fields.known(node, path, &["group", "kind", "name", "namespace"]);
    let group = fields.text_at(node, path, "group").unwrap_or_default();
    let kind = match (group, fields.text_at(node, path, "kind").unwrap_or_default()) {
        ("" | "core", "Service") => ReferenceKind::Service,
        ("networking.istio.io", "ServiceEntry") => ReferenceKind::ServiceEntry,
        ("gateway.networking.k8s.io", "Gateway") => ReferenceKind::Gateway,
        ("gateway.networking.k8s.io", "GatewayClass") => ReferenceKind::GatewayClass,
        _ => {
            let remedy = "write a Gateway or GatewayClass of gateway.networking.k8s.io, a Service without a group, or a ServiceEntry of networking.istio.io";
            fields.warn(node.line, &join(path, "kind"), "nothing attaches by it", remedy);
            ReferenceKind::Other
        }
    };
    if node.get("namespace").is_some() {
        let line = node.line_of(&["namespace"]);
        fields.error(line, &join(path, "namespace"), "references to other namespaces are refused", "leave it out");
    }
    let name = fields.text_at(node, path, "name").unwrap_or_default();
    if name.is_empty() {
        fields.error(node.line, &join(path, "name"), "it is missing", "write the object's name");
        return None;
    }
    Some(Reference { kind, name: name.to_owned() })
}
