//! Kubernetes and Istio: versions, definitions, rights; and what becomes of a fact that nobody could read.

use hogusu_collector::check::facts::Right;
use hogusu_collector::check::judge;
use hogusu_collector::check::report::State;
use serde_json::json;

use crate::world::{assert_line, healthy, istiod, line, pod, pod_of, unread};

#[test]
fn a_mesh_in_which_everything_is_right_passes_in_every_line() {
    let report = judge(&healthy());
    let others: Vec<_> = report.lines().filter(|line| line.state != State::Pass).collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!((report.result, report.counts.pass), (State::Pass, report.lines().count()));
}

#[test]
fn versions_are_judged_by_what_is_expected_to_work() {
    let rows = [
        ("1.23.4", State::Fail, "istio-system/istiod: 1.23.4 is older than 1.24"),
        (
            "1.25.0",
            State::Warn,
            "istio-system/istiod: 1.25.0 is older than 1.27, the oldest that is expected to work in every part",
        ),
        ("1.29.2-distroless", State::Pass, "istio-system/istiod: 1.29.2-distroless"),
        ("1.99.0", State::Warn, "istio-system/istiod: 1.99.0 is newer than 1.31, the newest that is expected to work"),
        ("latest", State::Warn, "istio-system/istiod: latest is no version that can be read"),
    ];
    for (version, state, said) in rows {
        let mut facts = healthy();
        facts.mesh.istiods = Ok(vec![istiod(version)]);
        assert_line(&facts, "istio-version", state, &[said]);
    }
    let mut facts = healthy();
    facts.mesh.server = Ok("v1.20.1".to_owned());
    assert_line(&facts, "k8s-version", State::Fail, &["v1.20.1 is older than 1.29"]);
    facts.mesh.server = Ok("v1.99.1".to_owned());
    assert_line(&facts, "k8s-version", State::Warn, &["v1.99.1 is newer than 1.36, the newest that was tried"]);
}

#[test]
fn an_unknown_version_is_skipped() {
    let mut facts = healthy();
    facts.mesh.istiods = Ok(Vec::new());
    assert_line(
        &facts,
        "istio-version",
        State::Skipped,
        &["cannot read the version: no Deployment has the label app=istiod"],
    );
    let mut bare = pod("alpha", "client");
    bare["spec"]["containers"][1]["image"] = json!("registry:5000/proxyv2@sha256:00");
    facts.mesh.pods = Ok(vec![pod_of(&bare)]);
    let said = "cannot read the version: no image of a proxy has a tag that names one";
    assert_line(&facts, "proxy-version", State::Skipped, &[said]);
}

#[test]
fn a_native_sidecar_is_a_proxy_too() {
    let mut native = pod("alpha", "client");
    native["spec"] =
        json!({"containers": [], "initContainers": [{"name": "istio-proxy", "image": "istio/proxyv2:1.20.0"}]});
    let mut facts = healthy();
    facts.mesh.pods = Ok(vec![pod_of(&native)]);
    assert_line(&facts, "proxy-version", State::Fail, &["1.20.0 is older than 1.24"]);
}

#[test]
fn missing_definitions_and_rights_are_named() {
    let mut facts = healthy();
    facts.mesh.definitions = Ok(vec!["sidecars.networking.istio.io".to_owned()]);
    let line = line(&facts, "istio-crds");
    assert_eq!((line.state, line.said.len()), (State::Fail, 5), "{line:?}");
    let refused = |verbs: &[&str]| {
        let refused = verbs.iter().map(|verb| (*verb).to_owned()).collect();
        vec![Right { resource: "nodes".to_owned(), refused }]
    };
    facts.mesh.collector_rights = Ok(refused(&["list", "watch"]));
    facts.mesh.own_rights = Ok(refused(&["list"]));
    assert_line(&facts, "collector-rights", State::Fail, &["it may not list or watch nodes"]);
    assert_line(&facts, "k8s-rights", State::Warn, &["you may not list nodes"]);
}

#[test]
fn what_cannot_be_read_is_skipped_with_its_reason_and_never_passes() {
    let mut facts = healthy();
    facts.mesh.plugins = unread("WasmPlugins");
    facts.mesh.pods = unread("pods");
    facts.mesh.sidecars = unread("Sidecar objects");
    for id in ["plugin-found", "plugin-config", "plugin-once", "plugin-fail-open"] {
        assert_line(&facts, id, State::Skipped, &["cannot read WasmPlugins: forbidden"]);
    }
    assert_line(&facts, "sidecar-egress", State::Skipped, &["cannot read Sidecar objects: forbidden"]);
    assert_line(&facts, "proxy-version", State::Skipped, &["cannot read pods: forbidden"]);
    let report = judge(&facts);
    assert!(report.lines().all(|line| line.state != State::Fail));
    assert!(report.lines().filter(|line| line.state == State::Skipped).all(|line| line.remedy.is_none()));
}
