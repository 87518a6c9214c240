//! `hogusu check` run inside the collector's pod, as one runs it by `kubectl exec`: asked until it says what is waited for.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::artefacts;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::{CONTROL_PLANE, IstioLab};
use hogusu_tests::workdir::Workdir;
use serde_json::Value;

const COLLECTOR: &str = "hogusu-system/hogusu-collector";

/// How the command reaches the API server.
pub struct Asking {
    kubeconfig: String,
}

/// What it said.
#[derive(Debug)]
pub struct Report {
    code: Option<i32>,
    said: Value,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {:?}: ", self.code)?;
        let mut noted = self.lines().filter(|line| line["state"] != "pass");
        noted.try_for_each(|line| write!(f, "\n{} {}: {}", line["state"], line["id"], line["said"]))
    }
}

impl Report {
    fn lines(&self) -> impl Iterator<Item = &Value> {
        let groups = self.said["groups"].as_array().into_iter().flatten();
        groups.flat_map(|group| group["lines"].as_array().into_iter().flatten())
    }

    fn line(&self, id: &str) -> &Value {
        self.lines().find(|line| line["id"] == id).unwrap_or_else(|| panic!("no line {id}: {self}"))
    }

    pub fn code(&self) -> Option<i32> {
        self.code
    }

    /// Names of the lines that ended so.
    pub fn in_state(&self, state: &str) -> Vec<&str> {
        self.lines().filter(|line| line["state"] == state).filter_map(|line| line["id"].as_str()).collect()
    }

    /// What a line says.
    pub fn said(&self, id: &str) -> Vec<&str> {
        self.line(id)["said"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

impl Asking {
    /// The administrator's kubeconfig, with the API server's address as a pod sees it.
    pub fn new(lab: &IstioLab, workdir: &Workdir) -> Result<Self> {
        let text = std::fs::read_to_string(lab.kube().kubeconfig())?;
        let path = workdir.path().join("kubeconfig-of-pods.json");
        std::fs::write(&path, text.replace("127.0.0.1", &CONTROL_PLANE.to_string()))?;
        Ok(Self { kubeconfig: path.to_str().context("a path in UTF-8")?.to_owned() })
    }

    pub fn kubeconfig(&self) -> &str {
        &self.kubeconfig
    }

    async fn ask(&self, lab: &IstioLab) -> Result<Report> {
        let mut command = lab.pod(COLLECTOR).namespaces().command(artefacts::hogusu()?);
        command.args(["check", "--url", "http://127.0.0.1:4318", "--kubernetes", &self.kubeconfig, "--format", "json"]);
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let said = serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        Ok(Report { code: output.status.code(), said })
    }

    /// Until nothing is wrong or doubtful, and so many proxies report.
    pub async fn until_healthy(&self, lab: &IstioLab, reporting: usize, limit: Duration) -> Result<Report> {
        let words = format!("{reporting} reporting");
        self.until(&format!("check is content, {words}"), lab, limit, |report| {
            let is_content = report.code == Some(0) && report.in_state("warn").is_empty();
            is_content && report.said("proxies-reporting") == [words.as_str()]
        })
        .await
    }

    /// Until each of these lines fails with a detail that names this and has these words.
    pub async fn until_fails(&self, lab: &IstioLab, wanted: &[(&str, &str, &str)], limit: Duration) -> Result<Report> {
        self.until(&format!("check says {wanted:?}"), lab, limit, |report| {
            let is_said = |(id, name, words): &(&str, &str, &str)| {
                report.line(id)["state"] == "fail"
                    && report.said(id).iter().any(|said| said.contains(name) && said.contains(words))
            };
            wanted.iter().all(is_said)
        })
        .await
    }

    async fn until(
        &self,
        title: &str,
        lab: &IstioLab,
        limit: Duration,
        is_it: impl Fn(&Report) -> bool,
    ) -> Result<Report> {
        eventually(title, limit, async || match self.ask(lab).await {
            Err(error) => Seen::Never(format!("{error:#}")),
            Ok(report) if is_it(&report) => Seen::Done(report),
            Ok(report) => Seen::Waiting(report.to_string()),
        })
        .await
    }
}
