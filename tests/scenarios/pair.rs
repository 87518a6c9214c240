//! The thinnest mesh: one source, one destination, mutual TLS, our logger at both ends, one collector.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::accesslog::tally;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::mesh::{Edge, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::xds::plugin::{Hook, Plugin};
use serde_json::{Value, json};

/// The map has been written to after at most a flush, a slot and its sealing.
const LIMIT: Duration = Duration::from_secs(40);

fn logger() -> Plugin {
    Plugin::new(Hook::AccessLog).key("flush_interval_ms", json!(500))
}

/// Waits until both reporters of the only edge count `wanted` requests; returns that edge.
async fn edge_that_counts(collector: &Collector, wanted: u64) -> Result<Value> {
    eventually(&format!("one edge with {wanted} requests at both ends"), LIMIT, async || {
        match collector.map("5m").await {
            Err(error) => Seen::Never(format!("{error:#}")),
            Ok(map) => {
                let edge = &map["edges"][0];
                let counts = [&edge["source_report"]["count"], &edge["destination_report"]["count"]];
                if counts == [wanted, wanted] { Seen::Done(edge.clone()) } else { Seen::Waiting(map) }
            }
        }
    })
    .await
}

#[test]
fn one_pair_counts_exactly() {
    scenario::run("one_pair_counts_exactly", async |workdir| {
        let builder = MeshBuilder::new("demo", workdir)?;
        let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let mesh = builder
            .workload(Workload::new("shop", "checkout").plugin(logger()))
            .workload(Workload::new("shop", "orders").plugin(logger()))
            .service(Service::new("shop", "orders", Protocol::Http1))
            .edge(Edge::new("shop/checkout", "orders.shop"))
            .start()
            .await?;
        let load = mesh.load("shop/checkout", "orders.shop")?.connections(4);
        let account = load.requests(300, Script::default()).requests(30, Script::status(500)).run().await;
        mesh.settle().await?;

        assert_eq!(account.answered(Answer::Status(200)), 300);
        assert_eq!(account.answered(Answer::Status(500)), 30);
        for (workload, direction) in [("shop/checkout", "outbound"), ("shop/orders", "inbound")] {
            let mut entries = mesh.sidecar(workload).access_log().entries()?;
            entries.retain(|entry| entry.is(direction, "http"));
            let by_code = tally(&entries, |entry| entry.code);
            assert_eq!(by_code.into_iter().collect::<Vec<_>>(), [(Some(200), 300), (Some(500), 30)]);
        }
        assert_eq!(mesh.backend("shop/orders").account().arrived(), account.sent());

        let edge = edge_that_counts(&collector, account.sent()).await?;
        assert_eq!(
            (&edge["source"]["label"], &edge["destination"]["label"]),
            (&json!("shop/checkout"), &json!("shop/orders"))
        );
        assert_eq!(edge["security"]["state"], "mutual_tls");
        assert_eq!(edge["source_report"]["failed"], 30);
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}
