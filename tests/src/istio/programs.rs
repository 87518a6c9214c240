//! What the lab needs from the machine: its pinned programs, root, network namespaces, a few commands. Builds nothing.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::artefacts;
use crate::istio::namespaces::output;
use crate::workdir::workspace_root;

const COMMANDS: [&str; 6] = ["unshare", "nsenter", "setpriv", "mount", "ip", "iptables"];
const PROGRAMS: [&str; 11] = [
    "crane",
    "crds.yaml",
    "envoy_bootstrap.json",
    "etcd",
    "gateway-api.yaml",
    "helm",
    "istioctl",
    "istiod",
    "kube-apiserver",
    "kubectl",
    "pilot-agent",
];

/// Folder of the pinned programs; Istio's CRDs and bootstrap template lie there, too.
pub fn folder() -> PathBuf {
    workspace_root().join(".tools/istio")
}

pub fn program(name: &str) -> PathBuf {
    folder().join(name)
}

/// The process that plays a pod's application: built beside the tests.
pub fn pod_app() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folders = own.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join("pod-app")).find(|path| path.is_file());
    found.context("pod-app is not built: run `cargo build -p hogusu-tests --bin pod-app`")
}

/// Fails with what is missing on this machine.
pub async fn check() -> Result<()> {
    let mut attempt = Command::new("unshare");
    attempt.args(["--net", "--pid", "--mount", "--mount-proc", "--fork", "sh", "-ec", "mount -t tmpfs tmpfs /mnt"]);
    output(attempt).await.context("namespaces cannot be made here: the lab needs root and network namespaces")?;
    let missing: Vec<_> = PROGRAMS.into_iter().filter(|name| !program(name).is_file()).collect();
    if !missing.is_empty() {
        bail!("{} lacks {missing:?}: run `make setup-istio`", folder().display());
    }
    artefacts::envoy()?;
    artefacts::hogusu()?;
    artefacts::wasm()?;
    let mut look = Command::new("sh");
    look.args([
        "-c",
        &format!(
            "PATH=$PATH:/usr/sbin:/sbin; for c in {}; do command -v $c >/dev/null || echo $c; done",
            COMMANDS.join(" ")
        ),
    ]);
    let missing = output(look).await?;
    if !missing.is_empty() {
        bail!(
            "commands are missing: {}; run `make setup-istio`",
            missing.split_whitespace().collect::<Vec<_>>().join(" ")
        );
    }
    Ok(())
}
