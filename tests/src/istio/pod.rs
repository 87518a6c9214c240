//! One running pod: its namespaces, its application, its sidecar with admin port and access log.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::accesslog::{AccessLog, Entry};
use crate::admin::Admin;
use crate::client;
use crate::eventually::{Seen, eventually};
use crate::istio::agent;
use crate::istio::app::{self, AppLoad, AppTcpLoad, OpenStreams};
use crate::istio::namespaces::{Namespaces, child_of};
use crate::istio::window::Window;
use crate::istio::workload::{Proxy, Workload};
use crate::process::Process;

const READY_LIMIT: Duration = Duration::from_secs(90);
const PROBE_LIMIT: Duration = Duration::from_secs(3);
const DRAIN_LIMIT: Duration = Duration::from_secs(60);
/// Listeners and filter chains that a change replaces: those to come, and those before them that may still hold connections.
const CHANGING: &str = r"^listener_manager\.total_(listeners_(warming|draining)|filter_chains_draining)$";

#[derive(Debug)]
pub struct Pod {
    pub(super) workload: Workload,
    pub(super) address: Ipv4Addr,
    pub(super) service: Ipv4Addr,
    /// Before what runs inside: ending them ends everything there at once.
    pub(super) namespaces: Namespaces,
    pub(super) folder: PathBuf,
    pub(super) logs: PathBuf,
    pub(super) app: Option<Process>,
    pub(super) sidecar: Option<Sidecar>,
}

/// An Envoy's memory, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// By Envoy's own account.
    pub allocated: u64,
    pub resident: u64,
    /// Of it what is no file's: the kernel neither drops nor brings it back as it likes.
    pub anonymous: u64,
}

#[derive(Debug)]
pub(super) struct Sidecar {
    agent: Process,
    admin: Window,
    health: Window,
    metrics: Window,
}

impl Pod {
    pub fn workload(&self) -> &Workload {
        &self.workload
    }

    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The address of its Service.
    pub fn service(&self) -> Ipv4Addr {
        self.service
    }

    pub fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// Starts the scripted backend on the workload's ports and waits until it listens.
    pub(super) async fn start_app(&mut self) -> Result<()> {
        let on = |is_tcp: bool| -> Vec<_> {
            let ports = self.workload.ports.iter().filter(|port| port.is_tcp() == is_tcp);
            ports.map(|port| SocketAddr::from(([0, 0, 0, 0], port.number))).collect()
        };
        let plan = json!({"http": on(false), "tcp": on(true)});
        self.app = Some(app::serve(&self.workload.deployment(), &self.namespaces, &plan, &self.logs).await?);
        Ok(())
    }

    /// Starts agent and Envoy; their readiness is awaited separately, for many pods start at once.
    pub(super) async fn start_sidecar(&mut self) -> Result<()> {
        if self.workload.proxy == Proxy::Sidecar {
            agent::redirect(&self.workload, &self.namespaces).await?;
        }
        self.start_agent().await
    }

    async fn start_agent(&mut self) -> Result<()> {
        let inside = self.namespaces.first();
        self.sidecar = Some(Sidecar {
            agent: agent::start(&self.workload, self.address, &self.namespaces, &self.logs)?,
            admin: Window::open(inside, ([127, 0, 0, 1], 15000).into()).await?,
            health: Window::open(inside, ([127, 0, 0, 1], 15021).into()).await?,
            metrics: Window::open(inside, ([127, 0, 0, 1], 15020).into()).await?,
        });
        Ok(())
    }

    pub(super) async fn wait_until_ready(&self) -> Result<()> {
        let Some(sidecar) = &self.sidecar else { return Ok(()) };
        eventually(&format!("the sidecar of {} is ready", self.workload.name), READY_LIMIT, async || {
            if let Some(status) = sidecar.agent.exit() {
                return Seen::Never(format!("pilot-agent ended with {status}: {}", sidecar.agent.last_words(10)));
            }
            match probe(sidecar.health.address()).await {
                Ok(()) => Seen::Done(()),
                Err(error) => Seen::Waiting(format!("{error:#}")),
            }
        })
        .await
    }

    /// What is asked whether the sidecar is ready.
    pub fn health(&self) -> Result<SocketAddr> {
        Ok(self.sidecar()?.health.address())
    }

    /// The agent's child, in our numbering: Envoy.
    pub fn envoy(&self) -> Result<Pid> {
        Ok(Pid::from_raw(child_of(child_of(self.sidecar()?.agent.id())?)?))
    }

    /// `kill -9` of Envoy alone; waits for the agent, which ends with it, and so the container. How the agent ended.
    pub async fn kill_envoy(&self) -> Result<ExitStatus> {
        kill(self.envoy()?, Signal::SIGKILL)?;
        self.sidecar()?.agent.wait(READY_LIMIT).await
    }

    /// `kill -9` of the agent and of Envoy, as a container ends whose first process is killed.
    pub async fn kill_sidecar(&self) -> Result<()> {
        let envoy = self.envoy()?;
        self.sidecar()?.agent.kill().await?;
        Ok(kill(envoy, Signal::SIGKILL)?)
    }

    /// Starts agent and Envoy again, after they ended, as a kubelet would start their container.
    pub async fn restart_sidecar(&mut self) -> Result<()> {
        self.start_agent().await?;
        self.wait_until_ready().await
    }

    pub fn has_sidecar(&self) -> bool {
        self.sidecar.is_some()
    }

    fn sidecar(&self) -> Result<&Sidecar> {
        self.sidecar.as_ref().with_context(|| format!("{} has no sidecar", self.workload.name))
    }

    pub fn admin(&self) -> Result<Admin> {
        Ok(Admin::new(self.sidecar()?.admin.address()))
    }

    /// The agent's own metrics, as Prometheus reads them.
    pub async fn agent_metrics(&self) -> Result<String> {
        let answer = client::get(self.sidecar()?.metrics.address(), "/metrics").await?;
        Ok(String::from_utf8_lossy(answer.body()).into_owned())
    }

    /// Envoy's memory, by its own account and by the kernel's.
    pub async fn memory(&self) -> Result<Memory> {
        let said: Value = serde_json::from_str(&self.admin()?.get("/memory").await?)?;
        let allocated = said["allocated"].as_str().context("allocated bytes")?.parse()?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.envoy()?))?;
        let kernel = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("the kernel's account")?;
            let kilobytes: u64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?;
            anyhow::Ok(kilobytes * 1024)
        };
        Ok(Memory { allocated, resident: kernel("VmRSS")?, anonymous: kernel("RssAnon")? })
    }

    /// Waits until `pattern` of the sidecar's stats sums up to what is wanted.
    pub async fn wait_for_stat(&self, pattern: &str, limit: Duration, wanted: impl Fn(u64) -> bool) -> Result<u64> {
        let admin = self.admin()?;
        eventually(&format!("{} has the right {pattern}", self.workload.name), limit, async || {
            match admin.sum(pattern).await {
                Ok(sum) if wanted(sum) => Seen::Done(sum),
                other => Seen::Waiting(format!("{other:?}")),
            }
        })
        .await
    }

    /// Waits until every listener that a change brought is there, and none that it replaced still holds connections.
    pub async fn wait_until_drained(&self) -> Result<()> {
        self.wait_for_stat(CHANGING, DRAIN_LIMIT, |sum| sum == 0).await.map(drop)
    }

    /// Listeners and filter chains on their way in or out; none without a sidecar.
    pub async fn changing(&self) -> Result<u64> {
        if self.has_sidecar() { self.admin()?.sum(CHANGING).await } else { Ok(0) }
    }

    /// Envoy's own account: `kind` is `http` or `tcp`, `direction` as in every access log of the harness.
    pub fn access_log(&self) -> Result<Vec<Entry>> {
        let mut entries = AccessLog::new(vec![agent::access_log(&self.folder)]).entries()?;
        for entry in &mut entries {
            entry.kind = if entry.protocol.is_empty() { "tcp" } else { "http" }.to_owned();
            entry.direction = match entry.direction.as_str() {
                "1" => "inbound".to_owned(),
                "2" => "outbound".to_owned(),
                other => other.to_owned(),
            };
        }
        Ok(entries)
    }

    /// Load that this pod's application sends to a Service's port.
    pub fn load(&self, to: &Self, port: u16) -> AppLoad {
        AppLoad::new((to.service, port).into(), &to.workload.host(), self.inside(to))
    }

    pub fn tcp_load(&self, to: &Self, port: u16) -> AppTcpLoad {
        AppTcpLoad::new((to.service, port).into(), self.inside(to))
    }

    /// TCP load straight to the pod's address, as one sends without a proxy of Services.
    pub fn tcp_load_to_address(&self, to: &Self, port: u16) -> AppTcpLoad {
        AppTcpLoad::new((to.address, port).into(), self.inside(to))
    }

    /// Load to any address, for any host.
    pub fn load_to(&self, to: SocketAddr, host: &str) -> AppLoad {
        AppLoad::new(to, host, self.towards(&to.to_string()))
    }

    /// Opens gRPC streams from this pod's application to a Service's port.
    pub async fn open_streams(&self, to: &Self, port: u16, count: usize) -> Result<OpenStreams> {
        OpenStreams::open((to.service, port).into(), &to.workload.host(), count, &self.inside(to)).await
    }

    /// Load to a gateway, for a host that it serves.
    pub fn load_through(&self, gateway: &Self, port: u16, host: &str) -> AppLoad {
        AppLoad::new((gateway.address, port).into(), host, self.inside(gateway))
    }

    /// Load straight to the pod's address, as one sends without a proxy of Services.
    pub fn load_to_address(&self, to: &Self, port: u16) -> AppLoad {
        AppLoad::new((to.address, port).into(), &to.workload.host(), self.inside(to))
    }

    fn inside(&self, to: &Self) -> app::Place {
        self.towards(&to.workload.name)
    }

    fn towards(&self, to: &str) -> app::Place {
        app::Place {
            first: self.namespaces.first(),
            name: format!("{}-to-{to}", self.workload.name),
            logs: self.logs.clone(),
        }
    }
}

/// Asks whether a sidecar is ready, as a kubelet does: who does not answer within three seconds is not.
pub async fn probe(health: SocketAddr) -> Result<()> {
    let answer = tokio::time::timeout(PROBE_LIMIT, client::get(health, "/healthz/ready")).await??;
    ensure!(answer.status().is_success(), "{}", answer.status());
    Ok(())
}
