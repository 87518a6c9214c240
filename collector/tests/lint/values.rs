//! Values of the chart: its own schema and what it makes of them; and that the chart itself passes.

use hogusu_collector::lint::State::{Fail, Pass};
use hogusu_collector::lint::{Kind, Source, lint};
use serde_json::{Value, json};

use super::{as_kind, found, one};

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../istio");

#[test]
fn the_charts_own_values_pass() {
    let text = std::fs::read_to_string(format!("{CHART}/values.yaml")).unwrap();
    let report = one(&text);
    assert_eq!((report.result, report.documents[0].what.as_str()), (Pass, "values of the chart"), "{report:#?}");
}

#[test]
fn each_manifest_of_the_chart_passes() {
    let mut seen = 0;
    for file in std::fs::read_dir(format!("{CHART}/manifests")).unwrap() {
        let path = file.unwrap().path();
        let source = Source { name: path.display().to_string(), text: std::fs::read_to_string(&path).unwrap() };
        let report = lint(&[source], Some(Kind::Manifest));
        assert!(report.result <= Pass, "{report:#?}");
        seen += report.counts.pass;
    }
    assert!(seen > 0, "no manifest has a plugin in it");
}

#[test]
fn wrong_types_unknown_keys_and_ranges_are_told_by_line_and_key() {
    let text = "\
scope:
  mesh: \"yes\"
  namespaces: [Shop, 7]
  workloads: [{namespace: shop}]
filter:
  kind: Wasm
  config:
    hook: http_filter
    max_edges: 0
    measure: {byte: true}
collector:
  user: 0
  image: {repository: \"\"}
colector: {}
networkPolicy: {apiServerPorts: []}
";
    let mut wanted = vec![
        (2, "scope.mesh"),
        (3, "scope.namespaces[0]"),
        (3, "scope.namespaces[1]"),
        (4, "scope.workloads[0].labels"),
        (5, "filter.sha256"),
        (5, "filter.url"),
        (6, "filter.kind"),
        (8, "filter.config.hook"),
        (9, "filter.config.max_edges"),
        (10, "filter.config.measure.byte"),
        (12, "collector.user"),
        (13, "collector.image.repository"),
        (14, "colector"),
        (15, "networkPolicy.apiServerPorts"),
    ];
    let report = one(text);
    let mut told: Vec<_> = found(&report).into_iter().map(|(_, line, path)| (line, path)).collect();
    told.sort();
    wanted.sort_unstable();
    let wanted: Vec<_> = wanted.into_iter().map(|(line, path)| (line, path.to_owned())).collect();
    assert_eq!(told, wanted);
}

#[test]
fn null_takes_an_entry_of_a_map_away_and_is_of_no_type_where_the_chart_has_no_value() {
    let module = format!("filter: {{url: \"oci://r/hogusu/filter:1\", sha256: \"{}\"}}\n", "0a".repeat(32));
    let deleting = "\
scope: {mesh: true}
moduleFile: {enabled: true, podLabels: {hogusu-module: null}}
collector: {resources: {limits: null}}
";
    assert_eq!(found(&as_kind(&format!("{module}{deleting}"), Kind::Values)), []);
    let elsewhere = "\
moduleFile: {podLables: null, podLabels: {other: null}}
scope: {namespaces: [null]}
waypoints: [{namespace: null, name: w}]
filter: {url: null, sha256: null, config: {max_edges: null, measure: null}}
";
    let mut told: Vec<_> = found(&as_kind(elsewhere, Kind::Values)).into_iter().map(|(.., path)| path).collect();
    told.sort();
    let wanted = [
        "filter.config.max_edges",
        "filter.config.measure",
        "filter.sha256",
        "filter.url",
        "moduleFile.podLabels.other",
        "moduleFile.podLables",
        "scope.namespaces[0]",
        "waypoints[0].namespace",
    ];
    assert_eq!(told, wanted);
}

/// Each key that the schema names, outside of lists, and whether the chart's values can do without it: not where it is required, nor
/// where the chart has no value that `null` could take away.
fn named(schema: &Value, path: &str, is_own: bool) -> Vec<(String, bool)> {
    let mut keys = Vec::new();
    for (key, inner) in schema["properties"].as_object().into_iter().flatten().filter(|(key, _)| *key != "global") {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let is_required = schema["required"].as_array().is_some_and(|required| required.iter().any(|name| name == key));
        keys.push((path.clone(), is_own && !is_required));
        keys.extend(named(inner, &path, is_required));
    }
    keys
}

#[test]
fn null_takes_a_value_away_where_the_chart_can_do_without_as_for_helm() {
    let text = std::fs::read_to_string(format!("{CHART}/values.schema.json")).unwrap();
    let keys = named(&serde_json::from_str(&text).unwrap(), "", true);
    let optional = keys.iter().filter(|(_, is_optional)| *is_optional).count();
    assert!(optional > 15 && keys.len() - optional > 40, "{keys:?}");
    for (path, is_optional) in keys {
        let nulled = path.rsplit('.').fold(Value::Null, |inner, key| json!({key: inner}));
        let wanted = if is_optional { vec![] } else { vec![(Fail, 1, path)] };
        assert_eq!(found(&as_kind(&nulled.to_string(), Kind::Values)), wanted, "{nulled}");
    }
}

#[test]
fn what_null_takes_away_and_is_required_is_told_by_its_own_line() {
    let report = as_kind("scope: {}\ncollector:\n  enabled: true\n  retention: null\nistio: null\n", Kind::Values);
    let mut told = found(&report);
    told.sort_by_key(|(_, line, _)| *line);
    assert_eq!(told, [(Fail, 4, "collector.retention".to_owned()), (Fail, 5, "istio".to_owned())]);
    let said: Vec<_> = report.documents.iter().flat_map(|document| &document.findings).map(|one| &one.said).collect();
    assert!(said.iter().all(|said| said.contains("null takes it away")), "{said:?}");
}

#[test]
fn a_scope_needs_a_module_and_no_place_twice() {
    let module = format!("filter: {{url: \"oci://r/hogusu/filter:1\", sha256: \"{}\"}}\n", "0a".repeat(32));
    for (scope, result) in [
        ("scope: {mesh: true}", Pass),
        ("scope: {namespaces: [shop]}", Pass),
        ("scope: {mesh: true, namespaces: [shop]}", Fail),
        ("scope: {mesh: true, workloads: [{namespace: shop, labels: {app: a}}]}", Fail),
        ("waypoints: [{namespace: shop, name: w}]", Pass),
    ] {
        assert_eq!(as_kind(&format!("{module}{scope}"), Kind::Values).result, result, "{scope}");
        assert_eq!(as_kind(scope, Kind::Values).result, Fail, "{scope} without a module");
    }
    assert_eq!(as_kind("scope: {mesh: false}", Kind::Values).result, Pass);
}

#[test]
fn what_the_charts_templates_refuse_is_told_by_its_line() {
    let module = format!("filter: {{url: \"oci://r/hogusu/filter:1\", sha256: \"{}\"}}\n", "0a".repeat(32));
    let text = "\
scope:
  namespaces: [shop, istio-system]
  workloads:
  - {namespace: shop, labels: {app: a}}
  - {namespace: other, labels: {app: a, tier: b}}
  - {namespace: other, labels: {tier: b, app: a}}
  - {namespace: other, labels: {app: a}}
waypoints:
- {namespace: a, name: w}
- {namespace: b, name: w}
- {namespace: a, name: w}
collector:
  podLabels:
    sidecar.istio.io/inject: \"false\"
    app.kubernetes.io/name: mine
    team: mesh
";
    let mut told: Vec<_> = found(&as_kind(&format!("{text}{module}"), Kind::Values));
    told.sort_by_key(|(_, line, _)| *line);
    let wanted = [
        (2, "scope.namespaces[1]"),
        (4, "scope.workloads[0]"),
        (6, "scope.workloads[2]"),
        (11, "waypoints[2]"),
        (14, "collector.podLabels.sidecar.istio.io/inject"),
        (15, "collector.podLabels.app.kubernetes.io/name"),
    ];
    assert_eq!(told, wanted.map(|(line, path)| (Fail, line, path.to_owned())));
}

#[test]
fn what_helm_reads_as_a_number_or_a_boolean_is_no_name() {
    let text = "\
scope:
  namespaces: [1234, 3240286e-210077, 0x1f, true, 4e12345, \"0123\", 'on']
  workloads:
  - {namespace: 0123, labels: {app: yes, tier: off, version: 1_000, 8080: x}}
  namespaceSelector: {hogusu: on}
waypoints: [{namespace: 0123, name: 8080}]
viewers: {namespaces: [no]}
collector: {podAnnotations: {a: 1.5}}
filter: {url: \"oci://r/hogusu/filter:1\", sha256: \"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a\"}
";
    let report = as_kind(text, Kind::Values);
    let mut told: Vec<_> = found(&report).into_iter().map(|(_, line, path)| (line, path)).collect();
    told.sort();
    let wanted = [
        (2, "scope.namespaces[0]"),
        (2, "scope.namespaces[1]"),
        (2, "scope.namespaces[2]"),
        (2, "scope.namespaces[3]"),
        (4, "scope.workloads[0].labels.app"),
        (4, "scope.workloads[0].labels.tier"),
        (4, "scope.workloads[0].labels.version"),
        (4, "scope.workloads[0].namespace"),
        (5, "scope.namespaceSelector.hogusu"),
        (6, "waypoints[0].name"),
        (6, "waypoints[0].namespace"),
        (7, "viewers.namespaces[0]"),
        (8, "collector.podAnnotations.a"),
    ];
    assert_eq!(told, wanted.map(|(line, path)| (line, path.to_owned())));
    let shown = hogusu_collector::lint::draw(&report);
    for wanted in [
        "scope.namespaces[1]: it is a number (3240286e-210077 is 0.0 in YAML 1.1, which Helm reads), a string is wanted",
        "-> write it in quotes: \"3240286e-210077\"",
        "waypoints[0].namespace: it is a number (0123 is 83 in YAML 1.1, which Helm reads), a string is wanted",
        "scope.namespaceSelector.hogusu: it is a boolean (on without quotes), a string is wanted",
        "-> write it in quotes: \"on\"",
    ] {
        assert!(shown.contains(wanted), "{wanted:?} is not in {shown}");
    }
}
