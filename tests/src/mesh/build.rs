//! From a description to a running mesh: addresses, certificates, applications, then the proxies.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::addresses::Block;
use crate::backend::{Backend, Directory, Route};
use crate::certs::{Authority, spiffe};
use crate::envoy::{Envoy, Setup};
use crate::mesh::layout::{Layout, Placed, Port};
use crate::mesh::{Application, Edge, Fleet, Mesh, Protocol, Security, Service, Sidecar, Workload};
use crate::tcp::TcpBackend;
use crate::workdir::Workdir;
use crate::xds::cluster::Upstream;

const COLLECTOR_PORT: u16 = 4318;

/// A mesh being described.
#[derive(Debug)]
pub struct MeshBuilder {
    name: String,
    folder: PathBuf,
    block: Block,
    collector: SocketAddr,
    collector_http: Upstream,
    workloads: Vec<Workload>,
    services: Vec<Service>,
    edges: Vec<Edge>,
    fleets: Vec<Fleet>,
    validate: bool,
}

impl MeshBuilder {
    pub fn new(name: &str, workdir: &Workdir) -> Result<Self> {
        let block = Block::claim()?;
        let address = block.next()?;
        let collector = (address, block.port(address, COLLECTOR_PORT)?).into();
        Ok(Self {
            name: name.to_owned(),
            folder: workdir.folder("mesh")?,
            block,
            collector,
            collector_http: Upstream::Http2,
            workloads: Vec::new(),
            services: Vec::new(),
            edges: Vec::new(),
            fleets: Vec::new(),
            validate: true,
        })
    }

    /// Where the filters send to: start the collector or a sink there. It stays the same for the mesh's life.
    pub fn collector_address(&self) -> SocketAddr {
        self.collector
    }

    /// An address of the mesh's own with a free port, `wanted` if it can be: for a server that is not the harness's.
    pub fn free_address(&self, wanted: u16) -> Result<(Ipv4Addr, u16)> {
        let address = self.block.next()?;
        Ok((address, self.block.port(address, wanted)?))
    }

    /// Sends telemetry to another address than the mesh's own.
    pub fn collector_at(mut self, address: SocketAddr) -> Self {
        self.collector = address;
        self
    }

    /// Sends telemetry over HTTP/1.1: for a receiver that speaks nothing else, or whose connections are to fail.
    pub fn collector_over_http1(mut self) -> Self {
        self.collector_http = Upstream::Http1;
        self
    }

    pub fn workload(mut self, workload: Workload) -> Self {
        self.workloads.push(workload);
        self
    }

    pub fn service(mut self, service: Service) -> Self {
        self.services.push(service);
        self
    }

    pub fn edge(mut self, edge: Edge) -> Self {
        self.edges.push(edge);
        self
    }

    pub fn fleet(mut self, fleet: Fleet) -> Self {
        self.fleets.push(fleet);
        self
    }

    /// Leaves out `envoy --mode validate` (benches that start the same mesh many times).
    pub fn without_validation(mut self) -> Self {
        self.validate = false;
        self
    }

    pub async fn start(self) -> Result<Mesh> {
        let certificates = self.folder.join("certs");
        std::fs::create_dir_all(&certificates)?;
        let mesh_ca = Authority::create("mesh", &certificates)?;
        let foreign_ca = Authority::create("foreign", &certificates)?;
        let mut mesh = Mesh {
            layout: Layout {
                mesh: self.name.clone(),
                workloads: Vec::new(),
                services: self.services.clone(),
                edges: self.edges.clone(),
                fleets: self.fleets.clone(),
                root: mesh_ca.root().to_owned(),
                collector: self.collector,
                collector_http: self.collector_http,
                relays: Vec::new(),
            },
            sidecars: Vec::new(),
            relays: Vec::new(),
            backends: BTreeMap::new(),
            directories: BTreeMap::new(),
            block: self.block,
        };
        for workload in &self.workloads {
            let authority = if workload.foreign { &foreign_ca } else { &mesh_ca };
            mesh.place(workload, authority, self.folder.join(workload.key().replace('/', "-"))).await?;
        }
        mesh.start_relays(&self.folder).await?;
        mesh.start_sidecars(self.validate).await?;
        mesh.fill_directories()?;
        Ok(mesh)
    }
}

impl Mesh {
    /// Gives a workload its address, certificate and applications.
    async fn place(&mut self, spec: &Workload, authority: &Authority, folder: PathBuf) -> Result<()> {
        std::fs::create_dir_all(&folder)?;
        let address = self.block.next()?;
        let id = spiffe("cluster.local", &spec.namespace, &spec.service_account);
        let leaf = authority.leaf(&format!("{}-{}", spec.namespace, spec.name), &id)?;
        self.directories.insert(spec.key(), Directory::default());
        let mut placed = Placed { spec: spec.clone(), address, leaf, ports: Vec::new(), folder, run: 0 };
        for (asked, http) in self.target_ports(&spec.key()) {
            let number = self.block.port(address, asked)?;
            let fixed = spec.applications.iter().find(|(port, _)| *port == asked).map(|(_, address)| *address);
            let application = match fixed {
                Some(address) => address,
                None => self.start_application(&placed, asked, number, http).await?,
            };
            placed.ports.push(Port { asked, number, http, application });
        }
        self.layout.workloads.push(placed);
        Ok(())
    }

    /// Target ports of a workload and whether HTTP is spoken there.
    fn target_ports(&self, key: &str) -> BTreeMap<u16, bool> {
        let services = self.layout.services.iter().filter(|service| service.behind.iter().any(|behind| behind == key));
        let mut ports: BTreeMap<u16, bool> =
            services.map(|service| (service.target_port, service.protocol.is_http())).collect();
        let fleets = self.layout.fleets.iter().filter(|fleet| fleet.behind == key);
        ports.extend(fleets.map(|fleet| (fleet.target_port, true)));
        ports
    }

    /// Behind a sidecar the application has a loopback port of its own; without one it is the workload's port.
    async fn start_application(&mut self, placed: &Placed, asked: u16, number: u16, http: bool) -> Result<SocketAddr> {
        let at = if placed.spec.proxied { (Ipv4Addr::LOCALHOST, 0).into() } else { (placed.address, number).into() };
        let key = placed.spec.key();
        let application = if http {
            let directory = self.directories.get(&key).cloned().unwrap_or_default();
            Application::Http(Backend::start(at, directory).await?)
        } else {
            Application::Tcp(TcpBackend::start(at).await?)
        };
        let address = application.address();
        self.backends.insert((key, asked), application);
        Ok(address)
    }

    async fn start_relays(&mut self, folder: &std::path::Path) -> Result<()> {
        for (number, edge) in self.layout.edges.clone().iter().enumerate() {
            if edge.security != Security::PlaintextThenMutual {
                continue;
            }
            let address = self.block.next()?;
            let target = self.layout.service(&edge.service)?.target_port;
            let at = SocketAddr::from((address, self.block.port(address, target)?));
            self.layout.relays.push((number, at));
            let setup = self.layout.relay_setup(number, at)?;
            let folder = folder.join(&setup.name);
            Envoy::validate(&setup, &folder).await?;
            self.relays.push(Envoy::start(&setup, &folder).await?);
        }
        Ok(())
    }

    /// Two at a time: more only compete for the machine.
    async fn start_sidecars(&mut self, validate: bool) -> Result<()> {
        let proxied = self.layout.workloads.iter().filter(|placed| placed.spec.proxied);
        let mut waiting = proxied
            .map(|placed| Ok((self.layout.setup(&placed.spec.key())?, placed.clone())))
            .collect::<Result<Vec<_>>>()?;
        waiting.reverse();
        while let Some((setup, placed)) = waiting.pop() {
            let second = waiting.pop();
            let (first, second) = tokio::join!(start_one(setup, placed, validate), async {
                match second {
                    Some((setup, placed)) => Some(start_one(setup, placed, validate).await),
                    None => None,
                }
            });
            self.sidecars.push(first?);
            self.sidecars.extend(second.transpose()?);
        }
        Ok(())
    }

    /// Tells the applications where they reach the services that they have edges to.
    pub(super) fn fill_directories(&self) -> Result<()> {
        for (key, directory) in &self.directories {
            let placed = self.layout.workload(key)?;
            let mut routes = directory.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            routes.clear();
            if placed.spec.proxied && !self.sidecar(key).is_running() {
                continue;
            }
            for edge in self.layout.edges_from(key) {
                let service = self.layout.service(&edge.service)?;
                routes.insert(
                    service.key(),
                    Route {
                        to: self.way(key, &service.key())?,
                        authority: service.host(),
                        version: service.protocol.version(),
                        grpc: service.protocol == Protocol::Grpc,
                        from: (!placed.spec.proxied).then_some(placed.address.into()),
                    },
                );
            }
        }
        Ok(())
    }
}

async fn start_one(setup: Setup, placed: Placed, validate: bool) -> Result<Sidecar> {
    if validate {
        Envoy::validate(&setup, &placed.folder).await?;
    }
    let mut sidecar = Sidecar::new(placed.spec.key());
    let started = sidecar.start(&setup, &placed).await;
    started.with_context(|| format!("the sidecar of {}", placed.spec.key()))?;
    Ok(sidecar)
}

/// Where a source without a proxy reaches a service: the first workload behind it.
pub(super) fn direct(layout: &Layout, service: &str) -> Result<SocketAddr> {
    let service = layout.service(service)?;
    let behind = service.behind.first().with_context(|| format!("nothing is behind {}", service.key()))?;
    let placed = layout.workload(behind)?;
    Ok((placed.address, placed.port(service.target_port)?.number).into())
}
