//! `hogusu check` on a real mesh: nothing to say where all is right, and each proxy, object and cause named where something is not.
//! Traffic goes on, as far as FAIL_OPEN reaches; where it does not is shown as well.

mod asked;
mod trap;

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::plugin::{Module, WasmPlugin};
use hogusu_tests::istio::window::Window;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::script::Script;
use hogusu_tests::workdir::Workdir;
use serde_json::{Value, json};

use crate::on_lab;
use asked::Asking;

/// Proxies are noticed missing within a minute, and asked why within another.
const LIMIT: Duration = Duration::from_secs(180);
const PORT: u16 = 8080;
/// Of a proxy, and of a load.
const WORKERS: u64 = 2;
const CONNECTIONS: u64 = 2;
/// Each in a namespace of its own name, with a plugin object of its own.
const CLIENT: &str = "client";
const DIGEST: &str = "digest";
const REGISTRY: &str = "registry";
const TRAPPED: &str = "trapped";
const KEPT: &str = "kept";
const HIDDEN: &str = "hidden";
/// This one gets its plugin only when something is wrong with it.
const FRESH: &str = "fresh";
const HEALTHY: [&str; 6] = [CLIENT, DIGEST, REGISTRY, TRAPPED, KEPT, HIDDEN];
/// Whatever becomes of their plugin, no request may fail.
const UNTOUCHED: [&str; 5] = [CLIENT, DIGEST, REGISTRY, KEPT, HIDDEN];

/// The sidecars, and a collector that watches the API server with the rights that its service account needs.
async fn start(workdir: &Workdir, lab: &mut IstioLab) -> Result<(Collector, Window, Asking)> {
    let with_sidecar = |name: &&str| Workload::new(name, name).http(PORT);
    let mut workloads: Vec<_> = HEALTHY.iter().chain([&FRESH]).map(with_sidecar).collect();
    workloads.push(IstioLab::collector_workload());
    lab.add(&workloads).await?;
    lab.kube().apply(&rights()).await?;
    let asking = Asking::new(lab, workdir)?;
    let (collector, window) = lab.start_collector(&["--kubernetes", asking.kubeconfig()]).await?;
    Ok((collector, window, asking))
}

/// What the chart grants.
fn rights() -> [Value; 2] {
    let name = json!({"name": "hogusu-collector"});
    let group = "rbac.authorization.k8s.io";
    let rule = |group: &str, resources: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": ["get", "list", "watch"]});
    [
        json!({
            "apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": name,
            "rules": [
                rule("", &["pods", "services", "namespaces", "nodes"]),
                rule("extensions.istio.io", &["wasmplugins", "trafficextensions"]),
            ],
        }),
        json!({
            "apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": name,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "hogusu-collector"},
            "subjects": [{"kind": "ServiceAccount", "name": "hogusu-collector", "namespace": "hogusu-system"}],
        }),
    ]
}

fn plugin(lab: &IstioLab, namespace: &str, revision: &str) -> WasmPlugin {
    lab.plugin(namespace).key("flush_interval_ms", json!(500)).key("revision", json!(revision))
}

/// What hides everything from the proxies of a namespace but that namespace and `more`.
fn sidecar(more: &[&str]) -> Value {
    let hosts = [&["./*"], more].concat();
    json!({
        "apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": {"name": "narrow", "namespace": HIDDEN},
        "spec": {"egress": [{"hosts": hosts}]},
    })
}

async fn serve(workdir: &Workdir, lab: &mut IstioLab, at: &str) -> Result<Module> {
    let file = workdir.path().join(format!("{at}.wasm"));
    std::fs::write(&file, trap::module(at))?;
    lab.serve_module(&file).await
}

async fn apply_right(lab: &IstioLab, namespaces: &[&str]) -> Result<()> {
    let plugins = namespaces.iter().map(|namespace| plugin(lab, namespace, "right").manifest());
    lab.kube().apply(&plugins.collect::<Vec<_>>()).await
}

/// Something is wrong with each of them but the client's.
async fn apply_wrong(workdir: &Workdir, lab: &mut IstioLab) -> Result<()> {
    let unconfigurable = serve(workdir, lab, "proxy_on_configure").await?;
    let trapping = serve(workdir, lab, "proxy_on_log").await?;
    let registry = "oci://10.244.0.1:5999/hogusu:1".to_owned();
    let plugins = [
        WasmPlugin { sha256: "ab".repeat(32), ..plugin(lab, DIGEST, "wrong") },
        WasmPlugin { url: registry, ..plugin(lab, REGISTRY, "wrong") },
        plugin(lab, TRAPPED, "wrong").module(&trapping),
        plugin(lab, KEPT, "wrong").module(&unconfigurable),
        plugin(lab, FRESH, "wrong").module(&unconfigurable),
    ];
    let mut objects: Vec<_> = plugins.iter().map(WasmPlugin::manifest).collect();
    objects.push(sidecar(&[]));
    lab.kube().apply(&objects).await
}

/// Requests to each of them; all are answered, and well.
async fn send(lab: &IstioLab, to: &[&str]) -> Result<()> {
    for name in to {
        let load = lab.pod("client/client").load(lab.pod(&format!("{name}/{name}")), PORT);
        let account = load.requests(40, &Script::default()).run().await?;
        assert_eq!(account.answered(Answer::Status(200)), 40, "{name}: {account:?}");
    }
    Ok(())
}

/// A module that traps at a request's end takes its worker's VM with it: whoever is in that VM at this moment gets 503 from Envoy,
/// though the plugin fails open. After that the worker goes on without it.
async fn send_through_traps(lab: &IstioLab) -> Result<()> {
    let load = lab.pod("client/client").load(lab.pod("trapped/trapped"), PORT).requests(40, &Script::default());
    let mut failed = 0;
    eventually("the trapped sidecar passes everything on", LIMIT, async || match load.run().await {
        Ok(account) if account.answered(Answer::Status(200)) == 40 => Seen::Done(()),
        Ok(account) => {
            failed += account.answered(Answer::Status(503));
            let is_bounded = failed <= WORKERS * CONNECTIONS;
            let is_all = account.answered(Answer::Status(200)) + account.answered(Answer::Status(503)) == 40;
            if is_bounded && is_all { Seen::Waiting(account) } else { Seen::Never(format!("{account:?}")) }
        }
        Err(error) => Seen::Never(format!("{error:#}")),
    })
    .await
}

/// A module that cannot be configured, where there was none before: Envoy has nothing in the filter's place and answers itself,
/// though the plugin fails open.
async fn until_refusing(lab: &IstioLab) -> Result<()> {
    let load = lab.pod("client/client").load(lab.pod("fresh/fresh"), PORT).requests(5, &Script::default());
    eventually("its proxy answers with 500", LIMIT, async || match load.run().await {
        Ok(account) if account.answered(Answer::Status(500)) == 5 => Seen::Done(()),
        other => Seen::Waiting(format!("{other:?}")),
    })
    .await
}

#[test]
fn check_passes_on_a_healthy_mesh_and_names_proxies_objects_and_causes_while_traffic_goes_on() {
    on_lab("check", async |workdir, mut lab| {
        let (mut collector, _window, asking) = start(workdir, &mut lab).await?;
        apply_right(&lab, &HEALTHY).await?;
        let report = asking.until_healthy(&lab, HEALTHY.len(), LIMIT).await?;
        // The lab's istiod is no Deployment, and its images have no tags: nothing tells their versions.
        assert_eq!(report.in_state("skipped"), ["istio-version", "proxy-version"], "{report}");
        send(&lab, &HEALTHY).await?;

        apply_wrong(workdir, &mut lab).await?;
        send(&lab, &UNTOUCHED).await?;
        until_refusing(&lab).await?;
        let wanted = [
            ("proxies-plugin", "digest/digest-v1", "checksum_mismatched"),
            ("proxies-plugin", "registry/registry-v1", "manifest_failure"),
            ("proxies-reporting", "trapped/trapped-v1", "its Envoy runs a module, but nothing of it arrives here"),
            ("proxies-reporting", "hidden/hidden-v1", "its Envoy runs a module, but nothing of it arrives here"),
            ("proxies-reporting", "fresh/fresh-v1", "its agent has the module, but its Envoy runs none"),
            ("proxies-revision", "kept/kept-v1", "it reports revision right, and kept/hogusu asks for wrong"),
            ("sidecar-egress", "hidden/hidden-v1", "Sidecar hidden/narrow hides hogusu-system/hogusu-collector"),
        ];
        let report = asking.until_fails(&lab, &wanted, LIMIT).await?;
        let lines = ["proxies-reporting", "proxies-plugin", "proxies-revision", "sidecar-egress"];
        assert_eq!((report.code(), report.in_state("fail")), (Some(1), lines.to_vec()), "{report}");
        for (line, proxies) in lines.into_iter().zip([3, 2, 1, 1]) {
            assert_eq!(report.said(line).len(), proxies, "{line}: {report}");
        }
        send(&lab, &UNTOUCHED).await?;
        send_through_traps(&lab).await?;
        asking.until_fails(&lab, &wanted, LIMIT).await?;

        apply_right(&lab, &[DIGEST, REGISTRY, TRAPPED, KEPT, FRESH]).await?;
        lab.kube().apply(&[sidecar(&["hogusu-system/*"])]).await?;
        asking.until_healthy(&lab, HEALTHY.len() + 1, LIMIT).await?;
        send(&lab, &[&HEALTHY[..], &[FRESH]].concat()).await?;
        collector.stop().await?;
        Ok(())
    });
}
