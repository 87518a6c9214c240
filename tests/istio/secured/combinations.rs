//! PeerAuthentications of mesh, namespace and workload, and DestinationRules of three namespaces, drawn by chance; and the policies by which
//! one sees what came of them.

use serde_json::{Value, json};

use super::HTTP;
use crate::chance::Chance;

/// A path that nobody without an identity is let in to.
pub const OF_SOMEBODY: &str = "/somebody";
const ROOT: &str = "istio-system";
const MODES: [&str; 4] = ["UNSET", "DISABLE", "PERMISSIVE", "STRICT"];

fn object(kind: &str, namespace: &str, name: &str, spec: &Value) -> Value {
    let group = if kind == "DestinationRule" { "networking" } else { "security" };
    json!({
        "apiVersion": format!("{group}.istio.io/v1"), "kind": kind,
        "metadata": {"name": name, "namespace": namespace}, "spec": spec,
    })
}

/// Refuses nobody's requests for one path, so that its answer tells what the connection was.
pub fn of_somebody() -> Value {
    let rule = json!({
        "from": [{"source": {"notPrincipals": ["*"]}}],
        "to": [{"operation": {"paths": [OF_SOMEBODY], "ports": [HTTP.to_string()]}}],
    });
    object("AuthorizationPolicy", "beta", "somebody", &json!({"action": "DENY", "rules": [rule]}))
}

/// What is applied last: of the targets, and of the client.
pub fn marks(push: u64) -> [Value; 2] {
    let operation = json!({"paths": [format!("/mark-{push}")], "ports": [HTTP.to_string()]});
    let subsets = json!([{"name": format!("mark-{push}"), "labels": {"app": "legacy"}}]);
    [
        object(
            "AuthorizationPolicy",
            "beta",
            "mark",
            &json!({"action": "DENY", "rules": [{"to": [{"operation": operation}]}]}),
        ),
        object(
            "DestinationRule",
            "alpha",
            "mark",
            &json!({"host": "legacy.alpha.svc.cluster.local", "subsets": subsets}),
        ),
    ]
}

pub fn generated(chance: &mut Chance, targets: &[String]) -> Vec<Value> {
    let mut all = Vec::new();
    if chance.once_in(2) {
        all.push(object("PeerAuthentication", ROOT, "mesh", &json!({"mtls": {"mode": chance.one(&MODES)}})));
    }
    if chance.once_in(3) {
        let selector = json!({"matchLabels": {"app": "web-0"}});
        all.push(object(
            "PeerAuthentication",
            ROOT,
            "selected",
            &json!({"selector": selector, "mtls": {"mode": chance.one(&MODES)}}),
        ));
    }
    // Of one scope the oldest counts, whatever it is called.
    for name in ["one", "another"] {
        if chance.once_in(3) {
            all.push(object("PeerAuthentication", "beta", name, &json!({"mtls": {"mode": chance.one(&MODES)}})));
        }
    }
    if chance.once_in(4) {
        all.push(rule(chance, "any", "*.beta.svc.cluster.local"));
    }
    for target in targets {
        for name in ["first", "second"] {
            if chance.once_in(3) {
                all.push(of_workload(chance, target, name));
            }
            if chance.once_in(3) {
                all.push(rule(chance, &format!("{target}-{name}"), &format!("{target}.beta.svc.cluster.local")));
            }
        }
    }
    if chance.once_in(2) {
        all.push(rule(chance, "naked", "naked.beta.svc.cluster.local"));
    }
    all
}

fn of_workload(chance: &mut Chance, target: &str, name: &str) -> Value {
    let mut spec = json!({"selector": {"matchLabels": {"app": target}}, "mtls": {"mode": chance.one(&MODES)}});
    if chance.once_in(2) {
        let port = *chance.one(&["8080", "8080", "9000"]);
        spec["portLevelMtls"] = json!({port: {"mode": chance.one(&MODES)}});
    }
    object("PeerAuthentication", "beta", &format!("{target}-{name}"), &spec)
}

fn rule(chance: &mut Chance, name: &str, host: &str) -> Value {
    let namespace = *chance.one(&["alpha", "beta", ROOT]);
    // A name without a dot is a service of the rule's own namespace.
    let short = host.split('.').next().unwrap_or_default();
    let host = if namespace == "beta" && short != "*" && chance.once_in(3) { short } else { host };
    let mut policy = settings(chance);
    if chance.once_in(3) {
        let mut port = settings(chance);
        port["port"] = json!({"number": *chance.one(&[HTTP, HTTP, 9000])});
        policy["portLevelSettings"] = json!([port]);
    }
    let mut spec = json!({"host": host, "trafficPolicy": policy});
    match chance.below(6) {
        0 => spec["exportTo"] = json!(["."]),
        1 => spec["exportTo"] = json!(["alpha"]),
        2 => spec["exportTo"] = json!(["*"]),
        _ => {}
    }
    object("DestinationRule", namespace, name, &spec)
}

/// Every request gets a connection of its own: one that lives is what it was when it began.
fn settings(chance: &mut Chance) -> Value {
    let mut policy = json!({"connectionPool": {"http": {"maxRequestsPerConnection": 1}}});
    let mode = *chance.one(&["", "", "DISABLE", "SIMPLE", "ISTIO_MUTUAL", "ISTIO_MUTUAL"]);
    if !mode.is_empty() {
        policy["tls"] = json!({"mode": mode});
    }
    policy
}
