//! Answers that several askers and pages share.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hogusu_collector::allowance::Allowance;
use hogusu_collector::api::{Settings, router};
use hogusu_collector::limits::{PAGES_NANOS, SHARED_COST_NANOS, SHARED_NANOS};
use hogusu_collector::period::{Period, Periods, Status, StoreError};
use hogusu_collector::wanted::Wanted;
use hogusu_model::Security;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::api::Fixed;
use crate::world::{Report, SECOND, TO, World};

const HOUR: u64 = 3600 * SECOND;

/// Tells one more request each time, and takes its time by its own clock.
struct Growing {
    told: AtomicUsize,
    now: AtomicU64,
    takes: u64,
}

impl Periods for Growing {
    fn period(&self, from: u64, to: u64, _wanted: &Wanted) -> Result<Period, StoreError> {
        self.now.fetch_add(self.takes, Ordering::SeqCst);
        let mut world = World::of(&["shop/checkout", "shop/cart", "stock/inventory"]);
        let count = self.told.fetch_add(1, Ordering::SeqCst) as u64 + 1;
        for to in ["shop/cart", "stock/inventory"] {
            world.row("shop/checkout", &Report::source("shop/checkout", to).count(count, 1));
        }
        // Rounded outwards, as where slots are not kept any more.
        Ok(Period { from: from - from % HOUR, to, ..world.period })
    }

    fn status(&self) -> Status {
        Status { now: self.now.load(Ordering::SeqCst), ..Status::default() }
    }
}

fn growing(takes: u64) -> (Arc<Growing>, Router) {
    growing_with(takes, Settings::default())
}

fn growing_with(takes: u64, settings: Settings) -> (Arc<Growing>, Router) {
    let periods = Arc::new(Growing { told: AtomicUsize::new(0), now: AtomicU64::new(TO), takes });
    (Arc::clone(&periods), router(periods, settings))
}

async fn answer(app: &Router, target: &str) -> Value {
    let answer = app.clone().oneshot(Request::get(target).body(Body::empty()).unwrap()).await.unwrap();
    serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn requests(app: &Router, question: &str) -> (u64, Value) {
    let body = answer(app, &format!("/api/v1/map?{question}")).await;
    (body["totals"]["requests"].as_u64().unwrap_or_else(|| panic!("{question}: {body}")), body)
}

#[tokio::test]
async fn a_costly_answer_serves_who_asks_within_a_second_and_a_cheap_one_nobody_else() {
    let (periods, app) = growing(SHARED_COST_NANOS);
    assert_eq!(requests(&app, "since=5m").await.0, 2);
    assert_eq!(requests(&app, "since=5m").await.0, 2, "within the second");
    assert_eq!(requests(&app, "since=10m").await.0, 4, "another period");
    assert_eq!(requests(&app, "since=5m&include=probe").await.0, 6, "other traffic");
    let whole = requests(&app, "since=5m").await.1;
    let edge = whole["edges"][0]["id"].as_str().unwrap();
    assert_eq!(answer(&app, &format!("/api/v1/edges/{edge}?since=5m")).await["edge"], whole["edges"][0]);
    assert_eq!(requests(&app, "since=5m&namespace=stock").await.0, 1, "each selection has its own sums");
    periods.now.fetch_add(SHARED_NANOS, Ordering::SeqCst);
    assert_eq!(requests(&app, "since=5m").await.0, 8, "what came since is in it");
    let (_, app) = growing(SHARED_COST_NANOS - 1);
    assert_eq!((requests(&app, "since=5m").await.0, requests(&app, "since=5m").await.0), (2, 4));
}

#[tokio::test]
async fn a_graph_is_of_the_answer_that_a_map_is_of_and_takes_room_of_its_own_while_it_is_written() {
    let allowance = Allowance::new(1 << 30);
    let (_, app) = growing_with(SHARED_COST_NANOS, Settings { allowance: allowance.clone(), ..Settings::default() });
    assert_eq!(requests(&app, "since=5m").await.0, 2);
    let kept = allowance.taken();
    let graph = answer(&app, "/api/v1/graph?since=5m").await;
    assert_eq!((&graph["totals"]["requests"], &graph["edges"]["exchanges"]), (&2.into(), &json!([1, 1])), "{graph}");
    assert_eq!(allowance.taken(), kept, "nothing is kept of it");
    let rest = allowance.begin();
    rest.draw((1 << 30) - kept).unwrap();
    assert_eq!(answer(&app, "/api/v1/graph?since=5m").await["error"]["code"], "no_room");
    assert_eq!(requests(&app, "since=5m").await.0, 2, "a page of the map is there as before");
    drop(rest);
    assert_eq!(answer(&app, "/api/v1/graph?since=5m").await, graph);
}

#[tokio::test]
async fn further_pages_are_of_the_answer_that_the_first_one_was_of() {
    let (periods, app) = growing(1);
    let (_, first) = requests(&app, "since=5m&limit=1").await;
    let second = format!("limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(requests(&app, "since=5m&limit=1").await.0, 4, "there is more by now");
    periods.now.fetch_add(PAGES_NANOS - SECOND, Ordering::SeqCst);
    let (sum, page) = requests(&app, &second).await;
    assert_eq!((sum, &page["next_cursor"]), (2, &Value::Null));
    assert_ne!(page["edges"][0]["id"], first["edges"][0]["id"]);
    periods.now.fetch_add(2 * SECOND, Ordering::SeqCst);
    assert_eq!(requests(&app, &second).await.0, 6, "it is kept for a minute; then the page is of what is there");
}

/// The pages of a map of so many edges, each of them plaintext; one proxy lost batches.
async fn plaintext(edges: usize) -> Vec<Value> {
    let names: Vec<String> = (0..=edges).map(|number| format!("shop/w{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::of(&names[..2]);
    for to in &names[1..] {
        world.row(names[0], &Report::source(names[0], to).count(1, 1).with(|key| key.security = Security::Plaintext));
    }
    let sender = world.sender(names[1]);
    (sender.lost_batches, sender.lost_exchanges) = (2, 3);
    let (periods, mut cursor, mut pages) = (Arc::new(Fixed(world.attributed())), String::new(), Vec::new());
    let app = router(periods, Settings::default());
    loop {
        let page = answer(&app, &format!("/api/v1/map?limit=200{cursor}")).await;
        let next = page["next_cursor"].as_str().map(|next| format!("&cursor={next}"));
        pages.push(page);
        match next {
            Some(next) => cursor = next,
            None => return pages,
        }
    }
}

#[tokio::test]
async fn findings_come_with_the_page_of_their_edge_and_the_worst_and_those_about_the_telemetry_with_the_first() {
    let pages = plaintext(801).await;
    let mut told = BTreeSet::new();
    for (number, page) in pages.iter().enumerate() {
        let edges: Vec<&Value> = page["edges"].as_array().unwrap().iter().map(|edge| &edge["id"]).collect();
        let findings = page["findings"].as_array().unwrap();
        for finding in findings {
            let rank = finding["rank"].as_u64().unwrap();
            let is_first = number == 0 && (rank <= 500 || finding["edge_id"].is_null());
            assert!(is_first || edges.contains(&&finding["edge_id"]), "page {number}: {finding}");
            told.insert(rank);
        }
        assert_eq!(findings.len(), [501, 200, 200, 200, 1][number], "page {number}");
    }
    assert_eq!(told, (1..=802).collect(), "all of them, and each rank once");
}
