//! Istiod as a plain process beside the API server, with what an Envoy that lacks Istio's own filters needs switched off.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::client;
use crate::eventually::{Seen, eventually};
use crate::istio::kube::Kube;
use crate::istio::namespaces::Namespaces;
use crate::istio::programs::program;
use crate::istio::window::Window;
use crate::istio::{CONTROL_PLANE, FORMER_TRUST_DOMAIN, TRUST_DOMAIN, agent};
use crate::process::Process;

const START_LIMIT: Duration = Duration::from_secs(60);
/// As a kubelet's probe.
const PROBE_LIMIT: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub struct Istiod {
    process: Process,
    ready: Window,
}

impl Istiod {
    pub async fn start(namespaces: &Namespaces, kubeconfig: &Path, folder: &Path) -> Result<Self> {
        Self::start_with(namespaces, kubeconfig, folder, &[]).await
    }

    /// The same with further variables in its environment.
    pub async fn start_with(
        namespaces: &Namespaces,
        kubeconfig: &Path,
        folder: &Path,
        features: &[(&str, &str)],
    ) -> Result<Self> {
        let mesh = folder.join("mesh.json");
        std::fs::write(&mesh, mesh_config().to_string())?;
        let mut command = command(namespaces, kubeconfig, &mesh, folder);
        command.envs(features.iter().copied());
        let process = Process::spawn("istiod", command, folder)?;
        let ready = Window::open(namespaces.first(), ([127, 0, 0, 1], 8080).into()).await?;
        let istiod = Self { process, ready };
        istiod.wait_until_ready().await?;
        Ok(istiod)
    }

    /// `kill -9`.
    pub async fn kill(&self) -> Result<()> {
        self.process.kill().await.map(drop)
    }

    async fn wait_until_ready(&self) -> Result<()> {
        eventually("istiod is ready", START_LIMIT, async || {
            if let Some(status) = self.process.exit() {
                return Seen::Never(format!("it ended with {status}: {}", self.process.last_words(10)));
            }
            // It listens long before it answers: who asks too early may wait in vain.
            match tokio::time::timeout(PROBE_LIMIT, client::get(self.ready.address(), "/ready")).await {
                Ok(Ok(answer)) if answer.status().is_success() => Seen::Done(()),
                other => Seen::Waiting(format!("{other:?}")),
            }
        })
        .await
    }
}

impl Drop for Istiod {
    /// It drains for many seconds when asked to end.
    fn drop(&mut self) {
        let _ = self.process.signal(Signal::SIGKILL);
    }
}

/// Root of the mesh's certificates, from where istiod puts it for pods.
pub async fn root_certificate(kube: &Kube) -> Result<String> {
    let path = "/api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert";
    eventually("istiod published its root", START_LIMIT, async || match kube.get(path).await {
        Ok(map) => match map["data"]["root-cert.pem"].as_str() {
            Some(root) => Seen::Done(root.to_owned()),
            None => Seen::Waiting(map.to_string()),
        },
        Err(error) => Seen::Waiting(format!("{error:#}")),
    })
    .await
}

fn command(namespaces: &Namespaces, kubeconfig: &Path, mesh: &PathBuf, folder: &Path) -> Command {
    let mut command = namespaces.command(program("istiod"));
    command.current_dir(folder);
    command.arg("discovery").arg("--kubeconfig").arg(kubeconfig).arg("--meshConfig").arg(mesh);
    command.args(["--clusterID", agent::CLUSTER, "--httpAddr", "127.0.0.1:8080", "--httpsAddr", "127.0.0.1:15017"]);
    command.args(["--grpcAddr", &format!("{CONTROL_PLANE}:15010"), "--secureGRPCAddr", &agent::discovery()]);
    command.args(["--monitoringAddr", "127.0.0.1:15014", "--ctrlz_address", "127.0.0.1"]);
    let environment = [
        ("POD_NAME", "istiod-0"),
        ("POD_NAMESPACE", "istio-system"),
        ("SERVICE_ACCOUNT", "istiod"),
        ("REVISION", "default"),
        ("CLUSTER_ID", agent::CLUSTER),
        ("PILOT_CERT_PROVIDER", "istiod"),
        // Filters that only Istio's build of Envoy has; a plain one refuses listeners that name them.
        ("PILOT_ENABLE_METADATA_EXCHANGE", "false"),
        ("PILOT_ENABLE_ALPN_FILTER", "false"),
    ];
    command.envs(environment);
    command
}

/// Access logs are Envoy's own account of every exchange, in the words of `crate::accesslog`.
fn mesh_config() -> Value {
    let format = json!({
        "direction": "%CEL(xds.listener_direction)%", "start": "%START_TIME(%s.%9f)%", "cluster": "%UPSTREAM_CLUSTER_RAW%",
        "upstream_host": "%UPSTREAM_HOST%", "upstream_local": "%UPSTREAM_LOCAL_ADDRESS%",
        "downstream_remote": "%DOWNSTREAM_REMOTE_ADDRESS%", "downstream_local": "%DOWNSTREAM_LOCAL_ADDRESS%",
        "code": "%RESPONSE_CODE%", "flags": "%RESPONSE_FLAGS%", "details": "%RESPONSE_CODE_DETAILS%",
        "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
        "downstream_peer_san": "%DOWNSTREAM_PEER_URI_SAN%", "upstream_peer_san": "%UPSTREAM_PEER_URI_SAN%",
        "downstream_tls": "%DOWNSTREAM_TLS_VERSION%", "upstream_tls": "%UPSTREAM_TLS_VERSION%",
        "upstream_failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%", "protocol": "%PROTOCOL%",
        "authority": "%REQ(:AUTHORITY)%", "path": "%REQ(:PATH)%", "load_id": "%REQ(X-LOAD-ID)%",
    });
    json!({
        "trustDomain": TRUST_DOMAIN,
        "trustDomainAliases": [FORMER_TRUST_DOMAIN],
        "rootNamespace": "istio-system",
        "enablePrometheusMerge": false,
        "accessLogFile": agent::ACCESS_LOG,
        "accessLogEncoding": "JSON",
        "accessLogFormat": format.to_string(),
        "defaultConfig": {"discoveryAddress": agent::discovery()},
    })
}
