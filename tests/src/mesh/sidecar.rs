//! One workload's running sidecar: its ports, its access log, and when it has settled.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::accesslog::AccessLog;
use crate::admin::Admin;
use crate::envoy::{Envoy, Setup};
use crate::eventually::{Seen, eventually};
use crate::mesh::layout::{Layout, Placed, fleet_listener_name, listener_name};

const SETTLE_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Sidecar {
    key: String,
    envoy: Option<Envoy>,
    listeners: BTreeMap<String, SocketAddr>,
    logs: Vec<PathBuf>,
    logged: bool,
}

impl Sidecar {
    pub(super) fn new(key: String) -> Self {
        Self { key, envoy: None, listeners: BTreeMap::new(), logs: Vec::new(), logged: true }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn is_running(&self) -> bool {
        self.envoy.is_some()
    }

    pub fn envoy(&self) -> Result<&Envoy> {
        self.envoy.as_ref().with_context(|| format!("the sidecar of {} is not running", self.key))
    }

    pub(super) fn envoy_mut(&mut self) -> Result<&mut Envoy> {
        self.envoy.as_mut().with_context(|| format!("the sidecar of {} is not running", self.key))
    }

    pub fn admin(&self) -> Result<Admin> {
        Ok(self.envoy()?.admin())
    }

    /// What this proxy itself wrote about every exchange, over all its runs.
    pub fn access_log(&self) -> AccessLog {
        AccessLog::new(self.logs.clone())
    }

    pub(super) fn outbound(&self, layout: &Layout, service: &str) -> Result<SocketAddr> {
        let fleet = layout.fleets.iter().find(|fleet| fleet.namespace == service && fleet.source == self.key);
        let name = match fleet {
            Some(fleet) => fleet_listener_name(fleet),
            None => listener_name(layout.service(service)?),
        };
        self.listeners.get(&name).copied().with_context(|| format!("{} has no listener {name}", self.key))
    }

    pub(super) async fn start(&mut self, setup: &Setup, placed: &Placed) -> Result<()> {
        let envoy = Envoy::start(setup, &placed.folder).await?;
        self.listeners = envoy.admin().listeners().await?;
        self.envoy = Some(envoy);
        self.logged = placed.spec.file_log;
        self.logs.push(placed.access_log());
        Ok(())
    }

    pub(super) async fn stop(&mut self) -> Result<()> {
        self.envoy.take().context("not running")?.process().stop().await?;
        Ok(())
    }

    pub(super) async fn kill(&mut self) -> Result<()> {
        self.envoy.take().context("not running")?.process().kill().await?;
        Ok(())
    }

    /// Waits until nothing is under way and the log of this run has a line for everything that Envoy says it began.
    pub async fn settle(&self) -> Result<()> {
        let admin = self.admin()?;
        eventually(&format!("{} has settled", self.key), SETTLE_LIMIT, async || {
            let seen = self.progress(admin).await;
            match &seen {
                Ok(progress) if progress.is_settled(self.logged) => Seen::Done(()),
                _ => Seen::Waiting(format!("{seen:?}")),
            }
        })
        .await
    }

    async fn progress(&self, admin: Admin) -> Result<Progress> {
        let entries = AccessLog::new(self.logs.last().cloned().into_iter().collect()).entries()?;
        let logged = |kind: &str| entries.iter().filter(|entry| entry.kind == kind).count() as u64;
        Ok(Progress {
            active: admin.sum(r"^http\.hcm_.*\.downstream_rq_active$").await?,
            requests: admin.sum(r"^http\.hcm_.*\.downstream_rq_total$").await?,
            requests_logged: logged("http"),
            connections: admin.sum(r"^tcp\.tcp_.*\.downstream_cx_total$").await?,
            connections_logged: logged("tcp"),
        })
    }
}

#[derive(Debug)]
struct Progress {
    active: u64,
    requests: u64,
    requests_logged: u64,
    connections: u64,
    connections_logged: u64,
}

impl Progress {
    fn is_settled(&self, logged: bool) -> bool {
        let complete = self.requests == self.requests_logged && self.connections == self.connections_logged;
        self.active == 0 && (complete || !logged)
    }
}
