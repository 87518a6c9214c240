//! The injection template that brings the module as a file, in Istio's own injection, for both kinds of sidecars.

use std::path::Path;

use anyhow::{Context, Result};
use hogusu_tests::istio::{IstioLab, chart};
use serde_json::{Value, json};

use crate::on_lab;

/// Istio's own values with those of the template, as istioctl reads them.
fn operator(folder: &Path) -> Result<std::path::PathBuf> {
    let template = std::fs::read_to_string(chart::folder().join("injection-template.yaml"))?;
    let values: String = template.lines().map(|line| format!("    {line}\n")).collect();
    let file = folder.join("operator.yaml");
    let head = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec:\n  values:\n";
    std::fs::write(&file, format!("{head}{values}"))?;
    Ok(file)
}

/// A pod that asks for the template, beside a sidecar of one or the other kind.
fn pod(is_native: bool) -> Value {
    let annotations =
        json!({"inject.istio.io/templates": "sidecar,hogusu", "sidecar.istio.io/nativeSidecar": is_native.to_string()});
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "checkout", "namespace": "shop", "labels": {"app": "checkout"}, "annotations": annotations},
        "spec": {"containers": [{"name": "app", "image": "app:v1"}]},
    })
}

/// The pod after Istio's injection.
async fn injected(lab: &IstioLab, folder: &Path, is_native: bool) -> Result<Value> {
    let file = folder.join(format!("pod-{is_native}.json"));
    std::fs::write(&file, pod(is_native).to_string())?;
    let file = file.to_str().context("a path in UTF-8")?;
    let at = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let files = ["--injectConfigFile", &at("config"), "--valuesFile", &at("values"), "--meshConfigFile", &at("mesh")];
    let said = lab.istioctl(&[&["kube-inject", "-f", file], &files[..]].concat()).await?;
    let injected = folder.join(format!("injected-{is_native}.yaml"));
    std::fs::write(&injected, said)?;
    let injected = injected.to_str().context("a path in UTF-8")?;
    Ok(serde_json::from_str(&lab.kube().ask(&["create", "--dry-run=client", "-o", "json", "-f", injected]).await?)?)
}

#[test]
fn the_template_brings_file_and_label_to_both_kinds_of_sidecars() {
    on_lab("chart_injection", async |workdir, lab| {
        let operator = operator(workdir.path())?;
        let manifests =
            lab.istioctl(&["manifest", "generate", "-f", operator.to_str().context("a path in UTF-8")?]).await?;
        let is_wanted = |one: &&str| {
            one.contains("\nkind: ConfigMap\n")
                && (one.contains("\n  name: istio-sidecar-injector\n") || one.contains("\n  name: istio\n"))
        };
        let wanted: Vec<_> = manifests.split("\n---\n").filter(is_wanted).collect();
        assert_eq!(wanted.len(), 2, "configuration of mesh and injection");
        let file = workdir.path().join("injection.yaml");
        std::fs::write(&file, wanted.join("\n---\n"))?;
        lab.kube().ask(&["apply", "--server-side", "-f", file.to_str().context("a path in UTF-8")?]).await?;
        for (map, key) in
            [("istio-sidecar-injector", "config"), ("istio-sidecar-injector", "values"), ("istio", "mesh")]
        {
            let shown = format!("jsonpath={{.data.{key}}}");
            let said = lab.kube().ask(&["get", "configmap", map, "-n", "istio-system", "-o", &shown]).await?;
            std::fs::write(workdir.path().join(key), said)?;
        }
        for (is_native, place) in [(false, "containers"), (true, "initContainers")] {
            let pod = injected(&lab, workdir.path(), is_native).await?;
            assert_eq!(pod["metadata"]["labels"][chart::MODULE_LABEL.0], chart::MODULE_LABEL.1, "{pod}");
            let containers = pod["spec"][place].as_array().context("containers")?;
            let proxy = containers.iter().find(|one| one["name"] == "istio-proxy").context("a sidecar")?;
            let mounts = proxy["volumeMounts"].as_array().context("mounts")?;
            assert!(
                mounts.iter().any(|mount| mount["name"] == "hogusu-module" && mount["mountPath"] == "/var/lib/hogusu"),
                "{proxy}"
            );
            let all = ["containers", "initContainers"]
                .map(|place| pod["spec"][place].as_array().cloned().unwrap_or_default());
            let proxies = all.iter().flatten().filter(|one| one["name"] == "istio-proxy").count();
            assert_eq!(proxies, 1, "{pod}");
        }
        Ok(())
    });
}
