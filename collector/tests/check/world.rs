//! A mesh in which everything is right, for tests to spoil one thing of it; objects come in as the API server writes them.

use std::collections::BTreeMap;

use hogusu_collector::api::proxies::{Kubernetes, Proxies, Proxy};
use hogusu_collector::api::senders::{Counters, Sender};
use hogusu_collector::api::status::{Status, Storage};
use hogusu_collector::check::facts::{
    Collector, Facts, Istiod, Known, Mesh, Name, Place, Plugin, Pod, Port, Right, Unread,
};
use hogusu_collector::check::judge;
use hogusu_collector::check::objects;
use hogusu_collector::check::report::{Line, State};
use hogusu_collector::report::Moment;
use hogusu_collector::report::map::Completeness;
use serde_json::{Value, json};

pub(crate) fn moment() -> Moment {
    Moment::parse("2026-11-24T14:06:57Z").expect("a moment")
}

pub(crate) fn unread<T>(what: &str) -> Known<T> {
    Err(Unread { what: what.to_owned(), why: "forbidden".to_owned() })
}

/// Two sidecars in `alpha` and `beta`, the collector's own, and a WasmPlugin in `alpha` and in `beta`.
pub(crate) fn healthy() -> Facts {
    let place = Place {
        namespace: "hogusu-system".to_owned(),
        root_namespace: "istio-system".to_owned(),
        service: "hogusu-collector".to_owned(),
        port: 4318,
        domain: None,
    };
    let right = |name: &str| Right { resource: name.to_owned(), refused: Vec::new() };
    let definitions = ["authorizationpolicies.security", "envoyfilters.networking", "peerauthentications.security"];
    let more = [
        "destinationrules.networking",
        "sidecars.networking",
        "wasmplugins.extensions",
        "trafficextensions.extensions",
    ];
    let mesh = Mesh {
        server: Ok("v1.36.3".to_owned()),
        own_rights: Ok(vec![right("pods"), right("wasmplugins.extensions.istio.io")]),
        collector_rights: Ok(vec![right("pods")]),
        definitions: Ok(definitions.iter().chain(&more).map(|name| format!("{name}.istio.io")).collect()),
        istiods: Ok(vec![istiod("1.31.0")]),
        pods: Ok(vec![
            pod_of(&pod("alpha", "client")),
            pod_of(&pod("beta", "web")),
            pod_of(&pod("hogusu-system", "hogusu-collector")),
        ]),
        plugins: Ok(vec![plugin("alpha", &json!({})), plugin("beta", &json!({}))]),
        envoy_filters: Ok(Vec::new()),
        sidecars: Ok(Vec::new()),
        peer_authentications: Ok(Vec::new()),
        destination_rules: Ok(Vec::new()),
        service: Ok(Some(vec![Port { name: "http-otlp".to_owned(), number: 4318, protocol: String::new() }])),
    };
    Facts { place, mesh, collector: collector() }
}

/// An istiod of this version.
pub(crate) fn istiod(version: &str) -> Istiod {
    let name = Name::new("istio-system", "istiod");
    Istiod { name, version: Some(version.to_owned()), gateways_by_name: Some(false) }
}

fn collector() -> Collector {
    Collector {
        status: Ok(Status {
            schema: "hogusu.status/v1".to_owned(),
            version: "0.1.0".to_owned(),
            now: moment(),
            started: moment(),
            ready: true,
            sealed_to: moment(),
            storage: Storage {
                oldest: None,
                disk_bytes: 1 << 20,
                max_disk_bytes: 1 << 30,
                retention_s: 604_800.0,
                damaged_files: 0,
            },
            resolutions: Vec::new(),
            tls: None,
            declared: None,
            trace_url: None,
        }),
        proxies: Ok(proxies(vec![proxy("alpha", "client", "reporting"), proxy("beta", "web", "reporting")])),
        senders: Ok(vec![sender("alpha", "client"), sender("beta", "web")]),
        findings: Ok(Vec::new()),
        completeness: Ok(Completeness::default()),
        metrics: Ok(BTreeMap::from([("ready".to_owned(), 1.0)])),
    }
}

/// The collector's word on these proxies.
pub(crate) fn proxies(proxies: Vec<Proxy>) -> Proxies {
    let mut counts = BTreeMap::new();
    for proxy in &proxies {
        *counts.entry(proxy.state.clone()).or_default() += 1;
    }
    Proxies {
        schema: "hogusu.proxies/v1".to_owned(),
        at: moment(),
        kubernetes: Kubernetes { state: "watching".to_owned(), error: None, server: Some("v1.36.3".to_owned()) },
        expected: Some(proxies.len() as u64),
        counts,
        proxies,
    }
}

pub(crate) fn proxy(namespace: &str, name: &str, state: &str) -> Proxy {
    Proxy {
        kind: "sidecar".to_owned(),
        namespace: namespace.to_owned(),
        pod: format!("{name}-0"),
        workload: format!("{namespace}/{name}"),
        state: state.to_owned(),
        ..Proxy::default()
    }
}

pub(crate) fn sender(namespace: &str, name: &str) -> Sender {
    Sender {
        id: "00".repeat(16),
        proxy: format!("sidecar~10.0.0.1~{name}-0.{namespace}~{namespace}.svc.cluster.local"),
        workload: format!("{namespace}/{name}"),
        cluster: "Kubernetes".to_owned(),
        pod: format!("{name}-0"),
        addresses: Vec::new(),
        hook: "http_filter".to_owned(),
        filter_version: "0.1.0".to_owned(),
        filter_digest: String::new(),
        revision: "1".to_owned(),
        wire_version: 1,
        configuration: "accepted".to_owned(),
        state: "running".to_owned(),
        flush_interval_s: 5.0,
        first_start: moment(),
        last_end: moment(),
        last_arrival: moment(),
        covered_s: 300.0,
        expected_s: 300.0,
        exchanges: 0,
        lost_batches: 0,
        lost_exchanges: 0,
        clock_skew_s: 0.004,
        clock_shift_s: 0.0,
        counters: Counters {
            memory_bytes: 0,
            waiting: 0,
            folded: 0,
            refused: 0,
            refused_exchanges: 0,
            retried: 0,
            overflowed: 0,
            host_errors: 0,
            longest_entry_ns: 0,
            clock_steps: 0,
        },
    }
}

/// A pod as it is judged.
pub(crate) fn pod_of(value: &Value) -> Pod {
    objects::pod(value).expect("a pod")
}

/// A pod with a sidecar, as the API server has it.
pub(crate) fn pod(namespace: &str, name: &str) -> Value {
    json!({
        "metadata": {
            "uid": name, "namespace": namespace, "name": format!("{name}-0"), "labels": {"app": name},
        },
        "spec": {"containers": [
            {"name": "app", "image": "app:v1"},
            {"name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.31.0"},
        ]},
        "status": {"phase": "Running"},
    })
}

/// A WasmPlugin as the chart writes it, with `spec` merged over it.
pub(crate) fn plugin(namespace: &str, spec: &Value) -> Plugin {
    let mut object = json!({
        "metadata": {"namespace": namespace, "name": "hogusu"},
        "spec": {
            "url": "oci://registry.example/hogusu:1", "sha256": "ab".repeat(32), "pluginName": "hogusu",
            "phase": "STATS", "failStrategy": "FAIL_OPEN", "match": [{"mode": "CLIENT_AND_SERVER"}],
            "pluginConfig": {
                "version": 1, "hook": "http_filter",
                "collector": {
                    "envoy_cluster": "outbound|4318||hogusu-collector.hogusu-system.svc.cluster.local",
                    "authority": "hogusu-collector.hogusu-system.svc.cluster.local",
                },
            },
        },
    });
    for (name, value) in spec.as_object().into_iter().flatten() {
        object["spec"][name] = value.clone();
    }
    objects::wasm_plugin(&object).expect("a plugin of ours")
}

/// The line of this name.
pub(crate) fn line(facts: &Facts, id: &str) -> Line {
    judge(facts).lines().find(|line| line.id == id).cloned().unwrap_or_else(|| panic!("no line {id}"))
}

/// It must end so, and say this.
#[track_caller]
pub(crate) fn assert_line(facts: &Facts, id: &str, state: State, said: &[&str]) {
    let line = line(facts, id);
    assert_eq!((line.state, line.said.iter().map(String::as_str).collect::<Vec<_>>()), (state, said.to_vec()), "{id}");
}
