//! The filter as Istio delivers it: one WasmPlugin for each namespace in scope. A value with its manifest; applies nothing.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::istio::chart;
use crate::istio::namespaces::output;

pub const NAME: &str = "hogusu";

/// A module that an agent can fetch, and the digest by which it checks it.
#[derive(Clone, Debug, Default)]
pub struct Module {
    pub url: String,
    pub sha256: String,
}

#[derive(Clone, Debug)]
pub struct WasmPlugin {
    pub namespace: String,
    pub url: String,
    pub sha256: String,
    /// Merged over the plugin's configuration.
    pub keys: Value,
}

impl WasmPlugin {
    pub fn key(mut self, name: &str, value: Value) -> Self {
        self.keys[name] = value;
        self
    }

    pub fn module(mut self, module: &Module) -> Self {
        self.url.clone_from(&module.url);
        self.sha256.clone_from(&module.sha256);
        self
    }

    pub fn manifest(&self) -> Value {
        json!({
            "apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin",
            "metadata": {"name": NAME, "namespace": self.namespace},
            "spec": {
                "url": self.url,
                "sha256": self.sha256,
                "phase": "STATS",
                "failStrategy": "FAIL_OPEN",
                "pluginName": NAME,
                "pluginConfig": self.keys,
                "match": [{"mode": "CLIENT_AND_SERVER"}],
            },
        })
    }
}

/// The same plugin by the EnvoyFilter in istio/extension-config.yaml, for which nobody waits: its manifest.
pub fn by_extension_config(plugin: &WasmPlugin) -> Result<String> {
    let configuration = plugin.keys.to_string();
    let values = [
        ("@NAMESPACE@", &plugin.namespace),
        ("@URL@", &plugin.url),
        ("@SHA256@", &plugin.sha256),
        ("@CONFIGURATION@", &configuration),
    ];
    let template = std::fs::read_to_string(chart::folder().join("extension-config.yaml"))?;
    Ok(values.iter().fold(template, |text, (name, value)| text.replace(name, value)))
}

/// The digest by which the agent checks what it downloads.
pub async fn sha256(module: &Path) -> Result<String> {
    let mut command = std::process::Command::new("sha256sum");
    command.arg(module);
    let said = output(command).await?;
    Ok(said.split_whitespace().next().context("no digest")?.to_owned())
}
