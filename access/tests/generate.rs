//! Sets of AuthorizationPolicies as manifests: every field with each way to match, its opposite, `when`, DENY and ALLOW, dry runs, root
//! namespace, selectors.

use serde_json::{Map, Value, json};

use crate::chance::Chance;

const PRINCIPALS: [&str; 15] = [
    "*",
    "cluster.local/ns/a/sa/one",
    "cluster.local/ns/b/sa/two",
    "td/ns/b/sa/two",
    "old/ns/b/sa/two",
    "*/ns/b/sa/one",
    "*-local/ns/a/sa/one",
    "*l/ns/b/sa/one",
    "t*/ns/b/sa/two",
    "*/sa/one",
    "*one",
    "cluster.local/ns/*",
    "td/ns/b*",
    "spiffe://cluster.local/ns/a/sa/one",
    "other/ns/b/sa/two",
];
const NAMESPACES: [&str; 7] = ["a", "b", "b*", "*b", "*", "b*b", "."];
const ACCOUNTS: [&str; 5] = ["one", "a/one", "b/two", "b/on", "bb/one"];
const DOMAINS: [&str; 6] = ["td", "old", "cluster.local", "*", "c*l", "x"];
const BLOCKS: [&str; 5] = ["10.0.0.0/16", "10.0.0.1", "10.0.0.0/8", "fd00::/8", "0.0.0.0/0"];
const REQUESTERS: [&str; 9] = ["*", "i/s", "*/s", "i/*", "https://i/x/s", "*x/s", "i/s*", "*s", "i*"];
const HOSTS: [&str; 6] = ["shop", "Shop", "shop*", "*shop", "*", "shop:80"];
const PORTS: [&str; 3] = ["80", "90", "443"];
const METHODS: [&str; 5] = ["GET", "POST", "G*", "*T", "*"];
const PATHS: [&str; 14] = [
    "/",
    "/a",
    "/a*",
    "*b",
    "*",
    "/a/{*}",
    "/a/{**}",
    "/{*}/b",
    "/{**}/c",
    "/{*}/{**}",
    "/{**}",
    "/a/b/{*}",
    "/A*",
    "/{*}",
];
const SERVER_NAMES: [&str; 4] = ["shop", "outbound_*", "*shop", "*"];
const HEADER_VALUES: [&str; 4] = ["v", "v*", "*w", "*"];
const AUDIENCES: [&str; 4] = ["aud1", "aud*", "*2", "*"];

const SOURCE: [(&str, &str, &[&str]); 7] = [
    ("principals", "notPrincipals", &PRINCIPALS),
    ("namespaces", "notNamespaces", &NAMESPACES),
    ("serviceAccounts", "notServiceAccounts", &ACCOUNTS),
    ("trustDomains", "notTrustDomains", &DOMAINS),
    ("ipBlocks", "notIpBlocks", &BLOCKS),
    ("remoteIpBlocks", "notRemoteIpBlocks", &BLOCKS),
    ("requestPrincipals", "notRequestPrincipals", &REQUESTERS),
];
const OPERATION: [(&str, &str, &[&str]); 4] = [
    ("hosts", "notHosts", &HOSTS),
    ("ports", "notPorts", &PORTS),
    ("methods", "notMethods", &METHODS),
    ("paths", "notPaths", &PATHS),
];
const WHEN: [(&str, &[&str]); 12] = [
    ("source.principal", &PRINCIPALS),
    ("source.namespace", &NAMESPACES),
    ("source.serviceAccount", &ACCOUNTS),
    ("source.trustDomain", &DOMAINS),
    ("source.ip", &BLOCKS),
    ("remote.ip", &BLOCKS),
    ("request.auth.principal", &REQUESTERS),
    ("request.auth.audiences", &AUDIENCES),
    ("request.headers[X-Key]", &HEADER_VALUES),
    ("destination.port", &PORTS),
    ("destination.ip", &BLOCKS),
    ("connection.sni", &SERVER_NAMES),
];

/// Up to five policies. For ztunnel only what its reading of is known.
pub(crate) fn policies(chance: &mut Chance, is_ztunnel: bool) -> Vec<Value> {
    (0..chance.below(5)).map(|index| policy(chance, index, is_ztunnel)).collect()
}

fn policy(chance: &mut Chance, index: usize, is_ztunnel: bool) -> Value {
    let action = chance.of(&["ALLOW", "ALLOW", "DENY", "DENY", "AUDIT"]);
    let least = usize::from(action == "DENY");
    let rules: Vec<Value> = (0..least + chance.below(3)).map(|_| rule(chance, action, is_ztunnel)).collect();
    let mut spec = json!({"action": action, "rules": rules});
    if let Some(selector) = chance.of(&[None, Some("x"), Some("y")]) {
        spec["selector"] = json!({"matchLabels": {"app": selector}});
    }
    let annotations = if chance.one_in(6) { json!({"istio.io/dry-run": "true"}) } else { json!({}) };
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {
            "name": format!("p{index}"),
            "namespace": chance.of(&["a", "a", "a", "b", "root"]),
            "annotations": annotations,
        },
        "spec": spec,
    })
}

fn rule(chance: &mut Chance, action: &str, is_ztunnel: bool) -> Value {
    let mut rule = Map::new();
    let (l4_source, l4_operation) = ([SOURCE[0], SOURCE[1], SOURCE[4]], [OPERATION[1]]);
    // Of what ztunnel drops from a DENY only operations are specified.
    let narrow = is_ztunnel && action == "DENY";
    let source: &[_] = if narrow { &l4_source } else { &SOURCE };
    let operation: &[_] = if is_ztunnel && chance.one_in(2) { &l4_operation } else { &OPERATION };
    if chance.one_in(2) {
        let from: Vec<Value> =
            (0..=chance.below(2)).map(|_| json!({"source": clause(chance, source, is_ztunnel)})).collect();
        rule.insert("from".to_owned(), json!(from));
    }
    if chance.one_in(2) {
        let to: Vec<Value> =
            (0..=chance.below(2)).map(|_| json!({"operation": clause(chance, operation, false)})).collect();
        rule.insert("to".to_owned(), json!(to));
    }
    if chance.one_in(3) {
        let all = if is_ztunnel { &WHEN[4..5] } else { &WHEN[..] };
        let when: Vec<Value> = (0..=chance.below(2))
            .map(|_| {
                let (key, values) = chance.of(all);
                let (values, not) = (chance.some(values), chance.some(values));
                match chance.below(3) {
                    0 => json!({"key": key, "values": values}),
                    1 => json!({"key": key, "notValues": not}),
                    _ => json!({"key": key, "values": values, "notValues": not}),
                }
            })
            .collect();
        rule.insert("when".to_owned(), json!(when));
    }
    Value::Object(rule)
}

fn clause(chance: &mut Chance, fields: &[(&str, &str, &[&str])], is_ztunnel: bool) -> Value {
    let mut clause = Map::new();
    for _ in 0..=chance.below(2) {
        let (key, not, values) = chance.of(fields);
        let is_of_doubt = is_ztunnel && matches!(key, "serviceAccounts" | "trustDomains");
        let is_refused = key == "serviceAccounts"
            && clause
                .keys()
                .any(|key| key.to_lowercase().contains("principals") || key.to_lowercase().contains("namespaces"))
            || matches!(key, "principals" | "namespaces")
                && clause.keys().any(|key| key.to_lowercase().contains("serviceaccounts"));
        if is_of_doubt || is_refused {
            continue;
        }
        clause.insert(if chance.one_in(3) { not } else { key }.to_owned(), json!(chance.some(values)));
    }
    if clause.is_empty() {
        let (key, _, values) = fields[0];
        clause.insert(key.to_owned(), json!(chance.some(values)));
    }
    Value::Object(clause)
}
