//! What policies decide, once more: straight from the facts, on manifests, by regular expressions, without a thought for speed or for
//! what is not known. What the evaluator is compared with.

use std::net::IpAddr;

use regex::Regex;
use serde_json::Value;

use crate::exchange::Exchange;

/// What holds for the mesh.
#[derive(Debug, Clone)]
pub(crate) struct Ground {
    pub(crate) domains: Vec<&'static str>,
    pub(crate) root: &'static str,
    pub(crate) is_ztunnel: bool,
}

const HTTP_ONLY: [&str; 5] = ["hosts", "methods", "paths", "requestPrincipals", "request."];
const LAYER_4: [&str; 9] = [
    "principals",
    "namespaces",
    "ipBlocks",
    "ports",
    "source.principal",
    "source.namespace",
    "source.ip",
    "destination.ip",
    "destination.port",
];

/// Whether the workload `app=x` of namespace a is let asked.
pub(crate) fn is_allowed(policies: &[Value], ground: &Ground, exchange: &Exchange) -> bool {
    let attached: Vec<&Value> = policies.iter().filter(|policy| is_attached(policy, ground)).collect();
    let enforced = |action: &'static str| {
        attached
            .iter()
            .filter(move |policy| policy["spec"]["action"] == action)
            .filter(|policy| policy["metadata"]["annotations"]["istio.io/dry-run"] != "true")
    };
    let matches = |policy: &Value| {
        let rules = policy["spec"]["rules"].as_array().unwrap();
        rules.iter().any(|rule| rule_matches(rule, policy, ground, exchange))
    };
    if enforced("DENY").any(|policy| matches(policy)) {
        return false;
    }
    enforced("ALLOW").count() == 0 || enforced("ALLOW").any(|policy| matches(policy))
}

fn is_attached(policy: &Value, ground: &Ground) -> bool {
    let namespace = &policy["metadata"]["namespace"];
    let selector = &policy["spec"]["selector"]["matchLabels"]["app"];
    (namespace == "a" || namespace == ground.root) && (selector.is_null() || selector == "x")
}

fn is_http_only(key: &str) -> bool {
    HTTP_ONLY.iter().any(|http| key.starts_with(http))
}

fn base(key: &str) -> (String, bool) {
    match key.strip_prefix("not") {
        Some(rest) => (format!("{}{}", rest[..1].to_lowercase(), &rest[1..]), true),
        None => (key.to_owned(), false),
    }
}

/// Keys of all conditions of a rule.
fn keys(rule: &Value) -> Vec<String> {
    let list = |name: &str| rule[name].as_array().cloned().unwrap_or_default();
    let of_clause = |clause: &Value| clause.as_object().unwrap().keys().map(|key| base(key).0).collect::<Vec<_>>();
    let from = list("from").iter().flat_map(|one| of_clause(&one["source"])).collect::<Vec<_>>();
    let to = list("to").iter().flat_map(|one| of_clause(&one["operation"])).collect::<Vec<_>>();
    let when = list("when").iter().map(|one| one["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    [from, to, when].concat()
}

fn rule_matches(rule: &Value, policy: &Value, ground: &Ground, exchange: &Exchange) -> bool {
    let is_allow = policy["spec"]["action"] == "ALLOW";
    let keys = keys(rule);
    if ground.is_ztunnel && is_allow && keys.iter().any(|key| !LAYER_4.contains(&key.as_str())) {
        return false;
    }
    if !ground.is_ztunnel && exchange.is_tcp && is_allow && keys.iter().any(|key| is_http_only(key)) {
        return false;
    }
    let is_looked_at = |key: &str| {
        if ground.is_ztunnel { LAYER_4.contains(&key) } else { !exchange.is_tcp || !is_http_only(key) }
    };
    let holds = |key: &str, values: &Value| {
        values.as_array().unwrap().iter().any(|value| matches(key, value.as_str().unwrap(), policy, ground, exchange))
    };
    let clause = |clause: &Value| {
        let all = clause.as_object().unwrap();
        let looked: Vec<_> = all.iter().filter(|(key, _)| is_looked_at(&base(key).0)).collect();
        if ground.is_ztunnel && looked.is_empty() {
            return false;
        }
        looked.into_iter().all(|(key, values)| {
            let (key, is_not) = base(key);
            holds(&key, values) != is_not
        })
    };
    let any_of =
        |list: &Value, inner: &str| list.as_array().is_none_or(|all| all.iter().any(|one| clause(&one[inner])));
    let condition = |one: &Value| {
        let key = one["key"].as_str().unwrap();
        !is_looked_at(key)
            || (one["values"].is_null() || holds(key, &one["values"]))
                && (one["notValues"].is_null() || !holds(key, &one["notValues"]))
    };
    any_of(&rule["from"], "source")
        && any_of(&rule["to"], "operation")
        && rule["when"].as_array().is_none_or(|all| all.iter().all(condition))
}

fn full(pattern: &str, text: &str) -> bool {
    Regex::new(&format!("^(?s:{pattern})$")).unwrap().is_match(text)
}

/// Exact, prefix, suffix, presence.
fn string(value: &str, text: &str) -> bool {
    let quoted = match value {
        "*" => ".+".to_owned(),
        value if value.starts_with('*') => format!(".*{}", regex::escape(&value[1..])),
        value if value.ends_with('*') => format!("{}.*", regex::escape(&value[..value.len() - 1])),
        value => regex::escape(value),
    };
    full(&quoted, text)
}

fn matches(key: &str, value: &str, policy: &Value, ground: &Ground, exchange: &Exchange) -> bool {
    let of_peer = |pattern: &str| exchange.peer.is_some_and(|peer| full(pattern, peer));
    match key {
        "principals" | "source.principal" => principals(value, ground).iter().any(|value| match value.as_str() {
            "*" => of_peer(".+"),
            value if value.starts_with('*') => of_peer(&format!("spiffe://.*{}", regex::escape(&value[1..]))),
            value if value.ends_with('*') => {
                of_peer(&format!("spiffe://{}.*", regex::escape(&value[..value.len() - 1])))
            }
            value => of_peer(&format!("spiffe://{}", regex::escape(value))),
        }),
        "namespaces" | "source.namespace" if ground.is_ztunnel => {
            exchange.peer.is_some_and(|peer| string(value, peer.split('/').nth(4).unwrap()))
        }
        "namespaces" | "source.namespace" => {
            let value = regex::escape(value).replace("\\*", ".*");
            of_peer(&format!(".*/ns/{value}/.*"))
        }
        "serviceAccounts" | "source.serviceAccount" => {
            let own = policy["metadata"]["namespace"].as_str().unwrap();
            let (namespace, account) = value.split_once('/').unwrap_or((own, value));
            of_peer(&format!("spiffe://.+/ns/{namespace}/(.+/|)sa/{account}(/.+)?"))
        }
        "trustDomains" | "source.trustDomain" => {
            let all = if ground.domains.contains(&value) { ground.domains.clone() } else { vec![value] };
            all.iter().any(|value| {
                let value = regex::escape(value).replace("\\*", "[^/]*");
                of_peer(&format!("spiffe://{value}/.*"))
            })
        }
        "ipBlocks" | "source.ip" => in_block(value, exchange.source_ip),
        "remoteIpBlocks" | "remote.ip" => in_block(value, exchange.remote_ip),
        "destination.ip" => in_block(value, exchange.destination_ip),
        "requestPrincipals" | "request.auth.principal" => request_principal(value, exchange),
        "request.auth.audiences" => exchange.token.is_some_and(|(_, _, audience)| string(value, audience)),
        "request.headers[X-Key]" => exchange.header.is_some_and(|own| string(value, own)),
        "hosts" => string(&value.to_lowercase(), &exchange.host.to_lowercase()),
        "ports" | "destination.port" => value == exchange.port.to_string(),
        "methods" => string(value, exchange.method),
        "paths" if value.contains('{') => {
            let pattern = regex::escape(value).replace("\\{\\*\\*\\}", ".*").replace("\\{\\*\\}", "[^/]+");
            full(&pattern, exchange.path)
        }
        "paths" => string(value, exchange.path),
        "connection.sni" => string(value, exchange.sni),
        other => panic!("{other}"),
    }
}

fn principals(value: &str, ground: &Ground) -> Vec<String> {
    let parts: Vec<&str> = value.split('/').collect();
    if ground.is_ztunnel || parts.len() != 5 || parts[0] == "*" {
        return vec![value.to_owned()];
    }
    let is_one = |domain: &&str| parts[0] == *domain || parts[0].contains('*') && string(parts[0], domain);
    if parts[0] != "cluster.local" && !ground.domains.iter().any(is_one) {
        return vec![value.to_owned()];
    }
    let rest = parts[1..].join("/");
    let own = ground.domains.iter().map(|domain| {
        let stays = parts[0].starts_with('*') && string(parts[0], domain);
        if stays { value.to_owned() } else { format!("{domain}/{rest}") }
    });
    own.collect()
}

fn in_block(value: &str, address: &str) -> bool {
    let bits = |text: &str| match text.parse().unwrap() {
        IpAddr::V4(address) => format!("4{:032b}", address.to_bits()),
        IpAddr::V6(address) => format!("6{:0128b}", address.to_bits()),
    };
    let (network, length) = value.split_once('/').map_or((value, 128), |(one, length)| (one, length.parse().unwrap()));
    let network = bits(network);
    let length = network.len().min(length + 1);
    bits(address).starts_with(&network[..length])
}

fn request_principal(value: &str, exchange: &Exchange) -> bool {
    let Some((issuer, subject, _)) = exchange.token else { return false };
    let both = |one: &str, other: &str| string(one, issuer) && string(other, subject);
    let exactly = |one: &str, other: &str| one == issuer && string(other, subject);
    match (value, value.rfind('/')) {
        ("*", _) => both("*", "*"),
        (value, Some(at)) if value.starts_with('*') => both(&value[..at], &value[at + 1..]),
        (value, None) if value.starts_with('*') => both("*", value),
        (value, Some(at)) => exactly(&value[..at], &value[at + 1..]),
        (value, None) => both(value, "*"),
    }
}
