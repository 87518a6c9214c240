//! How soon a new pod is ready when the registry of its plugin swallows every packet, by the way the module comes to it; and what a
//! module that should be a file in the pod and is not does to traffic.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::plugin::{Module, WasmPlugin, by_extension_config};
use hogusu_tests::istio::pod::{Pod, probe};
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use tokio::time::Instant;

use crate::on_lab;

const HTTP: u16 = 8080;
/// Istiod tells the agent to try for so long.
const ISTIO_TRIES_FOR: Duration = Duration::from_secs(30);
/// A registry that nobody runs.
const NOBODY: &str = "oci://10.244.0.1:5999/hogusu:1";
const LIMIT: Duration = Duration::from_secs(60);
/// Of one try of the agent; it tries again.
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

/// How long the fastest of two such pods takes, for the machine has other things to do, too; and whether their agents had ended a
/// fetch, well or not, when they were ready.
async fn fastest(
    lab: &mut IstioLab,
    name: &str,
    plugin: impl Fn(&str) -> Result<Option<String>>,
) -> Result<(Duration, [bool; 2])> {
    let (mut best, mut fetched) = (Duration::MAX, [false; 2]);
    for (number, fetched) in fetched.iter_mut().enumerate() {
        let name = format!("{name}-{number}");
        let started = begin(lab, &name, plugin(&name)?).await?;
        let pod = lab.pod(&format!("{name}/{name}"));
        best = best.min(ready_after(pod.health()?, started).await?);
        *fetched = has_fetched(pod).await?;
        assert_eq!(answers(lab, &name).await?, Answer::Status(404));
    }
    Ok((best, fetched))
}

/// Whether the agent has ended a fetch of a module, well or not.
async fn has_fetched(pod: &Pod) -> Result<bool> {
    Ok(pod.agent_metrics().await?.contains("wasm_remote_fetch"))
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

/// How soon pods are ready whose registry is not silent, or for whose registry nobody waits.
async fn others(lab: &mut IstioLab, hole: &str) -> Result<()> {
    let registry = lab.start_registry().await?;
    let template = lab.plugin("");
    let image = template.clone().module(&Module { url: registry.url, sha256: registry.digest });
    let nobody = at(template.clone(), NOBODY);
    let hole = at(template, &format!("http://{hole}/hogusu.wasm"));
    let of = |name: &str, plugin: &WasmPlugin| WasmPlugin { namespace: name.to_owned(), ..plugin.clone() };
    let object = |name: &str, plugin: &WasmPlugin| Ok(Some(of(name, plugin).manifest().to_string()));
    let extension = |name: &str, plugin: &WasmPlugin| by_extension_config(&of(name, plugin)).map(Some);

    let (without, _) = fastest(lab, "without", |_| Ok(None)).await?;
    let (answered, waited) = fastest(lab, "answered", |name| object(name, &image)).await?;
    assert_eq!(waited, [true; 2], "a plugin object whose registry answers");
    let (refused, waited) = fastest(lab, "refused", |name| object(name, &nobody)).await?;
    assert_eq!(waited, [true; 2], "a plugin object whose registry refuses");
    let (swallowed, waited) = fastest(lab, "swallowed", |name| extension(name, &hole)).await?;
    assert_eq!(waited, [false; 2], "an extension config whose registry swallows everything");
    let (brought, _) = fastest(lab, "brought", |name| extension(name, &image)).await?;
    scenario::say(&format!(
        "ready after: no plugin {without:?}; plugin object: answered {answered:?}, refused {refused:?}"
    ));
    scenario::say(&format!("ready after: extension config: swallowed {swallowed:?}, answered {brought:?}"));
    Ok(())
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
        let held = held?;
        others?;
        scenario::say(&format!("ready after: plugin object: swallowed {held:?}"));
        assert!(held > FIRST_TRY, "{held:?}");
        assert!(has_fetched(lab.pod("held/held")).await?, "it was ready before its agent gave up");
        assert_eq!(answers(&lab, "held").await?, Answer::Status(404));
        // Nobody waited for this one, and it was fetched for.
        let ended = eventually("the agent gave up on an extension config", ISTIO_TRIES_FOR * 3, async || {
            match has_fetched(lab.pod("swallowed-0/swallowed-0")).await {
                Ok(true) => Seen::Done(()),
                other => Seen::Waiting(format!("{other:?}")),
            }
        });
        ended.await?;
        // With a registry that answers, both ways bring the module.
        for pod in ["answered-0/answered-0", "brought-0/brought-0"] {
            lab.pod(pod).wait_for_stat(VMS, LIMIT, |active| active > 0).await?;
        }

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
