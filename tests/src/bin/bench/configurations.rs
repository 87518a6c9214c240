//! What is compared: ways of observing a sidecar's exchanges, as Envoy's configuration for one listener.

use anyhow::Result;
use hogusu_tests::artefacts;
use hogusu_tests::xds::listener::HttpParts;
use hogusu_tests::xds::plugin::{self, Hook, Place, Plugin};
use serde_json::{Value, json};

/// The Envoy cluster of the native access log's receiver.
pub const RECEIVER_CLUSTER: &str = "access-log-receiver";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Outbound,
    Inbound,
}

impl Direction {
    pub const BOTH: [Self; 2] = [Self::Outbound, Self::Inbound];

    pub fn word(self) -> &'static str {
        match self {
            Self::Outbound => "outbound",
            Self::Inbound => "inbound",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Observer {
    Nothing,
    GrpcAccessLog,
    Stats,
    /// Our filter in a hook, with these things measured beside the exact core.
    Filter(Hook, Value),
    /// The native access log and our filter's logger beside each other, to compare their bytes.
    GrpcAccessLogAndFilter,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    pub name: &'static str,
    pub observer: Observer,
}

/// Names that other parts refer to.
pub const NOTHING: &str = "no filter";
pub const NATIVE: &str = "native gRPC access log";
pub const LOGGER: &str = "access logger";
pub const UPSTREAM: &str = "upstream log";
pub const FILTER: &str = "HTTP filter";

/// All of them: the hooks with the exact core, then the logger with one thing more each.
pub fn all() -> Vec<Configuration> {
    let of = |name, observer| Configuration { name, observer };
    let core = |name, hook| of(name, Observer::Filter(hook, json!({})));
    let more = |name, measure| of(name, Observer::Filter(Hook::AccessLog, measure));
    vec![
        of(NOTHING, Observer::Nothing),
        of(NATIVE, Observer::GrpcAccessLog),
        of("native stats logger", Observer::Stats),
        core(LOGGER, Hook::AccessLog),
        core(UPSTREAM, Hook::UpstreamLog),
        core(FILTER, Hook::HttpFilter),
        more("access logger + bytes", json!({"bytes": true})),
        more("access logger + backend_latency", json!({"backend_latency": true})),
        more("access logger + attempts", json!({"attempts": true})),
        more("access logger + exemplars", json!({"exemplars": true})),
        more("access logger + operation route", json!({"operation": "route"})),
        more(
            "access logger + operation path_templates",
            json!({
                "operation": "path_templates",
                "path_templates": ["/users/{id}", "/users/{id}/orders", "/orders/{id}", "/orders/{id}/items/{item}"],
            }),
        ),
    ]
}

impl Configuration {
    /// The router's upstream log is a hook of sources.
    pub fn is_for(&self, direction: Direction) -> bool {
        direction == Direction::Outbound || !matches!(self.observer, Observer::Filter(Hook::UpstreamLog, _))
    }

    /// The loggers and filters of one listener.
    pub fn parts(&self, direction: Direction) -> Result<HttpParts> {
        let mut parts = HttpParts::default();
        if !self.is_for(direction) {
            return Ok(parts);
        }
        match &self.observer {
            Observer::Nothing => {}
            Observer::GrpcAccessLog => parts.access_logs.push(grpc_access_log()),
            Observer::Stats => parts.access_logs.push(stats_logger()),
            Observer::Filter(hook, measure) => self.add_filter(&mut parts, *hook, measure, direction)?,
            Observer::GrpcAccessLogAndFilter => {
                parts.access_logs.push(grpc_access_log());
                self.add_filter(&mut parts, Hook::AccessLog, &json!({}), direction)?;
            }
        }
        Ok(parts)
    }

    fn add_filter(&self, parts: &mut HttpParts, hook: Hook, measure: &Value, direction: Direction) -> Result<()> {
        let plugin = Plugin::new(hook).key("measure", measure.clone());
        let place = Place { direction: direction.word(), protocol: "http" };
        add_plugin(parts, plugin, place, self.name)
    }
}

/// Puts our filter into its hook, in a VM of its own, with `revision` to tell its batches from others.
pub fn add_plugin(parts: &mut HttpParts, plugin: Plugin, place: Place, revision: &str) -> Result<()> {
    let module = artefacts::wasm()?;
    let plugin = plugin.key("revision", json!(revision));
    let own_vm = |mut extension: Value| {
        extension["typed_config"]["config"]["vm_config"]["vm_id"] = json!(revision);
        extension
    };
    match plugin.hook {
        Hook::AccessLog => parts.access_logs.push(own_vm(plugin::access_logger(&plugin, &module, place))),
        Hook::UpstreamLog => parts.upstream_logs.push(own_vm(plugin::access_logger(&plugin, &module, place))),
        Hook::HttpFilter => parts.filters.push(own_vm(plugin::http_filter(&plugin, &module, place))),
        Hook::ListenerLog => anyhow::bail!("the bench's listeners have no access log of their own"),
    }
    Ok(())
}

fn grpc_access_log() -> Value {
    json!({
        "name": "envoy.access_loggers.http_grpc",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig",
            "common_config": {
                "log_name": "bench",
                "transport_api_version": "V3",
                "grpc_service": {"envoy_grpc": {"cluster_name": RECEIVER_CLUSTER}},
            },
        },
    })
}

/// A counter and a histogram with what makes a series of ours.
fn stats_logger() -> Value {
    let tags = json!([
        {"name": "source", "value_format": "%DOWNSTREAM_PEER_URI_SAN%"},
        {"name": "destination", "value_format": "%UPSTREAM_PEER_URI_SAN%"},
        {"name": "cluster", "value_format": "%UPSTREAM_CLUSTER%"},
        {"name": "code", "value_format": "%RESPONSE_CODE%"},
        {"name": "flags", "value_format": "%RESPONSE_FLAGS%"},
        {"name": "source_tls", "value_format": "%DOWNSTREAM_TLS_VERSION%"},
        {"name": "destination_tls", "value_format": "%UPSTREAM_TLS_VERSION%"},
    ]);
    json!({
        "name": "envoy.access_loggers.stats",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stats.v3.Config",
            "stat_prefix": "edge",
            "counters": [{"stat": {"name": "requests", "tags": tags}, "value_fixed": 1}],
            "histograms": [{
                "stat": {"name": "duration", "tags": tags},
                "unit": "Microseconds",
                "value_format": "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%",
            }],
        },
    })
}
