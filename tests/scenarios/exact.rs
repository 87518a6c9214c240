//! Exactness, end to end: what was scripted, what real Envoys logged, and what the map counts are the same numbers.

mod accounts;
mod attempts;
mod counts;
mod endings;
mod measures;
mod mixed;
mod plan;
mod quantiles;
mod sending;
mod words;

use std::collections::BTreeSet;

use hogusu_model::Outcome;
use hogusu_tests::collector::Collector;
use hogusu_tests::mesh::{Edge, MeshBuilder, Protocol, Security, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::xds::plugin::{Hook, Plugin};
use serde_json::{Value, json};

use crate::exact::counts::By;

fn plugin(hook: Hook) -> Plugin {
    Plugin::new(hook).key("flush_interval_ms", json!(1000))
}

/// Our logger at every listener, and in the router of outbound ones.
fn with_loggers(workload: Workload) -> Workload {
    workload.plugin(plugin(Hook::AccessLog)).plugin(plugin(Hook::UpstreamLog))
}

fn edges(map: &Value) -> &[Value] {
    map["edges"].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn ten_thousand_mixed_exchanges_count_exactly() {
    scenario::run("ten_thousand_mixed", async |workdir| {
        let builder = MeshBuilder::new("demo", workdir)?;
        let absent = builder.free_address(8085)?.into();
        let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let mesh = mixed::mesh(builder, absent, with_loggers).start().await?;
        let expected = accounts::run(&mesh, &endings::plan()).await?;

        assert!(expected.total(By::Source) >= 10_000, "{}", expected.total(By::Source));
        assert!(expected.edges() >= 8, "{} edges", expected.edges());
        let outcomes: BTreeSet<Outcome> = expected.0.keys().map(|(_, (outcome, _))| *outcome).collect();
        // What is injected has a scenario of its own.
        let injected = [Outcome::InjectedDelay, Outcome::InjectedFault];
        let untried = [Outcome::RateLimited, Outcome::ProtocolError, Outcome::Other];
        let elsewhere = [&injected[..], &untried].concat();
        let missing: Vec<_> =
            Outcome::ALL.iter().filter(|one| !outcomes.contains(one) && !elsewhere.contains(one)).collect();
        assert!(missing.is_empty(), "the plan has no {missing:?}");

        let map = counts::map_that_counts(&collector, &expected).await?;
        for edge in edges(&map) {
            attempts::assert_rule_seven(edge);
        }
        println!(
            "{} exchanges by sources, {} by destinations, {} attempts, {} edges, {} classes: all as scripted",
            expected.total(By::Source),
            expected.total(By::Destination),
            expected.total(By::Attempts),
            expected.edges(),
            expected.0.len(),
        );
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}

/// Every edge where all requests arrive and nothing is retried: without the router's log the two sides must be equal.
#[test]
fn the_two_reporters_agree_at_quiescence() {
    use crate::exact::plan::{Row, Talk, TcpRow};
    use crate::exact::words::{BLAMED, BLAMED_THERE, BROKEN, BROKEN_THERE, OK, OK_THERE};
    use hogusu_tests::client::Answer;
    use hogusu_tests::tcp::{TcpEnd, TcpScript};

    scenario::run("reporters_agree", async |workdir| {
        let builder = MeshBuilder::new("demo", workdir)?;
        let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let observed = |namespace, name| Workload::new(namespace, name).plugin(plugin(Hook::AccessLog));
        let mesh = builder
            .workload(observed("shop", "web"))
            .workload(observed("shop", "orders"))
            .workload(observed("data", "store"))
            .service(Service::new("shop", "orders", Protocol::Http1))
            .service(Service::new("data", "ledger", Protocol::Grpc).behind(&["data/store"]))
            .service(Service::new("data", "store", Protocol::Tcp).ports(6379, 16379))
            .edge(Edge::new("shop/web", "orders.shop"))
            .edge(Edge::new("shop/orders", "ledger.data").security(Security::OneWay))
            .edge(Edge::new("shop/web", "store.data").security(Security::Plaintext))
            .start()
            .await?;
        let row =
            |count, script, answer, at_source, there| Row::new(count, script, answer, at_source).arrives(&[there]);
        let plan = [
            Talk::new("shop/web", "orders.shop", "shop/orders", 8080)
                .row(row(400, Script::default(), Answer::Status(200), OK, OK_THERE))
                .row(row(40, Script::status(404), Answer::Status(404), BLAMED, BLAMED_THERE))
                .row(row(40, Script::default().call("ledger.data", Script::grpc(0)), Answer::Status(200), OK, OK_THERE))
                .row(row(20, Script::status(500), Answer::Status(500), BROKEN, BROKEN_THERE)),
            Talk::new("shop/orders", "ledger.data", "data/store", 8080)
                .over(hogusu_model::Protocol::Grpc)
                .by_application()
                .row(row(40, Script::grpc(0), Answer::Grpc(0), OK, OK_THERE)),
            Talk::new("shop/web", "store.data", "data/store", 16379)
                .over(hogusu_model::Protocol::Tcp)
                .tcp(TcpRow::new(60, (TcpScript::Echo, 100), &[TcpEnd::Echoed], OK).arrives(OK_THERE)),
        ];
        let expected = accounts::run(&mesh, &plan).await?;
        let map = counts::map_that_counts(&collector, &expected).await?;
        assert_eq!(edges(&map).len(), 3);
        for edge in edges(&map) {
            let (source, destination) = (&edge["source_report"], &edge["destination_report"]);
            assert_eq!((&source["count"], &source["failed"]), (&destination["count"], &destination["failed"]));
            assert_eq!(edge["agreement"]["state"], "agree", "{}", edge["agreement"]);
            assert_eq!(edge["agreement"]["reasons"], json!([]));
        }
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}
