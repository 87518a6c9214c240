//! Etcd, kube-apiserver and what one asks of them: the lab's own objects straight by HTTP, what scenarios show by kubectl. No
//! controller runs: who wants an object makes it whole.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::eventually::{Seen, eventually};
use crate::istio::api::{Api, JSON};
use crate::istio::definitions;
use crate::istio::namespaces::{Namespaces, aloud, output};
use crate::istio::pki::{Credentials, TOKEN};
use crate::istio::programs::program;
use crate::process::Process;

const START_LIMIT: Duration = Duration::from_secs(120);
const PORT: u16 = 6443;
const SERVER: &str = "https://127.0.0.1:6443";
/// What the server makes last of all, and an administrator does not need.
const LATE: [&str; 2] =
    ["poststarthook/rbac/bootstrap-roles", "poststarthook/scheduling/bootstrap-system-priority-classes"];
const STORE: &str = "http://127.0.0.1:2379";
const STORE_PEER: &str = "http://127.0.0.1:2380";
const TOKEN_SECONDS: u32 = 12 * 60 * 60;

#[derive(Debug)]
pub struct Kube {
    /// Process whose network the servers listen in.
    inside: i32,
    folder: PathBuf,
    kubeconfig: PathBuf,
    next: AtomicU32,
    api: Api,
    apiserver: Process,
    etcd: Process,
}

impl Kube {
    /// Starts them, with Istio's definitions.
    pub async fn start(namespaces: &Namespaces, folder: &Path) -> Result<Self> {
        let credentials = Credentials::create(folder, SERVER)?;
        let etcd = Process::spawn("etcd", etcd(namespaces, folder), folder)?;
        let apiserver = Process::spawn("kube-apiserver", apiserver(namespaces, &credentials), folder)?;
        let inside = namespaces.first();
        let api = Api::new(inside, PORT, &credentials.root, TOKEN).await?;
        let (folder, kubeconfig, next) = (folder.to_owned(), credentials.kubeconfig, AtomicU32::new(0));
        let kube = Self { inside, folder, kubeconfig, next, api, apiserver, etcd };
        kube.until_ready(&format!("/readyz?exclude={}", LATE.join("&exclude="))).await?;
        let mut connection = kube.api.connect().await?;
        definitions::create(&mut connection).await?;
        definitions::until_served(&mut connection).await?;
        kube.until_ready("/readyz").await?;
        Ok(kube)
    }

    async fn until_ready(&self, path: &str) -> Result<()> {
        eventually("kube-apiserver is ready", START_LIMIT, async || {
            let ended = [&self.etcd, &self.apiserver].into_iter().find_map(|process| process.exit().map(|_| process));
            if let Some(process) = ended {
                return Seen::Never(process.last_words(10));
            }
            match self.get(path).await {
                Ok(_) => Seen::Done(()),
                Err(error) => Seen::Waiting(format!("{error:#}")),
            }
        })
        .await
    }

    /// Root of the API server's certificate.
    pub(super) fn root_certificate(&self) -> PathBuf {
        self.folder.join("root.pem")
    }

    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A program of the lab where the API server can be reached; it is told who it is by the kubeconfig.
    pub(super) fn client(&self, name: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.inside.to_string(), "-n", "--"]).arg(program(name));
        // It ends before garbage matters.
        command.env("GOGC", "off");
        command
    }

    fn kubectl(&self, arguments: &[&str]) -> Command {
        let mut command = self.client("kubectl");
        command.arg("--kubeconfig").arg(&self.kubeconfig).arg("--cache-dir").arg(self.folder.join("kubectl-cache"));
        command.args(arguments);
        command
    }

    /// Runs kubectl; its standard output.
    pub async fn ask(&self, arguments: &[&str]) -> Result<String> {
        output(self.kubectl(arguments)).await
    }

    /// Runs kubectl; everything that it says, warnings included.
    pub async fn ask_aloud(&self, arguments: &[&str]) -> Result<String> {
        output(aloud(&self.kubectl(arguments))).await
    }

    /// Creates or changes objects, as `kubectl apply` does.
    pub async fn apply(&self, objects: &[Value]) -> Result<()> {
        self.apply_each(objects, "").await
    }

    /// Creates or changes what a manifest says.
    pub async fn apply_manifest(&self, manifest: &str) -> Result<()> {
        let path = self.folder.join(format!("manifest-{}.yaml", self.next.fetch_add(1, Ordering::Relaxed)));
        std::fs::write(&path, manifest)?;
        let path = path.to_str().context("a path in UTF-8")?;
        self.ask(&["apply", "--server-side", "--force-conflicts", "-f", path]).await.map(drop)
    }

    /// Sets what a kubelet or a controller would: the objects' status.
    pub async fn apply_status(&self, objects: &[Value]) -> Result<()> {
        self.apply_each(objects, "/status").await
    }

    async fn apply_each(&self, objects: &[Value], subresource: &str) -> Result<()> {
        let mut api = self.api.connect().await?;
        for object in objects {
            api.apply(object, subresource).await?;
        }
        Ok(())
    }

    /// What lies at a path.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let said = self.api.connect().await?.get(path).await?;
        // Some answers are a word.
        Ok(serde_json::from_slice(&said).unwrap_or_else(|_| String::from_utf8_lossy(&said).into()))
    }

    /// Deletes a pod at once.
    pub async fn delete_pod(&self, namespace: &str, name: &str) -> Result<()> {
        self.api.connect().await?.delete(&format!("/api/v1/namespaces/{namespace}/pods/{name}")).await
    }

    /// Deletes a Service's endpoints.
    pub async fn delete_endpoints(&self, namespace: &str, name: &str) -> Result<()> {
        let path = format!("/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices/{name}");
        self.api.connect().await?.delete(&path).await
    }

    /// `kill -9` of the API server.
    pub async fn kill_api_server(&self) -> Result<()> {
        self.apiserver.kill().await.map(drop)
    }

    /// Deletes objects.
    pub async fn withdraw(&self, objects: &[Value]) -> Result<()> {
        let mut api = self.api.connect().await?;
        for object in objects {
            api.withdraw(object).await?;
        }
        Ok(())
    }

    pub async fn delete(&self, kind: &str, namespace: &str, name: &str) -> Result<()> {
        self.ask(&["delete", kind, name, "-n", namespace]).await.map(drop)
    }

    /// A token of a service account for Istio's CA, bound to a pod.
    pub async fn token(&self, namespace: &str, account: &str, pod: &str) -> Result<String> {
        self.token_for(&["istio-ca"], namespace, account, pod).await
    }

    /// The token that a kubelet puts into a pod, for the API server itself.
    pub async fn api_token(&self, namespace: &str, account: &str, pod: &str) -> Result<String> {
        self.token_for(&[], namespace, account, pod).await
    }

    async fn token_for(&self, audiences: &[&str], namespace: &str, account: &str, pod: &str) -> Result<String> {
        let bound = json!({"kind": "Pod", "apiVersion": "v1", "name": pod});
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"audiences": audiences, "expirationSeconds": TOKEN_SECONDS, "boundObjectRef": bound},
        });
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
        let said = self.api.connect().await?.create(&path, JSON, request.to_string()).await?;
        let said: Value = serde_json::from_slice(&said)?;
        Ok(said["status"]["token"].as_str().context("a token")?.to_owned())
    }
}

impl Drop for Kube {
    /// Nothing they hold is kept, so they need not end in order.
    fn drop(&mut self) {
        let _ = self.apiserver.signal(Signal::SIGKILL);
        let _ = self.etcd.signal(Signal::SIGKILL);
    }
}

/// Garbage is collected a quarter as often: a start costs a sixth less CPU, for memory that a short life has to spare.
const FEW_COLLECTIONS: (&str, &str) = ("GOGC", "400");

fn etcd(namespaces: &Namespaces, folder: &Path) -> Command {
    let mut command = namespaces.command(program("etcd"));
    command.env(FEW_COLLECTIONS.0, FEW_COLLECTIONS.1);
    command.arg("--data-dir").arg(folder.join("etcd")).args(["--unsafe-no-fsync", "--log-level", "warn"]);
    command.args(["--listen-client-urls", STORE, "--advertise-client-urls", STORE]);
    command.args(["--listen-peer-urls", STORE_PEER, "--initial-advertise-peer-urls", STORE_PEER]);
    command.args(["--initial-cluster", &format!("default={STORE_PEER}")]);
    command
}

fn apiserver(namespaces: &Namespaces, credentials: &Credentials) -> Command {
    let mut command = namespaces.command(program("kube-apiserver"));
    command.env(FEW_COLLECTIONS.0, FEW_COLLECTIONS.1);
    let mut key = |name: &str, value: &dyn AsRef<std::ffi::OsStr>| {
        command.arg(name).arg(value.as_ref());
    };
    key("--etcd-servers", &STORE);
    // Pods reach it over the bridge.
    key("--bind-address", &"0.0.0.0");
    key("--secure-port", &"6443");
    key("--advertise-address", &super::CONTROL_PLANE.to_string());
    key("--tls-cert-file", &credentials.certificate);
    key("--tls-private-key-file", &credentials.key);
    key("--token-auth-file", &credentials.static_tokens);
    key("--service-account-issuer", &"https://kubernetes.default.svc");
    key("--service-account-key-file", &credentials.token_public_key);
    key("--service-account-signing-key-file", &credentials.token_key);
    key("--service-cluster-ip-range", &"10.96.0.0/16");
    key("--authorization-mode", &"RBAC");
    // No controller makes the default service account that it would ask for.
    key("--disable-admission-plugins", &"ServiceAccount");
    key("--endpoint-reconciler-type", &"none");
    command
}
