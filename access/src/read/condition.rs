//! Conditions: keys of `when`, and what values of each field may be.

use hogusu_yaml::Node;

use super::fields::{Fields, join};
use crate::authorization::{Condition, Field};
use crate::matching::network;

const KEYS: &str = "source.ip, source.namespace, source.principal, source.serviceAccount, source.trustDomain, remote.ip, \
    request.auth.principal, request.auth.audiences, request.auth.presenter, request.auth.claims[NAME], request.headers[NAME], \
    destination.ip, destination.port, connection.sni, experimental.envoy.filters.FILTER[KEY]";

/// Service accounts of a condition, at most.
const MOST_ACCOUNTS: usize = 16;

/// One of `when`.
pub(super) fn when(fields: &mut Fields<'_>, node: &Node, path: &str) -> Option<Condition> {
    fields.known(node, path, &["key", "values", "notValues"]);
    let key = fields.text_at(node, path, "key").unwrap_or_default();
    let line = node.line_of(&["key"]);
    let Some(field) = field(key) else {
        let remedy = format!("write one of {KEYS}");
        fields.error(line, &join(path, "key"), "there is no such key, and Istio refuses it", &remedy);
        return Some(Condition {
            field: Field::Unsupported(key.to_owned()),
            values: Vec::new(),
            not_values: Vec::new(),
        });
    };
    let (values, not_values) = (fields.texts(node, path, "values"), fields.texts(node, path, "notValues"));
    if values.is_empty() && not_values.is_empty() {
        fields.error(node.line, path, "it has neither values nor notValues, which Istio refuses", "write one of them");
    }
    for (key, values) in [("values", &values), ("notValues", &not_values)] {
        check(fields, &field, values, node.line_of(&[key]), &join(path, key));
    }
    Some(Condition { field, values, not_values })
}

/// What a key is about; `None` where there is no such key.
fn field(key: &str) -> Option<Field> {
    Some(match key {
        "source.ip" => Field::SourceIp,
        "source.namespace" => Field::Namespace,
        "source.principal" => Field::Principal,
        "source.serviceAccount" => Field::ServiceAccount,
        "source.trustDomain" => Field::TrustDomain,
        "remote.ip" => Field::RemoteIp,
        "request.auth.principal" => Field::RequestPrincipal,
        "request.auth.audiences" => Field::Claim(vec!["aud".to_owned()]),
        "request.auth.presenter" => Field::Claim(vec!["azp".to_owned()]),
        "destination.ip" => Field::DestinationIp,
        "destination.port" => Field::Port,
        "connection.sni" => Field::Sni,
        other => {
            let brackets = |prefix: &str| other.strip_prefix(prefix)?.strip_prefix('[')?.strip_suffix(']');
            if let Some(name) = brackets("request.headers").filter(|name| !name.is_empty()) {
                Field::Header(name.to_ascii_lowercase())
            } else if let Some(path) = brackets("request.auth.claims").filter(|path| !path.is_empty()) {
                Field::Claim(path.split("][").map(str::to_owned).collect())
            } else if other.starts_with("experimental.envoy.filters.") && other.ends_with(']') && other.contains('[') {
                Field::Metadata(other.to_owned())
            } else {
                return None;
            }
        }
    })
}

/// What Istio refuses as a value, and what never matches.
pub(super) fn check(fields: &mut Fields<'_>, field: &Field, values: &[String], line: usize, path: &str) {
    if *field == Field::ServiceAccount && values.len() > MOST_ACCOUNTS {
        fields.error(line, path, "there are more than 16, which the API server refuses", "write a further source");
    }
    for value in values {
        match wrong(field, value) {
            Some((said, remedy)) => fields.error(line, path, &format!("{value}: {said}"), remedy),
            None if *field == Field::Principal && value.starts_with("spiffe://") => {
                let said = format!("{value} never matches: Istio writes spiffe:// before it once more");
                fields.warn(line, path, &said, "leave spiffe:// out");
            }
            None if *field == Field::Principal && has_star_within(value) => {
                let said = format!(
                    "{value} matches none that is meant: one * may begin or end it, others stand for themselves"
                );
                fields.warn(
                    line,
                    path,
                    &said,
                    "write namespaces or serviceAccounts in its place, or several principals",
                );
            }
            None => {}
        }
    }
}

/// True where a `*` is none that stands for anything.
fn has_star_within(value: &str) -> bool {
    value.strip_prefix('*').or_else(|| value.strip_suffix('*')).unwrap_or(value).contains('*')
}

fn wrong(field: &Field, value: &str) -> Option<(&'static str, &'static str)> {
    match field {
        Field::SourceIp | Field::RemoteIp | Field::DestinationIp if network(value).is_none() => {
            Some(("it is neither an address nor a network", "write it as 10.0.0.0/8 or 10.0.0.1"))
        }
        // A sign would be read, too.
        Field::Port if value.starts_with('+') || !value.parse::<u16>().is_ok_and(|port| port > 0) => {
            Some(("it is no port", "write one from 1 to 65535"))
        }
        Field::ServiceAccount if value.contains('*') || value.split('/').count() > 2 => {
            Some(("it is no service account: wildcards are refused", "write NAMESPACE/NAME or NAME"))
        }
        Field::Path => template(value).map(|said| (said, "write {*} for one segment, and {**} once, last")),
        _ => None,
    }
}

/// What is wrong with a template of paths.
fn template(value: &str) -> Option<&'static str> {
    if !value.contains('{') && !value.contains('}') {
        return None;
    }
    let rest = value.replace("{**}", "").replace("{*}", "");
    let is_segment = |segment: &str| !segment.contains('{') || matches!(segment, "{*}" | "{**}");
    if rest.contains(['{', '}']) {
        Some("a brace stands for no operator")
    } else if rest.contains('*') {
        Some("* and templates do not go together")
    } else if !value.split('/').all(is_segment) {
        Some("an operator is a whole segment")
    } else if value.split_once("{**}").is_some_and(|(_, tail)| tail.contains("{*")) {
        Some("{**} is the last operator")
    } else {
        None
    }
}
