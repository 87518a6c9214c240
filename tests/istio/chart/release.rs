//! A release of the chart through its life: what helm asks of the API server, what it leaves when it is taken away.

use anyhow::Result;
use hogusu_tests::istio::IstioLab;
use serde_json::{Value, json};

use crate::on_lab;

/// Names of all objects of ours of these kinds, as `KIND/NAMESPACE/NAME`.
pub(super) async fn ours(lab: &IstioLab, kinds: &str) -> Result<Vec<String>> {
    let shown = r#"go-template={{range .items}}{{.kind}}/{{.metadata.namespace}}/{{.metadata.name}}{{"\n"}}{{end}}"#;
    let asked = ["get", kinds, "--all-namespaces", "-l", "app.kubernetes.io/part-of=hogusu", "-o", shown];
    Ok(lab.kube().ask(&asked).await?.lines().map(str::to_owned).collect())
}

pub(super) const PLUGINS: &str = "wasmplugins,trafficextensions";

#[test]
fn scope_by_labels_is_asked_of_the_api_server_a_change_is_rolled_back_and_nothing_is_left_behind() {
    on_lab("chart_release", async |_, lab| {
        let labels = |value: &str| json!({"hogusu": value});
        let namespace = |name: &str, labels: Value| {
            let metadata = json!({"name": name, "labels": labels});
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        };
        let gamma = json!({"hogusu": "on", "team": ""});
        let namespaces = [("alpha", labels("on")), ("beta", labels("off")), ("gamma", gamma)];
        lab.kube().apply(&namespaces.map(|(name, labels)| namespace(name, labels))).await?;
        // A label whose value is empty is another than none.
        let mut values = lab.values(json!({"namespaceSelector": {"team": ""}}));
        lab.install_chart(&values).await?;
        assert_eq!(ours(&lab, PLUGINS).await?, ["TrafficExtension/gamma/hogusu"]);

        values["scope"] = json!({"namespaceSelector": labels("on")});
        let notes = lab.install_chart(&values).await?;
        assert_eq!(ours(&lab, PLUGINS).await?, ["TrafficExtension/alpha/hogusu", "TrafficExtension/gamma/hogusu"]);
        assert!(
            notes.contains("is in:\n  - alpha\n  - gamma\n") && notes.contains("Not measured: attempts"),
            "{notes}"
        );

        values["scope"] = json!({"namespaceSelector": labels("maybe")});
        let refusal = format!("{:#}", lab.install_chart(&values).await.expect_err("no namespace has the label"));
        assert!(refusal.contains(r#"no namespace has the labels {"hogusu":"maybe"}"#), "{refusal}");
        assert_eq!(ours(&lab, PLUGINS).await?.len(), 2);

        values["scope"] = json!({"namespaces": ["beta"]});
        lab.install_chart(&values).await?;
        assert_eq!(ours(&lab, PLUGINS).await?, ["TrafficExtension/beta/hogusu"]);
        lab.rollback_chart().await?;
        assert_eq!(ours(&lab, PLUGINS).await?, ["TrafficExtension/alpha/hogusu", "TrafficExtension/gamma/hogusu"]);

        lab.uninstall_chart().await?;
        let all = format!(
            "{PLUGINS},envoyfilters,sidecars,destinationrules,authorizationpolicies,peerauthentications,\
            networkpolicies,statefulsets,services,serviceaccounts,poddisruptionbudgets,clusterroles,clusterrolebindings"
        );
        assert_eq!(ours(&lab, &all).await?, [] as [&str; 0]);
        Ok(())
    });
}

#[test]
fn a_plugin_object_is_replaced_by_another_kind_only_when_that_is_asked_for() {
    on_lab("chart_kind", async |_, lab| {
        lab.kube().apply(&[json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "beta"}})]).await?;
        let mut values = lab.values(json!({"namespaces": ["beta"]}));
        for (asked, found) in [
            ("WasmPlugin", "WasmPlugin"),
            ("auto", "WasmPlugin"),
            ("TrafficExtension", "TrafficExtension"),
            ("auto", "TrafficExtension"),
        ] {
            values["filter"]["kind"] = json!(asked);
            lab.install_chart(&values).await?;
            assert_eq!(ours(&lab, PLUGINS).await?, [format!("{found}/beta/hogusu")], "after {asked}");
        }
        Ok(())
    });
}
