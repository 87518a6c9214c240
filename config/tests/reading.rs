//! The plugin configuration: what is taken, what is refused by which words, and what of a refused one stays in force.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_config::{Config, Direction, Measures, Operations, Target, Transport, Trust};
use hogusu_model::Hook;

fn refusal(json: &str) -> String {
    let (_, refused) = Config::read(json.as_bytes());
    refused.map(|refused| refused.to_string()).unwrap_or_default()
}

#[test]
fn the_version_alone_is_a_configuration() {
    assert_eq!(Config::read(br#"{"version":1}"#), (Config::default(), None));
}

#[test]
fn every_key_is_taken() {
    let json = br#"{"version":1,
        "collector":{"envoy_cluster":"outbound|9411||c","authority":"a:9411","path":"/v1/metrics","timeout_ms":2500},
        "hook":"upstream_log","direction":"outbound","protocol":"http",
        "flush_interval_ms":100,"max_edges":10000,"max_waiting_batches":60,
        "measure":{"bytes":true,"backend_latency":true,"attempts":true,"exemplars":true,
                   "operation":"path_templates","path_templates":["/users/{id}"]},
        "trust":{"client_certificates":false,"server_certificates":false,"source_addresses":false},
        "revision":"2026-11-24"}"#;
    let (config, refused) = Config::read(json);
    assert_eq!(refused, None);
    assert_eq!(
        config,
        Config {
            target: Target {
                envoy_cluster: "outbound|9411||c".into(),
                authority: "a:9411".into(),
                path: "/v1/metrics".into(),
                timeout_ms: 2_500
            },
            hook: Hook::UpstreamLog,
            direction: Direction::Outbound,
            transport: Transport::Http,
            flush_interval_ms: 100,
            max_edges: 10_000,
            max_waiting_batches: 60,
            measures: Measures {
                bytes: true,
                backend_latency: true,
                attempts: true,
                exemplars: true,
                operation: Operations::PathTemplates,
                path_templates: vec!["/users/{id}".into()],
            },
            trust: Trust { client_certificates: false, server_certificates: false, source_addresses: false },
            revision: "2026-11-24".into(),
        }
    );
}

#[test]
fn a_refusal_names_the_key_and_defaults_are_in_force() {
    let long = "x".repeat(300);
    let many = vec!["\"/a\""; 201].join(",");
    for (json, names) in [
        (String::new(), r#"it is empty, and {"version": 1} is the least"#),
        (" \n\t".into(), "it is empty"),
        (r#"{}"#.into(), "version"),
        (r#"{"version":2}"#.into(), "version is 2"),
        (r#"{"version":"1"}"#.into(), "version: "),
        (r#"{"version":1,"colector":{}}"#.into(), "colector"),
        (r#"{"version":1,"measure":{"byte":true}}"#.into(), "measure.byte: unknown field"),
        (r#"{"version":1,"measure":{"bytes":"yes"}}"#.into(), "measure.bytes: "),
        (r#"{"version":1,"measure":7}"#.into(), "measure: "),
        (r#"{"version":1,"measure":{"operation":"path"}}"#.into(), "measure.operation: unknown variant"),
        (r#"{"version":1,"measure":{"operation":"path_templates"}}"#.into(), "measure.path_templates"),
        (r#"{"version":1,"measure":{"path_templates":["users"]}}"#.into(), "measure.path_templates"),
        (format!(r#"{{"version":1,"measure":{{"path_templates":["/{long}"]}}}}"#), "measure.path_templates"),
        (format!(r#"{{"version":1,"measure":{{"path_templates":[{many}]}}}}"#), "measure.path_templates"),
        (r#"{"version":1,"hook":"tap"}"#.into(), "hook is \"tap\""),
        (r#"{"version":1,"direction":"up"}"#.into(), "direction: "),
        (r#"{"version":1,"protocol":"udp"}"#.into(), "protocol: "),
        (r#"{"version":1,"flush_interval_ms":99}"#.into(), "flush_interval_ms is 99"),
        (r#"{"version":1,"flush_interval_ms":60001}"#.into(), "flush_interval_ms is 60001"),
        (r#"{"version":1,"flush_interval_ms":-1}"#.into(), "flush_interval_ms: "),
        (r#"{"version":1,"flush_interval_ms":5e3}"#.into(), "flush_interval_ms: "),
        (r#"{"version":1,"max_edges":0}"#.into(), "max_edges is 0"),
        (r#"{"version":1,"max_edges":10001}"#.into(), "max_edges is 10001"),
        (r#"{"version":1,"max_waiting_batches":0}"#.into(), "max_waiting_batches is 0"),
        (r#"{"version":1,"max_waiting_batches":61}"#.into(), "max_waiting_batches is 61"),
        (r#"{"version":1,"collector":{"timeout_ms":0}}"#.into(), "collector.timeout_ms is 0"),
        (r#"{"version":1,"collector":{"timeout_ms":60001}}"#.into(), "collector.timeout_ms is 60001"),
        (r#"{"version":1,"collector":{"envoy_cluster":""}}"#.into(), "collector.envoy_cluster"),
        (r#"{"version":1,"collector":{"authority":"a\r\nx: y"}}"#.into(), "collector.authority"),
        (r#"{"version":1,"collector":{"path":"v1"}}"#.into(), "collector.path"),
        (r#"{"version":1,"collector":{"url":"x"}}"#.into(), "collector.url: unknown field"),
        (format!(r#"{{"version":1,"revision":"{long}"}}"#), "revision"),
        (r#"{"version":1,"revision":1}"#.into(), "revision: "),
        (r#"{"version":1,"version":1}"#.into(), "duplicate field `version`"),
    ] {
        let (config, refused) = Config::read(json.as_bytes());
        let text = refused.map(|refused| refused.to_string()).unwrap_or_default();
        assert!(text.contains(names), "{json}: {text}");
        assert!(
            text.starts_with("plugin configuration refused: ") && text.ends_with("observing with defaults"),
            "{text}"
        );
        assert_eq!(config, Config::default(), "{json}");
    }
}

#[test]
fn what_is_no_json_is_refused_and_never_panics() {
    for json in [
        &b""[..],
        b"{",
        b"[1]",
        b"null",
        b"\"x\"",
        b"{\"version\":1}x",
        &[0xff, 0xfe],
        &[b'['; 100_000],
        &[b'{'; 1_000],
    ] {
        let (config, refused) = Config::read(json);
        assert!(refused.is_some() && config == Config::default());
    }
    let nested = format!(r#"{{"version":1,"measure":{}1{}}}"#, "[".repeat(100), "]".repeat(100));
    assert!(refusal(&nested).contains("measure"));
}

#[test]
fn of_a_refused_one_collector_hook_direction_protocol_and_doubts_stay_in_force() {
    let (config, refused) = Config::read(
        br#"{"version":1,"collector":{"envoy_cluster":"c","authority":"a","path":"/p","timeout_ms":900},"hook":"http_filter",
            "direction":"inbound","protocol":"tcp","flush_interval_ms":200,"max_edges":5,"revision":"r","trust":{"source_addresses":false},"unknown":1}"#,
    );
    assert!(refused.is_some());
    let target = Target { envoy_cluster: "c".into(), authority: "a".into(), path: "/p".into(), timeout_ms: 900 };
    let expected = Config {
        target,
        hook: Hook::HttpFilter,
        direction: Direction::Inbound,
        transport: Transport::Tcp,
        trust: Trust { source_addresses: false, ..Trust::default() },
        ..Config::default()
    };
    assert_eq!(config, expected);
}

#[test]
fn one_bad_key_of_the_collector_does_not_send_batches_elsewhere() {
    for bad in [r#""timeout_ms":0"#, r#""timeout_ms":"soon""#, r#""url":"x""#] {
        let json = format!(r#"{{"version":1,"collector":{{"envoy_cluster":"c","authority":"a",{bad}}}}}"#);
        let (config, refused) = Config::read(json.as_bytes());
        assert!(refused.is_some());
        assert_eq!(
            config.target,
            Target { envoy_cluster: "c".into(), authority: "a".into(), ..Target::default() },
            "{bad}"
        );
    }
    let (config, _) = Config::read(br#"{"version":1,"collector":{"envoy_cluster":"c","path":"no slash"}}"#);
    assert_eq!(config.target, Target::default(), "a target that no proxy would take is none");
}
