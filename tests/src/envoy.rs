//! One Envoy process: validated, started with listeners and Envoy clusters from files, changeable while it runs, stopped.
//! Knows the files and the process, not what is in the configuration.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::admin::Admin;
use crate::artefacts;
use crate::eventually::{Seen, eventually};
use crate::process::{Process, last_lines};
use crate::xds::bootstrap;

const START_LIMIT: Duration = Duration::from_secs(60);
const UPDATE_LIMIT: Duration = Duration::from_secs(30);

/// Everything that makes one proxy.
#[derive(Clone, Debug)]
pub struct Setup {
    pub name: String,
    pub node: Value,
    pub listeners: Vec<Value>,
    pub clusters: Vec<Value>,
    pub concurrency: u32,
    /// How long replaced listeners may drain; short, so that removed plugins end inside a scenario.
    pub drain_s: u32,
    /// Further command line arguments and bootstrap keys, for benches.
    pub arguments: Vec<String>,
    pub bootstrap_extra: Value,
    /// Environment of the process, added to ours.
    pub environment: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Envoy {
    folder: PathBuf,
    process: Process,
    admin: Admin,
    log: PathBuf,
    version: u64,
}

impl Envoy {
    /// Checks the configuration with `envoy --mode validate`.
    pub async fn validate(setup: &Setup, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("validate.json");
        write(&path, &bootstrap::complete(setup))?;
        let mut command = Command::new(artefacts::envoy()?);
        command.arg("--mode").arg("validate").arg("-c").arg(&path).args(["-l", "warning", "--concurrency", "1"]);
        let process = Process::spawn(&format!("{}-validate", setup.name), command, folder)?;
        let status = process.wait(START_LIMIT).await?;
        if !status.success() {
            bail!("envoy refuses {}: {}", path.display(), process.last_words(20));
        }
        Ok(())
    }

    /// Starts it and waits until it is ready and has its listeners.
    pub async fn start(setup: &Setup, folder: &Path) -> Result<Self> {
        for kind in ["cds", "lds"] {
            std::fs::create_dir_all(folder.join(kind))?;
        }
        let path = folder.join("bootstrap.json");
        write(&path, &bootstrap::dynamic(setup, folder))?;
        publish(folder, "cds", 1, &setup.clusters)?;
        publish(folder, "lds", 1, &setup.listeners)?;
        let admin_path = folder.join("admin.address");
        if admin_path.exists() {
            std::fs::remove_file(&admin_path)?;
        }
        let log = folder.join("envoy.log");
        let process = Process::spawn(&setup.name, command(setup, &path, &admin_path, &log)?, folder)?;
        let admin = Admin::new(admin_address(&process, &admin_path, &log).await?);
        let envoy = Self { folder: folder.to_owned(), process, admin, log, version: 1 };
        envoy.ready(setup.listeners.len()).await?;
        Ok(envoy)
    }

    async fn ready(&self, listeners: usize) -> Result<()> {
        eventually("envoy is ready with its listeners", START_LIMIT, async || {
            if let Some(status) = self.process.exit() {
                return Seen::Never(format!("{status}: {}", last_lines(&self.log, 15)));
            }
            if let Err(rejected) = self.accepted("lds").await {
                return Seen::Never(rejected.to_string());
            }
            let found = self.admin.listeners().await.map_or(0, |listeners| listeners.len());
            if found >= listeners && self.admin.is_ready().await { Seen::Done(()) } else { Seen::Waiting(found) }
        })
        .await
    }

    pub fn admin(&self) -> Admin {
        self.admin
    }

    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Envoy's own log, with what plugins say.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Replaces all listeners in the running proxy and waits until they are in force.
    pub async fn set_listeners(&mut self, listeners: &[Value]) -> Result<()> {
        self.replace("lds", listeners).await?;
        let admin = self.admin;
        eventually("no listener is warming", UPDATE_LIMIT, async || match admin.sum("total_listeners_warming").await {
            Ok(0) => Seen::Done(()),
            other => Seen::Waiting(format!("{other:?}")),
        })
        .await
    }

    /// Replaces all Envoy clusters in the running proxy.
    pub async fn set_clusters(&mut self, clusters: &[Value]) -> Result<()> {
        self.replace("cds", clusters).await
    }

    async fn replace(&mut self, kind: &str, resources: &[Value]) -> Result<()> {
        self.version += 1;
        publish(&self.folder, kind, self.version, resources)?;
        let wanted = self.version.to_string();
        let readout = format!("{}.version_text", manager(kind));
        let admin = self.admin;
        eventually("envoy takes the new configuration", UPDATE_LIMIT, async || {
            if let Err(rejected) = self.accepted(kind).await {
                return Seen::Never(rejected.to_string());
            }
            match admin.readout(&readout).await {
                Ok(version) if version == wanted => Seen::Done(()),
                other => Seen::Waiting(format!("{other:?}")),
            }
        })
        .await
    }

    /// Fails when Envoy rejected an update, with its words.
    async fn accepted(&self, kind: &str) -> Result<()> {
        let rejected = self.admin.sum(&format!("^{}.update_rejected$", manager(kind))).await.unwrap_or(0);
        if rejected > 0 {
            bail!("envoy rejected the {kind} file: {}", last_lines(&self.log, 15));
        }
        Ok(())
    }
}

fn manager(kind: &str) -> &'static str {
    if kind == "lds" { "listener_manager.lds" } else { "cluster_manager.cds" }
}

fn command(setup: &Setup, bootstrap: &Path, admin: &Path, log: &Path) -> Result<Command> {
    let mut command = Command::new(artefacts::envoy()?);
    command.arg("-c").arg(bootstrap).arg("--admin-address-path").arg(admin).arg("--log-path").arg(log);
    command.args(["--disable-hot-restart", "-l", "info", "--file-flush-interval-msec", "20"]);
    command.args(["--concurrency", &setup.concurrency.to_string()]);
    command.args(["--drain-time-s", &setup.drain_s.to_string(), "--drain-strategy", "immediate"]);
    command.args(&setup.arguments).envs(setup.environment.iter().cloned());
    Ok(command)
}

async fn admin_address(process: &Process, path: &Path, log: &Path) -> Result<SocketAddr> {
    eventually("envoy writes its admin address", START_LIMIT, async || {
        if let Some(status) = process.exit() {
            return Seen::Never(format!("{status}: {}\n{}", process.last_words(5), last_lines(log, 15)));
        }
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.trim().parse().map_or(Seen::Waiting(text), Seen::Done)
    })
    .await
}

/// Writes a discovery response beside its place and moves it in: Envoy watches for the move and never reads half a file.
fn publish(folder: &Path, kind: &str, version: u64, resources: &[Value]) -> Result<()> {
    let response = json!({"version_info": version.to_string(), "resources": resources});
    let new = folder.join(format!("{kind}.new"));
    write(&new, &response)?;
    std::fs::rename(&new, bootstrap::discovery_file(folder, kind)).context("moving the discovery file into place")
}

fn write(path: &Path, json: &Value) -> Result<()> {
    std::fs::write(path, serde_json::to_vec(json)?).with_context(|| format!("writing {}", path.display()))
}
