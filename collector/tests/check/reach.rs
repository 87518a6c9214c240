//! The way to the collector, by Istio's own rules of which object applies to which pod.

use hogusu_collector::check::facts::Facts;
use hogusu_collector::check::objects;
use hogusu_collector::check::report::State;
use serde_json::{Value, json};

use crate::world::{assert_line, healthy};

/// Namespace, name, creation, labels that it chooses by, egress listeners.
fn sidecar(namespace: &str, name: &str, created: &str, labels: Value, egress: Value) -> Value {
    json!({
        "metadata": {"namespace": namespace, "name": name, "creationTimestamp": created},
        "spec": {"workloadSelector": {"labels": labels}, "egress": egress},
    })
}

fn with(sidecars: &[Value]) -> Facts {
    let mut facts = healthy();
    facts.mesh.sidecars = Ok(sidecars.iter().map(objects::sidecar).collect());
    facts
}

fn hosts(hosts: &[&str]) -> Value {
    json!([{"hosts": hosts}])
}

const HOST: &str = "hogusu-collector.hogusu-system.svc.cluster.local";

#[test]
fn hosts_let_the_collector_through_by_istios_grammar() {
    let rows = [
        ("*/*", true),
        ("./*", false),
        ("~/*", false),
        ("hogusu-system/*", true),
        ("other/*", false),
        (&format!("*/{HOST}"), true),
        (&format!("hogusu-system/{HOST}"), true),
        (&format!("./{HOST}"), false),
        ("hogusu-system/*.svc.cluster.local", true),
        ("hogusu-system/hogusu-collector", false),
        ("*/*.example.com", false),
    ];
    for (host, is_through) in rows {
        let facts = with(&[sidecar("alpha", "narrow", "1", json!({}), hosts(&[host]))]);
        let said = format!("Sidecar alpha/narrow hides hogusu-system/{HOST} from 1 sidecar, such as alpha/client-0");
        if is_through {
            assert_line(&facts, "sidecar-egress", State::Pass, &["2 sidecars"]);
        } else {
            assert_line(&facts, "sidecar-egress", State::Fail, &[&said]);
        }
    }
}

#[test]
fn the_object_in_force_is_the_one_that_istio_applies() {
    let narrow = |namespace, name, created, labels| sidecar(namespace, name, created, labels, hosts(&["./*"]));
    let open = |namespace, name, created, labels| sidecar(namespace, name, created, labels, hosts(&["*/*"]));
    let client = || json!({"app": "client"});
    let cases: [(&str, Vec<Value>, bool); 7] = [
        (
            "chosen before namespace",
            vec![open("alpha", "a", "1", client()), narrow("alpha", "b", "1", json!({}))],
            true,
        ),
        (
            "namespace before root",
            vec![open("alpha", "a", "2", json!({})), narrow("istio-system", "b", "1", json!({}))],
            false,
        ),
        ("oldest of namespace", vec![narrow("alpha", "a", "2", json!({})), open("alpha", "b", "1", json!({}))], true),
        ("others' labels", vec![narrow("alpha", "a", "1", json!({"app": "other"}))], true),
        ("another namespace", vec![narrow("gamma", "a", "1", json!({}))], true),
        ("selector in root", vec![narrow("istio-system", "a", "1", client())], true),
        ("without egress", vec![sidecar("alpha", "a", "1", json!({}), json!([]))], true),
    ];
    for (case, sidecars, is_through) in cases {
        let line = crate::world::line(&with(&sidecars), "sidecar-egress");
        assert_eq!(line.state == State::Pass, is_through, "{case}: {line:?}");
    }
    let root = with(&[narrow("istio-system", "default", "1", json!({}))]);
    let said =
        format!("Sidecar istio-system/default hides hogusu-system/{HOST} from 2 sidecars, such as alpha/client-0");
    assert_line(&root, "sidecar-egress", State::Fail, &[&said]);
}

#[test]
fn a_listener_of_another_port_does_not_bring_the_collector() {
    let egress = json!([{"port": {"number": 9080}, "hosts": ["*/*"]}, {"hosts": ["./*"]}]);
    let line = crate::world::line(&with(&[sidecar("alpha", "a", "1", json!({}), egress)]), "sidecar-egress");
    assert_eq!(line.state, State::Fail);
    let egress = json!([{"port": {"number": 4318}, "hosts": ["*/*"]}]);
    let line = crate::world::line(&with(&[sidecar("alpha", "a", "1", json!({}), egress)]), "sidecar-egress");
    assert_eq!(line.state, State::Pass);
}

#[test]
fn without_the_collectors_word_pods_in_the_plugins_scope_are_judged() {
    let mut facts = with(&[sidecar("beta", "narrow", "1", json!({}), hosts(&["./*"]))]);
    facts.collector.proxies = crate::world::unread("the expected proxies");
    let said = format!("Sidecar beta/narrow hides hogusu-system/{HOST} from 1 sidecar, such as beta/web-0");
    assert_line(&facts, "sidecar-egress", State::Fail, &[&said]);
    facts.mesh.plugins = Ok(Vec::new());
    assert_line(&facts, "sidecar-egress", State::Pass, &["0 sidecars"]);
}

#[test]
fn the_collectors_service_must_be_there_and_speak_http() {
    let with_port = |port: Value| {
        let mut facts = healthy();
        facts.mesh.service = Ok(Some(objects::ports(&json!({"spec": {"ports": [port]}}))));
        facts
    };
    let mut facts = healthy();
    facts.mesh.service = Ok(None);
    assert_line(&facts, "collector-service", State::Fail, &["there is no Service hogusu-system/hogusu-collector"]);
    let facts = with_port(json!({"name": "http-otlp", "port": 80}));
    assert_line(&facts, "collector-service", State::Fail, &["Service hogusu-system/hogusu-collector has no port 4318"]);
    let facts = with_port(json!({"name": "otlp", "port": 4318}));
    let said =
        r#"port 4318 of Service hogusu-system/hogusu-collector is named "otlp": Istio does not know that it is HTTP"#;
    assert_line(&facts, "collector-service", State::Fail, &[said]);
    let facts = with_port(json!({"name": "otlp", "port": 4318, "appProtocol": "http"}));
    assert_eq!(crate::world::line(&facts, "collector-service").state, State::Pass);
}

#[test]
fn the_domain_of_services_is_the_one_that_plugin_objects_name() {
    let sending_to = |host: &str| {
        let collector = json!({"envoy_cluster": format!("outbound|4318||{host}")});
        crate::world::plugin("alpha", &json!({"pluginConfig": {"version": 1, "collector": collector}}))
    };
    let own = || sending_to("hogusu-collector.hogusu-system.svc.k8s.example");
    let other = || sending_to("hogusu-collector.hogusu-system.svc.other.example");
    let foreign = || sending_to("hogusu-collector.elsewhere.svc.third.example");
    let place = healthy().place;
    assert_eq!(place.domain_by(&[]), None);
    assert_eq!(place.domain_by(&[foreign()]), None, "another collector's");
    assert_eq!(place.domain_by(&[other(), own(), own(), foreign()]).as_deref(), Some("k8s.example"));

    let host = "hogusu-collector.hogusu-system.svc.k8s.example";
    let mut facts = with(&[sidecar("alpha", "narrow", "1", json!({}), hosts(&[&format!("*/{host}")]))]);
    let said = format!("Sidecar alpha/narrow hides hogusu-system/{HOST} from 1 sidecar, such as alpha/client-0");
    assert_line(&facts, "sidecar-egress", State::Fail, &[&said]);
    facts.place.domain = Some("k8s.example".to_owned());
    assert_line(&facts, "sidecar-egress", State::Pass, &["2 sidecars"]);
}
