//! Edges that come and go between two periods: what was planted is found, and what was only not seen is never called new or idle.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hogusu_collector::analysis::expected::Expected;
use hogusu_collector::analysis::join::Include;
use hogusu_collector::api::{Settings, router};
use hogusu_collector::period::{Folded, Period, Periods, Status, StoreError};
use hogusu_collector::report::Selection;
use hogusu_collector::report::analysed::Analysed;
use hogusu_collector::report::turnover::Turnover;
use hogusu_collector::wanted::Wanted;
use hogusu_model::Peer;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::api::Fixed;
use crate::command_line::{served, text};
use crate::docs::is_described;
use crate::world::{FROM, Report, SECOND, World};

const WORKLOADS: [&str; 4] = ["shop/web", "shop/cart", "shop/stock", "shop/bank"];

/// Web asks cart in both; before, cart asked stock; after, it asks bank.
fn worlds() -> [World; 2] {
    let [mut before, mut after] = [World::of(&WORKLOADS), World::of(&WORKLOADS)];
    before.calls("shop/web", "shop/cart", 100, 5).calls("shop/cart", "shop/stock", 40, 5);
    after.calls("shop/web", "shop/cart", 90, 5).calls("shop/cart", "shop/bank", 70, 5);
    [before, after]
}

fn everybody() -> Expected {
    let names = WORKLOADS.iter().filter_map(|name| name.split_once('/'));
    Expected::Workloads(names.map(|(namespace, name)| ((namespace.to_owned(), name.to_owned()), 1)).collect())
}

fn turned([before, after]: &[World; 2], expected: Option<&Expected>) -> Vec<(String, String, Option<String>)> {
    let analysed =
        |world: &World| Analysed::of(&world.attributed(), expected, Include::default(), &Wanted::default()).unwrap();
    let found: Turnover = analysed(after).turnover(&analysed(before), &Selection::default());
    assert_eq!(found.edges.len() as u64, found.edges_in_all);
    let told = |edge: hogusu_collector::report::turnover::TurnedEdge| {
        (edge.turn, format!("{} -> {}", edge.source, edge.destination), edge.known_by)
    };
    found.edges.into_iter().map(told).collect()
}

fn words(worlds: &[World; 2]) -> Vec<String> {
    turned(worlds, Some(&everybody())).into_iter().map(|(turn, ..)| turn).collect()
}

#[test]
fn an_edge_is_new_or_idle_where_an_end_of_it_was_wholly_seen() {
    let by_source = Some("source".to_owned());
    let expected = [
        ("new".to_owned(), "shop/cart -> shop/bank".to_owned(), by_source.clone()),
        ("idle".to_owned(), "shop/cart -> shop/stock".to_owned(), by_source),
    ];
    assert_eq!(turned(&worlds(), Some(&everybody())), expected);
}

#[test]
fn where_nobody_says_who_should_report_edges_were_only_not_seen() {
    let found: Vec<_> = turned(&worlds(), None).into_iter().map(|(turn, _, by)| (turn, by)).collect();
    assert_eq!(found, [("not_seen_before".to_owned(), None), ("not_seen_after".to_owned(), None)]);
}

#[test]
fn what_may_have_been_missed_makes_an_edge_not_seen_and_no_other() {
    let change = |place: usize, change: &dyn Fn(&mut World)| {
        let mut worlds = worlds();
        change(&mut worlds[place]);
        words(&worlds)
    };
    let lost = |world: &mut World| world.sender("shop/cart").lost_batches = 1;
    assert_eq!(change(0, &lost), ["idle", "not_seen_before"]);
    assert_eq!(change(1, &lost), ["new", "not_seen_after"]);
    let folded = |world: &mut World| {
        let id = world.sender("shop/cart").id;
        let folded = Folded { start: FROM - 30 * SECOND, end: FROM + 30 * SECOND, exchanges: 5 };
        world.period.folded.push((id, folded));
    };
    assert_eq!(change(1, &folded), ["new", "not_seen_after"], "what it counted stands before the period");
    let nobody = |world: &mut World| {
        let unknown = Report::source("shop/cart", "shop/stock").count(3, 5);
        world.row("shop/cart", &unknown.with(|key| (key.peer, key.service) = (Peer::default(), Default::default())));
    };
    assert_eq!(change(1, &nobody), ["new", "idle"], "stock itself was wholly seen, and nobody called it");
    let both = |world: &mut World| {
        nobody(world);
        let anonymous = Report::destination("any/one", "shop/stock").plaintext().count(3, 5);
        world.row("shop/stock", &anonymous.with(|key| key.peer = Peer::default()));
    };
    assert_eq!(change(1, &both), ["new", "not_seen_after"], "who called stock may have been cart");
}

#[test]
fn an_edge_is_gone_where_the_api_server_has_no_pod_of_an_end_any_more() {
    let mut worlds = worlds();
    for world in &mut worlds {
        world.watched();
    }
    for (place, name) in WORKLOADS.iter().enumerate() {
        worlds[0].pod(name, &format!("10.0.0.{}", place + 1));
        if *name != "shop/stock" {
            worlds[1].pod(name, &format!("10.0.0.{}", place + 1));
        }
    }
    let found = turned(&worlds, None);
    let gone = found.iter().find(|(_, edge, _)| edge.ends_with("shop/stock")).unwrap();
    assert_eq!((gone.0.as_str(), gone.2.as_deref()), ("gone", Some("api_server")), "{found:?}");
}

#[test]
fn the_same_edges_turn_nothing() {
    let [before, _] = worlds();
    assert!(words(&[before.clone(), before]).is_empty());
}

/// Answers with one world before [`FROM`], and with the other from there on.
struct Halves([World; 2]);

impl Periods for Halves {
    fn period(&self, from: u64, to: u64, wanted: &Wanted) -> Result<Period, StoreError> {
        Fixed(self.0[usize::from(from >= FROM)].attributed()).period(from, to, wanted)
    }

    fn status(&self) -> Status {
        Fixed(Period::default()).status()
    }
}

fn app() -> Router {
    router(Arc::new(Halves(worlds())), Settings { expected: Some(everybody()), ..Settings::default() })
}

#[tokio::test]
async fn the_api_compares_with_the_period_before_and_every_field_is_described() {
    let request = Request::get("/api/v1/turnover?since=5m").body(Body::empty()).unwrap();
    let answer = app().oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((&answer["before"]["to"], &answer["is_whole"]), (&answer["from"], &Value::from(true)));
    assert_eq!((&answer["edges"][0]["turn"], &answer["edges"][0]["exchanges"]), (&"new".into(), &70.into()));
    is_described(&answer, "/api/v1/turnover");
}

#[tokio::test]
async fn the_command_says_by_whose_word() {
    let (output, _) = served(app(), &["turnover", "--since", "5m"]).await;
    let told = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    for part in ["against 20", "new   shop/cart  shop/bank", "idle  shop/cart  shop/stock", "KNOWN BY", "hogusu diff"] {
        assert!(told.contains(part), "{part} in:\n{told}");
    }
    assert!(told.lines().all(|line| line.chars().count() <= 118), "{told}");
}
