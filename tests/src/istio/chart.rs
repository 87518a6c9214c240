//! The chart as its users have it: rendered by helm, or installed by helm through the lab's API server. Knows no values but those
//! that say where the lab's module is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::collector::Collector;
use crate::istio::namespaces::{aloud, output};
use crate::istio::programs::program;
use crate::istio::window::Window;
use crate::istio::workload::Workload;
use crate::istio::{COLLECTOR_PORT, IstioLab, container};
use crate::workdir::workspace_root;

pub const NAMESPACE: &str = "hogusu-system";
const RELEASE: &str = "hogusu";
/// Pods that carry it have the module as a file.
pub const MODULE_LABEL: (&str, &str) = ("hogusu-module", "file");
/// The collector's pod, as `IstioLab::pod` finds it.
pub const COLLECTOR: &str = "hogusu-system/hogusu-collector";

/// The chart's folder.
pub fn folder() -> PathBuf {
    workspace_root().join("istio")
}

/// `helm template` with these values and options; the manifests, or helm's refusal.
pub async fn render(values: &Value, options: &[&str]) -> Result<String> {
    let mut command = Command::new(program("helm"));
    command.args(["template", RELEASE]).arg(folder()).args(["--namespace", NAMESPACE]).args(options);
    output(with_values(command, values)?).await
}

/// `helm lint` with these values.
pub async fn lint(values: &Value) -> Result<String> {
    let mut command = Command::new(program("helm"));
    command.arg("lint").arg(folder()).args(["--namespace", NAMESPACE, "--strict"]);
    output(with_values(command, values)?).await
}

/// Values on the command line, as JSON for each key.
fn with_values(mut command: Command, values: &Value) -> Result<Command> {
    for (key, value) in values.as_object().context("values are an object")? {
        command.args(["--set-json", &format!("{key}={value}")]);
    }
    Ok(command)
}

impl IstioLab {
    /// Values for this lab and this scope: where the module is, and a flush interval for tests.
    pub fn values(&self, scope: Value) -> Value {
        json!({
            "scope": scope,
            "filter": {"url": self.module.url, "sha256": self.module.sha256, "config": {"flush_interval_ms": 500}},
        })
    }

    /// `helm upgrade --install` with these values alone; what the chart then says.
    pub async fn install_chart(&self, values: &Value) -> Result<String> {
        let options = ["upgrade", "--install", "--create-namespace", "--reset-values", RELEASE];
        let mut command = self.helm(&options);
        command.arg(folder());
        output(with_values(command, values)?).await
    }

    /// Back to the release before the last change, as `helm rollback` without a revision does.
    pub async fn rollback_chart(&self) -> Result<()> {
        output(self.helm(&["rollback", RELEASE])).await.map(drop)
    }

    pub async fn uninstall_chart(&self) -> Result<()> {
        output(self.helm(&["uninstall", RELEASE])).await.map(drop)
    }

    fn helm(&self, arguments: &[&str]) -> Command {
        let mut command = self.kube.client("helm");
        command.arg("--kubeconfig").arg(self.kube.kubeconfig()).args(["--namespace", NAMESPACE]).args(arguments);
        // Its caches are the lab's.
        command.env("HOME", self.workdir.path());
        command
    }

    /// `kubectl apply` of a rendered file, on the server and with its defaults; what it says, warnings included.
    pub async fn try_manifests(&self, file: &Path) -> Result<String> {
        let file = file.to_str().context("a path in UTF-8")?;
        self.kube.ask_aloud(&["apply", "--server-side", "--dry-run=server", "-f", file]).await
    }

    /// `istioctl validate` of a rendered file.
    pub async fn validate(&self, file: &Path) -> Result<String> {
        let mut command = Command::new(program("istioctl"));
        command.arg("validate").arg("-f").arg(file);
        output(aloud(&command)).await
    }

    /// Runs istioctl where the API server can be reached; its standard output.
    pub async fn istioctl(&self, arguments: &[&str]) -> Result<String> {
        let mut command = self.kube.client("istioctl");
        command.args(arguments).arg("--kubeconfig").arg(self.kube.kubeconfig());
        output(command).await
    }

    /// `istioctl analyze` of a rendered file together with what the API server has.
    pub async fn analyze(&self, file: &Path) -> Result<String> {
        let mut command = self.kube.client("istioctl");
        command.args(["analyze", "--all-namespaces", "--kubeconfig"]).arg(self.kube.kubeconfig()).arg(file);
        output(aloud(&command)).await
    }

    /// Makes the pod of the chart's StatefulSet, which has been applied, and starts its container in it.
    pub async fn start_chart_collector(&mut self) -> Result<(Collector, Window)> {
        let ours = |root: &str, kinds: &str| format!("/{root}/namespaces/{NAMESPACE}/{kinds}/hogusu-collector");
        let set = self.kube.get(&ours("apis/apps/v1", "statefulsets")).await?;
        let service = self.kube.get(&ours("api/v1", "services")).await?;
        self.add(&[Workload::of_stateful_set(set.clone())]).await?;
        let address = service["spec"]["clusterIP"].as_str().context("an address")?.parse()?;
        let index = self.index(COLLECTOR).context("the collector's pod")?;
        self.pods[index].service = address;

        let pod = self.pod(COLLECTOR);
        let folder = self.workdir.folder("collector")?;
        let window = Window::open(pod.namespaces.first(), ([127, 0, 0, 1], COLLECTOR_PORT).into()).await?;
        let command = container::command(&set, pod, &self.kube, &folder).await?;
        Ok((Collector::start_container(&command, window.address(), &folder).await?, window))
    }
}
