//! A waypoint, as istiod configures it: a gateway sends into its tunnel, a pod without a proxy answers behind it, policies of Istio apply
//! in it. There is no ztunnel in the lab.

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually, eventually_equals};
use hogusu_tests::istio::app::AppLoad;
use hogusu_tests::istio::window::Window;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use crate::cast::{self, CLIENT, GATEWAY, PUBLIC_HOST, VMS, WEB, WEB_HTTP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);
const WAYPOINT: &str = "beta/waypoint";
const PROXIES: [&str; 2] = [GATEWAY, WAYPOINT];
/// How an upstream begins that is a tunnel.
const TUNNEL: &str = "envoy://connect_originate/";
const SERVICE: &str = "web.beta.svc.cluster.local";

/// Requests for a path: what the gateway gets, from whom, and as what gateway and waypoint count it.
struct Way {
    path: &'static str,
    status: u16,
    count: u64,
    by_gateway: &'static str,
    by_waypoint: (&'static str, &'static str),
}

const WAYS: [Way; 4] = [
    Way {
        path: "/",
        status: 404,
        count: 300,
        by_gateway: "client_error",
        by_waypoint: ("client_error", "application"),
    },
    Way { path: "/delay", status: 200, count: 13, by_gateway: "ok", by_waypoint: ("injected_delay", "application") },
    Way {
        path: "/abort",
        status: 500,
        count: 11,
        by_gateway: "server_error",
        by_waypoint: ("injected_fault", "local_proxy"),
    },
    Way { path: "/admin", status: 403, count: 12, by_gateway: "client_error", by_waypoint: ("denied", "local_proxy") },
];

fn policies() -> [Value; 2] {
    let to = json!([{"destination": {"host": SERVICE}}]);
    let always = json!({"value": 100});
    [
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "web", "namespace": "beta"},
            "spec": {"hosts": [SERVICE], "http": [
                {"match": [{"uri": {"prefix": "/abort"}}], "route": to,
                 "fault": {"abort": {"httpStatus": 500, "percentage": always}}},
                {"match": [{"uri": {"prefix": "/delay"}}], "route": to,
                 "fault": {"delay": {"fixedDelay": "0.1s", "percentage": always}}},
                {"route": to},
            ]},
        }),
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "deny-admin", "namespace": "beta"},
            "spec": {
                "targetRefs": [{"group": "", "kind": "Service", "name": "web"}],
                "action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/admin*"]}}]}],
            },
        }),
    ]
}

/// Starts everything; every way is open, and chart and collector are there with an empty scope.
async fn start(lab: &mut IstioLab) -> Result<(Collector, Window)> {
    lab.make_ambient().await?;
    let web = Workload::new("beta", "web").http(WEB_HTTP).without_sidecar();
    let waypoint = Workload::new("beta", "waypoint").waypoint();
    let client = Workload::new("alpha", "client").without_sidecar();
    lab.add(&[client, web.clone(), Workload::new("edge", "gateway").gateway()]).await?;
    lab.kube().apply(&cast::gateway()).await?;
    lab.kube().apply(&policies()).await?;
    lab.put_before(&waypoint, &web).await?;
    lab.add_waypoint(&waypoint).await?;
    lab.install_chart(&lab.values(json!({}))).await?;
    let collector = lab.start_chart_collector().await?;
    for way in WAYS {
        let one = load(lab, way.path).connections(1).requests(1, &script(&way));
        eventually(&format!("{} is answered {}", way.path, way.status), LIMIT, async || match one.run().await {
            Ok(account) if account.answered(Answer::Status(way.status)) == 1 => Seen::Done(()),
            other => Seen::Waiting(format!("{other:?}")),
        })
        .await?;
    }
    Ok(collector)
}

fn load(lab: &IstioLab, path: &str) -> AppLoad {
    lab.pod(CLIENT).load_through(lab.pod(GATEWAY), WEB_HTTP, PUBLIC_HOST).path(path)
}

/// What the pod behind the waypoint does, if it is asked.
fn script(way: &Way) -> Script {
    if way.by_waypoint.1 == "application" { Script::status(way.status) } else { Script::default() }
}

/// Exchanges of a path that the gateway, by its own log, had through a tunnel, and those that the waypoint, by its own, had with the
/// pod behind it, without TLS.
fn logged(lab: &IstioLab, path: &str) -> [u64; 2] {
    let web = format!("{}:{WEB_HTTP}", lab.pod(WEB).address());
    let count = |key: &str, upstream: &str| {
        let log = lab.pod(key).access_log().unwrap_or_default();
        let is_it = |host: &str, tls: &str| host.starts_with(upstream) && tls.is_empty();
        log.iter().filter(|entry| entry.path == path && is_it(&entry.upstream_host, &entry.upstream_tls)).count() as u64
    };
    [count(GATEWAY, TUNNEL), count(WAYPOINT, &web)]
}

/// Waits until gateway and waypoint, and nobody else, are expected, and report what they should.
async fn until_both_report(collector: &Collector) -> Result<()> {
    let both = json!([["gateway", "edge/gateway-v1", "reporting"], ["waypoint", "beta/waypoint-v1", "reporting"]]);
    eventually_equals("proxies that are expected", LIMIT, &both, async || {
        let Ok(said) = collector.json("/api/v1/proxies").await else { return json!(null) };
        let mut proxies: Vec<_> = said["proxies"].as_array().into_iter().flatten().collect();
        proxies.sort_by_key(|proxy| proxy["kind"].to_string());
        proxies.iter().map(|proxy| json!([proxy["kind"], proxy["workload"], proxy["state"]])).collect()
    })
    .await
}

#[test]
fn a_waypoint_by_name_counts_each_request_as_what_it_is_and_knows_who_came_through_its_tunnel() {
    on_lab("waypoint", async |_, mut lab| {
        let (mut collector, _window) = start(&mut lab).await?;
        let mut values = lab.values(json!({"namespaces": ["edge"]}));
        values["waypoints"] = json!([{"namespace": "beta", "name": "waypoint"}]);
        lab.install_chart(&values).await?;
        until_both_report(&collector).await?;
        for key in PROXIES {
            lab.pod(key).wait_for_stat(VMS, LIMIT, |active| active > 0).await?;
            lab.pod(key).wait_until_drained().await?;
        }
        for way in WAYS {
            let [through_tunnel, with_pod] = logged(&lab, way.path);
            let account = load(&lab, way.path).requests(way.count.try_into()?, &script(&way)).run().await?;
            assert_eq!(account.answered(Answer::Status(way.status)), way.count, "{}: {account:?}", way.path);
            let to_pod = if way.by_waypoint.1 == "application" { way.count } else { 0 };
            let wanted = [through_tunnel + way.count, with_pod + to_pod];
            eventually_equals("the proxies' own account", LIMIT, &wanted, async || logged(&lab, way.path)).await?;
        }
        let edge = shown(&lab, &collector).await?;
        assert_eq!(edge["destination"]["services"], json!([format!("{SERVICE}:{WEB_HTTP}")]), "{edge}");
        assert_eq!(edge["destination"]["port"], WEB_HTTP, "{edge}");
        secured(&lab, &edge);

        // Taken away again, nothing is lost and nothing fails.
        lab.install_chart(&lab.values(json!({}))).await?;
        for key in PROXIES {
            lab.pod(key).wait_until_drained().await?;
            lab.pod(key).wait_for_stat(VMS, LIMIT, |active| active == 0).await?;
        }
        let after = load(&lab, "/").requests(20, &Script::status(404)).run().await?;
        assert_eq!(after.answered(Answer::Status(404)), 20, "{after:?}");
        shown(&lab, &collector).await?;
        collector.stop().await?;
        Ok(())
    });
}

/// The only edge, with every request of each way, by both of its ends.
async fn shown(lab: &IstioLab, collector: &Collector) -> Result<Value> {
    let at_gateway = |outcome: &'static str| {
        let count = WAYS.iter().filter(|way| way.by_gateway == outcome).map(|way| way.count).sum();
        (SOURCE, outcome, "upstream", count)
    };
    let at_waypoint = WAYS.iter().map(|way| (DESTINATION, way.by_waypoint.0, way.by_waypoint.1, way.count));
    let rows: Vec<_> = ["ok", "client_error", "server_error"].map(at_gateway).into_iter().chain(at_waypoint).collect();
    let [gateway, waypoint] = PROXIES.map(|key| lab.pod(key).workload().label());
    let map = view::until_shown(collector, &gateway, &waypoint, &rows).await?;
    assert_eq!(map.edges().len(), 1, "{}", map.0);
    view::edge(&map, &gateway, &waypoint).cloned().context("the edge")
}

/// The waypoint saw both certificates; of the tunnel's the gateway's own filter sees nothing, and says so.
fn secured(lab: &IstioLab, edge: &Value) {
    let count: u64 = WAYS.iter().map(|way| way.count).sum();
    let [gateway, waypoint] = PROXIES.map(|key| json!([lab.pod(key).workload().principal()]));
    assert_eq!(edge["security"]["state"], "mutual_tls", "{edge}");
    assert_eq!(edge["security"]["source"]["unknown"], count, "{edge}");
    assert_eq!(edge["security"]["destination"]["mutual_tls"], count, "{edge}");
    assert_eq!((&edge["source"]["principals"], &edge["destination"]["principals"]), (&gateway, &waypoint), "{edge}");
}
