//! How soon a new pod is ready when the registry of its plugin swallows every packet, by the way the module comes to it; and what a
//! module that should be a file in the pod and is not does to traffic.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::plugin::{Module, WasmPlugin, by_extension_config};
use hogusu_tests::istio::pod::probe;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::script::Script;
use tokio::time::Instant;

use crate::on_lab;

const HTTP: u16 = 8080;
/// What a plugin may add to the time until a pod is ready.
const ALLOWED: Duration = Duration::from_secs(2);
/// Istiod tells the agent to try for so long.
const ISTIO_TRIES_FOR: Duration = Duration::from_secs(30);
/// For a busy machine.
const SLACK: Duration = Duration::from_secs(15);
const FIRST_TRY: Duration = Duration::from_secs(25);

/// Starts a pod in a namespace of its own that has this object.
async fn begin(lab: &mut IstioLab, name: &str, manifest: Option<String>) -> Result<Instant> {
    lab.kube().ask(&["create", "namespace", name]).await?;
    if let Some(manifest) = manifest {
        lab.kube().apply_manifest(&manifest).await?;
    }
    lab.add_unready(&Workload::new(name, name).http(HTTP)).await
}

/// How long after its start a sidecar is ready.
async fn ready_after(health: SocketAddr, started: Instant) -> Result<Duration> {
    eventually("the sidecar is ready", ISTIO_TRIES_FOR * 3, async || match probe(health).await {
        Ok(()) => Seen::Done(started.elapsed()),
        Err(error) => Seen::Waiting(format!("{error:#}")),
    })
    .await
}

/// How long the fastest of two such pods takes: the machine has other things to do, too.
async fn fastest(lab: &mut IstioLab, name: &str, plugin: impl Fn(&str) -> Result<Option<String>>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for number in 1..=2 {
        let name = format!("{name}-{number}");
        let started = begin(lab, &name, plugin(&name)?).await?;
        best = best.min(ready_after(lab.pod(&format!("{name}/{name}")).health()?, started).await?);
        assert_eq!(answers(lab, &name).await?, Answer::Status(404));
    }
    Ok(best)
}

/// How all of five requests straight to a pod are answered that its application answers with 404.
async fn answers(lab: &IstioLab, name: &str) -> Result<Answer> {
    let pod = lab.pod(&format!("{name}/{name}"));
    let account = lab.pod("alpha/asker").load_to_address(pod, HTTP).requests(5, &Script::status(404)).run().await?;
    let by_answer = account.by_answer();
    assert_eq!(by_answer.len(), 1, "{account:?}");
    by_answer.into_keys().next().ok_or_else(|| anyhow::anyhow!("no answer"))
}

fn at(plugin: WasmPlugin, url: &str) -> WasmPlugin {
    WasmPlugin { url: url.to_owned(), ..plugin }
}

/// How soon pods are ready without a plugin, and with one by extension config.
async fn others(lab: &mut IstioLab, hole: &str) -> Result<(Duration, Duration)> {
    let without = fastest(lab, "without", |_| Ok(None)).await?;
    let template = at(lab.plugin(""), &format!("http://{hole}/hogusu.wasm"));
    let of_namespace = |name: &str| WasmPlugin { namespace: name.to_owned(), ..template.clone() };
    Ok((without, fastest(lab, "extension", |name| by_extension_config(&of_namespace(name)).map(Some)).await?))
}

#[test]
fn a_registry_that_swallows_everything_holds_up_a_pod_of_a_wasm_plugin_and_none_of_an_extension_config() {
    on_lab("readiness", async |_, mut lab| {
        let hole = lab.black_hole().await?;
        lab.add(&[IstioLab::collector_workload(), Workload::new("alpha", "asker").without_sidecar()]).await?;
        let image = at(lab.plugin("held"), &format!("oci://{hole}/hogusu:1")).manifest().to_string();
        let started = begin(&mut lab, "held", Some(image)).await?;
        let held = ready_after(lab.pod("held/held").health()?, started);
        // It takes its time; others start meanwhile.
        let (held, others) = tokio::join!(held, others(&mut lab, &hole));
        let (held, (without, extension)) = (held?, others?);
        println!("ready after: no plugin {without:?}, extension config {extension:?}, WasmPlugin {held:?}");
        assert!(extension <= without + ALLOWED, "{extension:?} against {without:?}");
        assert!(held > FIRST_TRY && held < without + ISTIO_TRIES_FOR + SLACK, "{held:?} against {without:?}");
        assert_eq!(answers(&lab, "held").await?, Answer::Status(404));

        // With a registry that answers, the same object brings the module.
        let registry = lab.start_registry().await?;
        let brought = lab.plugin("brought").module(&Module { url: registry.url, sha256: registry.digest });
        let started = begin(&mut lab, "brought", Some(by_extension_config(&brought)?)).await?;
        ready_after(lab.pod("brought/brought").health()?, started).await?;
        lab.pod("brought/brought").wait_for_stat(VMS, FIRST_TRY, |active| active > 0).await?;
        assert_eq!(answers(&lab, "brought").await?, Answer::Status(404));

        // No failStrategy helps against this one: there is no filter that could fail open.
        let absent = at(lab.plugin("absent"), "file:///var/lib/hogusu/absent.wasm").manifest().to_string();
        let started = begin(&mut lab, "absent", Some(absent)).await?;
        ready_after(lab.pod("absent/absent").health()?, started).await?;
        assert_eq!(answers(&lab, "absent").await?, Answer::Status(500));
        Ok(())
    });
}

/// Virtual machines that run a module.
const VMS: &str = r"^wasm\..*\.active$";
