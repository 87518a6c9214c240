//! Shorthand of the tables: policies as YAML, exchanges by what matters in a row.

use std::collections::BTreeMap;

use hogusu_access::{
    Call, Chain, Labels, Peer, Policies, Problem, Proxy, Role, Source, Text, Token, Verdict, Workload, read,
};

/// Whoever asks in most rows.
pub(crate) const ONE: &str = "spiffe://cluster.local/ns/b/sa/one";

/// Reads policies that are in force; whatever is wrong with them fails the test.
pub(crate) fn policies(yaml: &str) -> Policies {
    let read = read_as(yaml, Role::Current);
    assert!(!read.1.iter().any(|problem| problem.is_error), "{:?}\n{yaml}", read.1);
    read.0
}

pub(crate) fn read_as(yaml: &str, role: Role) -> (Policies, Vec<Problem>) {
    let read = read(&[Source { name: "f.yaml".to_owned(), text: yaml.to_owned() }], role);
    (read.policies, read.problems)
}

/// An AuthorizationPolicy of namespace a with this spec in one line.
pub(crate) fn policy(spec: &str) -> String {
    named("a", "p", spec)
}

pub(crate) fn named(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{namespace: {namespace}, name: {name}}}\nspec: {spec}\n"
    )
}

pub(crate) fn proves_tokens() -> &'static str {
    "---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {namespace: a, name: t}\nspec: {}\n"
}

/// The workload `app=x` of namespace a.
pub(crate) fn workload(proxy: Proxy) -> Workload {
    Workload { namespace: "a".to_owned(), name: "x".to_owned(), labels: Some(Labels::exactly([("app", "x")])), proxy }
}

/// GET /a of host shop at port 80, by [`ONE`].
pub(crate) fn request() -> Call {
    let address = |text: &str| Some(text.parse().unwrap());
    Call {
        chain: Some(Chain::Http),
        peer: Some(Peer::Certificate(ONE.to_owned())),
        port: Some(80),
        method: Some("GET".to_owned()),
        path: Some(Text::Whole("/a".to_owned())),
        host: Some("shop".to_owned()),
        source_ip: address("10.0.0.1"),
        remote_ip: address("192.0.2.1"),
        destination_ip: address("10.0.0.9"),
        sni: Some("outbound_.80_._.shop".to_owned()),
        headers: Some(BTreeMap::from([("x-key".to_owned(), "value".to_owned())])),
        token: Some(Token::Missing),
        is_refused_by_custom: None,
        service: None,
    }
}

pub(crate) fn connection() -> Call {
    Call { chain: Some(Chain::Tcp), ..request() }
}

/// `allowed`, `denied`, or what is missing.
pub(crate) fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allowed(_) => "allowed".to_owned(),
        Verdict::Denied(_) => "denied".to_owned(),
        Verdict::Undecidable { missing, .. } => missing.iter().cloned().collect::<Vec<_>>().join(", "),
    }
}

/// What a sidecar decides.
pub(crate) fn sidecar(yaml: &str, call: &Call) -> String {
    told(&policies(yaml).decide(&workload(Proxy::Sidecar), call))
}

/// True where a rule of an ALLOW policy lets a call in.
pub(crate) fn lets_in(rule: &str, call: &Call) -> bool {
    let yaml = policy(&format!("{{rules: [{rule}]}}")) + proves_tokens();
    match sidecar(&yaml, call).as_str() {
        "allowed" => true,
        "denied" => false,
        missing => panic!("{rule}: {missing}"),
    }
}
