//! How soon a new pod is ready when the registry of its plugin swallows every packet, by the way the module comes to it; and what a
//! module that should be a file in the pod and is not does to traffic.

use std::time::{Duration, Instant};

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::istio::plugin::{WasmPlugin, by_extension_config};
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::script::Script;
use serde_json::Value;

use crate::on_lab;

const HTTP: u16 = 8080;
/// What a plugin may add to the time until a pod is ready.
const ALLOWED: Duration = Duration::from_secs(2);
/// Istiod tells the agent to try for so long.
const ISTIO_TRIES_FOR: Duration = Duration::from_secs(30);
const FIRST_TRY: Duration = Duration::from_secs(25);

/// Starts a pod in a namespace of its own that has these objects.
async fn begin(lab: &mut IstioLab, name: &str, objects: &[Value]) -> Result<Instant> {
    lab.kube().ask(&["create", "namespace", name]).await?;
    if !objects.is_empty() {
        lab.kube().apply(objects).await?;
    }
    lab.add_unready(&Workload::new(name, name).http(HTTP)).await
}

/// How long the fastest of two such pods takes: the machine has other things to do, too.
async fn fastest(lab: &mut IstioLab, name: &str, plugin: impl Fn(&str) -> Option<Value>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for number in 1..=2 {
        let name = format!("{name}-{number}");
        let objects: Vec<_> = plugin(&name).into_iter().collect();
        let started = begin(lab, &name, &objects).await?;
        best = best.min(lab.ready_after(&format!("{name}/{name}"), started).await?);
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

#[test]
fn a_registry_that_swallows_everything_holds_up_a_pod_of_a_wasm_plugin_and_none_of_an_extension_config() {
    on_lab("readiness", async |_, mut lab| {
        let hole = lab.black_hole().await?;
        lab.add(&[IstioLab::collector_workload(), Workload::new("alpha", "asker").without_sidecar()]).await?;
        let image = at(lab.plugin("held"), &format!("oci://{hole}/hogusu:1")).manifest();
        let held = begin(&mut lab, "held", &[image]).await?;

        let without = fastest(&mut lab, "without", |_| None).await?;
        let template = at(lab.plugin(""), &format!("http://{hole}/hogusu.wasm"));
        let of_namespace = |name: &str| WasmPlugin { namespace: name.to_owned(), ..template.clone() };
        let extension = fastest(&mut lab, "extension", |name| Some(by_extension_config(&of_namespace(name)))).await?;
        let held = lab.ready_after("held/held", held).await?;
        println!("ready after: no plugin {without:?}, extension config {extension:?}, WasmPlugin {held:?}");
        assert!(extension <= without + ALLOWED, "{extension:?} against {without:?}");
        assert!(held > FIRST_TRY && held < without + ISTIO_TRIES_FOR * 2, "{held:?} against {without:?}");
        assert_eq!(answers(&lab, "held").await?, Answer::Status(404));

        // With a registry that answers, the same object brings the module.
        let brought = WasmPlugin { namespace: "brought".to_owned(), ..lab.plugin("brought") };
        let started = begin(&mut lab, "brought", &[by_extension_config(&brought)]).await?;
        lab.ready_after("brought/brought", started).await?;
        lab.pod("brought/brought").wait_for_stat(VMS, FIRST_TRY, |active| active > 0).await?;
        assert_eq!(answers(&lab, "brought").await?, Answer::Status(404));

        // No failStrategy helps against this one: there is no filter that could fail open.
        let absent = at(lab.plugin("absent"), "file:///var/lib/hogusu/absent.wasm").manifest();
        let started = begin(&mut lab, "absent", &[absent]).await?;
        lab.ready_after("absent/absent", started).await?;
        assert_eq!(answers(&lab, "absent").await?, Answer::Status(500));
        Ok(())
    });
}

/// Virtual machines that run a module.
const VMS: &str = r"^wasm\..*\.active$";
