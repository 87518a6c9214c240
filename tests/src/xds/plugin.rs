//! The filter under test as Envoy is told of it: access logger, upstream logger, HTTP filter. All of one Envoy share one VM, unless they say otherwise.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::xds::{extension, typed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// In the access logs of the HTTP connection manager and of the TCP proxy.
    AccessLog,
    /// In the router's upstream log of outbound listeners: one entry per attempt.
    UpstreamLog,
    /// In front of the router.
    HttpFilter,
    /// In the access log of inbound listeners themselves.
    ListenerLog,
}

impl Hook {
    pub fn word(self) -> &'static str {
        match self {
            Self::AccessLog => "access_log",
            Self::UpstreamLog => "upstream_log",
            Self::HttpFilter => "http_filter",
            Self::ListenerLog => "listener_log",
        }
    }
}

/// Our filter in one hook of a workload.
#[derive(Clone, Debug)]
pub struct Plugin {
    pub hook: Hook,
    /// The module; None: the one that `artefacts::wasm` finds.
    pub wasm: Option<PathBuf>,
    /// Merged over the keys that the harness sets.
    pub keys: Value,
    /// Replaces the whole configuration, for malformed ones.
    pub raw: Option<String>,
    /// Sits only at listeners of this protocol, `http` or `tcp`; None: at all where its hook can be.
    pub only: Option<&'static str>,
    /// The VM it runs in, by its id: plugins with the same one share it.
    pub vm: &'static str,
}

impl Plugin {
    pub fn new(hook: Hook) -> Self {
        Self { hook, wasm: None, keys: json!({}), raw: None, only: None, vm: "hogusu" }
    }

    /// Sets one key of the plugin's configuration (`flush_interval_ms`, `measure`, ...).
    pub fn key(mut self, name: &str, value: Value) -> Self {
        self.keys[name] = value;
        self
    }

    pub fn raw_configuration(mut self, text: &str) -> Self {
        self.raw = Some(text.to_owned());
        self
    }

    pub fn only(mut self, protocol: &'static str) -> Self {
        self.only = Some(protocol);
        self
    }

    pub fn in_vm(mut self, id: &'static str) -> Self {
        self.vm = id;
        self
    }

    pub fn module(mut self, path: PathBuf) -> Self {
        self.wasm = Some(path);
        self
    }

    fn configuration(&self, direction: &str, protocol: &str) -> String {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut configuration =
            json!({"version": 1, "hook": self.hook.word(), "direction": direction, "protocol": protocol});
        for (key, value) in self.keys.as_object().into_iter().flatten() {
            configuration[key] = value.clone();
        }
        configuration.to_string()
    }
}

/// Where a plugin sits: `inbound` or `outbound`, `http` or `tcp`.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub direction: &'static str,
    pub protocol: &'static str,
}

pub fn access_logger(plugin: &Plugin, module: &std::path::Path, place: Place) -> Value {
    extension(
        "envoy.access_loggers.wasm",
        "envoy.extensions.access_loggers.wasm.v3.WasmAccessLog",
        json!({"config": plugin_config(plugin, module, place)}),
    )
}

pub fn http_filter(plugin: &Plugin, module: &std::path::Path, place: Place) -> Value {
    extension(
        "hogusu",
        "envoy.extensions.filters.http.wasm.v3.Wasm",
        json!({"config": plugin_config(plugin, module, place)}),
    )
}

fn plugin_config(plugin: &Plugin, module: &std::path::Path, place: Place) -> Value {
    let configuration = plugin.configuration(place.direction, place.protocol);
    json!({
        "name": "hogusu",
        "root_id": "hogusu",
        "failure_policy": "FAIL_OPEN",
        "configuration": typed("google.protobuf.StringValue", json!({"value": configuration})),
        "vm_config": {
            "vm_id": plugin.vm,
            "runtime": "envoy.wasm.runtime.v8",
            "code": {"local": {"filename": module}},
        },
    })
}
