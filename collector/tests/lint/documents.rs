//! Files: many documents, lines, lists, what is neither YAML nor JSON, and what a document is taken for.

use hogusu_collector::lint::State::{Fail, Ignored, Pass};
use hogusu_collector::lint::{Kind, Source, draw, lint};

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
        ("version: 1\nmax_edges: 5\nmax_edges: 6\n", 3, "write it once"),
        ("version: 1\nrevision: .inf\n", 2, "another number"),
        ("version: 1\ncollector: {timeout_ms: -.Inf}\n", 2, "another number"),
        ("version: *one\n", 1, "YAML or JSON"),
        ("{{- if .Values.x }}\nkind: WasmPlugin\n{{- end }}\n", 1, "helm template"),
    ] {
        let report = one(text);
        let finding = &report.documents[0].findings[0];
        assert_eq!((report.result, finding.line), (Fail, line), "{text}: {finding:?}");
        assert!(finding.remedy.contains(remedy), "{finding:?}");
        for word in ["Policy", "Options", "budget", "breached", "{ ", "serde"] {
            assert!(!finding.said.contains(word), "a word of the parser's own: {finding:?}");
        }
    }
}

#[test]
fn a_file_that_is_too_large_to_be_read_says_by_what_and_is_to_be_split() {
    let many = format!("list:\n{}", "- a\n".repeat(250_001));
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
    let documents = "---\na: 1\n".repeat(1_025);
    for (text, said) in [
        (many, "it has more than 250000 values, keys among them"),
        (deep, "it is nested more than 64 deep"),
        (documents, "it has more than 1024 documents"),
    ] {
        let report = one(&text);
        let finding = &report.documents[0].findings[0];
        assert_eq!((finding.said.as_str(), finding.remedy.as_str()), (said, "split it into several files"));
    }
}

#[test]
fn an_object_without_kind_or_name_is_called_that() {
    for (text, what) in [
        ("version: 1", "object without a kind, without a name"),
        ("kind: WasmPlugin\nmetadata: {namespace: shop}", "WasmPlugin, without a name"),
        ("metadata: {name: x}", "object without a kind x"),
        ("kind: Secret\nmetadata: {namespace: a/b, name: c}", "Secret \"a/b\"/c"),
    ] {
        assert_eq!(as_kind(text, Kind::Manifest).documents[0].what, what);
    }
}

#[test]
fn names_of_files_and_keys_are_visibly_one_word_each() {
    let source =
        Source { name: "all is well, see below.yaml".to_owned(), text: "version: 1\n\"a, b\": 1\n".to_owned() };
    let shown = draw(&lint(&[source], None));
    assert!(shown.starts_with("FAIL  \"all is well, see below.yaml\":1 (document 1) "), "{shown}");
    assert!(shown.contains("      \"all is well, see below.yaml\":2 FAIL \"a, b\": "), "{shown}");
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
}

#[test]
fn a_file_in_which_nothing_stands_is_an_empty_configuration_which_the_filter_refuses() {
    for text in ["", " \n", "# later\n", "---\n---\n"] {
        let report = one(text);
        assert_eq!(found(&report), [(Fail, 1, String::new())], "{text:?}: {report:?}");
        let shown = draw(&report);
        assert!(shown.contains("plugin configuration") && shown.contains("it is empty, and"), "{shown}");
        assert_eq!(as_kind(text, Kind::Plugin).result, Fail, "{text:?}");
        assert_eq!(as_kind(text, Kind::Manifest).result, Ignored, "{text:?}");
        assert_eq!(as_kind(text, Kind::Values).result, as_kind("{}", Kind::Values).result, "{text:?}");
    }
    let named = Source { name: "plugin.json".to_owned(), text: String::new() };
    assert!(draw(&lint(&[named], None)).contains("it is empty, and"));
    // One of several is passed over.
    assert_eq!(one("---\n---\nversion: 1\n").result, Pass);
}

#[test]
fn names_in_files_cannot_forge_what_is_said_of_them() {
    let mut object = wasm_plugin();
    object["metadata"]["name"] = "hogusu\n0 failed\u{1b}[2K\u{202e}".into();
    object["spec"]["failStrategy"] = "\u{200b}\nFAIL_OPEN".into();
    let report = one(&object.to_string());
    let shown = draw(&report);
    assert!(shown.contains("WasmPlugin shop/\"hogusu\\u{a}0 failed\\u{1b}[2K\\u{202e}\"\n"), "{shown}");
    assert!(shown.contains("it is \"\\u{200b}\\u{a}FAIL_OPEN\": when"), "{shown}");
    assert!(shown.lines().all(|line| !line.starts_with("0 failed") && !line.starts_with("FAIL_OPEN")), "{shown}");
}

#[test]
fn a_rendered_name_that_is_no_string_is_told_in_every_object_of_the_chart() {
    let text = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: c-1234, labels: {app.kubernetes.io/part-of: hogusu, app.kubernetes.io/instance: 0x1f}}
subjects: [{kind: ServiceAccount, name: \"c\", namespace: 1234}]
---
kind: Service
metadata: {name: c, namespace: \"1234\", labels: {app.kubernetes.io/part-of: hogusu}}
---
kind: Service
metadata: {name: 7, namespace: 1234}
";
    let report = as_kind(text, Kind::Manifest);
    let states: Vec<_> = report.documents.iter().map(|document| document.state).collect();
    assert_eq!(states, [Fail, Ignored, Ignored]);
    let wanted = [(Fail, 3, "metadata.labels.app.kubernetes.io/instance"), (Fail, 4, "subjects[0].namespace")];
    assert_eq!(found(&report), wanted.map(|(state, line, path)| (state, line, path.to_owned())));
    let mut object = wasm_plugin();
    object["metadata"]["namespace"] = 1234.into();
    assert_eq!(found(&one(&object.to_string())), [(Fail, 1, "metadata.namespace".to_owned())]);
}

#[test]
fn words_are_read_where_anchors_and_tags_stand_and_quotes_make_text() {
    let text = "\
version: 1
max_edges: &edges 0x10
max_waiting_batches: *edges
flush_interval_ms: 1_000
measure:
  bytes: yes
  operation: !!str none
  attempts: \"yes\"
";
    let told = found(&one(text));
    assert_eq!(told, [(Fail, 8, "measure.attempts".to_owned())]);
}

#[test]
fn a_file_that_calls_itself_json_is_json() {
    for text in ["{\"version\":1,}", "\u{feff}{\"version\":1}", "{'version': 1}", "version: 1"] {
        let named = |name: &str| Source { name: name.to_owned(), text: text.to_owned() };
        let report = lint(&[named("plugin.json")], None);
        assert_eq!(report.result, Fail, "{text}");
        assert!(draw(&report).contains("it is not JSON"), "{}", draw(&report));
        assert_eq!(lint(&[named("plugin.yaml")], None).result, Pass, "{text}");
    }
}
