//! Sets of AuthorizationPolicies for web, by number: the same in each run.

use serde_json::{Map, Value, json};

const SOURCE: [(&str, &[&str]); 4] = [
    ("principals", &["*", "cluster.local/ns/alpha/sa/client", "*/sa/client", "cluster.local/ns/al*", "*/ns/beta/sa/x"]),
    ("namespaces", &["alpha", "alph", "al*", "*pha", "beta"]),
    ("serviceAccounts", &["alpha/client", "client", "alpha/clien"]),
    ("ipBlocks", &["10.244.0.0/16", "192.0.2.0/24", "0.0.0.0/0"]),
];
const OPERATION: [(&str, &[&str]); 4] = [
    ("paths", &["/", "/a", "/a*", "*b", "/a/{*}", "/{**}", "/{*}/b", "*"]),
    ("methods", &["GET", "POST", "G*", "*"]),
    ("hosts", &["WEB.beta*", "other", "*"]),
    ("ports", &["8080", "9000", "80"]),
];
const WHEN: [(&str, &[&str]); 4] = [
    ("destination.port", &["8080", "9000"]),
    ("source.namespace", &["alpha", "beta"]),
    ("connection.sni", &["outbound_*", "*cluster.local", "x"]),
    ("source.ip", &["10.244.0.0/16", "192.0.2.1"]),
];

/// Numbers that look random (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }

    fn some(&mut self, all: &[&str]) -> Value {
        (0..=self.below(2)).map(|_| all[self.below(all.len())]).collect()
    }
}

/// The name of a set's mark.
pub fn mark(number: u64) -> String {
    format!("mark-{number}")
}

/// A policy that changes nothing but for a path that nobody asks for, and by whose name one sees that a set is in force.
pub fn marking(name: &str) -> Value {
    let rules =
        json!([{"from": [{"source": {"namespaces": ["nobody"]}}], "to": [{"operation": {"paths": ["/mark"]}}]}]);
    policy("beta", name, &json!({"action": "DENY", "selector": {"matchLabels": {"app": "web"}}, "rules": rules}))
}

fn policy(namespace: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": namespace}, "spec": spec,
    })
}

/// One to three policies.
pub fn generated(number: u64) -> Vec<Value> {
    let mut chance = Chance(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    (0..=chance.below(3))
        .map(|index| {
            let action = ["ALLOW", "DENY", "AUDIT", "ALLOW"][chance.below(4)];
            let rules: Vec<Value> = (0..=chance.below(2)).map(|_| rule(&mut chance)).collect();
            // Of other pods a selector alone is enough: what the collector and the gateway do is not touched.
            let app = ["web", "web", "web", "other"][chance.below(4)];
            let spec = json!({"action": action, "selector": {"matchLabels": {"app": app}}, "rules": rules});
            let mut policy = policy("beta", &format!("set-{number}-{index}"), &spec);
            if chance.below(6) == 0 {
                policy["metadata"]["annotations"] = json!({"istio.io/dry-run": "true"});
            }
            policy
        })
        .collect()
}

fn rule(chance: &mut Chance) -> Value {
    let mut rule = Map::new();
    if chance.below(2) == 0 {
        rule.insert("from".to_owned(), json!([{"source": clause(chance, &SOURCE)}]));
    }
    if chance.below(2) == 0 {
        let to: Vec<Value> = (0..=chance.below(2)).map(|_| json!({"operation": clause(chance, &OPERATION)})).collect();
        rule.insert("to".to_owned(), json!(to));
    }
    if chance.below(3) == 0 {
        let (key, values) = WHEN[chance.below(WHEN.len())];
        let list = if chance.below(3) == 0 { "notValues" } else { "values" };
        rule.insert("when".to_owned(), json!([{"key": key, list: chance.some(values)}]));
    }
    Value::Object(rule)
}

/// One or two fields; service accounts stand alone, as the API server wants it.
fn clause(chance: &mut Chance, fields: &[(&str, &[&str])]) -> Value {
    let mut clause = Map::new();
    for _ in 0..=chance.below(2) {
        let (key, values) = fields[chance.below(fields.len())];
        let stands_alone = key == "serviceAccounts" || clause.keys().any(|key| key.to_lowercase().contains("accounts"));
        if stands_alone && !clause.is_empty() {
            continue;
        }
        let opposite = format!("not{}{}", key[..1].to_uppercase(), &key[1..]);
        let key = if chance.below(3) == 0 { opposite } else { key.to_owned() };
        clause.insert(key, chance.some(values));
    }
    Value::Object(clause)
}
