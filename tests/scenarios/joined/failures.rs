//! What is not an ordinary exchange: connections that no certificate opened, and traffic of probes.

use hogusu_tests::client::Answer;
use hogusu_tests::map::{Map, Sent};
use hogusu_tests::mesh::{Edge, Protocol, Security, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use super::{Joined, counting, edge, one_sided};

const ORDERS: &str = "shop/orders";

/// (outcome, answered by, count) of a report.
fn outcomes(report: &Value) -> Vec<(&str, &str, u64)> {
    let listed = report["outcomes"].as_array().into_iter().flatten();
    listed
        .filter_map(|one| Some((one["outcome"].as_str()?, one["answered_by"].as_str()?, one["count"].as_u64()?)))
        .collect()
}

#[test]
fn an_untrusted_or_unexpected_certificate_is_a_tls_failure_at_the_source() {
    scenario::run("tls_failures", async |workdir| {
        let joined = Joined::start(workdir, |builder| {
            builder
                .workload(counting("shop", "checkout"))
                .workload(counting("shop", "orders"))
                .workload(counting("evil", "orders").foreign_certificate())
                .service(Service::new("shop", "orders", Protocol::Http1))
                .service(Service::new("shop", "renamed", Protocol::Http1).behind(&[ORDERS]).ports(81, 8080))
                .service(Service::new("evil", "orders", Protocol::Http1))
                .edge(Edge::new("shop/checkout", "orders.shop"))
                .edge(Edge::new("shop/checkout", "renamed.shop").accept_only("spiffe://cluster.local/ns/shop/sa/other"))
                .edge(Edge::new("shop/checkout", "orders.evil"))
        })
        .await?;
        joined.ask("shop/checkout", "orders.shop", 10, 200).await?;
        joined.ask("shop/checkout", "renamed.shop", 4, 503).await?;
        joined.ask("shop/checkout", "orders.evil", 6, 503).await?;
        let unexpected = one_sided("shop/checkout", ORDERS, 14, 10);
        let map = joined.map(&[unexpected, one_sided("shop/checkout", "evil/orders", 6, 0)]).await?;

        let untrusted = edge(&map, "shop/checkout", "evil/orders");
        assert_eq!(outcomes(&untrusted["source_report"]), [("tls_failure", "local_proxy", 6)]);
        assert_eq!(untrusted["security"]["state"], "unknown", "nothing was connected: {untrusted}");
        assert_eq!(untrusted["destination_report"], Value::Null, "a handshake that failed is no request: {untrusted}");
        let unexpected = edge(&map, "shop/checkout", ORDERS);
        let mut seen = outcomes(&unexpected["source_report"]);
        seen.sort_unstable();
        assert_eq!(seen, [("ok", "upstream", 10), ("tls_failure", "local_proxy", 4)]);
        assert_eq!(outcomes(&unexpected["destination_report"]), [("ok", "application", 10)]);
        let agreement = &unexpected["agreement"];
        assert_eq!((&agreement["state"], &agreement["connect_failures"]), (&json!("agree"), &json!(4)), "{unexpected}");
        assert_eq!(unexpected["security"]["state"], "mutual_tls", "of what was connected: {unexpected}");
        let failing = map.findings("failing");
        assert!(failing.iter().any(|text| text.contains("evil/orders") && text.contains("tls failure")), "{failing:?}");
        joined.stop().await
    });
}

#[test]
fn probes_are_left_out_and_counted_unless_they_are_asked_for() {
    scenario::run("probes", async |workdir| {
        let joined = Joined::start(workdir, |builder| {
            builder
                .workload(Workload::new("kube", "node").without_proxy())
                .workload(counting("shop", "checkout").concurrency(1))
                .workload(counting("shop", "orders"))
                .service(Service::new("shop", "orders", Protocol::Http1))
                .edge(Edge::new("kube/node", "orders.shop").security(Security::Plaintext))
                .edge(Edge::new("shop/checkout", "orders.shop"))
        })
        .await?;
        let probe = joined.mesh.load("kube/node", "orders.shop")?.header("user-agent", "kube-probe/1.30");
        let probed = probe.requests(25, Script::default()).run().await;
        assert_eq!(probed.answered(Answer::Status(200)), 25);
        joined.ask("shop/checkout", "orders.shop", 8, 200).await?;
        let left_out = |map: &Map| map.0["totals"]["left_out"]["probe"] == 25;
        let map = joined.map_when(&[Sent::requests("shop/checkout", ORDERS, 8)], left_out).await?;
        assert_eq!(map.edges().len(), 1, "{}", map.0);
        assert_eq!(map.0["totals"]["requests"], 8);
        assert!(map.findings("plaintext").is_empty(), "{}", map.0["findings"]);

        let node = joined.address("kube/node")?;
        let with = Map(joined.collector.json("/api/v1/map?since=1h&include=probe").await?);
        assert_eq!(edge(&with, &node, ORDERS)["destination_report"]["count"], 25);
        assert_eq!((&with.0["totals"]["left_out"]["probe"], with.edges().len()), (&json!(0), 2), "{}", with.0);
        joined.stop().await
    });
}
