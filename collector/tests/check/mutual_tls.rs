//! Mutual TLS to the collector that is switched off, by Istio's own rules of which object is in force where.

use hogusu_collector::check::facts::Facts;
use hogusu_collector::check::objects;
use hogusu_collector::check::report::State;
use serde_json::{Value, json};

use crate::world::{assert_line, healthy, line};

const HOST: &str = "hogusu-collector.hogusu-system.svc.cluster.local";

fn rule(namespace: &str, name: &str, host: &str, mode: &str) -> Value {
    json!({
        "metadata": {"namespace": namespace, "name": name, "creationTimestamp": "1"},
        "spec": {"host": host, "trafficPolicy": {"tls": {"mode": mode}}},
    })
}

fn with(rules: &[Value]) -> Facts {
    let mut facts = healthy();
    facts.mesh.destination_rules = Ok(rules.iter().map(objects::destination_rule).collect());
    facts
}

/// As the chart has it.
fn ours() -> Value {
    rule("hogusu-system", "hogusu-collector", HOST, "ISTIO_MUTUAL")
}

fn changed(mut rule: Value, pointer: &str, key: &str, value: Value) -> Value {
    rule.pointer_mut(pointer).expect("a part of the rule")[key] = value;
    rule
}

#[test]
fn a_peer_authentication_in_force_at_the_collector_is_named() {
    let authentication = |namespace: &str, spec: Value| {
        objects::peer_authentication(&json!({"metadata": {"namespace": namespace, "name": "p"}, "spec": spec}))
    };
    let strict = json!({"selector": {"matchLabels": {"app": "hogusu-collector"}}, "mtls": {"mode": "STRICT"}});
    let off = json!({"mtls": {"mode": "DISABLE"}});
    let mut facts = healthy();
    facts.mesh.peer_authentications = Ok(vec![authentication("istio-system", off.clone())]);
    let said = "PeerAuthentication istio-system/p is in force at the collector and switches mutual TLS off";
    assert_line(&facts, "collector-mtls", State::Fail, &[said]);
    facts.mesh.peer_authentications =
        Ok(vec![authentication("istio-system", off), authentication("hogusu-system", strict)]);
    assert_line(&facts, "collector-mtls", State::Pass, &[]);
}

#[test]
fn a_destination_rule_in_force_is_named_with_a_proxy_that_takes_it() {
    let off = |namespace| rule(namespace, "d", "*.local", "DISABLE");
    let of_alpha =
        "DestinationRule alpha/d asks the collector with TLS mode DISABLE from 1 proxy, such as alpha/client-0";
    assert_line(&with(&[off("alpha"), ours()]), "collector-mtls", State::Fail, &[of_alpha]);
    let of_all = "DestinationRule istio-system/d asks the collector with TLS mode DISABLE from 2 proxies, such as alpha/client-0";
    assert_line(&with(&[off("istio-system")]), "collector-mtls", State::Fail, &[of_all]);
    let own = rule("alpha", "on", HOST, "ISTIO_MUTUAL");
    let of_beta =
        "DestinationRule istio-system/d asks the collector with TLS mode DISABLE from 1 proxy, such as beta/web-0";
    assert_line(&with(&[off("istio-system"), own]), "collector-mtls", State::Fail, &[of_beta]);
    let mut facts = with(&[off("istio-system")]);
    facts.collector.proxies = Ok(crate::world::proxies(Vec::new()));
    let of_nobody = "DestinationRule istio-system/d asks the collector with TLS mode DISABLE";
    assert_line(&facts, "collector-mtls", State::Fail, &[of_nobody]);
}

#[test]
fn the_destination_rule_in_force_is_the_one_that_istio_applies() {
    let off = |namespace, host| rule(namespace, "off", host, "DISABLE");
    let on = |namespace, host| rule(namespace, "on", host, "ISTIO_MUTUAL");
    let at = |created: &str, rule| changed(rule, "/metadata", "creationTimestamp", json!(created));
    let to = |namespaces: Value, rule| changed(rule, "/spec", "exportTo", namespaces);
    let choosing = |app: &str, rule| changed(rule, "/spec", "workloadSelector", json!({"matchLabels": {"app": app}}));
    let at_port = |mode: &str, rule| {
        let settings = json!([{"port": {"number": 4318}, "tls": {"mode": mode}}]);
        changed(rule, "/spec/trafficPolicy", "portLevelSettings", settings)
    };
    let silent = |rule| changed(rule, "/spec", "trafficPolicy", json!(null));
    let cases: [(&str, Vec<Value>, bool); 21] = [
        ("the collector's namespace before root", vec![off("istio-system", "*.local"), ours()], true),
        ("however wide it is", vec![off("istio-system", HOST), on("hogusu-system", "*.local")], true),
        ("the client's namespace first", vec![off("alpha", "*.local"), ours()], false),
        ("another namespace", vec![off("gamma", HOST), ours()], true),
        ("most specific host", vec![off("hogusu-system", "*.local"), ours()], true),
        ("longest wildcard", vec![off("istio-system", "*.local"), on("istio-system", "*.svc.cluster.local")], true),
        ("any wildcard but everything", vec![off("istio-system", "*.local"), on("istio-system", "*")], false),
        ("a short name is of its namespace", vec![off("hogusu-system", "hogusu-collector")], false),
        ("and of no other", vec![off("istio-system", "hogusu-collector")], true),
        ("a name with a dot is whole", vec![off("istio-system", "hogusu-collector.hogusu-system")], true),
        ("oldest", vec![at("2", off("istio-system", HOST)), at("1", on("istio-system", HOST))], true),
        ("oldest is off", vec![at("1", off("istio-system", HOST)), at("2", on("istio-system", HOST))], false),
        (
            "oldest with a policy",
            vec![at("2", off("istio-system", HOST)), at("1", silent(on("istio-system", HOST)))],
            false,
        ),
        ("not exported", vec![to(json!(["."]), off("istio-system", HOST))], true),
        ("exported to one", vec![to(json!(["beta"]), off("istio-system", HOST))], false),
        ("exported to nobody here", vec![to(json!(["gamma"]), off("hogusu-system", HOST))], true),
        ("chosen by labels", vec![on("alpha", HOST), choosing("client", off("alpha", HOST))], false),
        ("other labels", vec![choosing("other", off("alpha", HOST))], true),
        ("labels of another namespace", vec![choosing("client", off("istio-system", HOST))], true),
        ("port before rule", vec![at_port("ISTIO_MUTUAL", off("istio-system", HOST))], true),
        ("port is off", vec![at_port("DISABLE", on("istio-system", HOST))], false),
    ];
    for (case, rules, is_on) in cases {
        let line = line(&with(&rules), "collector-mtls");
        assert_eq!(line.state == State::Pass, is_on, "{case}: {line:?}");
    }
}
