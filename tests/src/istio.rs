//! A lab of real Istio: etcd, kube-apiserver and istiod in a network of their own, pods with pilot-agent and Envoy behind Istio's own
//! iptables rules, the collector in a pod behind its sidecar. No kubelet and no controllers. Needs root; nothing is left behind.

pub mod agent;
pub mod app;
mod istiod;
pub mod kube;
pub mod namespaces;
mod objects;
mod pki;
pub mod plugin;
pub mod pod;
pub mod programs;
pub mod registry;
pub mod window;
pub mod workload;

use std::net::Ipv4Addr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::artefacts;
use crate::collector::Collector;
use crate::workdir::Workdir;
use istiod::Istiod;
use kube::Kube;
use namespaces::Namespaces;
use plugin::WasmPlugin;
use pod::Pod;
use registry::Registry;
use window::Window;
use workload::Proxy;
pub use workload::Workload;

/// The bridge of the lab's own network, and in every pod the way out, which ends there.
pub const CONTROL_PLANE: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 1);
pub const TRUST_DOMAIN: &str = "cluster.local";
const COLLECTOR_PORT: u16 = 4318;
const MODULE_PORT: u16 = 8000;
/// Last octets of pod and Service addresses begin here.
const FIRST_ADDRESS: u8 = 11;

#[derive(Debug)]
pub struct IstioLab {
    /// In this order they end.
    pods: Vec<Pod>,
    module_server: crate::process::Process,
    istiod: Istiod,
    kube: Kube,
    network: Namespaces,
    logs: PathBuf,
    workdir: Workdir,
    root_certificate: String,
    module_digest: String,
}

impl IstioLab {
    /// Starts the control plane and whoever serves the module.
    pub async fn start(workdir: &Workdir) -> Result<Self> {
        let logs = workdir.folder("logs")?;
        let bridge = format!("ip link add br0 type bridge; ip addr add {CONTROL_PLANE}/24 dev br0; ip link set br0 up");
        let network = Namespaces::create("control-plane", &logs, &bridge, &[]).await?;
        let kube = Kube::start(&network, &workdir.folder("kube")?).await?;
        kube.create_definitions().await?;
        kube.apply(&[objects::namespace("istio-system"), objects::node()]).await?;
        let istiod = Istiod::start(&network, kube.kubeconfig(), &workdir.folder("istiod")?).await?;
        let template = r#"go-template={{index .data "ca-cert.pem" | base64decode}}"#;
        let root_certificate =
            kube.ask(&["get", "secret", "istio-ca-secret", "-n", "istio-system", "-o", template]).await?;
        let module = artefacts::wasm()?;
        let plan = json!({"file": {"listen": format!("{CONTROL_PLANE}:{MODULE_PORT}"), "path": module}});
        let module_server = app::serve("module", &network, &plan, &logs).await?;
        let module_digest = plugin::sha256(&module).await?;
        let workdir = workdir.clone();
        Ok(Self {
            pods: Vec::new(),
            module_server,
            istiod,
            kube,
            network,
            logs,
            workdir,
            root_certificate,
            module_digest,
        })
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
        let mut objects: Vec<Value> = Vec::new();
        for workload in workloads {
            objects.push(objects::namespace(&workload.namespace));
        }
        objects.dedup();
        for (index, workload) in workloads.iter().enumerate() {
            objects.extend(objects::of_workload(
                workload,
                pod_address(first + index)?,
                service_address(first + index)?,
            ));
        }
        self.kube.apply(&objects).await?;
        let mut statuses = Vec::new();
        for (index, workload) in workloads.iter().enumerate() {
            statuses.push(objects::pod_status(workload, pod_address(first + index)?));
        }
        self.kube.apply_status(&statuses).await?;
        for workload in workloads {
            let pod = self.start_pod(workload).await.with_context(|| format!("starting {}", workload.label()))?;
            self.pods.push(pod);
        }
        for pod in &self.pods[first..] {
            pod.wait_until_ready().await?;
        }
        Ok(())
    }

    async fn start_pod(&self, workload: &Workload) -> Result<Pod> {
        let index = self.pods.len();
        let folder = self.workdir.folder(&format!("pods/{}-{}", workload.namespace, workload.name))?;
        let envoy = std::fs::canonicalize(artefacts::envoy()?)?;
        if workload.proxy != Proxy::None {
            agent::prepare(workload, &folder, &self.kube, &self.root_certificate).await?;
        }
        let inside = [folder.as_path(), &programs::folder(), &envoy];
        let namespaces = Namespaces::create(&workload.name, &self.logs, agent::MOUNTS, &inside).await?;
        let (address, service) = (pod_address(index)?, service_address(index)?);
        self.connect(&namespaces, index, address).await?;
        let mut pod = Pod {
            workload: workload.clone(),
            address,
            service,
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
    async fn connect(&self, pod: &Namespaces, index: usize, address: Ipv4Addr) -> Result<()> {
        let (cable, inside) = (format!("pod{index}"), pod.first());
        let outer =
            format!("ip link add {cable} type veth peer name eth0 netns {inside}; ip link set {cable} master br0 up");
        self.network.run(&outer).await?;
        let inner =
            format!("ip addr add {address}/24 dev eth0; ip link set eth0 up; ip route add default via {CONTROL_PLANE}");
        pod.run(&inner).await.map(drop)
    }

    /// The pod of `namespace/name`.
    pub fn pod(&self, key: &str) -> &Pod {
        let found = self.pods.iter().find(|pod| format!("{}/{}", pod.workload.namespace, pod.workload.name) == key);
        found.unwrap_or_else(|| panic!("the lab has no pod {key}"))
    }

    /// The collector's workload: it listens on loopback, and its sidecar alone lets others in.
    pub fn collector_workload() -> Workload {
        Workload::new("hogusu-system", "hogusu-collector").port("http-otlp", COLLECTOR_PORT).on_loopback()
    }

    /// Starts the collector in its pod, which has been added.
    pub async fn start_collector(&self, arguments: &[&str]) -> Result<(Collector, Window)> {
        let pod = self.pod("hogusu-system/hogusu-collector");
        let listen = ([127, 0, 0, 1], COLLECTOR_PORT).into();
        let window = Window::open(pod.namespaces.first(), listen).await?;
        let enter = pod.namespaces.command("env");
        let folder = self.workdir.folder("collector")?;
        let collector = Collector::start_elsewhere(&enter, listen, window.address(), &folder, arguments).await?;
        Ok((collector, window))
    }

    /// The plugin for one namespace: the module by HTTP with its digest, batches to the collector's Service through the mesh.
    pub fn plugin(&self, namespace: &str) -> WasmPlugin {
        let host = Self::collector_workload().host();
        WasmPlugin {
            namespace: namespace.to_owned(),
            url: format!("http://{CONTROL_PLANE}:{MODULE_PORT}/hogusu.wasm"),
            sha256: self.module_digest.clone(),
            keys: json!({
                "version": 1,
                "hook": "http_filter",
                "collector": {"envoy_cluster": format!("outbound|{COLLECTOR_PORT}||{host}"), "authority": host},
            }),
        }
    }

    /// Ends everything, namespaces included. Dropping the lab does the same.
    pub fn stop(self) {
        let Self { pods, module_server, istiod, kube, network, .. } = self;
        drop((pods, module_server, istiod, kube, network));
    }
}

fn pod_address(index: usize) -> Result<Ipv4Addr> {
    Ok(Ipv4Addr::new(10, 244, 0, last_octet(index)?))
}

fn service_address(index: usize) -> Result<Ipv4Addr> {
    Ok(Ipv4Addr::new(10, 96, 1, last_octet(index)?))
}

fn last_octet(index: usize) -> Result<u8> {
    u8::try_from(index)?.checked_add(FIRST_ADDRESS).context("a lab holds at most 244 pods")
}
