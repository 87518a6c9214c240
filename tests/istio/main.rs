//! Scenarios on real Istio: istiod, pilot-agent and Istio's own iptables rules, in network namespaces. `make test-istio` runs them.

use std::io::Write;

use anyhow::Result;
use hogusu_tests::istio::{IstioLab, programs};
use hogusu_tests::scenario;
use hogusu_tests::workdir::Workdir;

mod cast;
mod changes;
mod delivery;
mod plugin;
mod policy;
mod tls;
mod view;

/// Runs a scenario on this machine, or says what it lacks; in CI that is a failure.
fn on_lab(name: &str, body: impl AsyncFnOnce(&Workdir, IstioLab) -> Result<()>) {
    scenario::run(name, async |workdir| {
        if let Err(missing) = programs::check().await {
            anyhow::ensure!(std::env::var("CI").as_deref() != Ok("true"), "{missing:#}");
            // Straight to the terminal: what a passing test prints is not shown.
            writeln!(std::io::stderr(), "{name} was left out: {missing:#}")?;
            return Ok(());
        }
        let lab = IstioLab::start(workdir).await?;
        body(workdir, lab).await
    });
}
