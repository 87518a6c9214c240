//! A lab of real Istio: etcd, kube-apiserver and istiod in a network of their own, pods with pilot-agent and Envoy behind Istio's own
//! iptables rules, the collector in a pod behind its sidecar. No kubelet and no controllers. Needs root; nothing is left behind.

pub mod agent;
pub mod ambient;
mod api;
pub mod app;
pub mod chart;
mod container;
mod definitions;
mod istiod;
pub mod kube;
pub mod namespaces;
mod objects;
mod pki;
mod places;
pub mod plugin;
pub mod pod;
pub mod programs;
pub mod registry;
pub mod window;
pub mod workload;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::artefacts;
use crate::collector::Collector;
use crate::process::Process;
use crate::workdir::Workdir;
use istiod::Istiod;
use kube::Kube;
use namespaces::Namespaces;
use places::{Place, Places};
use plugin::{Module, WasmPlugin};
use pod::Pod;
use registry::Registry;
use window::Window;
use workload::Proxy;
pub use workload::Workload;

/// The bridge of the lab's own network, and in every pod the way out, which ends there.
pub const CONTROL_PLANE: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 1);
pub const TRUST_DOMAIN: &str = "cluster.local";
/// What principals in policies may still say instead: an alias.
pub const FORMER_TRUST_DOMAIN: &str = "old.example";
const COLLECTOR_PORT: u16 = 4318;
const MODULE_PORT: u16 = 8000;

#[derive(Debug)]
pub struct IstioLab {
    /// In this order they end.
    pods: Vec<Pod>,
    module_servers: Vec<Process>,
    istiod: Istiod,
    kube: Kube,
    network: Namespaces,
    logs: PathBuf,
    workdir: Workdir,
    root_certificate: String,
    places: Places,
    /// What is under test.
    module: Module,
}

impl IstioLab {
    /// Starts the control plane and whoever serves the module.
    pub async fn start(workdir: &Workdir) -> Result<Self> {
        let logs = workdir.folder("logs")?;
        // Without an address of its own a bridge takes the lowest of its cables': it would change with a pod that comes, and
        // whoever knew the old one would talk to nobody for seconds.
        let link = places::link_address(CONTROL_PLANE);
        let bridge = format!(
            "ip link add br0 address {link} type bridge; ip addr add {CONTROL_PLANE}/24 dev br0; ip link set br0 up"
        );
        let network = Namespaces::create("control-plane", &logs, &bridge, &[]).await?;
        let kube = Kube::start(&network, &workdir.folder("kube")?).await?;
        kube.apply(&[objects::namespace("istio-system"), objects::node()]).await?;
        let istiod = Istiod::start(&network, kube.kubeconfig(), &workdir.folder("istiod")?).await?;
        let root_certificate = istiod::root_certificate(&kube).await?;
        let (workdir, places) = (workdir.clone(), Places::default());
        let (pods, module_servers, module) = (Vec::new(), Vec::new(), Module::default());
        let mut lab =
            Self { pods, module_servers, istiod, kube, network, logs, workdir, root_certificate, places, module };
        lab.module = lab.serve_module(&artefacts::wasm()?).await?;
        Ok(lab)
    }

    /// Serves a module's file by HTTP, under its own address.
    pub async fn serve_module(&mut self, file: &Path) -> Result<Module> {
        let number = self.module_servers.len();
        let listen = format!("{CONTROL_PLANE}:{}", MODULE_PORT + u16::try_from(number)?);
        let plan = json!({"file": {"listen": listen, "path": file}});
        self.module_servers.push(app::serve(&format!("module-{number}"), &self.network, &plan, &self.logs).await?);
        Ok(Module { url: format!("http://{listen}/hogusu.wasm"), sha256: plugin::sha256(file).await? })
    }

    /// The module under test.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Host and port in the lab that swallow every packet, as a registry behind a firewall does.
    pub async fn black_hole(&self) -> Result<String> {
        let port = MODULE_PORT - 1;
        self.network
            .run(&format!("PATH=$PATH:/usr/sbin:/sbin; iptables -A INPUT -p tcp --dport {port} -j DROP"))
            .await?;
        Ok(format!("{CONTROL_PLANE}:{port}"))
    }

    pub fn kube(&self) -> &Kube {
        &self.kube
    }

    /// Starts a registry that has the module as an image.
    pub async fn start_registry(&self) -> Result<Registry> {
        Registry::start(&self.network, &self.workdir.folder("registry")?).await
    }

    /// Kills istiod: proxies go on with what they have.
    pub async fn kill_istiod(&self) -> Result<()> {
        self.istiod.kill().await
    }

    /// Starts it again, after it was killed, and waits until it is ready.
    pub async fn restart_istiod(&mut self) -> Result<()> {
        self.istiod = Istiod::start(&self.network, self.kube.kubeconfig(), &self.workdir.folder("istiod")?).await?;
        Ok(())
    }

    /// Makes the objects of these workloads, starts their pods together and waits until every sidecar is ready.
    pub async fn add(&mut self, workloads: &[Workload]) -> Result<()> {
        let first = self.pods.len();
        let places =
            workloads.iter().map(|workload| Ok((workload, self.places.next()?))).collect::<Result<Vec<_>>>()?;
        self.begin(&places).await?;
        for pod in &self.pods[first..] {
            pod.wait_until_ready().await?;
        }
        Ok(())
    }

    /// Starts one more pod and waits for nothing; when its sidecar was started.
    pub async fn add_unready(&mut self, workload: &Workload) -> Result<Instant> {
        let place = self.places.next()?;
        self.begin(&[(workload, place)]).await?;
        Ok(Instant::now())
    }

    /// Ends a pod as its node would, at once, and gives its address to a workload that is new.
    pub async fn hand_over(&mut self, key: &str, to: &Workload) -> Result<()> {
        let address = self.pod(key).address();
        self.remove(key).await?;
        let place = self.places.after(address)?;
        self.begin(&[(to, place)]).await?;
        self.pods.last().context("a pod")?.wait_until_ready().await
    }

    /// Ends a pod at once, and deletes what a controller would delete with it.
    pub async fn remove(&mut self, key: &str) -> Result<()> {
        let index = self.index(key).with_context(|| format!("the lab has no pod {key}"))?;
        let workload = self.pods.remove(index).workload.clone();
        let (namespace, pod) = (workload.namespace.as_str(), workload.pod());
        self.kube.delete_pod(namespace, &pod).await?;
        if !workload.ports.is_empty() {
            self.kube.delete_endpoints(namespace, &workload.deployment()).await?;
        }
        Ok(())
    }

    /// Makes the objects of workloads and starts their pods.
    async fn begin(&mut self, workloads: &[(&Workload, Place)]) -> Result<()> {
        let known: Vec<_> = workloads.iter().filter(|(workload, _)| !workload.is_outside).collect();
        let mut objects: Vec<Value> = known.iter().map(|(one, _)| objects::namespace(&one.namespace)).collect();
        objects.dedup();
        objects.extend(known.iter().flat_map(|(one, place)| objects::of_workload(one, place.pod, place.service)));
        if !known.is_empty() {
            self.kube.apply(&objects).await?;
            let statuses: Vec<_> = known.iter().map(|(one, place)| objects::pod_status(one, place.pod)).collect();
            self.kube.apply_status(&statuses).await?;
        }
        let starts = workloads.iter().map(async |(workload, place)| {
            self.start_pod(workload, place).await.with_context(|| format!("starting {}", workload.label()))
        });
        let started = try_join_all(starts).await?;
        self.pods.extend(started);
        Ok(())
    }

    async fn start_pod(&self, workload: &Workload, place: &Place) -> Result<Pod> {
        let folder = self.workdir.folder(&format!("pods/{}-{}", workload.namespace, workload.deployment()))?;
        let envoy = std::fs::canonicalize(artefacts::envoy()?)?;
        if workload.proxy != Proxy::None {
            agent::prepare(workload, &folder, &self.kube, &self.root_certificate).await?;
        }
        let module = std::fs::canonicalize(artefacts::wasm()?)?;
        let inside = [folder.as_path(), &programs::folder(), &envoy, &module];
        let namespaces = Namespaces::create(&workload.deployment(), &self.logs, agent::MOUNTS, &inside).await?;
        self.connect(&namespaces, place).await?;
        let mut pod = Pod {
            workload: workload.clone(),
            address: place.pod,
            service: place.service,
            namespaces,
            folder,
            logs: self.logs.clone(),
            app: None,
            sidecar: None,
        };
        if workload.has_app() {
            pod.start_app().await?;
        }
        if workload.proxy != Proxy::None {
            pod.start_sidecar().await?;
        }
        Ok(pod)
    }

    /// A cable from the pod to the bridge; it goes away with either end.
    async fn connect(&self, pod: &Namespaces, place: &Place) -> Result<()> {
        let (Place { pod: address, cable, .. }, inside) = (place, pod.first());
        let outer =
            format!("ip link add {cable} type veth peer name eth0 netns {inside}; ip link set {cable} master br0 up");
        self.network.run(&outer).await?;
        let link = places::link_address(*address);
        let inner = format!(
            "ip link set eth0 address {link}; ip addr add {address}/24 dev eth0; ip link set eth0 up
             ip route add default via {CONTROL_PLANE}"
        );
        pod.run(&inner).await.map(drop)
    }

    /// The pod of `namespace/name` or, where a name has several versions, of `namespace/name-version`.
    pub fn pod(&self, key: &str) -> &Pod {
        &self.pods[self.index(key).unwrap_or_else(|| panic!("the lab has no pod {key}"))]
    }

    /// The same, to restart its sidecar.
    pub fn pod_mut(&mut self, key: &str) -> &mut Pod {
        let index = self.index(key).unwrap_or_else(|| panic!("the lab has no pod {key}"));
        &mut self.pods[index]
    }

    fn index(&self, key: &str) -> Option<usize> {
        let is_it = |one: &Workload| format!("{}/{}", one.namespace, one.name) == key || one.label() == key;
        self.pods.iter().position(|pod| is_it(&pod.workload))
    }

    /// The collector's workload: it listens on loopback, and its sidecar alone lets others in.
    pub fn collector_workload() -> Workload {
        Workload::new("hogusu-system", "hogusu-collector").port("http2-otlp", COLLECTOR_PORT).on_loopback()
    }

    /// Starts the collector in its pod, which has been added.
    pub async fn start_collector(&self, arguments: &[&str]) -> Result<(Collector, Window)> {
        self.start_collector_of(&artefacts::hogusu()?, &self.workdir.folder("collector")?, arguments).await
    }

    /// Starts this program as the collector, on this folder.
    pub async fn start_collector_of(
        &self,
        program: &Path,
        folder: &Path,
        arguments: &[&str],
    ) -> Result<(Collector, Window)> {
        let pod = self.pod("hogusu-system/hogusu-collector");
        let listen = ([127, 0, 0, 1], COLLECTOR_PORT).into();
        let window = Window::open(pod.namespaces.first(), listen).await?;
        let program = pod.namespaces.command(program);
        let collector = Collector::start_elsewhere(&program, listen, window.address(), folder, arguments).await?;
        Ok((collector, window))
    }

    /// The Envoy cluster by which proxies reach the collector.
    pub fn collector_cluster() -> String {
        format!("outbound|{COLLECTOR_PORT}||{}", Self::collector_workload().host())
    }

    /// The plugin for one namespace: the module by HTTP with its digest, batches to the collector's Service through the mesh.
    pub fn plugin(&self, namespace: &str) -> WasmPlugin {
        WasmPlugin {
            namespace: namespace.to_owned(),
            url: self.module.url.clone(),
            sha256: self.module.sha256.clone(),
            keys: json!({
                "version": 1,
                "hook": "http_filter",
                "collector": {
                    "envoy_cluster": Self::collector_cluster(),
                    "authority": Self::collector_workload().host(),
                },
            }),
        }
    }

    /// The networks that the lab made, as files: whatever is left of it is in one of them.
    pub fn networks(&self) -> Vec<PathBuf> {
        let held = self.pods.iter().map(|pod| &pod.namespaces).chain([&self.network]);
        held.map(Namespaces::network).collect()
    }

    /// Ends everything, namespaces included. Dropping the lab does the same.
    pub fn stop(self) {
        let Self { pods, module_servers, istiod, kube, network, .. } = self;
        drop((pods, module_servers, istiod, kube, network));
    }
}
