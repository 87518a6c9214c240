//! The OpenTelemetry Collector as a process: `otlp -> delta_to_cumulative -> nop`, the yardstick of ingest.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::process::Process;
use hogusu_tests::workdir::workspace_root;
use serde_json::json;

#[derive(Debug)]
pub struct OpenTelemetryCollector {
    pub process: Process,
}

impl OpenTelemetryCollector {
    /// Starts it for one core.
    pub async fn start(at: SocketAddr, folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("otelcol.yaml");
        // JSON is YAML.
        std::fs::write(&path, configuration(at).to_string()).context("writing the configuration")?;
        let binary = workspace_root().join(".tools/bin/otelcol");
        let mut command = Command::new(&binary);
        command.arg("--config").arg(&path).env("GOMAXPROCS", "1");
        let process = Process::spawn("otelcol", command, folder).context("is it installed? `make setup-bench`")?;
        eventually("the OpenTelemetry Collector listens", Duration::from_secs(30), async || {
            if let Some(status) = process.exit() {
                return Seen::Never(format!("{status}: {}", process.last_words(5)));
            }
            client::connect(at, None).await.map_or_else(|error| Seen::Waiting(error.to_string()), |_| Seen::Done(()))
        })
        .await?;
        Ok(Self { process })
    }
}

fn configuration(at: SocketAddr) -> serde_json::Value {
    json!({
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": at.to_string()}}}},
        "processors": {"delta_to_cumulative": {}},
        "exporters": {"nop": {}},
        "service": {
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
            "pipelines": {"metrics": {"receivers": ["otlp"], "processors": ["delta_to_cumulative"], "exporters": ["nop"]}},
        },
    })
}
