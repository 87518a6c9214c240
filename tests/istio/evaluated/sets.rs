//! Sets of AuthorizationPolicies, one for each target of a push: every field of sources, operations and conditions that the lab can make
//! a difference in, with each way to match. Valid ones alone.

use serde_json::{Map, Value, json};

use crate::chance::Chance;

type Fields = &'static [(&'static str, &'static [&'static str])];

const SOURCE: Fields = &[
    (
        "principals",
        &[
            "*",
            "cluster.local/ns/alpha/sa/client",
            "cluster.local/ns/alps/sa/client",
            "old.example/ns/alpha/sa/client",
            "new.example/ns/alpha/sa/client",
            "*.example/ns/alps/sa/client",
            "old*/ns/alpha/sa/client",
            "old.example/ns/alpha/*",
            "*/sa/client",
            "*/ns/alpha/sa/client",
            "cluster.local/ns/al*",
            "cluster.local/ns/alpha/sa/CLIENT",
            "spiffe://cluster.local/ns/alpha/sa/client",
            "spiffe://*",
        ],
    ),
    ("namespaces", &["alpha", "alph", "al*", "*pha", "a*a", "*", "beta", "alps"]),
    ("serviceAccounts", &["alpha/client", "client", "alps/client", "alpha/clien"]),
    ("trustDomains", &["cluster.local", "old.example", "new.example", "cluster*", "*", "*local", "old*"]),
    ("ipBlocks", &["10.244.0.0/16", "192.0.2.0/24", "0.0.0.0/0", "10.244.0.11", "10.244.0.12/31", "::/0"]),
    ("remoteIpBlocks", &["10.244.0.0/16", "192.0.2.0/24", "192.0.2.7", "0.0.0.0/0"]),
    ("requestPrincipals", &["*", "issuer/subject", "issuer/*", "*/subject"]),
];
const OPERATION: Fields = &[
    (
        "paths",
        &[
            "/", "/a", "/a*", "*b", "/a/b", "/a/{*}", "/a/{**}", "/{**}", "/{*}/b", "/{*}/{*}", "/{**}/b", "/A", "*",
            "/a/b/", "/a//b", "/a%2Fb", "*?x=1",
        ],
    ),
    ("methods", &["GET", "POST", "G*", "*ET", "*", "get", "PUT"]),
    ("hosts", &["web-1*", "WEB*", "*.local", "*:8080", "other.example", "*", "web-2.beta", "Other*"]),
    ("ports", &["8080", "9000", "80"]),
];
const WHEN: Fields = &[
    ("destination.port", &["8080", "9000", "15006"]),
    ("destination.ip", &["10.244.0.0/16", "10.96.0.0/16", "10.244.0.14"]),
    ("source.namespace", &["alpha", "al*", "beta"]),
    ("source.principal", &["*", "cluster.local/ns/alpha/sa/client", "*/client"]),
    ("source.serviceAccount", &["alpha/client", "client"]),
    ("source.trustDomain", &["cluster.local", "old.example", "x*"]),
    ("source.ip", &["10.244.0.0/16", "192.0.2.1", "10.244.0.12"]),
    ("remote.ip", &["10.244.0.0/16", "192.0.2.7"]),
    ("connection.sni", &["outbound_*", "*cluster.local", "x", "*", "outbound_.9000*"]),
    ("request.headers[x-role]", &["admin", "a*", "*user", "*", "Admin"]),
    ("request.headers[X-Role]", &["admin", "user"]),
    ("request.headers[x-absent]", &["*", "x"]),
    ("request.headers[:method]", &["GET", "P*"]),
    ("request.headers[host]", &["*.local", "other.example"]),
    ("request.auth.principal", &["*", "issuer/subject"]),
    ("request.auth.claims[groups]", &["admins", "*"]),
    ("request.auth.audiences", &["shop", "*"]),
];
/// What an edge of a map tells, so that it decides there, too.
const TOLD: [&str; 7] =
    ["principals", "namespaces", "serviceAccounts", "trustDomains", "requestPrincipals", "ports", "destination.port"];
/// What an external authorizer cannot be asked by.
const UNKNOWN_TO_CUSTOM: [&str; 6] =
    ["principals", "namespaces", "serviceAccounts", "trustDomains", "requestPrincipals", "request.auth"];
const ROOT: &str = "istio-system";

/// The policy that is of every target, applied last: by what it refuses one sees that all before it is in force.
pub fn mark(push: u64) -> Value {
    let operation = json!({"paths": [format!("/mark-{push}")], "ports": ["8080"]});
    policy("beta", "mark", json!({"action": "DENY", "rules": [{"to": [{"operation": operation}]}]}))
}

fn policy(namespace: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": namespace}, "spec": spec,
    })
}

/// What is drawn from.
#[derive(Debug)]
struct Draw<'a> {
    chance: &'a mut Chance,
    /// Fields that an edge tells, and no others.
    is_told: bool,
    action: &'static str,
}

/// One to four policies for the target of this number; two of three such sets are of what an edge tells alone.
pub fn generated(chance: &mut Chance, target: usize) -> Vec<Value> {
    let is_told = !chance.once_in(3);
    (0..=chance.below(4)).map(|index| one(chance, is_told, target, index)).collect()
}

/// These, where every third policy of the push before stays as it was: what is drawn under its name is left out.
pub fn some_kept(chance: &mut Chance, old: &[Value], drawn: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = old.iter().filter(|_| chance.once_in(3)).cloned().collect();
    let whose = |one: &Value| (one["metadata"]["namespace"].clone(), one["metadata"]["name"].clone());
    let new: Vec<Value> = drawn.into_iter().filter(|one| kept.iter().all(|old| whose(old) != whose(one))).collect();
    kept.extend(new);
    kept
}

fn one(chance: &mut Chance, is_told: bool, target: usize, index: usize) -> Value {
    let action = *chance.one(&["ALLOW", "ALLOW", "ALLOW", "ALLOW", "DENY", "DENY", "DENY", "DENY", "AUDIT", "CUSTOM"]);
    let namespace = if chance.once_in(5) { ROOT } else { "beta" };
    let app = format!("web-{target}");
    let selector = match chance.below(60) {
        // Of every pod of its namespace, or of the mesh.
        0 => json!({}),
        1..4 => json!({"matchLabels": {"app": "other"}}),
        4..8 => json!({"matchLabels": {"app": app, "version": "v2"}}),
        8..16 => json!({"matchLabels": {"app": app, "version": "v1", "security.istio.io/tlsMode": "istio"}}),
        _ => json!({"matchLabels": {"app": app}}),
    };
    let mut spec = json!({"action": action, "selector": selector});
    if action == "CUSTOM" {
        spec["provider"] = json!({"name": "nobody"});
    }
    // ALLOW alone may have none, and then refuses everything.
    let rules = if matches!(action, "ALLOW" | "AUDIT") && chance.once_in(25) { 0 } else { 1 + chance.below(3) };
    spec["rules"] = (0..rules).map(|_| Draw { chance, is_told, action }.rule()).collect();
    let mut policy = policy(namespace, &format!("set-{target}-{index}"), spec);
    if chance.once_in(7) {
        let value = *chance.one(&["true", "True", "false", "yes", "1"]);
        policy["metadata"]["annotations"] = json!({"istio.io/dry-run": value});
    }
    policy
}

impl Draw<'_> {
    fn rule(&mut self) -> Value {
        let mut rule = Map::new();
        if !self.chance.once_in(3) {
            let from: Vec<_> = (0..=self.chance.below(2)).map(|_| json!({"source": self.clause(SOURCE)})).collect();
            rule.insert("from".to_owned(), json!(from));
        }
        if self.chance.once_in(2) {
            let to: Vec<_> = (0..=self.chance.below(2)).map(|_| json!({"operation": self.clause(OPERATION)})).collect();
            rule.insert("to".to_owned(), json!(to));
        }
        // Nothing at all matches everything.
        if self.chance.once_in(3) || (rule.is_empty() && !self.chance.once_in(4)) {
            let when: Vec<_> = (0..=self.chance.below(2)).map(|_| self.condition()).collect();
            rule.insert("when".to_owned(), json!(when));
        }
        Value::Object(rule)
    }

    fn condition(&mut self) -> Value {
        let (key, values) = self.field(WHEN);
        match self.chance.below(6) {
            0 | 1 => json!({"key": key, "notValues": self.some(values)}),
            2 => json!({"key": key, "values": self.some(values), "notValues": self.some(values)}),
            _ => json!({"key": key, "values": self.some(values)}),
        }
    }

    /// One or two fields; service accounts stand without principals and namespaces, as the API server wants it.
    fn clause(&mut self, fields: Fields) -> Value {
        let mut clause = Map::new();
        for _ in 0..=self.chance.below(2) {
            let (key, values) = self.field(fields);
            let stands_with = |other: &String| {
                let other = other.to_lowercase();
                let is_account = key == "serviceAccounts";
                !other.contains("accounts")
                    && !(is_account && (other.contains("spaces") || other.contains("principals")))
            };
            if !clause.keys().all(stands_with) {
                continue;
            }
            let opposite = format!("not{}{}", key[..1].to_uppercase(), &key[1..]);
            let how = self.chance.below(6);
            if how != 0 {
                clause.insert(key.to_owned(), self.some(values));
            }
            if how < 3 {
                clause.insert(opposite, self.some(values));
            }
        }
        Value::Object(clause)
    }

    fn field(&mut self, fields: Fields) -> (&'static str, &'static [&'static str]) {
        let is_custom = |key: &str| {
            !UNKNOWN_TO_CUSTOM.iter().any(|unknown| key.starts_with(unknown))
                && (!key.starts_with("source.") || key == "source.ip")
        };
        let is_told = |key: &str| {
            TOLD.contains(&key) || key.starts_with("request.auth") || (key.starts_with("source.") && key != "source.ip")
        };
        let is_meant = |key: &str| (self.action != "CUSTOM" || is_custom(key)) && (!self.is_told || is_told(key));
        let meant: Vec<_> = fields.iter().filter(|(key, _)| is_meant(key)).collect();
        // CUSTOM has no source that an edge tells.
        let meant = if meant.is_empty() { fields.iter().filter(|(key, _)| is_custom(key)).collect() } else { meant };
        **self.chance.one(&meant)
    }

    fn some(&mut self, all: &[&str]) -> Value {
        (0..=self.chance.below(2)).map(|_| *self.chance.one(all)).collect()
    }
}
