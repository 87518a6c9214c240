//! A mesh of real Envoy sidecars: described with a builder, started, loaded, changed, stopped in reverse order.

mod build;
pub mod edge;
pub mod layout;
pub mod service;
pub mod sidecar;
pub mod workload;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::addresses::Block;
use crate::backend::Backend;
use crate::envoy::Envoy;
use crate::eventually::{Seen, eventually};
use crate::load::Load;
use crate::tcp::{TcpBackend, TcpLoad};

pub use build::MeshBuilder;
pub use edge::{Edge, Endpoints, Security};
pub use layout::Layout;
pub use service::{Fleet, Protocol, Service};
pub use sidecar::Sidecar;
pub use workload::Workload;

/// A running mesh. Fields are dropped in this order: sidecars, relays, backends, addresses.
#[derive(Debug)]
pub struct Mesh {
    layout: Layout,
    sidecars: Vec<Sidecar>,
    relays: Vec<Envoy>,
    backends: BTreeMap<(String, u16), Application>,
    directories: BTreeMap<String, crate::backend::Directory>,
    block: Block,
}

/// A scripted application of the harness.
#[derive(Debug)]
enum Application {
    Http(Backend),
    Tcp(TcpBackend),
}

impl Application {
    fn address(&self) -> SocketAddr {
        match self {
            Self::Http(backend) => backend.address(),
            Self::Tcp(backend) => backend.address(),
        }
    }
}

impl Mesh {
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Another address of the mesh's own, for a source without a workload.
    pub fn another_address(&self) -> Result<std::net::Ipv4Addr> {
        self.block.next()
    }

    /// The sidecar of `namespace/name`.
    pub fn sidecar(&self, workload: &str) -> &Sidecar {
        let found = self.sidecars.iter().find(|sidecar| sidecar.key() == workload);
        found.unwrap_or_else(|| panic!("{workload} has no sidecar"))
    }

    pub fn sidecars(&self) -> &[Sidecar] {
        &self.sidecars
    }

    /// The application behind the workload's only HTTP port.
    pub fn backend(&self, workload: &str) -> &Backend {
        let found = self.backends.iter().find_map(|((key, _), backend)| match backend {
            Application::Http(backend) if key == workload => Some(backend),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("{workload} has no HTTP backend"))
    }

    pub fn backend_at(&self, workload: &str, target_port: u16) -> &Backend {
        match self.backends.get(&(workload.to_owned(), target_port)) {
            Some(Application::Http(backend)) => backend,
            _ => panic!("{workload} has no HTTP backend at {target_port}"),
        }
    }

    pub fn tcp_backend(&self, workload: &str) -> &TcpBackend {
        let found = self.backends.iter().find_map(|((key, _), backend)| match backend {
            Application::Tcp(backend) if key == workload => Some(backend),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("{workload} has no TCP backend"))
    }

    /// Where `source`'s application reaches `service` (`name.namespace`), or a fleet (its namespace).
    pub fn way(&self, source: &str, service: &str) -> Result<SocketAddr> {
        let placed = self.layout.workload(source)?;
        if placed.spec.proxied {
            self.sidecar(source).outbound(&self.layout, service)
        } else {
            build::direct(&self.layout, service)
        }
    }

    /// Load as the application of `source` would send it to `service`: right protocol, host and address. HTTP and gRPC only.
    pub fn load(&self, source: &str, service: &str) -> Result<Load> {
        let known = self.layout.service(service)?;
        let (to, host) = (self.way(source, service)?, known.host());
        let load = match known.protocol {
            Protocol::Http1 => Load::http1(to, &host),
            Protocol::Http2 => Load::http2(to, &host),
            Protocol::Grpc => Load::grpc(to, &host, "/hogusu.test.Service/Call"),
            Protocol::Tcp => anyhow::bail!("{service} is TCP: use tcp_load"),
        };
        let placed = self.layout.workload(source)?;
        Ok(if placed.spec.proxied { load } else { load.from(placed.address.into()) })
    }

    /// Load that goes round all hosts of the fleet.
    pub fn fleet_load(&self, source: &str, namespace: &str) -> Result<Load> {
        let fleet = self.layout.fleets.iter().find(|fleet| fleet.source == source && fleet.namespace == namespace);
        let fleet = fleet.with_context(|| format!("no fleet {namespace}"))?;
        let to = self.sidecar(source).outbound(&self.layout, namespace)?;
        Ok(Load::http1(to, "fleet").authorities(fleet.hosts()))
    }

    pub fn tcp_load(&self, source: &str, service: &str) -> Result<TcpLoad> {
        let placed = self.layout.workload(source)?;
        let load = TcpLoad::new(self.way(source, service)?);
        Ok(if placed.spec.proxied { load } else { load.from(placed.address.into()) })
    }

    /// Waits until every proxy has finished and logged every exchange that it began.
    pub async fn settle(&self) -> Result<()> {
        for sidecar in self.sidecars.iter().filter(|sidecar| sidecar.is_running()) {
            sidecar.settle().await?;
        }
        Ok(())
    }

    /// Changes a running proxy's listeners to what the changed workload asks for (other plugins, other configuration).
    pub async fn reconfigure(&mut self, workload: &str, change: impl FnOnce(&mut Workload)) -> Result<()> {
        change(&mut self.layout.workload_mut(workload)?.spec);
        let setup = self.layout.setup(workload)?;
        self.sidecar_mut(workload).envoy_mut()?.set_listeners(&setup.listeners).await
    }

    /// Changes a running proxy's Envoy clusters to what the changed edge asks for (other endpoints).
    pub async fn change_edge(&mut self, source: &str, service: &str, change: impl FnOnce(&mut Edge)) -> Result<()> {
        let edge = self.layout.edges.iter_mut().find(|edge| edge.source == source && edge.service == service);
        change(edge.with_context(|| format!("no edge {source} -> {service}"))?);
        let setup = self.layout.setup(source)?;
        let envoy = self.sidecar_mut(source).envoy_mut()?;
        envoy.set_clusters(&setup.clusters).await?;
        envoy.set_listeners(&setup.listeners).await
    }

    fn sidecar_mut(&mut self, workload: &str) -> &mut Sidecar {
        let found = self.sidecars.iter_mut().find(|sidecar| sidecar.key() == workload);
        found.unwrap_or_else(|| panic!("{workload} has no sidecar"))
    }

    /// SIGTERM to one proxy.
    pub async fn stop_sidecar(&mut self, workload: &str) -> Result<()> {
        self.sidecar_mut(workload).stop().await
    }

    /// SIGKILL to one proxy.
    pub async fn kill_sidecar(&mut self, workload: &str) -> Result<()> {
        self.sidecar_mut(workload).kill().await
    }

    /// Starts a proxy again after it was stopped or killed; its outbound ports are new.
    pub async fn restart_sidecar(&mut self, workload: &str) -> Result<()> {
        self.layout.workload_mut(workload)?.run += 1;
        let (setup, placed) = (self.layout.setup(workload)?, self.layout.workload(workload)?.clone());
        self.sidecar_mut(workload).start(&setup, &placed).await?;
        self.fill_directories()
    }

    /// Waits until a stat that matches `filter` at this proxy satisfies `done` (`wasm.envoy.wasm.runtime.v8.active`, ...).
    pub async fn wait_for_stat(
        &self,
        workload: &str,
        filter: &str,
        limit: Duration,
        done: impl Fn(u64) -> bool,
    ) -> Result<u64> {
        let admin = self.sidecar(workload).admin()?;
        eventually(&format!("{filter} of {workload}"), limit, async || match admin.sum(filter).await {
            Ok(sum) if done(sum) => Seen::Done(sum),
            other => Seen::Waiting(format!("{other:?}")),
        })
        .await
    }

    /// Stops everything in reverse order of starting.
    pub async fn stop(mut self) -> Result<()> {
        while let Some(mut sidecar) = self.sidecars.pop() {
            if sidecar.is_running() {
                sidecar.stop().await?;
            }
        }
        while let Some(relay) = self.relays.pop() {
            relay.process().stop().await?;
        }
        Ok(())
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        while self.sidecars.pop().is_some() {}
        while self.relays.pop().is_some() {}
    }
}
