//! `hogusu check` on a real mesh: silent where all is right, and naming proxies, objects and causes where something is not; whatever
//! is wrong, traffic goes on.

mod asked;
mod trap;

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::istio::plugin::WasmPlugin;
use hogusu_tests::istio::window::Window;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::script::Script;
use hogusu_tests::workdir::Workdir;
use serde_json::{Value, json};

use crate::cast::{CLIENT, WEB, WEB_HTTP};
use crate::on_lab;
use asked::Asking;

/// Proxies are noticed missing within a minute, and asked why within another.
const LIMIT: Duration = Duration::from_secs(150);
/// Their pods and workloads begin so.
const PROXIES: [&str; 2] = [CLIENT, WEB];

/// Two sidecars, and a collector that watches the API server with the rights that its service account needs.
async fn start(workdir: &Workdir, lab: &mut IstioLab) -> Result<(Collector, Window, Asking)> {
    lab.add(&[
        Workload::new("alpha", "client"),
        Workload::new("beta", "web").http(WEB_HTTP),
        IstioLab::collector_workload(),
    ])
    .await?;
    lab.kube().apply(&rights()).await?;
    let asking = Asking::new(lab, workdir)?;
    let (collector, window) = lab.start_collector(&["--kubernetes", asking.kubeconfig()]).await?;
    Ok((collector, window, asking))
}

/// What the chart grants.
fn rights() -> [Value; 2] {
    let name = json!({"name": "hogusu-collector"});
    let group = "rbac.authorization.k8s.io";
    let rule = |group: &str, resources: Value| json!({"apiGroups": [group], "resources": resources, "verbs": ["get", "list", "watch"]});
    [
        json!({
            "apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": name,
            "rules": [
                rule("", json!(["pods", "services", "namespaces", "nodes"])),
                rule("extensions.istio.io", json!(["wasmplugins", "trafficextensions"])),
            ],
        }),
        json!({
            "apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": name,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "hogusu-collector"},
            "subjects": [{"kind": "ServiceAccount", "name": "hogusu-collector", "namespace": "hogusu-system"}],
        }),
    ]
}

fn plugins(lab: &IstioLab, revision: &str) -> [WasmPlugin; 2] {
    ["alpha", "beta"]
        .map(|namespace| lab.plugin(namespace).key("flush_interval_ms", json!(500)).key("revision", json!(revision)))
}

async fn apply(lab: &IstioLab, plugins: &[WasmPlugin]) -> Result<()> {
    lab.kube().apply(&plugins.iter().map(WasmPlugin::manifest).collect::<Vec<_>>()).await
}

/// Requests from client to web; all are answered.
async fn send(lab: &IstioLab) -> Result<()> {
    let load = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).requests(50, &Script::default());
    let account = load.run().await?;
    assert_eq!(account.answered(Answer::Status(200)), 50, "{account:?}");
    Ok(())
}

#[test]
fn check_passes_on_a_healthy_mesh_and_names_the_proxies_whose_module_traps() {
    on_lab("check_traps", async |workdir, mut lab| {
        let (mut collector, _window, asking) = start(workdir, &mut lab).await?;
        // A plugin that cannot be configured is refused as a whole: the proxy keeps the one it has. One that fails later is gone.
        let traps = [
            ("proxy_on_configure", "proxies-revision", "asks for proxy_on_configure"),
            ("proxy_on_request_headers", "proxies-reporting", "silent"),
        ];
        for (at, line, cause) in traps {
            apply(&lab, &plugins(&lab, "right")).await?;
            let report = asking.until_says(&lab, "proxies-reporting", "2 reporting", LIMIT).await?;
            assert_eq!(report.code(), Some(0), "{report}");
            // The lab's istiod is no Deployment, and its images have no tags: nothing tells their versions.
            assert_eq!(report.in_state("skipped"), ["istio-version", "proxy-version"], "{report}");
            send(&lab).await?;

            let file = workdir.path().join(format!("{at}.wasm"));
            std::fs::write(&file, trap::module(at))?;
            let module = lab.serve_module(&file).await?;
            apply(&lab, &plugins(&lab, at).map(|plugin| plugin.module(&module))).await?;
            send(&lab).await?;
            let report = asking.until_fails(&lab, line, (&PROXIES, cause), LIMIT).await?;
            assert_eq!(report.in_state("fail"), [line], "{report}");
            send(&lab).await?;
        }
        collector.stop().await?;
        Ok(())
    });
}

#[test]
fn experiment_late() {
    on_lab("check_late", async |workdir, mut lab| {
        let (mut collector, _window, asking) = start(workdir, &mut lab).await?;
        let file = workdir.path().join("x.wasm");
        std::fs::write(&file, trap::module("proxy_on_request_headers"))?;
        let module = lab.serve_module(&file).await?;
        apply(&lab, &plugins(&lab, "trap").map(|plugin| plugin.module(&module))).await?;
        println!("{}", asking.until_says(&lab, "proxies-reporting", "2 starting", LIMIT).await?);
        std::fs::write(workdir.path().join("dump.json"), lab.pod(CLIENT).admin()?.get("/config_dump").await?)?;
        for _ in 0..3 {
            let load = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).requests(50, &Script::default());
            println!("{:?}", load.run().await?);
        }
        collector.stop().await?;
        Ok(())
    });
}

#[test]
fn check_names_the_proxies_that_could_not_have_the_module_and_why() {
    on_lab("check_delivery", async |workdir, mut lab| {
        let (mut collector, _window, asking) = start(workdir, &mut lab).await?;
        let wrong = plugins(&lab, "wrong digest").map(|plugin| WasmPlugin { sha256: "ab".repeat(32), ..plugin });
        let url = "oci://10.244.0.1:5999/hogusu:1".to_owned();
        let unreachable = plugins(&lab, "no registry").map(|plugin| WasmPlugin { url: url.clone(), ..plugin });
        for (plugins, cause) in [(wrong, "checksum_mismatched"), (unreachable, "manifest_failure")] {
            apply(&lab, &plugins).await?;
            for key in PROXIES {
                asked::until_fetched(lab.pod(key), cause, 1, LIMIT).await?;
            }
            send(&lab).await?;
            let report = asking.until_fails(&lab, "proxies-plugin", (&PROXIES, cause), LIMIT).await?;
            assert_eq!(report.in_state("fail"), ["proxies-plugin"], "{report}");
            send(&lab).await?;
        }
        apply(&lab, &plugins(&lab, "right")).await?;
        let report = asking.until_says(&lab, "proxies-reporting", "2 reporting", LIMIT).await?;
        assert_eq!(report.code(), Some(0), "{report}");
        collector.stop().await?;
        Ok(())
    });
}

#[test]
fn check_names_the_sidecar_object_that_hides_the_collector() {
    on_lab("check_sidecar", async |workdir, mut lab| {
        let (mut collector, _window, asking) = start(workdir, &mut lab).await?;
        let mut narrow = json!({
            "apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": {"name": "narrow", "namespace": "alpha"},
            "spec": {"egress": [{"hosts": ["./*", "beta/*"]}]},
        });
        lab.kube().apply(&[narrow.clone()]).await?;
        apply(&lab, &plugins(&lab, "right")).await?;
        let what = (&["Sidecar alpha/narrow hides hogusu-system/hogusu-collector"][..], "alpha/client");
        asking.until_fails(&lab, "sidecar-egress", what, LIMIT).await?;
        // It does hide it: that one never reports, and the other one does.
        let report = asking.until_fails(&lab, "proxies-reporting", (&PROXIES[..1], "never reported"), LIMIT).await?;
        assert_eq!(report.in_state("fail"), ["proxies-reporting", "sidecar-egress"], "{report}");
        assert_eq!(report.said("proxies-reporting").len(), 1, "{report}");
        send(&lab).await?;

        narrow["spec"]["egress"][0]["hosts"] = json!(["./*", "beta/*", "hogusu-system/*"]);
        lab.kube().apply(&[narrow]).await?;
        let report = asking.until_says(&lab, "proxies-reporting", "2 reporting", LIMIT).await?;
        assert_eq!(report.code(), Some(0), "{report}");
        collector.stop().await?;
        Ok(())
    });
}
