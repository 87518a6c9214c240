//! Questions: what a cursor may say, how many are worked on, and that nobody works for an asker who left.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hogusu_collector::allowance::Allowance;
use hogusu_collector::api::{Patience, Settings, router};
use hogusu_collector::limits;
use hogusu_collector::peer::Peer;
use hogusu_collector::period::{Period, Periods, Status, StoreError};
use hogusu_collector::report::Moment;
use hogusu_collector::telemetry::Metric;
use hogusu_collector::wanted::Wanted;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::api::{Fixed, ask};
use crate::world::{FROM, SECOND, TO, demo};

const HOUR: u64 = 3600 * SECOND;

/// The cursor of a question's second page.
async fn cursor(question: &str) -> String {
    let (_, _, page) = ask(demo(), &format!("/api/v1/{question}")).await;
    page["next_cursor"].as_str().unwrap_or_else(|| panic!("{question} has one page")).to_owned()
}

/// The same about another period.
fn about(cursor: &str, from: u64, to: u64) -> String {
    let parts: Vec<&str> = cursor.split('-').collect();
    let [before @ .., _, _, answer] = parts.as_slice() else { panic!("{cursor}") };
    format!("{}-{from:x}-{to:x}-{answer}", before.join("-"))
}

async fn is_refused(target: &str) -> String {
    let (status, _, body) = ask(demo(), target).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &Value::from("bad_cursor")), "{target}");
    body["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_cursor_is_a_question_as_any_other() {
    for address in ["map", "senders"] {
        let cursor = cursor(&format!("{address}?limit=1")).await;
        for (from, to) in [(TO, FROM), (TO, TO), (0, u64::MAX), (FROM - 402 * 24 * HOUR, FROM), (0, TO)] {
            is_refused(&format!("/api/v1/{address}?cursor={}", about(&cursor, from, to))).await;
        }
        let whole = about(&cursor, TO - 401 * 24 * HOUR, TO);
        let (status, _, _) = ask(demo(), &format!("/api/v1/{address}?cursor={whole}")).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_cursor_of_another_question_is_refused_and_skips_nothing() {
    let of_map = cursor("map?limit=1").await;
    let of_senders = cursor("senders?limit=1").await;
    let of_namespace = cursor("map?limit=1&namespace=stock").await;
    for target in [
        format!("senders?cursor={of_map}"),
        format!("map?cursor={of_senders}"),
        format!("map?cursor={of_map}&namespace=stock"),
        format!("map?cursor={of_map}&workload=stock"),
        format!("map?cursor={of_map}&include=probe"),
        format!("map?cursor={of_namespace}"),
    ] {
        let said = is_refused(&format!("/api/v1/{target}")).await;
        assert_eq!(said, "the cursor belongs to another question", "{target}");
    }
    for target in [format!("map?cursor={of_map}&limit=2"), format!("map?cursor={of_namespace}&namespace=stock")] {
        let (status, _, body) = ask(demo(), &format!("/api/v1/{target}")).await;
        assert_eq!(status, StatusCode::OK, "{target}: {body}");
    }
}

#[tokio::test]
async fn a_from_in_the_future_without_to_is_told_what_is_wrong_with_it() {
    let (status, _, body) = ask(demo(), "/api/v1/map?from=2126-11-24T14:02:00Z").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        (&body["error"]["code"], &body["error"]["remedy"]),
        (&"bad_period".into(), &"give a from in the past".into())
    );
}

/// Periods of more than a minute take until nobody wants them any more.
#[derive(Default)]
struct Endless {
    begun: AtomicUsize,
    worked_on: AtomicUsize,
    most: AtomicUsize,
}

impl Periods for Endless {
    fn period(&self, from: u64, to: u64, wanted: &Wanted) -> Result<Period, StoreError> {
        if to - from <= 60 * SECOND {
            return Ok(Period { from, to, ..Period::default() });
        }
        self.begun.fetch_add(1, Ordering::SeqCst);
        let now = self.worked_on.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        while wanted.check().is_ok() {
            std::thread::yield_now();
        }
        self.worked_on.fetch_sub(1, Ordering::SeqCst);
        Err(StoreError::Stopping)
    }

    fn status(&self) -> Status {
        Status { now: TO, ..Status::default() }
    }
}

impl Endless {
    async fn until(&self, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            tokio::task::yield_now().await;
        }
    }

    fn worked_on(&self) -> usize {
        self.worked_on.load(Ordering::SeqCst)
    }
}

fn endless() -> (Arc<Endless>, Router) {
    let periods = Arc::new(Endless::default());
    (Arc::clone(&periods), router(periods, Settings::default()))
}

fn peer(last: u8, socket: Weak<TcpStream>) -> Peer {
    Peer { address: [192, 0, 2, last].into(), connection: 1, socket }
}

/// Asks about a period of so many seconds as the peer with this number; over HTTP/2 a peer that leaves is told by dropping what it asked. No
/// two ask about the same period: they would share an answer.
fn asked(app: &Router, seconds: u64, number: u8) -> JoinHandle<Response<Body>> {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let to = TO - ASKED.fetch_add(1, Ordering::SeqCst) * 10 * SECOND;
    let (from, to) = (Moment(to - seconds * SECOND), Moment(to));
    let request = Request::get(format!("/api/v1/map?from={from}&to={to}")).version(axum::http::Version::HTTP_2);
    let request = request.extension(peer(number, Weak::new())).body(Body::empty()).unwrap();
    let app = app.clone();
    tokio::spawn(async move { app.oneshot(request).await.unwrap() })
}

#[tokio::test]
async fn three_hundred_questions_that_are_dropped_leave_nothing_to_be_worked_on() {
    let (periods, app) = endless();
    let all: Vec<_> = (0..300).map(|number| asked(&app, 300, u8::try_from(number % 250).unwrap())).collect();
    periods.until(|periods| periods.worked_on() == limits::QUESTIONS_AT_ONCE).await;
    all.iter().for_each(JoinHandle::abort);
    periods.until(|periods| periods.worked_on() == 0).await;
    assert_eq!(asked(&app, 50, 1).await.unwrap().status(), StatusCode::OK);
    assert!(periods.most.load(Ordering::SeqCst) <= limits::QUESTIONS_AT_ONCE);
    assert_eq!(periods.begun.load(Ordering::SeqCst), limits::QUESTIONS_AT_ONCE, "the others were never begun");
}

#[tokio::test]
async fn long_questions_never_stop_a_short_one() {
    let (periods, app) = endless();
    let long: Vec<_> = (0..8).map(|_| asked(&app, 7 * 24 * 3600, 1)).collect();
    periods.until(|periods| periods.worked_on() == limits::LONG_QUESTIONS_AT_ONCE).await;
    assert_eq!(asked(&app, 50, 1).await.unwrap().status(), StatusCode::OK);
    assert_eq!(periods.worked_on(), limits::LONG_QUESTIONS_AT_ONCE);
    long.iter().for_each(JoinHandle::abort);
    periods.until(|periods| periods.worked_on() == 0).await;
}

async fn come_again(answer: Response<Body>, code: &str) {
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], limits::RETRY_AFTER_SECONDS.to_string());
    let body: Value = serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!(body["error"]["code"], code, "{body}");
}

#[tokio::test]
async fn one_peer_has_a_part_of_the_places_and_the_rest_is_told_to_come_again() {
    let (periods, app) = endless();
    let waiting: Vec<_> = (0..limits::QUESTIONS_OF_PEER).map(|_| asked(&app, 7 * 24 * 3600, 1)).collect();
    periods.until(|periods| periods.worked_on() == limits::LONG_QUESTIONS_AT_ONCE).await;
    come_again(asked(&app, 50, 1).await.unwrap(), "busy").await;
    assert_eq!(asked(&app, 50, 2).await.unwrap().status(), StatusCode::OK);
    waiting.iter().for_each(JoinHandle::abort);
    periods.until(|periods| periods.worked_on() == 0).await;
}

#[tokio::test]
async fn a_question_waits_for_its_turn_within_its_time() {
    let periods = Arc::new(Endless::default());
    let patience = Patience { wait: Duration::ZERO, ..Patience::default() };
    let app = router(Arc::clone(&periods) as Arc<dyn Periods>, Settings { patience, ..Settings::default() });
    let long: Vec<_> = (0..limits::LONG_QUESTIONS_AT_ONCE).map(|_| asked(&app, 7 * 24 * 3600, 1)).collect();
    periods.until(|periods| periods.worked_on() == limits::LONG_QUESTIONS_AT_ONCE).await;
    come_again(asked(&app, 7 * 24 * 3600, 2).await.unwrap(), "busy").await;
    long.iter().for_each(JoinHandle::abort);
    periods.until(|periods| periods.worked_on() == 0).await;
}

#[tokio::test]
async fn a_question_is_worked_on_within_its_time() {
    let periods = Arc::new(Endless::default());
    let patience = Patience { work: Duration::from_millis(1), ..Patience::default() };
    let app = router(Arc::clone(&periods) as Arc<dyn Periods>, Settings { patience, ..Settings::default() });
    come_again(asked(&app, 7 * 24 * 3600, 1).await.unwrap(), "too_long").await;
    periods.until(|periods| periods.worked_on() == 0).await;
}

#[tokio::test]
async fn an_asker_over_http_1_who_hangs_up_wants_no_answer() {
    let (periods, app) = endless();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let socket = Arc::new(listener.accept().await.unwrap().0);
    let request = Request::get("/api/v1/map?since=5m").extension(peer(1, Arc::downgrade(&socket)));
    let answer = tokio::spawn(app.oneshot(request.body(Body::empty()).unwrap()));
    periods.until(|periods| periods.worked_on() == 1).await;
    drop(client);
    assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    periods.until(|periods| periods.worked_on() == 0).await;
}

#[tokio::test]
async fn a_series_takes_what_its_points_take_be_anything_in_them_or_not() {
    let app = router(
        Arc::new(Fixed(demo().attributed())),
        Settings { allowance: Allowance::new(400_000), ..Settings::default() },
    );
    let ask = async |step: &str| {
        let target = format!("/api/v1/series?since=1h&workload=stock/inventory&step={step}");
        let answer = app.clone().oneshot(Request::get(target).body(Body::empty()).unwrap()).await.unwrap();
        answer.status()
    };
    assert_eq!((ask("20m").await, ask("10s").await), (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(ask("20m").await, StatusCode::OK, "it is given back");
}

#[tokio::test]
async fn a_series_of_an_edge_that_is_not_in_the_period_is_not_found() {
    let (status, _, body) = ask(demo(), "/api/v1/series?since=5m&step=5m&edge=0000000000000000").await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::NOT_FOUND, &"no_such_edge".into()));
}

/// Periods that take as many bytes as they have nanoseconds.
struct Hungry;

impl Periods for Hungry {
    fn period(&self, from: u64, to: u64, wanted: &Wanted) -> Result<Period, StoreError> {
        wanted.take(to - from)?;
        Ok(Period { from, to, ..demo().attributed() })
    }

    fn status(&self) -> Status {
        Status { now: TO, ..Status::default() }
    }
}

#[tokio::test]
async fn a_question_for_which_there_is_no_memory_says_so_and_takes_none_from_those_after_it() {
    let allowance = Allowance::new(100 * SECOND);
    let settings = Settings { allowance: allowance.clone(), ..Settings::default() };
    let telemetry = Arc::clone(&settings.telemetry);
    let app = router(Arc::new(Hungry), settings);
    let ask = async |question: &str| {
        let request = Request::get(format!("/api/v1/{question}")).body(Body::empty()).unwrap();
        let answer = app.clone().oneshot(request).await.unwrap();
        let (status, is_later) = (answer.status(), answer.headers().contains_key("retry-after"));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        (status, is_later, body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let (good, no_room) =
        ((StatusCode::OK, false, String::new()), (StatusCode::SERVICE_UNAVAILABLE, true, "no_room".to_owned()));
    for _ in 0..3 {
        assert_eq!(ask("map?since=1m").await, good);
        assert!(allowance.taken() < SECOND, "what is kept for further pages is all that is left of it");
        for question in ["map?since=10m", "senders?since=10m", "series?since=10m&workload=stock/inventory&step=10m"] {
            assert_eq!(ask(question).await, no_room, "{question}");
        }
        assert_eq!(allowance.taken(), 0, "where there is no room, what was kept goes too");
        // Each stretch is given back before the next one is read.
        assert_eq!(ask("series?since=10m&workload=stock/inventory&step=1m").await, good);
    }
    assert_eq!(telemetry.get(Metric::QuestionsTooLarge), 9);
}
