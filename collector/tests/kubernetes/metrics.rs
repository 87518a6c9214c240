//! What an agent's metrics say of plugins.

use hogusu_collector::kubernetes::agent::Plugins;

const METRICS: &str = "\
# HELP istio_agent_wasm_remote_fetch_count number of Wasm remote fetches and results
# TYPE istio_agent_wasm_remote_fetch_count counter
istio_agent_wasm_remote_fetch_count{result=\"checksum_mismatched\"} 3
istio_agent_wasm_remote_fetch_count{result=\"success\"} 1
istio_agent_wasm_config_conversion_count{result=\"fetch_failure\"} 3
istio_agent_wasm_config_conversion_count{result=\"success\"} 0
envoy_wasm_envoy_wasm_runtime_v8_active{} 0
envoy_http_rbac_wasm_default_allow_allowed{envoy_http_conn_manager_prefix=\"outbound\"} 12
broken
";

#[test]
fn fetches_conversions_machines_and_the_stand_in_are_read() {
    let plugins = Plugins::read(METRICS);
    assert_eq!((plugins.fetches["checksum_mismatched"], plugins.fetches["success"]), (3, 1));
    assert_eq!(plugins.conversions.len(), 1, "nothing that never happened: {:?}", plugins.conversions);
    assert_eq!((plugins.machines, plugins.has_stand_in), (Some(0), true));
    assert_eq!(plugins.failures(), "checksum_mismatched (3), fetch_failure (3)");
}

#[test]
fn a_filter_without_anything_to_fetch_is_no_failure() {
    let conversions = |result: &str| {
        Plugins::read(&format!("istio_agent_wasm_config_conversion_count{{result=\"{result}\"}} 2\n")).failures()
    };
    assert_eq!(
        (conversions("no_remote_load"), conversions("marshal_failure")),
        (String::new(), "marshal_failure (2)".to_owned())
    );
}

#[test]
fn what_is_not_said_is_not_known() {
    let plugins = Plugins::read("istio_agent_go_goroutines 120\n");
    assert_eq!(plugins, Plugins::default());
    assert_eq!(plugins.machines, None);
}

#[test]
fn numbers_are_read_as_prometheus_writes_them() {
    let read = |value: &str| Plugins::read(&format!("envoy_wasm_envoy_wasm_runtime_v8_active{{}} {value}\n")).machines;
    assert_eq!((read("4"), read("4.0"), read("1e+00"), read("NaN")), (Some(4), Some(4), Some(1), Some(0)));
}
