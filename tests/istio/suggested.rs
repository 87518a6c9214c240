//! Policies that are suggested from what was seen, put in force on real Istio: whoever was seen with a certificate goes on without a failure,
//! and what was never seen, or came without a certificate and stands under WOULD CUT, is refused.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use hogusu_tests::artefacts;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::istio::IstioLab;
use hogusu_tests::script::Script;
use hogusu_tests::workdir::Workdir;
use serde_json::{Value, json};

use crate::cast::{self, CLIENT, GATEWAY, LEGACY, PUBLIC_HOST, WEB, WEB_HTTP};
use crate::on_lab;
use crate::settled::until_settled;
use crate::view::{self, DESTINATION, SOURCE};

const SEEN: u64 = 40;

/// The workload whose callers are suggested, as `kubectl get -o yaml` would print it.
fn current(lab: &IstioLab) -> Value {
    let web = lab.pod(WEB).workload();
    let template = json!({"metadata": {"labels": web.pod_labels()}});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": web.deployment(), "namespace": "beta"}, "spec": {"template": template},
    })
}

/// What `hogusu policy` writes, and how it ends.
fn policy(collector: &Collector, arguments: &[&str]) -> Result<(i32, String)> {
    let mut command = std::process::Command::new(artefacts::hogusu()?);
    let output = command.arg("policy").args(arguments).args(["--url", &collector.url()]).output()?;
    let code = output.status.code().context("it was killed")?;
    let said = String::from_utf8(output.stdout)?;
    anyhow::ensure!(!said.is_empty(), "{code}: {}", String::from_utf8_lossy(&output.stderr));
    Ok((code, said))
}

/// Labels of who asks in these rows.
fn sources(rows: &Value) -> BTreeSet<&str> {
    rows.as_array().into_iter().flatten().filter_map(|row| row["source"].as_str()).collect()
}

async fn suggest(workdir: &Workdir, lab: &IstioLab, collector: &Collector) -> Result<String> {
    let file = workdir.path().join("current.json");
    std::fs::write(&file, current(lab).to_string())?;
    let file = file.display().to_string();
    // Up to now: --since ends where all is sealed.
    let map = collector.map("1h").await?;
    let from = map["from"].as_str().context("a map has a beginning")?;
    let asked = ["suggest", "--namespace", "beta", "--current", &file, "--from", from];
    // An hour of which seconds were seen is proven of nobody.
    let (code, said) = policy(collector, &[&asked[..], &["--format", "json"]].concat())?;
    let said: Value = serde_json::from_str(&said)?;
    let legacy = lab.pod(LEGACY).address().to_string();
    assert_eq!((code, sources(&said["would_cut"])), (5, BTreeSet::from([legacy.as_str()])), "{said:#}");
    let (_, manifest) = policy(collector, &asked)?;
    let change = workdir.path().join("suggested.yaml");
    std::fs::write(&change, &manifest)?;
    let change = change.display().to_string();
    let rehearsed = ["simulate", "--current", &file, "--change", &change, "--from", from, "--format", "json"];
    let (_, said) = policy(collector, &rehearsed)?;
    let said: Value = serde_json::from_str(&said)?;
    assert_eq!(sources(&said["would_break"]), BTreeSet::from([legacy.as_str()]), "{said:#}");
    Ok(manifest)
}

#[test]
fn what_is_suggested_cuts_nobody_who_was_seen_with_a_certificate_and_everybody_else() {
    on_lab("suggested_policies", async |workdir, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        let (client, web, legacy, gateway) = (lab.pod(CLIENT), lab.pod(WEB), lab.pod(LEGACY), lab.pod(GATEWAY));
        let (client_label, web_label) = (client.workload().label(), web.workload().label());
        let by_client = client.load(web, WEB_HTTP);
        let by_legacy = legacy.load_to_address(web, WEB_HTTP);
        for load in [&by_client, &by_legacy] {
            let account = load.clone().connections(2).requests(SEEN as usize, &Script::default()).run().await?;
            assert_eq!(account.answered(Answer::Status(200)), SEEN, "{account:?}");
        }
        let rows = [(SOURCE, "ok", "upstream", SEEN), (DESTINATION, "ok", "application", SEEN)];
        view::until_shown(&collector, &client_label, &web_label, &rows).await?;
        view::until_shown(&collector, &legacy.address().to_string(), &web_label, &rows[1..]).await?;

        let manifest = suggest(workdir, &lab, &collector).await?;
        lab.kube().apply_manifest(&manifest).await?;
        let denied = Answer::Status(403);
        until_settled(by_legacy, &Script::default(), web, denied).await?;
        let by_gateway = legacy.load_through(gateway, WEB_HTTP, PUBLIC_HOST);
        until_settled(by_gateway, &Script::default(), web, denied).await?;
        let account = by_client.connections(4).requests(400, &Script::default()).run().await?;
        assert_eq!(account.answered(Answer::Status(200)), 400, "{account:?}");
        collector.stop().await?;
        Ok(())
    });
}
