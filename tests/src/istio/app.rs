//! Applications inside pods: `pod-app` as scripted backend, as load, as file server. Their accounts come back as JSON.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::eventually::{Seen, eventually};
use crate::istio::namespaces::Namespaces;
use crate::istio::programs;
use crate::load::Account;
use crate::process::Process;
use crate::script::Script;
use crate::tcp::TcpScript;

const START_LIMIT: Duration = Duration::from_secs(30);
/// Longer than every load that is not stopped, and than whatever is under way when one is.
const LOAD_LIMIT: Duration = Duration::from_secs(180);

/// Starts a server of `pod-app` (`serve` or, with a `file`, a file server) and waits until it listens.
pub async fn serve(name: &str, namespaces: &Namespaces, plan: &Value, logs: &Path) -> Result<Process> {
    let mut command = namespaces.command(programs::pod_app()?);
    command.args(["serve", &plan.to_string()]);
    let process = Process::spawn(&format!("{name}-app"), command, logs)?;
    until_said(&process, "ready\n").await.with_context(|| format!("starting the application of {name}"))?;
    Ok(process)
}

/// Waits until the last thing that it said is this.
async fn until_said(process: &Process, words: &str) -> Result<()> {
    eventually(&format!("an application says {words:?}"), START_LIMIT, async || {
        if let Some(status) = process.exit() {
            return Seen::Never(format!("it ended with {status}: {}", process.last_words(10)));
        }
        let said = std::fs::read_to_string(process.stdout()).unwrap_or_default();
        if said.ends_with(words) { Seen::Done(()) } else { Seen::Waiting(said) }
    })
    .await
}

/// Which pod sends, and where it writes.
#[derive(Clone, Debug)]
pub struct Place {
    pub first: i32,
    pub name: String,
    pub logs: PathBuf,
}

impl Place {
    fn start(&self, mode: &str, plan: &Value) -> Result<Process> {
        // Every load has files of its own.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.first.to_string(), "-n", "--"]).arg(programs::pod_app()?);
        command.args([mode, &plan.to_string()]);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Process::spawn(&format!("{mode}-{}-{number}", self.name), command, &self.logs)
    }
}

/// HTTP load of one pod: so many requests with these scripts, over so long.
#[derive(Clone, Debug)]
pub struct AppLoad {
    place: Place,
    plan: Value,
}

impl AppLoad {
    pub(super) fn new(to: SocketAddr, authority: &str, place: Place) -> Self {
        Self { place, plan: json!({"to": to, "authority": authority, "connections": 2, "path": "/", "shares": []}) }
    }

    pub fn connections(mut self, count: usize) -> Self {
        self.plan["connections"] = json!(count);
        self
    }

    pub fn path(mut self, path: &str) -> Self {
        self.plan["path"] = json!(path);
        self
    }

    pub fn over(mut self, period: Duration) -> Self {
        self.plan["period_ms"] = json!(u64::try_from(period.as_millis()).unwrap_or(u64::MAX));
        self
    }

    pub fn requests(mut self, count: usize, script: &Script) -> Self {
        if let Some(shares) = self.plan["shares"].as_array_mut() {
            shares.push(json!([count, script]));
        }
        self
    }

    pub async fn run(&self) -> Result<Account> {
        self.start()?.finish().await
    }

    pub fn start(&self) -> Result<RunningLoad> {
        Ok(RunningLoad { process: self.place.start("load", &self.plan)? })
    }
}

#[derive(Debug)]
pub struct RunningLoad {
    process: Process,
}

impl RunningLoad {
    /// No further requests; those under way are finished. An error if it had ended by itself, so that what was done meanwhile was
    /// not all under load.
    pub async fn stop(self) -> Result<Account> {
        anyhow::ensure!(self.process.exit().is_none(), "the load ended before all was done under it");
        self.process.signal(Signal::SIGTERM)?;
        self.finish().await
    }

    pub async fn finish(self) -> Result<Account> {
        let rows: Vec<(String, Answer, u64)> = serde_json::from_str(&said_at_the_end(&self.process).await?)?;
        Ok(Account { ends: rows.into_iter().map(|(label, answer, count)| ((label, answer), count)).collect() })
    }
}

/// gRPC streams of one pod that stay open.
#[derive(Debug)]
pub struct OpenStreams {
    process: Process,
}

impl OpenStreams {
    pub(super) async fn open(to: SocketAddr, authority: &str, count: usize, place: &Place) -> Result<Self> {
        let process = place.start("streams", &json!({"to": to, "authority": authority, "count": count}))?;
        until_said(&process, "open\n").await?;
        Ok(Self { process })
    }

    /// Ends them in order; how many were answered so, too.
    pub async fn finish(self) -> Result<usize> {
        self.process.signal(Signal::SIGTERM)?;
        let said = said_at_the_end(&self.process).await?;
        Ok(said.lines().last().context("no account")?.parse()?)
    }
}

/// TCP load of one pod; its account is by script and end, in words.
#[derive(Clone, Debug)]
pub struct AppTcpLoad {
    place: Place,
    plan: Value,
}

impl AppTcpLoad {
    pub(super) fn new(to: SocketAddr, place: Place) -> Self {
        Self { place, plan: json!({"to": to, "shares": []}) }
    }

    pub fn connections(mut self, count: usize, script: TcpScript, bytes: usize) -> Self {
        if let Some(shares) = self.plan["shares"].as_array_mut() {
            shares.push(json!([script.word(), count, bytes]));
        }
        self
    }

    pub async fn run(&self) -> Result<BTreeMap<(String, String), u64>> {
        let process = self.place.start("tcp-load", &self.plan)?;
        let rows: Vec<(String, String, u64)> = serde_json::from_str(&said_at_the_end(&process).await?)?;
        Ok(rows.into_iter().map(|(script, end, count)| ((script, end), count)).collect())
    }
}

async fn said_at_the_end(process: &Process) -> Result<String> {
    let status = process.wait(LOAD_LIMIT).await?;
    if !status.success() {
        bail!("the load ended with {status}: {}", process.last_words(10));
    }
    std::fs::read_to_string(process.stdout()).context("reading the load's account")
}
