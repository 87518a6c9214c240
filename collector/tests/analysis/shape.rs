//! Entry points, impact and coupling: what was planted is found, and nothing is certain that was not wholly seen.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use hogusu_collector::analysis::expected::Expected;
use hogusu_collector::analysis::join::Include;
use hogusu_collector::label::Asked;
use hogusu_collector::report::Selection;
use hogusu_collector::report::analysed::Analysed;
use hogusu_collector::report::shape::coupling::Coupling;
use hogusu_collector::report::shape::entries::EntryPoints;
use hogusu_collector::report::shape::impact::ImpactOf;
use hogusu_collector::wanted::Wanted;
use hogusu_model::{AnsweredBy, Hook, Outcome, Peer};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::ask;
use crate::command_line::{hogusu, text};
use crate::world::{FROM, Report, SECOND, World};

const WORKLOADS: [&str; 6] = ["shop/web", "shop/orders", "stock/inventory", "stock/pricing", "data/ledger", "ops/job"];

/// Behind web everything passes orders; ledger is asked five times for one order, and by a job too; one in ten calls of pricing fails.
pub(crate) fn world() -> World {
    let mut world = World::of(&WORKLOADS);
    let outside = Report::destination("any/one", "shop/web").plaintext().count(1_000, 50);
    world.row("shop/web", &outside.with(|key| key.peer = Peer::default()));
    world.calls("shop/web", "shop/orders", 400, 40);
    world.calls("shop/orders", "stock/inventory", 400, 5);
    world.calls("shop/orders", "stock/pricing", 360, 30);
    let (source, destination) = ("shop/orders", "stock/pricing");
    let failed = Report::source(source, destination).ended(Outcome::ServerError, AnsweredBy::Upstream);
    world.row(source, &failed.count(40, 20));
    let failed = Report::destination(source, destination).ended(Outcome::ServerError, AnsweredBy::Application);
    world.row(destination, &failed.count(40, 19));
    world.calls("stock/inventory", "data/ledger", 2_000, 2);
    world.calls("ops/job", "data/ledger", 60, 2);
    world
}

pub(crate) async fn told<T: DeserializeOwned>(world: World, target: &str) -> T {
    let (status, _, body) = ask(world, &format!("/api/v1/{target}")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_value(body).unwrap()
}

/// Of a world of which somebody declared who should report.
fn declared(world: &World, workload: &str) -> ImpactOf {
    let expected = world.period.senders.iter().map(|sender| {
        let workload = &sender.proxy.workload;
        ((workload.namespace.clone(), workload.name.clone()), 1)
    });
    let expected = Expected::Workloads(expected.collect::<BTreeMap<_, _>>());
    let analysed = Analysed::of(&world.attributed(), Some(&expected), Include::default(), &Wanted::default()).unwrap();
    let workload = Some(Asked::parse(workload).unwrap());
    analysed.impact(&Selection { workload, ..Selection::default() }).unwrap()
}

fn certainties(impact: &ImpactOf) -> Vec<(&str, &str)> {
    impact.entries.iter().map(|hit| (hit.workload.as_str(), hit.certainty.as_str())).collect()
}

#[tokio::test]
async fn entry_points_say_how_deep_they_wait_and_how_available_they_can_be() {
    let found: EntryPoints = told(world(), "entries?since=5m").await;
    let names: Vec<_> =
        found.entries.iter().map(|one| (one.workload.as_str(), one.why.as_str(), one.requests)).collect();
    assert_eq!(names, [("shop/web", "no_source", 1_000), ("ops/job", "no_source", 60)]);
    let web = &found.entries[0];
    assert_eq!((web.depth, web.depth_at_least.len(), web.dependencies, web.hard_dependencies), (3, 0, 4, 0));
    assert_eq!(web.availability.worst.as_deref(), Some("stock/pricing"));
    // Two of five requests make an order, and one in ten of those fails.
    assert!((web.availability.minimum.unwrap() - 0.96).abs() < 1e-9, "{web:?}");
    assert_eq!((found.entries[1].measure.as_str(), found.entries[1].calls.is_none()), ("calls_made", true));
}

#[tokio::test]
async fn one_workload_is_told_with_all_that_its_calls_lead_to() {
    let found: EntryPoints = told(world(), "entries?since=5m&workload=shop/orders").await;
    let orders = &found.entries[0];
    assert_eq!((orders.why.as_str(), orders.requests, found.entries_in_all), ("asked", 400, 2));
    let calls: Vec<_> =
        orders.calls.as_ref().unwrap().iter().map(|step| (step.level, step.workload.as_str(), step.is_hard)).collect();
    assert_eq!(calls, [(1, "stock/inventory", true), (1, "stock/pricing", true), (2, "data/ledger", true)]);
    let ledger = &orders.calls.as_ref().unwrap()[2];
    assert!((ledger.calls_per_request.unwrap() - 5.0).abs() < 1e-9 && ledger.caller == "stock/inventory");
    // Of its 39 ms at its own proxy it waits 5 and 30: one after the other, or only the longer of both.
    let own = orders.own_time.unwrap();
    assert!(own.if_sequential_s < own.if_parallel_s && own.if_parallel_s < own.whole_s, "{own:?}");
    assert!((own.if_parallel_s - 0.012).abs() < 0.004, "{own:?}");
}

#[tokio::test]
async fn what_fails_with_a_workload_is_certain_only_where_it_is_known_who_should_report() {
    let found: ImpactOf = told(world(), "impact?since=5m&workload=shop/orders").await;
    assert_eq!((certainties(&found), found.is_whole), (vec![("shop/web", "as_observed")], false));
    let found = declared(&world(), "shop/orders");
    assert_eq!((certainties(&found), found.is_whole), (vec![("shop/web", "certain")], true));
    let hit = &found.entries[0];
    assert_eq!((hit.share_if_even, hit.share_at_most), (Some(0.4), Some(0.4)));
    assert_eq!((&found.callers[..], found.upstream), (&["shop/web".to_owned()][..], 1));
    assert_eq!(found.cut_off, ["stock/inventory", "stock/pricing"], "a job reaches the ledger too");
}

#[test]
fn some_ways_make_it_possible_and_lost_batches_make_nothing_certain() {
    let found = declared(&world(), "data/ledger");
    assert_eq!(certainties(&found), [("ops/job", "certain"), ("shop/web", "possible")]);
    let mut world = world();
    world.sender("shop/web").lost_batches = 1;
    assert_eq!(certainties(&declared(&world, "shop/orders")), [("shop/web", "as_observed")]);
    assert_eq!(
        certainties(&declared(&world, "data/ledger"))[0],
        ("ops/job", "certain"),
        "of others nothing is missing"
    );
    let unseen = BTreeSet::from(["shop/web"]);
    world.period.senders.retain(|sender| !unseen.contains(format!("shop/{}", sender.proxy.workload.name).as_str()));
    assert_eq!(certainties(&declared(&world, "shop/orders")), [("shop/web", "as_observed")]);
}

#[test]
fn a_second_proxy_that_told_of_nothing_makes_nothing_certain_unless_it_was_gone_before() {
    let mut world = world();
    let second = world.proxy("shop/web", "10.0.0.77");
    (second.covered, second.expected) = (0, 0);
    assert_eq!(certainties(&declared(&world, "shop/orders")), [("shop/web", "certain")]);
    world.period.senders.last_mut().unwrap().expected = 300;
    assert_eq!(certainties(&declared(&world, "shop/orders")), [("shop/web", "as_observed")]);
}

#[test]
fn what_a_workload_called_before_its_proxy_came_and_without_one_that_counts_is_not_certain() {
    let mut late = world();
    late.sender("shop/web").first_start = FROM + 2 * SECOND;
    assert_eq!(certainties(&declared(&late, "shop/orders")), [("shop/web", "certain")], "a start takes a moment");
    late.sender("shop/web").first_start = FROM + 200 * SECOND;
    assert_eq!(certainties(&declared(&late, "shop/orders")), [("shop/web", "as_observed")]);
    let mut attempts_alone = world();
    attempts_alone.sender("shop/web").hook = Hook::UpstreamLog;
    assert_eq!(certainties(&declared(&attempts_alone, "shop/orders")), [("shop/web", "as_observed")]);
}

#[test]
fn of_who_was_not_declared_nobody_knows_how_many_proxies_there_are() {
    let (world, asked) = (world().attributed(), Some(Asked::parse("shop/orders").unwrap()));
    let selection = Selection { workload: asked, ..Selection::default() };
    for (without, certainty) in [("none", "certain"), ("shop/web", "as_observed"), ("ops/job", "certain")] {
        let declared = WORKLOADS.iter().filter(|name| **name != without).filter_map(|name| name.split_once('/'));
        let declared = declared.map(|(namespace, name)| ((namespace.to_owned(), name.to_owned()), 1));
        let expected = Expected::Workloads(declared.collect());
        let analysed = Analysed::of(&world, Some(&expected), Include::default(), &Wanted::default()).unwrap();
        let found = analysed.impact(&selection).unwrap();
        assert_eq!(certainties(&found), [("shop/web", certainty)], "without {without}");
    }
}

#[test]
fn calls_that_reached_nobody_are_calls_of_the_workload_behind_the_name() {
    let mut world = World::of(&["shop/web", "shop/orders"]);
    world.calls("shop/web", "shop/orders", 100, 5);
    let nobody = Report::source("shop/web", "shop/orders").ended(Outcome::NoHealthyUpstream, AnsweredBy::LocalProxy);
    world.row("shop/web", &nobody.count(50, 1).with(|key| key.peer = Peer::default()));
    let found = declared(&world, "shop/orders");
    assert_eq!(certainties(&found), [("shop/web", "certain")], "there is no second way");
    assert_eq!(found.entries[0].requests, 150);
}

#[test]
fn a_gateway_is_an_entry_point_and_connections_have_no_depth() {
    let mut world = World::of(&["edge/gw", "shop/web", "data/redis"]);
    world.sender("edge/gw").proxy.id = "router~10.0.0.1~gw-0.edge~edge".to_owned();
    world.calls("edge/gw", "shop/web", 100, 5);
    world.row("shop/web", &Report::source("shop/web", "data/redis").tcp().count(7, 1_000));
    let analysed = Analysed::of(&world.attributed(), None, Include::default(), &Wanted::default()).unwrap();
    let found = analysed.entries(&Selection::default()).unwrap();
    let gateway = &found.entries[0];
    assert_eq!((gateway.why.as_str(), gateway.depth, gateway.dependencies), ("gateway", 1, 2));
    assert_eq!(gateway.depth_at_least, ["connections"], "whether web waits for redis nobody knows");
    let found = declared(&world, "data/redis");
    assert_eq!(certainties(&found), [("edge/gw", "as_observed")], "nobody knows whether web waits for it");
    assert_eq!((found.entries[0].share_if_even, found.entries[0].share_at_most), (None, Some(1.0)));
}

#[tokio::test]
async fn the_first_to_decouple_is_told_with_its_reason_and_weights_change_it() {
    let all: Coupling = told(world(), "coupling?since=5m").await;
    assert_eq!((all.links.len() as u64, all.links_in_all, all.weights["reach"]), (5, 5, 3.0));
    assert_eq!((all.single_points[0].workload.as_str(), all.single_points[0].entries), ("shop/orders", 1));
    assert_eq!((all.bottlenecks[0].workload.as_str(), all.bottlenecks[0].sources), ("data/ledger", 2));
    assert_eq!((all.chatty[0].source.as_str(), all.chatty[0].calls_per_request), ("stock/inventory", 5.0));
    let weights = "failures=9,reach=0,waiting=0,fan_in=0,cycle=0,cut_off=0,depth=0,chatty=0";
    let failing: Coupling = told(world(), &format!("coupling?since=5m&limit=1&weights={weights}")).await;
    let first = &failing.links[0];
    assert_eq!((first.destination.as_str(), first.reason.as_str()), ("stock/pricing", "40 of 400 requests failed"));
    assert_eq!((failing.links.len(), failing.links_in_all), (1, 5));
    assert!((first.score - 0.1).abs() < 1e-9);
}

#[tokio::test]
async fn retries_are_told_where_attempts_are_measured() {
    let mut world = world();
    let attempts = Report::source("shop/orders", "stock/pricing").attempts().count(900, 9);
    world.proxy("shop/orders", "10.0.0.2").hook = Hook::UpstreamLog;
    world.row_by(Hook::UpstreamLog, "shop/orders", &attempts);
    let found: Coupling = told(world.clone(), "coupling?since=5m").await;
    let retried = &found.retried[0];
    assert_eq!((retried.attempts, retried.requests, retried.is_partly_measured), (900, 400, false));
    let entries: EntryPoints = told(world.clone(), "entries?since=5m").await;
    let web = &entries.entries[0];
    assert_eq!(
        (web.attempts_for_one, web.attempts_at_least),
        (Some(2.25), true),
        "of other links nobody measures them"
    );
    let orders: EntryPoints = told(world.clone(), "entries?since=5m&workload=shop/orders").await;
    assert!(orders.entries[0].attempts_at_least, "inventory's calls are not measured");
    // A second pod that has no upstream log.
    world.proxy("shop/orders", "10.0.0.9");
    let found: Coupling = told(world, "coupling?since=5m").await;
    assert!(found.retried[0].is_partly_measured);
}

#[tokio::test]
async fn circles_are_told_with_the_link_to_cut() {
    let mut world = World::of(&["a/one", "a/two", "a/three"]);
    world.calls("a/one", "a/two", 100, 5).calls("a/two", "a/three", 90, 5).calls("a/three", "a/two", 3, 5);
    let found: Coupling = told(world, "coupling?since=5m").await;
    let circle = &found.cycles[0];
    assert_eq!((&circle.members[..], circle.requests), (&["a/two".to_owned(), "a/three".to_owned()][..], 93));
    assert_eq!((circle.thinnest_source.as_str(), circle.thinnest_destination.as_str()), ("a/three", "a/two"));
}

#[tokio::test]
async fn a_question_that_cannot_be_answered_is_refused_with_what_can() {
    let mut namesakes = World::of(&["a/web", "b/web"]);
    namesakes.calls("a/web", "b/web", 10, 5);
    for (target, code) in [
        ("impact?since=5m", "missing_parameter"),
        ("impact?workload=web", "ambiguous_workload"),
        ("entries?workload=web", "ambiguous_workload"),
        ("impact?workload=a/web:80", "bad_workload"),
        ("coupling?weights=speed=1", "bad_weights"),
        ("coupling?weights=reach", "bad_weights"),
        ("coupling?weights=reach=-1", "bad_weights"),
        ("coupling?weights=reach=NaN", "bad_weights"),
        ("coupling?weights=reach=1,reach=2", "bad_weights"),
        ("coupling?weights=depth=1&weights=depth=1", "repeated_parameter"),
        ("coupling?workload=web", "unknown_parameter"),
    ] {
        let (status, _, body) = ask(namesakes.clone(), &format!("/api/v1/{target}")).await;
        assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &code.into()), "{target}: {body}");
    }
    let (_, _, body) = ask(namesakes, "/api/v1/impact?workload=web").await;
    assert_eq!(body["error"]["remedy"], "give one of a/web, b/web");
}

#[tokio::test]
async fn who_was_not_seen_is_told_from_who_is_called_by_nobody() {
    let (_, _, unseen) = ask(world(), "/api/v1/impact?workload=nobody").await;
    assert_eq!((&unseen["is_name_seen"], &unseen["workload"]), (&Value::from(false), &Value::Null));
    let mut idle = world();
    let one = World::of(&["shop/idle"]).period.senders.remove(0);
    idle.period.senders.push(one);
    let (_, _, seen) = ask(idle, "/api/v1/impact?workload=idle").await;
    assert_eq!((&seen["is_name_seen"], &seen["workload"]), (&Value::from(true), &Value::Null));
}

#[tokio::test]
async fn a_gateway_that_is_called_back_and_a_database_that_refuses_are_told_for_what_they_are() {
    let mut world = World::of(&["edge/gw", "shop/web"]);
    world.sender("edge/gw").proxy.id = "router~10.0.0.1~gw-0.edge~edge".to_owned();
    world.calls("edge/gw", "shop/web", 100, 5);
    world.row("shop/web", &Report::source("shop/web", "edge/gw").count(5, 5));
    let refused = Report::source("shop/web", "data/db").tcp().ended(Outcome::ConnectFailure, AnsweredBy::LocalProxy);
    world.row("shop/web", &refused.count(500, 1));
    let found: EntryPoints = told(world.clone(), "entries?since=5m&workload=edge/gw").await;
    let gateway = &found.entries[0];
    assert_eq!((gateway.measure.as_str(), gateway.requests), ("calls_made", 100));
    assert_eq!((gateway.availability.minimum, gateway.availability.failing_connections), (Some(1.0), 1));
    let calls = gateway.calls.as_ref().unwrap();
    let database = calls.iter().find(|step| step.workload == "data/db").unwrap();
    assert_eq!((database.connections_failed, database.connections_failed_of, database.failed_of), (500, 500, 0));
    let (output, _) = hogusu(world, &["entries", "--since", "5m"]).await;
    let told = text(&output.stdout);
    assert!(told.contains("100 % !") && told.contains("nobody knows who waited"), "{told}");
}

#[tokio::test]
async fn failures_that_callers_cope_with_are_no_bound_on_what_they_were_seen_to_answer() {
    let mut world = World::of(&["shop/web", "shop/price"]);
    let outside = Report::destination("any/one", "shop/web").plaintext().count(100, 50);
    world.row("shop/web", &outside.with(|key| key.peer = Peer::default()));
    world.calls("shop/web", "shop/price", 100, 5);
    let failed = Report::source("shop/web", "shop/price").ended(Outcome::ServerError, AnsweredBy::Upstream);
    world.row("shop/web", &failed.count(100, 5));
    let (output, _) = hogusu(world, &["entries", "--since", "5m"]).await;
    let told = text(&output.stdout);
    for part in ["IF FAILURES PASS", "50.0 %", "if nobody copes with them", "callers retried or went on without"] {
        assert!(told.split_whitespace().collect::<Vec<_>>().join(" ").contains(part), "{part} in:\n{told}");
    }
}

#[tokio::test]
async fn the_commands_show_completeness_and_what_is_not_known() {
    let (output, _) = hogusu(world(), &["impact", "shop/orders", "--since", "5m"]).await;
    let told = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    for part in ["time covered 100 %", "shop/web", "as observed", "40.0 %", "nothing is certain", "called by shop/web"]
    {
        assert!(told.contains(part), "{part} in:\n{told}");
    }
    let (output, _) = hogusu(world(), &["entries", "--workload", "shop/orders"]).await;
    let told = text(&output.stdout);
    assert!(told.contains("CALLS") && told.contains("data/ledger") && told.contains("inferred: if it calls"), "{told}");
    let (output, _) = hogusu(world(), &["coupling", "--limit", "2"]).await;
    let told = text(&output.stdout);
    for part in ["3 more links (--limit)", "WHY", "SINGLE POINTS OF FAILURE, as observed", "BOTTLENECKS", "reach=3"] {
        assert!(told.contains(part), "{part} in:\n{told}");
    }
    assert!(told.lines().all(|line| line.chars().count() <= 118), "{told}");
    let (output, _) = hogusu(world(), &["coupling", "--format", "json"]).await;
    let json: Coupling = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json.schema, "hogusu.coupling/v1");
}

#[tokio::test]
async fn the_commands_end_as_others_do() {
    for (arguments, code, said) in [
        (&["impact"][..], 2, "NAME"),
        (&["coupling", "--weights", "speed=1"][..], 2, "known: reach"),
        (&["coupling", "--limit", "0"][..], 2, "1..=1000"),
        (&["impact", "web:80"][..], 4, "leave the port out"),
    ] {
        let (output, _) = hogusu(world(), arguments).await;
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains(said), "{said} in {told}");
    }
    let (output, _) = hogusu(world(), &["impact", "shop/nobody"]).await;
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("nothing of that name was seen"), "{output:?}");
}

#[tokio::test]
async fn a_name_that_steers_is_shown_for_what_it_is() {
    let name = "shop/x\u{1b}[31m\ny";
    let mut world = World::of(&["shop/web"]);
    world.row("shop/web", &Report::source("shop/web", name).count(10, 1));
    for arguments in [&["coupling"][..], &["entries"], &["entries", "--workload", "shop/web"]] {
        let (output, _) = hogusu(world.clone(), arguments).await;
        assert!(!text(&output.stdout).contains('\u{1b}'), "{output:?}");
    }
}
