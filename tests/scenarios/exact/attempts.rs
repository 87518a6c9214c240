//! Rule 7: what sources with one principal attempted bounds what arrived at the destination.

use hogusu_model::Protocol as Word;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::mesh::{Edge, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::{End, Script};
use serde_json::{Value, json};

use crate::exact::counts::{By, Counts};
use crate::exact::plan::{Row, Talk};
use crate::exact::words::*;
use crate::exact::{accounts, counts, edges, with_loggers};

/// The inequality on one edge of a map, with equality where nothing is undetermined. Edges without two reporters pass.
pub fn assert_rule_seven(edge: &Value) {
    let agreement = &edge["agreement"];
    let number = |name: &str| agreement[name].as_u64();
    let what = format!("{} -> {}: {agreement}", edge["source"]["label"], edge["destination"]["label"]);
    let (Some(attempts), Some(arrived)) = (number("attempts"), number("requests_at_destination")) else { return };
    let (unproven, kept) = (number("undetermined").unwrap_or(0), number("connect_failures").unwrap_or(0));
    assert!(attempts - unproven <= arrived && arrived <= attempts - kept, "{what}");
    if unproven == kept {
        assert_eq!(arrived, attempts - kept, "{what}");
    }
    assert_eq!(agreement["state"], "agree", "{what}");
}

/// `web` and `mobile` share a service account: the destination cannot tell them apart, so their sums are compared.
fn mesh(builder: MeshBuilder) -> MeshBuilder {
    let limit = std::time::Duration::from_millis(1200);
    let many = json!({"thresholds": [{"max_retries": 100}]});
    let orders = |name: &str, protocol| Service::new("shop", name, protocol).behind(&["shop/orders"]);
    builder
        .workload(with_loggers(Workload::new("shop", "web").service_account("front")))
        .workload(with_loggers(Workload::new("shop", "mobile").service_account("front")))
        .workload(with_loggers(Workload::new("shop", "cron").concurrency(1)))
        .workload(with_loggers(Workload::new("shop", "orders")))
        .service(orders("orders", Protocol::Http1))
        .service(orders("returns", Protocol::Http2).ports(81, 8080))
        .service(orders("renamed", Protocol::Http1).ports(82, 8080))
        .service(orders("ledger", Protocol::Grpc).ports(83, 8081))
        .edge(
            Edge::new("shop/web", "orders.shop")
                .retries("5xx,reset", 2)
                .per_try_timeout(limit)
                .cluster_key("circuit_breakers", many.clone()),
        )
        .edge(Edge::new("shop/mobile", "returns.shop").retries("5xx", 1).cluster_key("circuit_breakers", many.clone()))
        .edge(Edge::new("shop/mobile", "renamed.shop").accept_only("spiffe://cluster.local/ns/shop/sa/other"))
        .edge(Edge::new("shop/cron", "ledger.shop").retries("unavailable", 2).cluster_key("circuit_breakers", many))
}

fn plan() -> [Talk; 4] {
    let after = |first: Script| Script::default().first_attempt(first);
    let no_answer = || Script::ending(End::NoAnswer);
    // Envoy retries by a gRPC status only when it stands in the headers.
    let unavailable = Script { end: End::TrailersOnly, ..Script::grpc(14) };
    [
        Talk::new("shop/web", "orders.shop", "shop/orders", 8080)
            .row(Row::new(200, Script::default(), Answer::Status(200), OK).arrives(&[OK_THERE]))
            .row(
                Row::new(40, after(Script::status(503)), Answer::Status(200), OK)
                    .attempts(&[BROKEN, OK])
                    .arrives(&[BROKEN_THERE, OK_THERE]),
            )
            .row(
                Row::new(4, after(no_answer()), Answer::Status(200), OK)
                    .attempts(&[TRY_TIMED_OUT, OK])
                    .arrives(&[LEFT, OK_THERE]),
            )
            .row(Row::new(10, no_answer(), Answer::Gone, LEFT).leave().attempts(&[UNANSWERED]).arrives(&[LEFT])),
        Talk::new("shop/mobile", "returns.shop", "shop/orders", 8080)
            .row(Row::new(100, Script::default(), Answer::Status(200), OK).arrives(&[OK_THERE]))
            .row(
                Row::new(20, Script::status(500), Answer::Status(500), BROKEN)
                    .attempts(&[BROKEN; 2])
                    .arrives(&[BROKEN_THERE; 2]),
            ),
        Talk::new("shop/mobile", "renamed.shop", "shop/orders", 8080).row(
            Row::new(15, Script::default().body(7), Answer::Status(503), UNTRUSTED).attempts(&[unanswered(UNTRUSTED)]),
        ),
        Talk::new("shop/cron", "ledger.shop", "shop/orders", 8081)
            .over(Word::Grpc)
            .row(Row::new(100, Script::grpc(0), Answer::Grpc(0), OK).arrives(&[OK_THERE]))
            .row(
                Row::new(30, unavailable, Answer::Grpc(14), BROKEN).attempts(&[BROKEN; 3]).arrives(&[BROKEN_THERE; 3]),
            ),
    ]
}

/// Counts of `by` towards a port, of all sources.
fn towards(expected: &Counts, port: u16, by: By) -> u64 {
    let there = expected.0.iter().filter(|((place, _), _)| place.port == port && place.by == by);
    there.map(|(_, count)| count).sum()
}

#[test]
fn attempts_bound_what_arrives() {
    scenario::run("attempts_bound", async |workdir| {
        let builder = MeshBuilder::new("demo", workdir)?;
        let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        let mesh = mesh(builder).start().await?;
        let expected = accounts::run(&mesh, &plan()).await?;
        let map = counts::map_that_counts(&collector, &expected).await?;
        assert_eq!(edges(&map).len(), 3);
        for edge in edges(&map) {
            assert_rule_seven(edge);
            let agreement = &edge["agreement"];
            let port = u16::try_from(edge["destination"]["port"].as_u64().unwrap_or_default())?;
            assert_eq!(agreement["attempts"], towards(&expected, port, By::Attempts), "{agreement}");
            assert_eq!(agreement["requests_at_destination"], towards(&expected, port, By::Destination), "{agreement}");
            let shared = edge["source"]["service_account"] == "front";
            // 4 first tries timed out and 10 clients left: undetermined; 15 connections failed in TLS.
            let wanted = if shared { (14 + 15, 15) } else { (0, 0) };
            assert_eq!(
                (&agreement["undetermined"], &agreement["connect_failures"]),
                (&json!(wanted.0), &json!(wanted.1))
            );
        }
        mesh.stop().await?;
        collector.stop().await?;
        Ok(())
    });
}
