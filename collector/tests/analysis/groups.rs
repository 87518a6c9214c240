//! Edges put together by what their ends belong to, and edges chosen by what they are: nothing is counted twice, nothing is lost.

use axum::http::StatusCode;
use hogusu_collector::analysis::join::Include;
use hogusu_collector::report::analysed::Analysed;
use hogusu_collector::report::groups::{By, Group, Groups};
use hogusu_collector::report::{Selection, table};
use hogusu_collector::wanted::Wanted;
use hogusu_model::{AnsweredBy, Outcome, Peer};
use serde_json::Value;

use crate::api::ask;
use crate::world::{Report, World, workload};

const WORKLOADS: [&str; 5] = ["shop/web", "shop/cart", "stock/inventory", "stock/pricing", "legacy/cron"];

/// Within a namespace and between two, over HTTP and TCP, with failures, plaintext, a host outside and an end that nobody knows.
fn world() -> World {
    let mut world = World::of(&WORKLOADS);
    world.calls("shop/web", "shop/cart", 100, 5);
    world.calls("shop/web", "stock/inventory", 300, 10);
    world.calls("shop/cart", "stock/pricing", 200, 20);
    let failed = Report::source("shop/cart", "stock/pricing").ended(Outcome::ServerError, AnsweredBy::Upstream);
    world.row("shop/cart", &failed.count(50, 20));
    let failed = Report::destination("shop/cart", "stock/pricing").ended(Outcome::ServerError, AnsweredBy::Application);
    world.row("stock/pricing", &failed.count(50, 20));
    world.row("shop/cart", &Report::source("shop/cart", "stock/inventory").tcp().count(7, 1_000));
    world.row("legacy/cron", &Report::source("legacy/cron", "stock/inventory").plaintext().count(40, 9));
    let unknown = Report::destination("any/one", "stock/inventory").plaintext().count(3, 1);
    world.row("stock/inventory", &unknown.with(|key| key.peer = Peer::default()));
    world
}

async fn groups(world: World, question: &str) -> Groups {
    let (status, _, body) = ask(world, &format!("/api/v1/groups?since=5m{question}")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_value(body).unwrap()
}

fn between<'a>(groups: &'a Groups, source: Option<&str>, destination: &str, measure: &str) -> &'a Group {
    let is_it = |group: &&Group| {
        (group.source.as_deref(), group.destination.as_deref(), group.measure.as_str())
            == (source, Some(destination), measure)
    };
    groups.groups.iter().find(is_it).unwrap_or_else(|| panic!("{source:?} {destination} {measure}: {groups:#?}"))
}

#[tokio::test]
async fn groups_add_up_to_the_totals_whatever_they_are_put_together_by() {
    for by in ["namespace", "workload", "service", "cluster", "zone"] {
        let groups = groups(world(), &format!("&by={by}")).await;
        let totals = &groups.observed.totals;
        let sum = |of: fn(&Group) -> u64, measure: &str| -> u64 {
            groups.groups.iter().filter(|group| group.measure == measure).map(of).sum()
        };
        let edges: u64 = groups.groups.iter().map(|group| group.edges).sum();
        let told = (edges, sum(|group| group.exchanges, "requests"), sum(|group| group.exchanges, "connections"));
        assert_eq!(told, (totals.edges, totals.requests, totals.connections), "{by}");
        assert_eq!(told, (6, 693, 7), "{by}");
        for group in &groups.groups {
            let (by_security, by_agreement): (u64, u64) =
                (group.security.values().sum(), group.agreement.values().sum());
            assert_eq!((by_security, by_agreement), (group.edges, group.edges), "{by}: {group:?}");
        }
    }
}

#[tokio::test]
async fn what_is_between_two_namespaces_is_the_sum_of_its_edges() {
    let groups = groups(world(), "&by=namespace").await;
    let one = between(&groups, Some("shop"), "stock", "requests");
    assert_eq!((one.edges, one.exchanges, one.failed, one.failed_of), (2, 550, 50, 550));
    assert!((one.failed_ratio.unwrap() - 50.0 / 550.0).abs() < 1e-12);
    // 300 of 10 ms and 250 of 20 ms: every answered request of both edges.
    assert!((one.p50_s.unwrap() / 0.010 - 1.0).abs() < 0.05 && (one.p99_s.unwrap() / 0.020 - 1.0).abs() < 0.05);
    assert_eq!(one.finding.as_deref(), Some("failing"));
    let (_, _, edge) = ask(world(), &format!("/api/v1/edges/{}?since=5m", one.worst_edge)).await;
    assert_eq!(edge["edge"]["destination"]["label"], "stock/pricing");
    assert_eq!(between(&groups, Some("shop"), "shop", "requests").exchanges, 100);
    let plain = between(&groups, Some("legacy"), "stock", "requests");
    assert_eq!(plain.security.iter().map(|(state, n)| (state.as_str(), *n)).collect::<Vec<_>>(), [("plaintext", 1)]);
}

#[tokio::test]
async fn connections_are_never_added_to_requests_and_have_no_latency() {
    let groups = groups(world(), "&by=namespace").await;
    let one = between(&groups, Some("shop"), "stock", "connections");
    assert_eq!((one.edges, one.exchanges, one.p50_s, one.p99_s), (1, 7, None, None));
}

#[tokio::test]
async fn an_end_of_which_nobody_knows_what_it_belongs_to_is_in_no_group() {
    let found = groups(world(), "&by=namespace").await;
    let one = between(&found, None, "stock", "requests");
    assert_eq!((one.source_kind.as_str(), one.exchanges), ("unknown", 3));
    // Nobody watches an API server here, so no zone is known.
    let found = groups(world(), "&by=zone").await;
    assert!(found.groups.iter().all(|group| group.source.is_none() && group.destination.is_none()), "{found:#?}");
    let kinds: Vec<&str> = found.groups.iter().map(|group| group.source_kind.as_str()).collect();
    assert!(kinds.contains(&"workload") && kinds.contains(&"unknown"), "{kinds:?}");
}

#[tokio::test]
async fn an_end_of_several_zones_belongs_to_all_of_them_together() {
    let mut world = World::of(&["stock/inventory"]);
    let from = |address: &str| {
        let report = Report::destination("any/one", "stock/inventory").plaintext().count(10, 4);
        let address = address.to_owned();
        report.with(move |key| key.peer = Peer { address, ..Peer::default() })
    };
    world.watched().pod("legacy/cron", "10.0.0.9").row("stock/inventory", &from("10.0.0.9"));
    let mut period = world.attributed();
    let known = period.cluster.as_mut().unwrap().workloads.get_mut(&workload("legacy/cron")).unwrap();
    known.zones.insert("z2".to_owned());
    let analysed = Analysed::of(&period, None, Include::default(), &Wanted::default()).unwrap();
    let groups = analysed.groups(&Selection::default(), By::Zone);
    assert_eq!(groups.groups[0].source.as_deref(), Some("z1, z2"));
}

#[tokio::test]
async fn edges_are_chosen_by_what_they_are() {
    let chosen = async |question: &str| -> Vec<String> {
        let (status, _, map) = ask(world(), &format!("/api/v1/map?since=5m&{question}")).await;
        assert_eq!(status, StatusCode::OK, "{map}");
        let end = |end: &Value| end["label"].as_str().unwrap().to_owned();
        let edges = map["edges"].as_array().unwrap().iter();
        let mut edges: Vec<String> =
            edges.map(|edge| format!("{} {}", end(&edge["source"]), end(&edge["destination"]))).collect();
        edges.sort();
        edges
    };
    assert_eq!(chosen("protocol=tcp").await, ["shop/cart stock/inventory"]);
    assert_eq!(chosen("security=plaintext").await, ["legacy/cron stock/inventory", "unknown stock/inventory"]);
    assert_eq!(chosen("outcome=server_error").await, ["shop/cart stock/pricing"]);
    assert_eq!(chosen("cluster=c1").await.len(), 6);
    assert_eq!(chosen("cluster=c2").await, Vec::<String>::new());
    assert_eq!(chosen("protocol=http&outcome=server_error&namespace=legacy").await, Vec::<String>::new());
    let (all, some) = (chosen("protocol=http").await, chosen("protocol=tcp").await);
    assert_eq!(all.len() + some.len(), 6, "each edge has one protocol");
}

#[tokio::test]
async fn a_word_that_is_not_known_is_refused_with_those_that_are() {
    for (target, code) in [
        ("groups?by=planet", "bad_by"),
        ("groups?by=zone&by=zone", "repeated_parameter"),
        ("map?protocol=smtp", "bad_protocol"),
        ("graph?security=Plaintext", "bad_security"),
        ("groups?outcome=", "bad_outcome"),
        ("map?cluster=%22a", "bad_cluster"),
        ("map?by=zone", "unknown_parameter"),
    ] {
        let (status, _, body) = ask(World::new(), &format!("/api/v1/{target}")).await;
        assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &code.into()), "{target}: {body}");
    }
}

#[tokio::test]
async fn a_cursor_of_other_kinds_of_edges_is_refused() {
    let (_, _, map) = ask(world(), "/api/v1/map?since=5m&protocol=http&limit=1").await;
    let cursor = map["next_cursor"].as_str().unwrap();
    for (question, status) in
        [("&protocol=http", StatusCode::OK), ("&protocol=tcp", StatusCode::BAD_REQUEST), ("", StatusCode::BAD_REQUEST)]
    {
        let target = format!("/api/v1/map?limit=1{question}&cursor={cursor}");
        assert_eq!(ask(world(), &target).await.0, status, "{question}");
    }
}

#[tokio::test]
async fn the_table_of_groups_says_how_complete_they_are_and_names_what_is_not_known() {
    let groups = groups(world(), "").await;
    let text = table::groups::draw(&groups);
    for part in ["14:02:00Z to 14:07:00Z", "6 edges", "time covered", "? (unknown)", "550 requests", "7 connections"] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= table::WIDTH), "{text}");
}

#[tokio::test]
async fn a_namespace_called_as_what_is_not_known_stands_in_quotes() {
    let mut world = World::of(&["? (workload)/web", "shop/cart"]);
    world.calls("? (workload)/web", "shop/cart", 10, 5);
    let text = table::groups::draw(&groups(world, "").await);
    assert!(text.contains("\"? (workload)\"  shop"), "{text}");
}
