//! The chart applied to a running mesh under load, from one workload to every namespace: nothing fails, and everything is counted
//! once.

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually, eventually_equals};
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::map::{self, Map};
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use serde_json::{Value, json};

use crate::cast::{self, CLIENT, GATEWAY, LEGACY, WEB, WEB_HTTP, WEB_TCP};
use crate::on_lab;
use crate::steady::{self, Steady, WAYS};
use crate::strict;
use crate::view::{self, DESTINATION, Row, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);

/// The revision that the chart wrote into a namespace's plugin object.
pub(super) async fn revision(lab: &IstioLab, namespace: &str) -> Result<String> {
    let asked =
        ["get", "trafficextension", "hogusu", "-n", namespace, "-o", "jsonpath={.spec.wasm.pluginConfig.revision}"];
    lab.kube().ask(&asked).await
}

/// How often Envoy itself says that it passed on this code.
fn logged(lab: &IstioLab, key: &str, direction: &str, code: u64) -> usize {
    let entries = lab.pod(key).access_log().expect("an access log");
    entries.iter().filter(|entry| entry.is(direction, "http") && entry.code == Some(code)).count()
}

/// Waits until this workload alone reports.
async fn until_reported_by(collector: &Collector, label: &str) -> Result<()> {
    eventually(&format!("{label} alone reports"), LIMIT, async || match map::senders(collector).await {
        Err(error) => Seen::Never(format!("{error:#}")),
        Ok(senders) if senders.is_empty() => Seen::Waiting(json!(senders)),
        Ok(senders) if senders.iter().all(|sender| sender["workload"] == label) => Seen::Done(()),
        Ok(senders) => Seen::Never(json!(senders).to_string()),
    })
    .await
}

#[test]
fn applied_under_load_from_one_workload_to_all_it_counts_exactly_and_fails_nothing() {
    on_lab("chart_applied", async |_, mut lab| {
        let (mut collector, _window) = cast::start_with_chart(&mut lab).await?;
        let whole = Steady::start(&lab, 200)?;
        let client = lab.pod(CLIENT).workload().label();
        lab.install_chart(&lab.values(json!({"workloads": [{"namespace": "alpha", "labels": {"app": "client"}}]})))
            .await?;
        until_reported_by(&collector, &client).await?;
        lab.pod(CLIENT).wait_until_drained().await?;

        // What the workload counts goes on while its namespace and two more come into scope.
        let load = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).connections(1);
        let load = load.requests(30_000, &Script::status(404)).over(Duration::from_secs(600)).start()?;
        let mut values = lab.values(json!({"namespaces": ["alpha", "beta", "edge"]}));
        values["moduleFile"] = json!({"enabled": true});
        lab.install_chart(&values).await?;
        let revision = revision(&lab, "beta").await?;
        cast::until_revision(&collector, &revision).await?;
        let account = load.stop().await?;
        assert_eq!(account.answered(Answer::Status(404)), account.sent(), "{account:?}");
        whole.stop().await?;
        for key in [CLIENT, WEB, GATEWAY] {
            lab.pod(key).wait_until_drained().await?;
        }
        let rows = [(SOURCE, "client_error", "upstream", account.sent())];
        view::until_shown(&collector, &client, &lab.pod(WEB).workload().label(), &rows).await?;

        every_edge_counts_alike(&lab, &collector).await?;
        what_strict_refuses_is_counted(&lab, &collector).await?;
        collector.stop().await?;
        Ok(())
    });
}

/// So many requests on every way, so many TCP connections: the load's account, Envoy's own log and the map are equal.
pub(super) async fn every_edge_counts_alike(lab: &IstioLab, collector: &Collector) -> Result<()> {
    let (client, web) = (lab.pod(CLIENT), lab.pod(WEB));
    for load in steady::loads(lab) {
        let account = load.requests(300, &Script::status(500)).run().await?;
        assert_eq!(account.answered(Answer::Status(500)), 300, "{account:?}");
    }
    let echoes = client.tcp_load(web, WEB_TCP).connections(20, TcpScript::Echo, 1_000).run().await?;
    assert_eq!(echoes, [(("echo".to_owned(), "Echoed".to_owned()), 20)].into());
    for (key, direction, edges) in [(CLIENT, "outbound", 2), (GATEWAY, "outbound", 1), (WEB, "inbound", 3)] {
        let title = format!("Envoy's own account of {key}, {direction}");
        eventually_equals(&title, LIMIT, &(edges * 300), async || logged(lab, key, direction, 500)).await?;
    }
    secured(lab, collector).await?;
    until_attempts_and_connections_are_counted(lab, collector).await
}

/// Of each way's edge: its ends, who reports it, its security state, and whether principals are known.
const EDGES: [(&str, &str, &[&str], &str, bool); WAYS] = [
    (CLIENT, WEB, &[SOURCE, DESTINATION], "mutual_tls", true),
    (CLIENT, LEGACY, &[SOURCE], "plaintext", false),
    (LEGACY, WEB, &[DESTINATION], "plaintext", false),
    (GATEWAY, WEB, &[SOURCE, DESTINATION], "mutual_tls", true),
];

/// Every edge of the ways counts 300 failures at each end that reports; its security state and its principals are those of the
/// certificates that istiod issued. The pod without a proxy is named by its address, which the API server knows.
async fn secured(lab: &IstioLab, collector: &Collector) -> Result<()> {
    for (from, to, sides, state, is_known) in EDGES {
        let (source, destination) = (lab.pod(from).workload(), lab.pod(to).workload());
        let answerer = |side: &str| if side == SOURCE { "upstream" } else { "application" };
        let rows: Vec<Row<'_>> = sides.iter().map(|side| (*side, "server_error", answerer(side), 300)).collect();
        let map = view::until_shown(collector, &source.label(), &destination.label(), &rows).await?;
        let edge = view::edge(&map, &source.label(), &destination.label()).context("the edge")?;
        assert_eq!(edge["security"]["state"], state, "{edge}");
        let principals = |workload: &Workload| if is_known { json!([workload.principal()]) } else { json!([]) };
        assert_eq!(edge["source"]["principals"], principals(source), "{edge}");
        assert_eq!(edge["destination"]["principals"], principals(destination), "{edge}");
    }
    Ok(())
}

/// One attempt for each request, as nothing was retried; each connection once, by both ends; and no edge that nobody made.
async fn until_attempts_and_connections_are_counted(lab: &IstioLab, collector: &Collector) -> Result<()> {
    let label = |key: &str| lab.pod(key).workload().label();
    let logged: Vec<_> =
        [(CLIENT, WEB), (CLIENT, LEGACY), (GATEWAY, WEB)].map(|(from, to)| (label(from), label(to), 300)).into();
    eventually_equals("attempts by the router's log", LIMIT, &logged, async || {
        let Ok(map) = Map::of(collector).await else { return Vec::new() };
        let count = |(from, to, _): &(String, String, u64)| {
            let edge = view::edge_at(&map, from, to, WEB_HTTP);
            (from.clone(), to.clone(), edge.map_or(0, |edge| attempts(edge, "server_error")))
        };
        logged.iter().map(count).collect()
    })
    .await?;
    eventually_equals("TCP connections by both ends, and edges", LIMIT, &(json!(20), json!(20), WAYS + 1), async || {
        let Ok(map) = Map::of(collector).await else { return (json!(null), json!(null), 0) };
        let edge = view::edge_at(&map, &label(CLIENT), &label(WEB), WEB_TCP);
        let count = |side: &str| edge.map_or(json!(null), |edge| edge[side]["count"].clone());
        (count(SOURCE), count(DESTINATION), map.edges().len())
    })
    .await
}

/// Attempts that the router's log counted on an edge with this outcome.
fn attempts(edge: &Value, outcome: &str) -> u64 {
    let outcomes = edge[SOURCE]["attempts"]["outcomes"].as_array().into_iter().flatten();
    outcomes.filter(|row| row["outcome"] == outcome).filter_map(|row| row["count"].as_u64()).sum()
}

/// Plaintext that STRICT refuses: so many connections, told by the listener's log alone.
async fn what_strict_refuses_is_counted(lab: &IstioLab, collector: &Collector) -> Result<()> {
    let (web, legacy) = (lab.pod(WEB), lab.pod(LEGACY));
    lab.kube().apply(&[strict::policy()]).await?;
    let before = strict::until_refused(lab).await?;
    let refused = legacy.load_to_address(web, WEB_HTTP).requests(5, &Script::default()).run().await?;
    assert_eq!(refused.answered(Answer::Reset), 5, "{refused:?}");
    eventually_equals("refused connections on the map", LIMIT, &(json!(before + 5), json!([2, 2])), async || {
        let Ok(map) = Map::of(collector).await else { return (json!(null), json!(null)) };
        let between = |edge: &&Value| {
            edge["protocol"] == "tcp"
                && edge["source"]["label"] == legacy.workload().label()
                && edge["destination"]["port"] == WEB_HTTP
        };
        let edge = map.edges().iter().find(between).map_or(json!(null), |edge| edge[DESTINATION]["count"].clone());
        let seen = &map.0["completeness"]["refused_connections"];
        (edge, json!([seen["observing"], seen["sidecars"]]))
    })
    .await
}
