//! What the collector learns from a real API server: whose an address was and when, which gateway asked, which proxies should report
//! and why they do not. The chart's collector, with the rights that the chart gives it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::istio::pod::Pod;
use hogusu_tests::istio::window::Window;
use hogusu_tests::map::Map;
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use crate::cast::{self, CLIENT, GATEWAY, LEGACY, PUBLIC_HOST, WEB, WEB_HTTP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

const LIMIT: Duration = Duration::from_secs(90);
/// So many characters of a time name its slot of ten seconds.
const SLOT: usize = "2026-11-24T14:06:5".len();

/// The workloads, and the chart's collector with access to the API server.
async fn start(lab: &mut IstioLab) -> Result<(Collector, Window)> {
    lab.add(&cast::workloads()).await?;
    lab.kube().apply(&cast::gateway()).await?;
    let mut values = lab.values(json!({}));
    values["collector"]["kubernetes"]["enabled"] = json!(true);
    lab.install_chart(&values).await?;
    let collector = lab.start_chart_collector().await?;
    cast::until_open(lab).await?;
    Ok(collector)
}

async fn proxies(collector: &Collector) -> Result<Value> {
    collector.json("/api/v1/proxies").await
}

/// Waits until the API server is watched, so many proxies are in each state, and no others are expected.
async fn until_counted(collector: &Collector, counts: Value) -> Result<Value> {
    let is_watched = |proxies: &Value| {
        let kubernetes = &proxies["kubernetes"];
        kubernetes["state"] == "watching" && kubernetes["error"].is_null()
    };
    eventually(&format!("proxies by state are {counts}"), LIMIT, async || match proxies(collector).await {
        Ok(proxies) if is_watched(&proxies) && proxies["counts"] == counts => Seen::Done(proxies),
        Ok(proxies) => Seen::Waiting(proxies),
        Err(error) => Seen::Never(format!("{error:#}")),
    })
    .await
}

/// Requests straight to the pod, as one without a sidecar sends them.
async fn send(from: &Pod, to: &Pod, count: usize) -> Result<()> {
    let account = from.load_to_address(to, WEB_HTTP).requests(count, &Script::status(404)).run().await?;
    assert_eq!(account.answered(Answer::Status(404)), count as u64, "{account:?}");
    Ok(())
}

/// The slot that it is now by the collector's clock.
async fn slot(collector: &Collector) -> Result<String> {
    let status = collector.json("/api/v1/status").await?;
    Ok(status["now"].as_str().and_then(|now| now.get(..SLOT)).context("a time")?.to_owned())
}

/// Waits for the beginning of a slot that shares nothing with what was until now; the slot. There is one between: a batch belongs
/// to the slot that it begins in, and an address to its owner for a flush interval beyond its slot.
async fn until_next_slot(collector: &Collector) -> Result<String> {
    let mut current = slot(collector).await?;
    for _ in 0..2 {
        current = eventually("a slot begins", LIMIT, async || match slot(collector).await {
            Ok(now) if now != current => Seen::Done(now),
            other => Seen::Waiting(format!("{other:?}")),
        })
        .await?;
    }
    Ok(current)
}

/// How many stretches of pods' lives the collector knows of: one more than before once it knows a new pod's address.
async fn tenures(collector: &Collector) -> Result<u64> {
    let (_, text) = collector.get("/metrics").await?;
    let value = text.lines().find_map(|line| line.strip_prefix("hogusu_collector_kubernetes_tenures "));
    Ok(value.context("no number of tenures")?.parse()?)
}

/// Makes a pod of another workload, without a sidecar, at the address of `before`, and waits until the collector knows it.
async fn give_address_away(lab: &IstioLab, collector: &Collector, before: &Pod) -> Result<()> {
    let (namespace, name) = (&before.workload().namespace, before.workload().pod());
    let known = tenures(collector).await?;
    lab.kube().delete_pod(namespace, &name).await?;
    let metadata = json!({
        "name": "heir-v1-5c5d-0", "namespace": namespace, "generateName": "heir-v1-5c5d-",
        "labels": {"app": "heir", "pod-template-hash": "5c5d"},
        "ownerReferences": [{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "heir-v1-5c5d", "controller": true,
            "uid": "00000000-0000-0000-0000-000000000002",
        }],
    });
    let spec =
        json!({"nodeName": "node1", "serviceAccountName": "heir", "containers": [{"name": "app", "image": "app:v1"}]});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
    lab.kube().apply(&[pod]).await?;
    let address = before.address().to_string();
    let status = json!({"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]});
    let metadata = json!({"name": "heir-v1-5c5d-0", "namespace": namespace});
    lab.kube()
        .apply_status(&[json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status})])
        .await?;
    eventually("the collector knows the heir", LIMIT, async || match tenures(collector).await {
        Ok(now) if now > known => Seen::Done(()),
        other => Seen::Waiting(format!("{other:?} of {known}")),
    })
    .await
}

#[test]
fn ends_without_a_proxy_have_the_names_that_they_had_at_the_time() {
    on_lab("kubernetes_names", async |_, mut lab| {
        let (mut collector, _window) = start(&mut lab).await?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        cast::until_revision(&collector, "1").await?;
        let listed = until_counted(&collector, json!({"reporting": 3})).await?;
        assert_eq!(listed["expected"], 3, "{listed}");

        let (legacy, web, gateway) = (lab.pod(LEGACY), lab.pod(WEB), lab.pod(GATEWAY));
        send(legacy, web, 50).await?;
        let through =
            legacy.load_through(gateway, WEB_HTTP, PUBLIC_HOST).requests(30, &Script::status(404)).run().await?;
        assert_eq!(through.answered(Answer::Status(404)), 30, "{through:?}");

        let rows = [(DESTINATION, "client_error", "application", 50)];
        let map = view::until_shown(&collector, "beta/legacy-v1", "beta/web-v1", &rows).await?;
        let edge = view::edge(&map, "beta/legacy-v1", "beta/web-v1").context("the edge")?;
        assert_eq!(edge["source"]["named_by"], json!(["address_in_kubernetes"]), "{edge}");
        assert_eq!((&edge["source"]["zones"], &edge["source"]["service_account"]), (&json!(["z1"]), &json!("legacy")));
        let rows = [(SOURCE, "client_error", "upstream", 30), (DESTINATION, "client_error", "application", 30)];
        let map = view::until_shown(&collector, "edge/gateway-v1", "beta/web-v1", &rows).await?;
        let edge = view::edge(&map, "edge/gateway-v1", "beta/web-v1").context("the edge")?;
        assert_eq!(edge["source"]["named_by"], json!(["itself", "service_account_of_one_workload"]), "{edge}");
        assert_eq!((&edge["security"]["state"], &edge["agreement"]["state"]), (&json!("mutual_tls"), &json!("agree")));
        assert!(view::edge(&map, "unknown", "beta/web-v1").is_none(), "{}", map.0);
        assert_eq!(map.0["completeness"]["proxies"]["statement"], "3/3");

        let begun = until_next_slot(&collector).await?;
        give_address_away(&lab, &collector, legacy).await?;
        send(legacy, web, 7).await?;
        ensure!(slot(&collector).await? == begun, "the machine is too slow to do this within a slot");
        until_next_slot(&collector).await?;
        send(legacy, web, 20).await?;
        each_owner_has_its_own(&collector, &legacy.address().to_string()).await?;
        collector.kill().await?;
        collector.restart().await?;
        each_owner_has_its_own(&collector, &legacy.address().to_string()).await?;

        // The client's own proxy goes on and says that the address is its own.
        let client = lab.pod(CLIENT);
        until_next_slot(&collector).await?;
        give_address_away(&lab, &collector, client).await?;
        until_next_slot(&collector).await?;
        let account = client.load(web, WEB_HTTP).requests(9, &Script::status(404)).run().await?;
        assert_eq!(account.answered(Answer::Status(404)), 9, "{account:?}");
        // Its certificate speaks for it, against the record.
        let rows = [(SOURCE, "client_error", "upstream", 9), (DESTINATION, "client_error", "application", 9)];
        let map = view::until_shown(&collector, "alpha/client-v1", "beta/web-v1", &rows).await?;
        let text = finding(&map, "address_contradiction")?;
        let owners = ["alpha/client-v1 by its proxy", "alpha/heir-v1 by Kubernetes"];
        assert!(owners.iter().all(|owner| text.contains(owner)), "{text}");
        assert!(view::edge(&map, "alpha/heir-v1", "beta/web-v1").is_none(), "{}", map.0);
        collector.stop().await?;
        Ok(())
    });
}

/// The text of the only finding of a kind.
fn finding<'a>(map: &'a Map, kind: &str) -> Result<&'a str> {
    let mut of_kind = map.0["findings"].as_array().into_iter().flatten().filter(|finding| finding["kind"] == kind);
    let found = of_kind.next().with_context(|| format!("no finding {kind} in {}", map.0))?;
    assert!(of_kind.next().is_none(), "{}", map.0);
    found["text"].as_str().context("a text")
}

/// 50 of the first owner, 20 of the second, and 7 of the time between, which nobody is given.
async fn each_owner_has_its_own(collector: &Collector, address: &str) -> Result<()> {
    let counted = |count| [(DESTINATION, "client_error", "application", count)];
    view::until_shown(collector, "beta/heir-v1", "beta/web-v1", &counted(20)).await?;
    view::until_shown(collector, "beta/legacy-v1", "beta/web-v1", &counted(50)).await?;
    let map: Map = view::until_shown(collector, address, "beta/web-v1", &counted(7)).await?;
    let text = finding(&map, "ambiguous_address")?;
    assert!(text.contains("beta/heir-v1 by Kubernetes and beta/legacy-v1 by Kubernetes"), "{text}");
    Ok(())
}

fn says_that_none_reports(map: &Map) -> bool {
    map.0["completeness"]["proxies"]["statement"] == "0/3" && map.0["findings"][0]["kind"] == "without_plugin"
}

#[test]
fn proxies_that_do_not_report_are_named_with_their_cause() {
    on_lab("kubernetes_proxies", async |_, mut lab| {
        let (mut collector, _window) = start(&mut lab).await?;
        until_counted(&collector, json!({})).await?;
        let mut wrong = cast::plugins(&lab, "wrong digest");
        wrong.iter_mut().for_each(|plugin| plugin.sha256 = "ab".repeat(32));
        cast::apply_alone(&lab, &wrong).await?;
        let listed = until_counted(&collector, json!({"without_plugin": 3})).await?;
        for proxy in listed["proxies"].as_array().context("proxies")? {
            let cause = proxy["cause"].as_str().unwrap_or_default();
            assert!(cause.starts_with("its agent could not bring the module: checksum_mismatched ("), "{proxy}");
            assert_eq!(
                (&proxy["expected_revision"], &proxy["zone"]),
                (&json!("wrong digest"), &json!("z1")),
                "{proxy}"
            );
        }
        // An agent that is slow to answer once is heard the next time.
        eventually("the map says that no proxy reports, and why", LIMIT, async || match Map::of(&collector).await {
            Ok(map) if says_that_none_reports(&map) => Seen::Done(()),
            Ok(map) => Seen::Waiting(map.0),
            Err(error) => Seen::Never(format!("{error:#}")),
        })
        .await?;

        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        let listed = until_counted(&collector, json!({"reporting": 3})).await?;
        let kinds: Vec<_> = listed["proxies"].as_array().into_iter().flatten().map(|proxy| &proxy["kind"]).collect();
        assert_eq!(kinds, ["sidecar", "sidecar", "gateway"], "{listed}");

        lab.kube().kill_api_server().await?;
        let silent =
            eventually("the API server is said to be unreachable", LIMIT, async || match proxies(&collector).await {
                Ok(proxies) if proxies["kubernetes"]["state"] == "unreachable" => Seen::Done(proxies),
                Ok(proxies) => Seen::Waiting(proxies),
                Err(error) => Seen::Never(format!("{error:#}")),
            })
            .await?;
        assert_eq!((&silent["expected"], &silent["counts"]), (&json!(3), &json!({"reporting": 3})), "{silent}");
        let map = Map::of(&collector).await?;
        let statement = map.0["completeness"]["proxies"]["statement"].as_str().unwrap_or_default().to_owned();
        assert!(statement.starts_with("3/3; as last known, the API server is not reachable"), "{statement}");
        collector.stop().await?;
        Ok(())
    });
}
