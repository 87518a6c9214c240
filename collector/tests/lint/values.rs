//! Values of the chart: its own schema and what it makes of them; and that the chart itself passes.

use hogusu_collector::lint::State::{Fail, Pass};
use hogusu_collector::lint::{Kind, Source, lint};

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
fn null_deletes_a_value_of_the_chart_and_is_of_no_type_elsewhere() {
    let module = format!("filter: {{url: \"oci://r/hogusu/filter:1\", sha256: \"{}\"}}\n", "0a".repeat(32));
    let deleting =
        "scope: {mesh: true}\nmoduleFile: {enabled: true, podLabels: {hogusu-module: null}}\ncollector: {user: null}\n";
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
