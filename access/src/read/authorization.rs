//! AuthorizationPolicy.

use hogusu_yaml::{Content, Node};

use super::condition;
use super::fields::{Fields, join};
use super::target;
use crate::authorization::{Action, Authorization, Clause, Condition, Field, Rule};
use crate::object::Object;

const SPEC: [&str; 6] = ["selector", "targetRef", "targetRefs", "action", "rules", "provider"];

/// Rules of a policy and sources of a rule, at most.
const MOST: usize = 512;

/// Fields of a source, with their opposites.
const SOURCE: [(&str, &str, Field); 7] = [
    ("principals", "notPrincipals", Field::Principal),
    ("requestPrincipals", "notRequestPrincipals", Field::RequestPrincipal),
    ("namespaces", "notNamespaces", Field::Namespace),
    ("serviceAccounts", "notServiceAccounts", Field::ServiceAccount),
    ("trustDomains", "notTrustDomains", Field::TrustDomain),
    ("ipBlocks", "notIpBlocks", Field::SourceIp),
    ("remoteIpBlocks", "notRemoteIpBlocks", Field::RemoteIp),
];

/// Fields of an operation, with their opposites.
const OPERATION: [(&str, &str, Field); 4] = [
    ("hosts", "notHosts", Field::Host),
    ("ports", "notPorts", Field::Port),
    ("methods", "notMethods", Field::Method),
    ("paths", "notPaths", Field::Path),
];

/// Reads `spec`.
pub(super) fn read(fields: &mut Fields<'_>, object: Object, spec: &Node, is_dry_run: bool) -> Authorization {
    fields.known(spec, "spec", &SPEC);
    let action = action(fields, spec);
    let rules = fields.list(spec, "spec", "rules");
    if rules.len() > MOST {
        let line = spec.line_of(&["rules"]);
        fields.error(line, "spec.rules", "there are more than 512, which the API server refuses", "split the policy");
    }
    if rules.is_empty() && matches!(action, Action::Deny | Action::Custom(_)) {
        let said = format!("{} without a rule never matches, and Istio refuses it", action.as_str());
        fields.error(spec.line_of(&["action"]), "spec.rules", &said, "write a rule; `rules: [{}]` matches everything");
    }
    let rules: Vec<Rule> = rules
        .iter()
        .enumerate()
        .map(|(index, node)| rule(fields, node, &format!("spec.rules[{index}]"), &action))
        .collect();
    Authorization { object, target: target::read(fields, spec), action, is_dry_run, rules }
}

fn action(fields: &mut Fields<'_>, spec: &Node) -> Action {
    let provider = spec.get("provider");
    if let Some(provider) = provider {
        fields.known(provider, "spec.provider", &["name"]);
    }
    let name = provider.and_then(|provider| fields.text_at(provider, "spec.provider", "name")).unwrap_or_default();
    let line = spec.line_of(&["action"]);
    let action = match fields.text_at(spec, "spec", "action") {
        None | Some("ALLOW") => Action::Allow,
        Some("DENY") => Action::Deny,
        Some("AUDIT") => Action::Audit,
        Some("CUSTOM") => Action::Custom(name.to_owned()),
        Some(_) => {
            fields.error(line, "spec.action", "there is no such action", "write ALLOW, DENY, AUDIT or CUSTOM");
            Action::Audit
        }
    };
    let is_custom = matches!(action, Action::Custom(_));
    if is_custom && name.is_empty() {
        fields.error(line, "spec.provider.name", "it is missing", "name the extension provider of CUSTOM");
    } else if !is_custom && provider.is_some() {
        let line = spec.line_of(&["provider"]);
        fields.error(line, "spec.provider", "only CUSTOM has a provider", "leave it out");
    }
    action
}

fn rule(fields: &mut Fields<'_>, node: &Node, path: &str, action: &Action) -> Rule {
    if matches!(node.content, Content::Null) {
        fields.error(
            node.line,
            path,
            "it is empty, which Istio refuses",
            "write {} for a rule that matches everything",
        );
    }
    fields.known(node, path, &["from", "to", "when"]);
    let from = clauses(fields, node, path, ("from", "source"), &SOURCE);
    let to = clauses(fields, node, path, ("to", "operation"), &OPERATION);
    let mut when = Vec::new();
    for (index, node) in fields.list(node, path, "when").iter().enumerate() {
        when.extend(condition::when(fields, node, &format!("{path}.when[{index}]")));
    }
    if from.len() > MOST {
        let said = "it has more than 512 sources, which the API server refuses";
        fields.error(node.line, &join(path, "from"), said, "split the rule");
    }
    let all = from.iter().chain(&to).flatten().chain(&when);
    let refused = all.map(|condition| &condition.field).find(|field| custom_lacks(field));
    if let (Action::Custom(_), Some(field)) = (action, refused) {
        let said = format!("CUSTOM has no {}: it comes before identities are proven", field.key());
        fields.error(node.line, path, &said, "leave it out, and let a DENY or ALLOW policy look at it");
    }
    Rule { line: node.line, from, to, when }
}

const fn custom_lacks(field: &Field) -> bool {
    matches!(
        field,
        Field::Principal
            | Field::Namespace
            | Field::ServiceAccount
            | Field::TrustDomain
            | Field::RequestPrincipal
            | Field::Claim(_)
    )
}

fn clauses(
    fields: &mut Fields<'_>,
    node: &Node,
    path: &str,
    (list, wrapper): (&str, &str),
    known: &[(&str, &str, Field)],
) -> Vec<Clause> {
    let items = fields.list(node, path, list);
    if node.get(list).is_some() && items.is_empty() {
        let line = node.line_of(&[list]);
        fields.error(line, &join(path, list), "it is empty, which Istio refuses", "leave it out: that is any");
    }
    let mut found = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}.{list}[{index}]");
        fields.known(item, &path, &[wrapper]);
        let inner = join(&path, wrapper);
        match item.get(wrapper) {
            Some(own) if !own.entries().is_empty() => found.push(clause(fields, own, &inner, known)),
            _ => fields.error(item.line, &inner, "it is empty, which Istio refuses", "write what it is to match"),
        }
    }
    found
}

fn clause(fields: &mut Fields<'_>, node: &Node, path: &str, known: &[(&str, &str, Field)]) -> Clause {
    let names: Vec<&str> = known.iter().flat_map(|(key, not, _)| [*key, *not]).collect();
    fields.known(node, path, &names);
    let mut clause = Clause::new();
    for (key, not, field) in known {
        let (values, not_values) = (fields.texts(node, path, key), fields.texts(node, path, not));
        for (key, values) in [(key, &values), (not, &not_values)] {
            condition::check(fields, field, values, node.line_of(&[key]), &join(path, key));
        }
        if !values.is_empty() || !not_values.is_empty() {
            clause.push(Condition { field: field.clone(), values, not_values });
        }
    }
    let has = |field: &Field| clause.iter().any(|condition| condition.field == *field);
    if has(&Field::ServiceAccount) && (has(&Field::Principal) || has(&Field::Namespace)) {
        let said = "serviceAccounts beside principals or namespaces: the API server refuses it";
        fields.error(node.line, path, said, "write them as two sources");
    }
    if clause.is_empty() {
        fields.error(node.line, path, "no value stands in it, which Istio refuses", "write what it is to match");
    }
    clause
}
