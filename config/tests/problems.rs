//! All problems of a configuration at once: the same judgement as the filter's, and every key that is wrong by its name.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_config::{Config, problems};
use serde_json::{Value, json};

fn keys(configuration: &Value) -> Vec<String> {
    problems(configuration).into_iter().map(|problem| problem.key).collect()
}

#[test]
fn every_wrong_key_is_named_at_once() {
    let configuration = json!({
        "version": 1, "colector": {}, "hook": "tap", "max_edges": 0, "flush_interval_ms": "5s",
        "collector": {"envoy_cluster": "", "path": "v1", "authority": "a", "url": "x"},
        "measure": {"bytes": "yes", "byte": true, "attempts": true},
    });
    let mut found = keys(&configuration);
    found.sort();
    let wanted = [
        "colector",
        "collector.envoy_cluster",
        "collector.path",
        "collector.url",
        "flush_interval_ms",
        "hook",
        "max_edges",
        "measure.byte",
        "measure.bytes",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_key_of_several_words_is_named_once_and_whole() {
    let odd = json!({"version": 1, "a, b": 1, "c: d": {"e": 1}, "measure": {"f g": 1}});
    assert_eq!(keys(&odd), ["a, b", "c: d", "measure.f g"]);
}

#[test]
fn what_is_missing_or_does_not_go_together_is_said_too() {
    assert_eq!(keys(&json!({"max_edges": 7})), [""]);
    assert_eq!(keys(&json!({"max_edges": 0})), ["max_edges", ""]);
    assert_eq!(keys(&json!({"version": 2})), ["version"]);
    let without = json!({"version": 1, "measure": {"operation": "path_templates"}});
    assert_eq!(keys(&without), ["measure.path_templates"]);
    let with = json!({"version": 1, "measure": {"operation": "path_templates", "path_templates": ["/a"]}});
    assert_eq!(keys(&with), [] as [String; 0]);
    let wrong = json!({"version": 1, "measure": {"operation": "path_templates", "path_templates": ["a"]}});
    assert_eq!(keys(&wrong), ["measure.path_templates"]);
    for other in [json!(null), json!([1]), json!("x")] {
        assert_eq!(keys(&other), [""]);
    }
    assert!(problems(&json!(null))[0].message.starts_with("it is empty"));
}

#[test]
fn there_is_a_problem_exactly_when_the_filter_refuses() {
    let values =
        [json!(null), json!(0), json!(1), json!(100), json!("x"), json!("inbound"), json!(true), json!({}), json!([])];
    let names = [
        "version",
        "collector",
        "hook",
        "direction",
        "protocol",
        "flush_interval_ms",
        "max_edges",
        "max_waiting_batches",
        "measure",
        "revision",
        "other",
    ];
    let inner = ["envoy_cluster", "authority", "path", "timeout_ms", "bytes", "operation", "path_templates", "other"];
    let mut seen = [0, 0];
    for name in names {
        for value in &values {
            let mut cases = vec![json!({"version": 1, name: value}), json!({name: value})];
            cases.extend(inner.iter().map(|field| json!({"version": 1, name: {*field: value}})));
            for case in cases {
                let (_, refused) = Config::read(case.to_string().as_bytes());
                assert_eq!(refused.is_some(), !problems(&case).is_empty(), "{case}");
                seen[usize::from(refused.is_some())] += 1;
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
}
