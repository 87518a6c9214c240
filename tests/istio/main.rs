//! Scenarios on real Istio: istiod, pilot-agent and Istio's own iptables rules, in network namespaces. `make test-istio` runs them.

use anyhow::Result;
use hogusu_tests::istio::{IstioLab, programs};
use hogusu_tests::scenario;
use hogusu_tests::workdir::Workdir;

mod addresses;
mod authorization;
mod cast;
mod chance;
mod changes;
mod chart;
mod check;
mod delivery;
mod evaluated;
mod hooks;
mod identity;
mod image;
mod kubernetes;
mod leftovers;
mod names;
mod plugin;
mod policy;
mod readiness;
mod refused;
mod restarts;
mod secured;
mod settled;
mod steady;
mod streams;
mod strict;
mod suggested;
mod tls;
mod versions;
mod view;
mod waypoint;

/// Runs a scenario on this machine, or says what it lacks; in CI that is a failure.
fn on_lab(name: &str, body: impl AsyncFnOnce(&Workdir, IstioLab) -> Result<()>) {
    as_root(name, async |workdir| {
        let lab = IstioLab::start(workdir).await?;
        body(workdir, lab).await
    });
}

/// The same for a scenario that needs namespaces and root, and no lab.
fn as_root(name: &str, body: impl AsyncFnOnce(&Workdir) -> Result<()>) {
    scenario::run(name, async |workdir| {
        if let Err(missing) = programs::check().await {
            anyhow::ensure!(std::env::var("CI").as_deref() != Ok("true"), "{missing:#}");
            scenario::say(&format!("{name} was left out: {missing:#}"));
            return Ok(());
        }
        body(workdir).await
    });
}
