//! What people declare: what is left out is counted beside, what failed as declared stands beside what failed, and nothing that policies or
//! reporters are judged by changes.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use hogusu_collector::analysis::agreement::AgreementState;
use hogusu_collector::analysis::edge::Side;
use hogusu_collector::analysis::findings::{Evidence, Kind, of_edges};
use hogusu_collector::analysis::join::{Include, Joined, Taking, join, join_wanted};
use hogusu_collector::api::{Settings, router};
use hogusu_collector::declared::{InForce, Shared, read};
use hogusu_collector::report::Selection;
use hogusu_collector::report::analysed::Analysed;
use hogusu_collector::report::table::{Options, draw};
use hogusu_collector::wanted::Wanted;
use hogusu_model::{AnsweredBy, Hook, Measure, Outcome, Reporter, Security, TlsVersion};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::api::Fixed;
use crate::world::{FROM, Report, World, demo};

fn in_force(text: &str) -> InForce {
    let declaration = read(&format!("schema: hogusu.declare/v1\n{text}")).unwrap();
    InForce { declaration, revision: 1, loaded: FROM, refused: None }
}

fn joined(world: &World, text: &str, include: Include) -> Joined {
    let in_force = in_force(text);
    join_wanted(&world.attributed(), Taking { include, declared: Some(&in_force) }, &Wanted::default()).unwrap()
}

/// All that reporters counted of what is on the map.
fn counted(joined: &Joined) -> u64 {
    let sides = joined.edges.iter().flat_map(|edge| [&edge.source_report, &edge.destination_report]);
    sides.flatten().map(Side::count).sum()
}

async fn asked(world: &World, text: &str, target: &str) -> Value {
    let declared = Shared::new(in_force(text).declaration, FROM);
    let app = router(Arc::new(Fixed(world.attributed())), Settings { declared, ..Settings::default() });
    let answer = app.oneshot(Request::get(target).body(Body::empty()).unwrap()).await.unwrap();
    serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

const CHECKOUT: &str = "leave_out: [{principal: spiffe://cluster.local/ns/shop/sa/checkout, reason: checks}]";
const RESERVE: &str = "leave_out: [{operation: stock.Inventory/Reserve, reason: batch}]";
const ALL: Include = Include { probe: false, telemetry: false, declared: true };

#[test]
fn with_what_is_left_out_counted_beside_the_sum_is_what_it_is_without_a_declaration() {
    let world = demo();
    let whole = join(&world.attributed(), Include::default());
    for text in [CHECKOUT, RESERVE] {
        let without = joined(&world, text, Include::default());
        assert!(without.left_out.declared > 0 && counted(&without) < counted(&whole), "{text}");
        assert_eq!(counted(&without) + without.left_out.declared, counted(&whole), "{text}");
        assert_eq!(without.declared, [without.left_out.declared], "{text}");
        assert_eq!((without.left_out.probe, without.left_out.telemetry), (150, 0), "{text}");
        let with = joined(&world, text, ALL);
        assert_eq!((counted(&with), with.left_out.declared), (counted(&whole), 0), "{text}");
        assert_eq!(with.edges, whole.edges, "{text}: with it the map is what it was");
    }
}

#[test]
fn each_entry_has_its_own_count_and_an_exchange_is_left_out_once() {
    let world = demo();
    let both = "leave_out:\n- {operation: stock.Inventory/Reserve, reason: a}\n\
                - {principal: spiffe://cluster.local/ns/shop/sa/checkout, reason: b}\n\
                - {principal: spiffe://cluster.local/ns/nobody/sa/nobody, reason: c}\n";
    let out = joined(&world, both, Include::default());
    // Who asks is looked at first: all that has the operation is checkout's.
    let of_checkout = joined(&world, CHECKOUT, Include::default()).left_out.declared;
    assert_eq!(out.declared, [0, of_checkout, 0]);
    assert_eq!(out.left_out.declared, of_checkout);
}

#[test]
fn attempts_go_with_their_requests_and_are_no_requests() {
    let out = joined(&demo(), RESERVE, Include::default());
    // 11,700 that went well and 300 that failed, by both reporters.
    assert_eq!(out.left_out.declared, 24_000);
    assert!(out.edges.iter().all(|edge| edge.source_report.as_ref().is_none_or(|side| side.attempts.is_none())));
}

#[test]
fn an_operation_that_one_side_alone_names_makes_no_disagreement() {
    let (source, destination) = ("shop/web", "stock/inventory");
    let mut world = World::of(&[source, destination]);
    world.calls(source, destination, 100, 5);
    world.row(source, &Report::source(source, destination).count(900, 5).with(|key| key.operation = "a".to_owned()));
    world.row(destination, &Report::destination(source, destination).count(900, 4));
    let out = joined(&world, "leave_out: [{operation: a, reason: r}]", Include::default());
    assert_eq!(out.left_out.declared, 900);
    let edge = &out.edges[0];
    assert_eq!(edge.source_report.as_ref().unwrap().count(), 100);
    assert_eq!(edge.destination_report.as_ref().unwrap().count(), 1_000);
    assert_eq!(edge.agreement, joined(&world, "", Include::default()).edges[0].agreement);
    assert_eq!(edge.agreement.state, AgreementState::Agree);
}

#[test]
fn what_never_arrived_is_left_out_with_what_did_and_plaintext_never_is() {
    let (source, destination) = ("ops/prober", "stock/inventory");
    let mut world = World::of(&[source, destination]);
    world.calls(source, destination, 10, 5);
    let lost = Report::source(source, destination).count(3, 1);
    world.row(
        source,
        &lost.ended(Outcome::ConnectFailure, AnsweredBy::LocalProxy).with(|key| {
            (key.own_principal, key.security, key.tls_version) = (String::new(), Security::Unknown, TlsVersion::None);
        }),
    );
    world.row(source, &Report::source(source, destination).plaintext().count(5, 2));
    world.row(destination, &Report::destination(source, destination).plaintext().count(5, 1));
    let text = "leave_out: [{principal: spiffe://cluster.local/ns/ops/sa/prober, reason: checks}]";
    let out = joined(&world, text, Include::default());
    assert_eq!((out.left_out.declared, counted(&out)), (23, 10));
    let seen = |side: &Option<Side>| side.as_ref().unwrap().security.plaintext;
    let edge = &out.edges[0];
    assert_eq!((seen(&edge.source_report), seen(&edge.destination_report)), (5, 5), "nobody proves whose it was");
}

/// 1,000 requests, of which 40 are answered 4xx and 10 are given up by who asks.
fn with_errors(destination: &str) -> World {
    let source = "shop/web";
    let mut world = World::of(&[source, destination]);
    world.calls(source, destination, 950, 5);
    for (outcome, count) in [(Outcome::ClientError, 40), (Outcome::ClientGone, 10)] {
        let by = if outcome == Outcome::ClientGone { AnsweredBy::Nobody } else { AnsweredBy::Upstream };
        world.row(source, &Report::source(source, destination).count(count, 4).ended(outcome, by));
    }
    world
}

/// How many failed by the finding, and how many else.
fn failing(world: &World, text: &str) -> Option<(u64, u64, Option<u64>)> {
    let found = of_edges::find(&joined(world, text, Include::default()).edges);
    found.iter().find(|finding| finding.kind == Kind::Failing).map(|finding| match finding.evidence {
        Evidence::Failing { failed, of, otherwise, .. } => (failed, of, otherwise),
        _ => panic!("{finding:?}"),
    })
}

#[test]
fn what_is_declared_to_be_a_failure_or_none_makes_an_edge_failing_or_not() {
    let world = with_errors("stock/inventory");
    assert_eq!(failing(&world, ""), Some((40, 1_000, None)));
    assert_eq!(failing(&world, "failures: [{do_not_count: [client_error]}]"), None);
    assert_eq!(failing(&world, "failures: [{count: [client_gone]}]"), Some((50, 1_000, Some(40))));
    let only_gone = "failures: [{do_not_count: [client_error], count: [client_gone]}]";
    assert_eq!(failing(&world, only_gone), Some((10, 1_000, Some(40))));
    // The share alone.
    assert_eq!(failing(&world, "failures: [{failing_from: 0.04}]"), Some((40, 1_000, None)));
    assert_eq!(failing(&world, "failures: [{failing_from: 0.040001}]"), None);
}

#[test]
fn a_namespace_has_rules_of_its_own_and_those_of_elsewhere_do_not_add_to_them() {
    let text = "failures:\n- {namespaces: [stock], failing_from: 0.5}\n- {do_not_count: [client_error]}\n";
    assert_eq!(failing(&with_errors("stock/inventory"), text), None, "half is not reached");
    let of_stock = "failures:\n- {namespaces: [stock], count: [client_gone]}\n- {do_not_count: [client_error]}\n";
    assert_eq!(failing(&with_errors("stock/inventory"), of_stock), Some((50, 1_000, Some(40))));
    assert_eq!(failing(&with_errors("data/ledger"), of_stock), None);
}

#[tokio::test]
async fn gross_counts_stay_in_the_answer_and_what_failed_as_declared_stands_beside() {
    let world = with_errors("stock/inventory");
    let plain = asked(&world, "", "/api/v1/map?since=5m").await;
    let text = "failures: [{namespaces: [stock], do_not_count: [client_error], count: [client_gone]}]";
    let mut map = asked(&world, text, "/api/v1/map?since=5m").await;
    let report = &map["edges"][0]["source_report"];
    let figures = |report: &Value| ["count", "failed", "failed_of"].map(|key| report[key].as_u64());
    assert_eq!(figures(report), figures(&plain["edges"][0]["source_report"]));
    assert_eq!((figures(report), report["declared_failed"].as_u64()), ([Some(1_000), Some(40), Some(1_000)], Some(10)));
    assert!(map["edges"][0]["destination_report"].get("declared_failed").is_none(), "it does not differ there");
    assert_eq!(map["edges"][0]["declared"]["do_not_count"], serde_json::json!(["client_error"]));
    let findings = map["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["kind"] == "failing").unwrap();
    assert_eq!((&finding["figures"]["failed"], &finding["figures"]["declared_failed"]), (&40.into(), &10.into()));
    let said = finding["text"].as_str().unwrap();
    assert!(
        said.contains("fails: 10 of 1,000 requests (") && said.contains(", as declared, else 40): 10 client gone"),
        "{said}"
    );
    // Without them the answer is what it was.
    for report in ["source_report", "destination_report"] {
        map["edges"][0][report].as_object_mut().unwrap().remove("declared_failed");
    }
    assert!(map["edges"][0].as_object_mut().unwrap().remove("declared").is_some());
    assert_eq!(map["edges"], plain["edges"]);
}

#[tokio::test]
async fn every_picture_says_what_is_left_out_by_entry_and_shows_it_when_asked_for() {
    let map = asked(&demo(), RESERVE, "/api/v1/map?since=5m").await;
    assert_eq!(map["totals"]["left_out"]["declared"], 24_000);
    let entry = serde_json::json!({"operation": "stock.Inventory/Reserve", "reason": "batch", "exchanges": 24_000});
    assert_eq!(map["declared"]["left_out"], serde_json::json!([entry]));
    let with = asked(&demo(), RESERVE, "/api/v1/map?since=5m&include=declared").await;
    assert!(with["totals"]["left_out"].get("declared").is_none(), "{}", with["totals"]);
    let plain = asked(&demo(), "", "/api/v1/map?since=5m").await;
    assert_eq!(with["edges"], plain["edges"]);
    for target in ["graph", "groups", "entries", "coupling"] {
        let told = asked(&demo(), RESERVE, &format!("/api/v1/{target}?since=5m")).await;
        assert_eq!(told["totals"]["left_out"]["declared"], 24_000, "{target}");
    }
}

#[test]
fn a_table_says_above_its_rows_what_is_left_out_and_that_the_file_as_it_is_now_is_refused() {
    let in_force = InForce { refused: Some("line 3: flows: unknown key".to_owned()), ..in_force(RESERVE) };
    let period = demo().attributed();
    let taking = Taking { include: Include::default(), declared: Some(&in_force) };
    let analysed = Analysed::of(&period, None, taking, &Wanted::default()).unwrap();
    let (map, _) = analysed.page(&Selection::default(), 0, usize::MAX);
    let drawn = draw(&map, Options::default()).replace('\n', " ");
    assert!(drawn.contains("left out as declared 24,000"), "{drawn}");
    let refused = "the declaration as it is now is refused, the one before is in force: line 3: flows: unknown key";
    assert!(drawn.contains(refused), "{drawn}");
}

#[tokio::test]
async fn further_pages_are_of_the_rules_that_the_first_one_was_of() {
    let declared = Shared::new(in_force(RESERVE).declaration, FROM);
    let settings = Settings { declared: declared.clone(), ..Settings::default() };
    let app = router(Arc::new(Fixed(demo().attributed())), settings);
    let ask = async |target: &str| -> Value {
        let answer = app.clone().oneshot(Request::get(target).body(Body::empty()).unwrap()).await.unwrap();
        serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
    };
    let left_out = |map: &Value| map["totals"]["left_out"]["declared"].as_u64();
    let first = ask("/api/v1/map?since=5m&limit=1").await;
    declared.change(in_force(CHECKOUT).declaration, FROM + 1);
    let further = ask(&format!("/api/v1/map?cursor={}&limit=1", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((left_out(&first), left_out(&further)), (Some(24_000), Some(24_000)), "{further}");
    let anew = ask("/api/v1/map?since=5m&limit=1").await;
    assert!(left_out(&anew) > left_out(&first), "checkout sends more than that operation: {anew}");
}

#[tokio::test]
async fn policies_are_judged_by_all_that_was_counted_whatever_is_declared() {
    let facts =
        |text: &'static str| async move { asked(&demo(), text, "/api/v1/facts?since=5m").await["edges"].clone() };
    let plain = facts("").await;
    assert!(plain.as_array().is_some_and(|edges| !edges.is_empty()));
    assert_eq!(facts(CHECKOUT).await, plain);
    assert_eq!(facts(RESERVE).await, plain);
}

#[tokio::test]
async fn on_a_link_that_is_declared_asynchronous_nobody_waits() {
    let mut world = World::of(&["shop/web", "shop/orders", "mail/sender"]);
    world.calls("shop/web", "shop/orders", 100, 40).calls("shop/orders", "mail/sender", 100, 20);
    let text = "asynchronous: [{source: {namespace: shop, workload: orders}, \
                destination: {namespace: mail, workload: sender}, reason: an outbox}]";
    let depth = |told: &Value| told["entries"][0]["depth"].as_u64().unwrap();
    assert_eq!(depth(&asked(&world, "", "/api/v1/entries?since=5m").await), 2);
    let told = asked(&world, text, "/api/v1/entries?since=5m").await;
    assert_eq!((depth(&told), told["declared"]["asynchronous_edges"].as_u64()), (1, Some(1)), "{told}");
    let map = asked(&world, text, "/api/v1/map?since=5m").await;
    let edges = map["edges"].as_array().unwrap();
    let known: Vec<_> = edges.iter().filter_map(|edge| edge["declared"]["interaction"].as_str()).collect();
    assert_eq!(known, ["asynchronous"]);
    let edge = edges.iter().find(|edge| edge["declared"].is_object()).unwrap();
    assert_eq!((&edge["declared"]["reason"], &edge["source_report"]["count"]), (&"an outbox".into(), &100.into()));
}

#[test]
fn revisions_are_told_apart_by_what_is_declared_to_be_a_failure() {
    let (source, destination) = ("shop/web", "stock/inventory");
    let mut world = World::of(&[source, destination]);
    let of = |revision: &str, count| {
        let mut report = Report::destination(source, destination).count(count, 4);
        report.revision = revision.to_owned();
        report
    };
    world.row_by(Hook::AccessLog, destination, &of("v1", 10_000));
    let failed = of("v2", 10).ended(Outcome::ClientError, AnsweredBy::Application);
    assert_eq!((failed.key.measure, failed.key.reporter), (Measure::Request, Reporter::Destination));
    world.row(destination, &failed);
    assert_eq!(failing(&world, ""), Some((10, 10_010, None)));
    assert_eq!(failing(&world, "failures: [{do_not_count: [client_error]}]"), None);
}
