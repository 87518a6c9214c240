//! Files: many documents, lines, lists, what is neither YAML nor JSON, and what a document is taken for.

use hogusu_collector::lint::State::{Fail, Ignored, Pass};
use hogusu_collector::lint::{Kind, draw};

use super::plugins::wasm_plugin;
use super::{as_kind, found, one};

#[test]
fn a_finding_names_file_line_and_document() {
    let text = "\
# a comment
kind: Service
---
---
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {name: hogusu, namespace: shop}
spec:
  url: oci://r/hogusu/filter:1
  sha256: 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a
  phase: STATS
  failStrategy: FAIL_OPEN
  pluginName: hogusu
  pluginConfig:
    version: 1
    hook: http_filter
    collector:
      envoy_cluster: outbound|4318||c.n.svc.cluster.local
    measure:
      bytes: true
      byte: true
";
    let report = one(text);
    assert_eq!(found(&report), [(Fail, 21, "spec.pluginConfig.measure.byte".to_owned())]);
    let shown = draw(&report);
    assert!(shown.contains("FAIL  file:5 (document 2) WasmPlugin shop/hogusu\n"), "{shown}");
    assert!(shown.contains("file:21 FAIL spec.pluginConfig.measure.byte: unknown field"), "{shown}");
    assert!(shown.contains("      -> docs/configuration.md"), "{shown}");
    assert!(shown.ends_with("0 passed, 0 to look at, 1 failed, 1 with nothing of Hogusu in them\n"), "{shown}");
}

#[test]
fn json_with_tabs_has_lines_too() {
    let report = one("{\n\t\"version\": 1,\n\t\"measure\": {\n\t\t\"bytes\": 1\n\t}\n}\n");
    assert_eq!(found(&report), [(Fail, 4, "measure.bytes".to_owned())]);
}

#[test]
fn the_items_of_a_list_are_objects() {
    let mut wrong = wasm_plugin();
    wrong["metadata"]["namespace"] = "bank".into();
    wrong["spec"]["pluginConfig"]["max_edges"] = 0.into();
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [wasm_plugin(), wrong]});
    let report = one(&list.to_string());
    assert_eq!(report.documents.iter().map(|document| document.state).collect::<Vec<_>>(), [Pass, Fail]);
}

#[test]
fn what_cannot_be_read_is_a_failure_with_its_line() {
    for (text, line, remedy) in [
        ("a: 1\nb: [\n", 2, "YAML or JSON"),
        ("version: 1\nmax_edges: 5\nmax_edges: 6\n", 3, "YAML or JSON"),
        ("{{- if .Values.x }}\nkind: WasmPlugin\n{{- end }}\n", 1, "helm template"),
    ] {
        let report = one(text);
        let finding = &report.documents[0].findings[0];
        assert_eq!((report.result, finding.line), (Fail, line), "{text}: {finding:?}");
        assert!(finding.remedy.contains(remedy), "{finding:?}");
    }
}

#[test]
fn what_a_document_is_shows_by_its_keys_or_is_said() {
    for (text, what, result) in [
        ("version: 1", "plugin configuration", Pass),
        ("hook: tap", "plugin configuration", Fail),
        ("version: 1\ncollector: {authority: a}", "plugin configuration", Pass),
        ("collector: {enabled: true}", "values of the chart", Pass),
        ("scope: {mesh: false}", "values of the chart", Pass),
        ("kind: Namespace\nmetadata: {name: x}", "Namespace x", Ignored),
    ] {
        let report = one(text);
        assert_eq!((report.documents[0].what.as_str(), report.result), (what, result), "{text}");
    }
    assert_eq!(as_kind("collector: {authority: a}\nversion: 1", Kind::Values).result, Fail);
    assert_eq!(as_kind("scope: {}", Kind::Plugin).result, Fail);
    assert_eq!(as_kind("version: 1", Kind::Manifest).result, Fail);
    assert_eq!(one("").result, Ignored);
}
