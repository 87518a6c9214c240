//! Each way into one port is its own state on the joined edge, and each side asserts only what it can see.

use hogusu_tests::map::Sent;
use hogusu_tests::mesh::{Edge, Protocol, Security, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::xds::tls::TlsVersion;
use serde_json::{Value, json};

use super::{Joined, counting, edge, one_sided};

const ORDERS: &str = "shop/orders";

/// `security` as the API shows it; `Null` is a side that does not report.
fn security(state: &str, statement: &str, source: Value, destination: Value) -> Value {
    json!({
        "state": state, "statement": statement, "source": source, "destination": destination, "server_names": [],
    })
}

fn counts(word: &str, count: u64) -> Value {
    let mut counts = json!({"mutual_tls": 0, "tls": 0, "application_tls": 0, "plaintext": 0, "unknown": 0});
    counts[word] = json!(count);
    counts
}

/// From `source` into the only port of orders.
fn way(source: &str, security: Security) -> Edge {
    Edge::new(source, "orders.shop").security(security)
}

#[test]
fn each_way_into_a_port_is_its_own_state_and_each_side_asserts_what_it_can() {
    scenario::run("each_way_is_its_own_state", async |workdir| {
        let joined = Joined::start(workdir, |builder| {
            builder
                .workload(counting("shop", "checkout"))
                .workload(counting("shop", "web").concurrency(1))
                .workload(counting("shop", "cron").concurrency(1))
                .workload(counting("shop", "orders"))
                .service(Service::new("shop", "orders", Protocol::Http1))
                .edge(way("shop/checkout", Security::Mutual).tls(TlsVersion::V1_2))
                .edge(way("shop/web", Security::OneWay))
                .edge(way("shop/cron", Security::Plaintext))
        })
        .await?;
        let ways = [("shop/checkout", 30), ("shop/web", 20), ("shop/cron", 10)];
        for (source, count) in ways {
            joined.ask(source, "orders.shop", count, 200).await?;
        }
        let map = joined.map(&ways.map(|(source, count)| Sent::requests(source, ORDERS, count as u64))).await?;

        let one_way = "TLS, no client certificate, both sides";
        for (source, wanted) in [
            ("shop/checkout", security("mutual_tls", "both sides", counts("tls", 30), counts("mutual_tls", 30))),
            ("shop/web", security("tls", one_way, counts("tls", 20), counts("tls", 20))),
            ("shop/cron", security("plaintext", "both sides", counts("plaintext", 10), counts("plaintext", 10))),
        ] {
            assert_eq!(edge(&map, source, ORDERS)["security"], wanted, "{source}");
        }
        let own = |workload: &str| joined.spiffe(workload).map(|id| json!([id]));
        for (source, at_source, at_destination, versions) in [
            ("shop/checkout", own("shop/checkout")?, own("shop/checkout")?, json!({"TLSv1.2": 30})),
            // A source cannot tell whether its certificate was asked for; the destination did not see it.
            ("shop/web", own("shop/web")?, json!([]), json!({"TLSv1.3": 20})),
            ("shop/cron", json!([]), json!([]), json!({})),
        ] {
            let edge = edge(&map, source, ORDERS);
            assert_eq!(edge["agreement"]["state"], "agree", "{edge}");
            let orders = if source == "shop/cron" { json!([]) } else { own(ORDERS)? };
            for (side, principals) in [("source_report", at_source), ("destination_report", at_destination)] {
                assert_eq!(edge[side]["principals"], json!({"source": principals, "destination": orders}), "{edge}");
                assert_eq!(edge[side]["tls_versions"], versions, "{edge}");
            }
        }
        let plaintext = format!("shop/cron -> {ORDERS} is plaintext: 10 requests in this period");
        assert_eq!(map.findings("plaintext"), [plaintext]);
        joined.stop().await
    });
}

#[test]
fn who_does_not_count_leaves_an_edge_with_one_reporter() {
    scenario::run("one_reporter", async |workdir| {
        let joined = Joined::start(workdir, |builder| {
            builder
                .workload(counting("shop", "checkout"))
                .workload(counting("shop", "orders"))
                .workload(Workload::new("shop", "silent").concurrency(1))
                .workload(Workload::new("legacy", "bare").concurrency(1))
                .workload(Workload::new("legacy", "batch").without_proxy())
                .service(Service::new("shop", "orders", Protocol::Http1))
                .service(Service::new("shop", "silent", Protocol::Http1))
                .edge(way("legacy/bare", Security::Mutual))
                .edge(way("legacy/batch", Security::Plaintext))
                .edge(Edge::new("shop/checkout", "silent.shop"))
        })
        .await?;
        let (bare, batch) = (joined.address("legacy/bare")?, joined.address("legacy/batch")?);
        joined.ask("legacy/bare", "orders.shop", 7, 200).await?;
        joined.ask("legacy/batch", "orders.shop", 5, 200).await?;
        joined.ask("shop/checkout", "silent.shop", 3, 200).await?;
        let by_destination = [one_sided(&bare, ORDERS, 0, 7), one_sided(&batch, ORDERS, 0, 5)];
        let by_source = one_sided("shop/checkout", "shop/silent", 3, 0);
        let map = joined.map(&[by_destination[0], by_destination[1], by_source]).await?;

        let unobserved = "TLS, client authentication unobserved";
        let nobody = Value::Null;
        for (source, destination, missing, wanted) in [
            (&*bare, ORDERS, "source", security("mutual_tls", "one side", nobody.clone(), counts("mutual_tls", 7))),
            (&*batch, ORDERS, "source", security("plaintext", "one side", nobody.clone(), counts("plaintext", 5))),
            (
                "shop/checkout",
                "shop/silent",
                "destination",
                security("tls", unobserved, counts("tls", 3), nobody.clone()),
            ),
        ] {
            let edge = edge(&map, source, destination);
            assert_eq!(edge["security"], wanted, "{source} -> {destination}");
            assert_eq!(edge[format!("{missing}_report")], nobody, "{edge}");
            assert_eq!(edge["agreement"]["state"], "one_reporter", "{edge}");
            let reason = format!("no report from the {missing}'s proxy");
            assert_eq!(edge["agreement"]["reasons"], json!([reason]), "{edge}");
        }
        // The address is all that is asserted of where it runs; the account is what its certificate says.
        let (bare, batch) = (&edge(&map, &bare, ORDERS)["source"], &edge(&map, &batch, ORDERS)["source"]);
        assert_eq!((&bare["kind"], &bare["service_account"]), (&json!("address"), &json!("bare")));
        assert_eq!(bare["principals"], json!([joined.spiffe("legacy/bare")?]));
        assert_eq!((&batch["kind"], &batch["service_account"]), (&json!("address"), &json!("")));
        assert_eq!(batch["principals"], json!([]));
        joined.stop().await
    });
}

#[test]
fn reporters_that_contradict_each_other_are_a_disagreement_with_its_reason() {
    scenario::run("contradiction", async |workdir| {
        let joined = Joined::start(workdir, |builder| {
            builder
                .workload(counting("shop", "checkout"))
                .workload(counting("shop", "orders"))
                .service(Service::new("shop", "orders", Protocol::Http1))
                .edge(Edge::new("shop/checkout", "orders.shop").security(Security::PlaintextThenMutual))
        })
        .await?;
        joined.ask("shop/checkout", "orders.shop", 12, 200).await?;
        let map = joined.map(&[Sent::requests("shop/checkout", ORDERS, 12)]).await?;
        let edge = edge(&map, "shop/checkout", ORDERS);
        let said = "the source says plaintext; the destination says mutual TLS";
        let wanted = security("disagreement", said, counts("plaintext", 12), counts("mutual_tls", 12));
        assert_eq!(edge["security"], wanted);
        assert_eq!(edge["agreement"]["state"], "disagree");
        assert_eq!(edge["agreement"]["reasons"], json!([format!("security: {said}")]));
        let finding = format!("shop/checkout -> {ORDERS}: the reporters disagree: security: {said}");
        assert_eq!(map.findings("disagreement"), [finding]);
        assert!(map.findings("plaintext").is_empty(), "what is contradicted is not asserted: {}", map.0["findings"]);
        joined.stop().await
    });
}
