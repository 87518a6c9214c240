//! What a reader of YAML 1.1 makes of the manifests: names, labels and annotations are strings whatever they look like, and no map has a
//! key twice.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use hogusu_tests::artefacts;
use hogusu_tests::istio::chart;
use serde_json::{Value, json};

use super::combinations::{combinations, filter};
use super::rendered::{assert_holds, object};
use crate::as_root;

/// Good names in Kubernetes, and without quotes numbers, booleans or nothing in YAML 1.1.
const ODD: [&str; 12] =
    ["1234", "3240286e-210077", "4e12345", "0x1f", "0123", "0b1", "8080", "1e3", "true", "on", "n", "null"];

/// Values with this word wherever people write a name, a label or an annotation.
fn named(word: &str) -> Value {
    json!({
        "waypoints": [{"namespace": word, "name": word}],
        "filter": filter(),
        "moduleFile": {"enabled": true, "podLabels": {word: word}},
        "collector": {"podLabels": {word: word}, "podAnnotations": {word: word}, "nodeSelector": {word: word},
            "image": {"repository": "r.example.com/c", "tag": word, "pullSecrets": [word]}, "storage": {"className": word},
            "priorityClassName": word, "kubernetes": {"clusterId": word}},
        "viewers": {"principals": [word], "namespaces": [word]},
        "prometheus": {"principals": [word], "serviceMonitor": {"enabled": true, "labels": {word: word}}},
    })
}

/// Two scopes that exclude each other, and in both the word.
fn of_scopes(word: &str) -> [Value; 2] {
    let (mut whole, mut single) = (named(word), named(word));
    whole["scope"] = json!({"namespaces": [word]});
    single["scope"] = json!({"workloads": [{"namespace": word, "labels": {word: word}}]});
    single["istio"] = json!({"rootNamespace": word, "controlPlaneNamespace": word, "clusterDomain": word});
    [whole, single]
}

/// What `hogusu lint` says of manifests, which it reads as Helm and kubectl do; a key that is there twice it cannot read.
fn linted(rendered: &str) -> Result<Value> {
    let mut command = Command::new(artefacts::hogusu()?);
    command.args(["lint", "--as", "manifest", "--format", "json", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    child.stdin.take().context("its input")?.write_all(rendered.as_bytes())?;
    Ok(serde_json::from_slice(&child.wait_with_output()?.stdout)?)
}

/// Everything is read, and nothing that has to be a string is anything else.
fn assert_strings(title: &str, rendered: &str) -> Result<()> {
    let report = linted(rendered)?;
    for document in report["documents"].as_array().context("documents")? {
        assert_ne!(document["what"], "unreadable", "{title}: {document:#}\n{rendered}");
        let is_other =
            |finding: &Value| finding["said"].as_str().is_some_and(|said| said.contains("a string is wanted"));
        let other = document["findings"].as_array().into_iter().flatten().find(|finding| is_other(finding));
        assert!(other.is_none(), "{title}: {document:#}\n{rendered}");
    }
    for line in rendered.lines().map(|line| line.trim_start_matches(['-', ' '])) {
        let is_quoted = line.strip_prefix("namespace: ").is_none_or(|value| value.starts_with('"'));
        assert!(is_quoted, "{title}: {line} has no quotes");
    }
    Ok(())
}

#[test]
fn names_that_look_like_numbers_or_booleans_are_strings_wherever_they_stand() {
    as_root("chart_strings", async |_| {
        for word in ODD {
            for values in of_scopes(word) {
                let rendered = chart::render(&values, &["--namespace", word]).await?;
                assert_strings(word, &rendered)?;
                let (pair, item) = (format!("\"{word}\": \"{word}\""), format!("- \"{word}\""));
                assert!(
                    rendered.matches(&pair).count() >= 5 && rendered.matches(&item).count() >= 3,
                    "{word}: {rendered}"
                );
            }
        }
        Ok(())
    });
}

#[test]
fn no_map_of_any_combination_has_a_key_twice() {
    as_root("chart_keys_once", async |_| {
        for (title, values) in combinations() {
            assert_strings(title, &chart::render(&values, &[]).await?)?;
        }
        Ok(())
    });
}

#[test]
fn what_a_user_gives_wins_over_the_charts_own_in_one_map() {
    as_root("chart_merged", async |_| {
        let given = json!({
            "collector": {
                "podAnnotations": {"prometheus.io/scrape": "false", "proxy.istio.io/config": "concurrency: 1", "note": "ours"},
                "podLabels": {"sidecar.istio.io/inject": "true", "app.kubernetes.io/instance": "mine"},
            },
            "prometheus": {"serviceMonitor": {"enabled": true, "labels": {"app.kubernetes.io/instance": "prom"}}},
        });
        assert_strings("given", &chart::render(&given, &[]).await?)?;
        let set = object(&given, "StatefulSet", "hogusu-collector").await?;
        let wanted = [
            "prometheus.io/scrape: \"false\"\n",
            "prometheus.io/port: \"4318\"\n",
            "proxy.istio.io/config: \"concurrency: 1\"\n",
            "\"note\": \"ours\"\n",
            "sidecar.istio.io/inject: \"true\"\n",
            "        app.kubernetes.io/instance: \"mine\"\n",
        ];
        assert_holds(&set, &wanted);
        for text in wanted {
            assert_eq!(set.matches(text).count(), 1, "{text} in {set}");
        }
        let monitor = object(&given, "ServiceMonitor", "hogusu-collector").await?;
        assert_eq!(monitor.matches("app.kubernetes.io/instance: \"prom\"\n").count(), 1, "{monitor}");
        assert_eq!(monitor.matches("app.kubernetes.io/instance:").count(), 1, "{monitor}");
        Ok(())
    });
}

#[test]
fn what_a_server_adds_to_a_claim_is_written_so_that_nothing_differs() {
    as_root("chart_claims", async |_| {
        let set = object(&json!({}), "StatefulSet", "hogusu-collector").await?;
        assert_holds(
            &set,
            &["  - apiVersion: v1\n    kind: PersistentVolumeClaim\n", "      volumeMode: Filesystem\n"],
        );
        Ok(())
    });
}

#[test]
fn on_openshift_the_project_gives_the_ids_and_names_are_asked_for_at_its_port() {
    as_root("chart_openshift", async |_| {
        let values = json!({"collector": {"user": null}});
        let set = object(&values, "StatefulSet", "hogusu-collector").await?;
        assert_holds(&set, &["runAsNonRoot: true\n"]);
        assert!(["runAsUser", "runAsGroup", "fsGroup:"].iter().all(|id| !set.contains(id)), "{set}");
        let policy = object(&values, "NetworkPolicy", "hogusu-collector").await?;
        for port in [53, 5353] {
            assert_holds(
                &policy,
                &[&format!("- {{port: {port}, protocol: UDP}}"), &format!("- {{port: {port}, protocol: TCP}}")],
            );
        }
        Ok(())
    });
}
