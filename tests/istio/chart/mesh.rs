//! The chart with the whole mesh in scope, under load: one plugin object for every proxy, the collector's own among them; and back to
//! namespaces.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually, eventually_equals};
use hogusu_tests::istio::{IstioLab, chart};
use hogusu_tests::map::{self, Map};
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use super::applied::{every_edge_counts_alike, revision};
use super::release::{PLUGINS, ours};
use crate::cast::{self, CLIENT, GATEWAY, VMS, WEB, WEB_HTTP};
use crate::on_lab;
use crate::steady::Steady;
use crate::view::{self, DESTINATION, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);
/// Every proxy of the mesh.
const PROXIES: [&str; 4] = [CLIENT, WEB, GATEWAY, chart::COLLECTOR];

/// Waits until every proxy runs the filter, and no connection lives without it.
async fn until_in_all(lab: &IstioLab) -> Result<()> {
    for key in PROXIES {
        lab.pod(key).wait_for_stat(VMS, LIMIT, |active| active > 0).await?;
        lab.pod(key).wait_until_drained().await?;
    }
    Ok(())
}

#[test]
fn the_whole_mesh_in_scope_counts_exactly_fails_nothing_and_goes_back_to_namespaces_without_a_trace() {
    on_lab("chart_mesh", async |_, mut lab| {
        let (mut collector, _window) = cast::start_with_chart(&mut lab).await?;
        let whole = Steady::start(&lab, 200)?;
        let mut values = lab.values(json!({"mesh": true}));
        lab.install_chart(&values).await?;
        assert_eq!(ours(&lab, PLUGINS).await?, ["TrafficExtension/istio-system/hogusu"]);
        until_reported_alone(&lab, &collector, &revision(&lab, "istio-system").await?, PROXIES.len()).await?;
        until_in_all(&lab).await?;

        // What the mesh counts goes on while the module comes as a file too.
        let load = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).connections(1);
        let load = load.requests(30_000, &Script::status(404)).over(Duration::from_secs(600)).start()?;
        values["moduleFile"] = json!({"enabled": true});
        lab.install_chart(&values).await?;
        until_reported_alone(&lab, &collector, &revision(&lab, "istio-system").await?, PROXIES.len()).await?;
        until_in_all(&lab).await?;
        let account = load.stop().await?;
        assert_eq!(account.answered(Answer::Status(404)), account.sent(), "{account:?}");
        until_counted(&lab, &collector, account.sent()).await?;
        every_edge_counts_alike(&lab, &collector).await?;
        every_proxy_is_expected_and_reports(&lab, &collector).await?;

        values["scope"] = json!({"namespaces": ["alpha", "beta", "edge"]});
        lab.install_chart(&values).await?;
        nothing_of_the_mesh_is_left(&lab).await?;
        cast::until_drained(&lab).await?;
        until_reported_alone(&lab, &collector, &revision(&lab, "beta").await?, PROXIES.len() - 1).await?;
        whole.stop().await?;
        let after = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).requests(300, &Script::status(404)).run().await?;
        assert_eq!(after.answered(Answer::Status(404)), 300, "{after:?}");
        until_counted(&lab, &collector, account.sent() + 300).await?;
        collector.stop().await?;
        Ok(())
    });
}

/// Waits until so many workloads report this revision, and every sender of another one has ended in order. One in the collector's own proxy
/// that counted nothing, as that of Envoy's main thread, may not have: the listener by which its last words would arrive is replaced in
/// the same moment, whenever the plugin there is changed or removed.
async fn until_reported_alone(lab: &IstioLab, collector: &Collector, revision: &str, workloads: usize) -> Result<()> {
    let own = lab.pod(chart::COLLECTOR).workload().label();
    eventually(&format!("{workloads} workloads report revision {revision} alone"), LIMIT, async || {
        let senders = match map::senders(collector).await {
            Ok(senders) => senders,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let is_open = |sender: &&Value| sender["state"] != "closed";
        let is_idle = |sender: &Value| sender["exchanges"] == 0 && sender["workload"] == own;
        let open: Vec<&Value> = senders.iter().filter(is_open).filter(|sender| !is_idle(sender)).collect();
        let reporting: BTreeSet<_> = open.iter().map(|sender| sender["workload"].as_str()).collect();
        let is_new = open.iter().all(|sender| sender["revision"] == revision);
        if is_new && reporting.len() == workloads { Seen::Done(()) } else { Seen::Waiting(format!("{open:?}")) }
    })
    .await
}

/// So many client errors from client to web, by both ends.
async fn until_counted(lab: &IstioLab, collector: &Collector, count: u64) -> Result<()> {
    let rows = [(SOURCE, "client_error", "upstream", count), (DESTINATION, "client_error", "application", count)];
    let label = |key: &str| lab.pod(key).workload().label();
    view::until_shown(collector, &label(CLIENT), &label(WEB), &rows).await.map(drop)
}

/// The collector expects all four proxies, its own among them, and all report. What its own proxy counts is the batches that it
/// takes, from each of the four: traffic of the filter itself, which the map leaves out unless it is asked for.
async fn every_proxy_is_expected_and_reports(lab: &IstioLab, collector: &Collector) -> Result<()> {
    let expected = json!({"expected": 4, "reporting": 4});
    eventually_equals("proxies that are expected and report", LIMIT, &expected, async || {
        let Ok(said) = collector.json("/api/v1/proxies").await else { return json!(null) };
        json!({"expected": said["expected"], "reporting": said["counts"]["reporting"]})
    })
    .await?;
    let own = lab.pod(chart::COLLECTOR).workload().label();
    let whole = Map(collector.json("/api/v1/map?since=1h&include=telemetry&limit=1000").await?);
    for key in PROXIES {
        let label = lab.pod(key).workload().label();
        let edge = view::edge(&whole, &label, &own).with_context(|| format!("{label} sends batches: {}", whole.0))?;
        assert_eq!((edge[SOURCE].is_null(), edge[DESTINATION].is_null()), (true, false), "{edge}");
        assert_eq!(edge["security"]["state"], "mutual_tls", "{edge}");
    }
    let map = Map::of(collector).await?;
    // Its pod has no module as a file.
    let refused = &map.0["completeness"]["refused_connections"];
    assert_eq!((&refused["observing"], &refused["sidecars"]), (&json!(2), &json!(3)), "{refused}");
    assert!(map.edges().iter().all(|edge| edge["destination"]["label"] != own), "{}", map.0);
    Ok(())
}

/// Objects are in the namespaces alone, and the collector's own proxy runs no filter.
async fn nothing_of_the_mesh_is_left(lab: &IstioLab) -> Result<()> {
    let kinds = format!("{PLUGINS},envoyfilters");
    let left: Vec<_> = ours(lab, &kinds).await?.into_iter().filter(|one| one.contains("/istio-system/")).collect();
    assert_eq!(left, [] as [&str; 0]);
    assert_eq!(ours(lab, PLUGINS).await?.len(), 3);
    let own = lab.pod(chart::COLLECTOR);
    own.wait_until_drained().await?;
    own.wait_for_stat(VMS, LIMIT, |active| active == 0).await?;
    for (key, has_plugin) in [(WEB, true), (chart::COLLECTOR, false)] {
        let configuration = lab.pod(key).admin()?.get("/config_dump").await?;
        assert_eq!(configuration.contains("extensions.istio.io/trafficextension"), has_plugin, "{key}");
    }
    Ok(())
}
