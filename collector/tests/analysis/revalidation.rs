//! Answers that the asker has already: called by their bytes, and not sent again.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderName, Request, Response, StatusCode};
use hogusu_collector::api::{Settings, router};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::api::{Fixed, ask};
use crate::world::{FROM, SECOND, TO, World, demo};

/// Every address that needs no folder.
const TARGETS: [&str; 8] = [
    "/api/v1/map",
    "/api/v1/graph",
    "/api/v1/series?workload=stock/inventory",
    "/api/v1/series?workload=stock/inventory&format=csv",
    "/api/v1/senders",
    "/api/v1/proxies",
    "/api/v1/status",
    "/api/v1/openapi.json",
];

fn app(world: &World, settings: Settings) -> Router {
    router(Arc::new(Fixed(world.attributed())), settings)
}

async fn asked(app: &Router, method: &str, target: &str, headers: &[(HeaderName, &str)]) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn told(app: &Router, target: &str, headers: &[(HeaderName, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let (parts, body) = asked(app, "GET", target, headers).await.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

fn tag(headers: &HeaderMap) -> String {
    headers[ETAG].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_answer_says_what_it_is_called_and_is_not_sent_to_who_has_it() {
    let (_, _, map) = ask(demo(), "/api/v1/map").await;
    let edge = format!("/api/v1/edges/{}", map["edges"][0]["id"].as_str().unwrap());
    let app = app(&demo(), Settings::default());
    for target in TARGETS.into_iter().chain([&*edge]) {
        let (status, headers, body) = told(&app, target, &[]).await;
        assert_eq!(
            (status, headers[CACHE_CONTROL].to_str().unwrap()),
            (StatusCode::OK, "private, no-cache"),
            "{target}"
        );
        let tag = tag(&headers);
        for has in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let (status, again, nothing) = told(&app, target, &[(IF_NONE_MATCH, &has)]).await;
            assert_eq!((status, nothing.len()), (StatusCode::NOT_MODIFIED, 0), "{target} for who has {has}");
            assert_eq!((&again[ETAG], &again[CACHE_CONTROL]), (&headers[ETAG], &headers[CACHE_CONTROL]), "{target}");
            assert_eq!(again.get(VARY), headers.get(VARY), "{target}");
            assert!(!again.contains_key(CONTENT_LENGTH) && !again.contains_key(CONTENT_TYPE), "{target}: {again:?}");
            assert_eq!(again["x-content-type-options"], "nosniff", "{target}");
        }
        let (status, again, whole) = told(&app, target, &[(IF_NONE_MATCH, "\"other\"")]).await;
        assert_eq!((status, &again[ETAG], whole == body), (StatusCode::OK, &headers[ETAG], true), "{target}");
    }
}

#[tokio::test]
async fn what_is_asked_by_head_is_called_as_what_is_asked_by_get() {
    let app = app(&demo(), Settings::default());
    let (_, got, body) = told(&app, "/api/v1/map", &[]).await;
    let head = asked(&app, "HEAD", "/api/v1/map", &[]).await;
    assert_eq!((head.status(), &head.headers()[ETAG]), (StatusCode::OK, &got[ETAG]));
    assert_eq!(head.headers()[CONTENT_LENGTH], body.len().to_string());
    let head = asked(&app, "HEAD", "/api/v1/map", &[(IF_NONE_MATCH, &tag(&got))]).await;
    assert_eq!((head.status(), &head.headers()[ETAG]), (StatusCode::NOT_MODIFIED, &got[ETAG]));
}

#[tokio::test]
async fn another_answer_or_another_coding_of_it_is_called_otherwise() {
    let mut more = demo();
    more.calls("shop/checkout", "stock/inventory", 1, 9);
    let (before, after) = (app(&demo(), Settings::default()), app(&more, Settings::default()));
    let (_, first, _) = told(&before, "/api/v1/graph", &[]).await;
    let (status, second, _) = told(&after, "/api/v1/graph", &[(IF_NONE_MATCH, &tag(&first))]).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(second[ETAG], first[ETAG]);
    let packed = [(ACCEPT_ENCODING, "gzip"), (IF_NONE_MATCH, &tag(&first))];
    let (status, packed, _) = told(&before, "/api/v1/graph", &packed).await;
    assert_eq!(status, StatusCode::OK, "who has it plainly does not have these bytes");
    assert_ne!(packed[ETAG], first[ETAG]);
}

/// The same at another moment, at which every sender told of everything up to then.
fn asked_at(now: u64, told: u64) -> World {
    let mut world = demo();
    world.period.now = now;
    for sender in &mut world.period.senders {
        sender.last_end = told;
    }
    world
}

#[tokio::test]
async fn a_live_period_to_which_nothing_came_is_called_as_before_until_the_next_slot_begins() {
    let (now, end) = (TO - 4 * SECOND, TO - 6 * SECOND);
    for target in ["/api/v1/map", "/api/v1/graph", "/api/v1/groups?by=namespace"] {
        let (_, first, body) = told(&app(&asked_at(now, end), Settings::default()), target, &[]).await;
        let again = |now, end| {
            let (app, tag) = (app(&asked_at(now, end), Settings::default()), tag(&first));
            async move { told(&app, target, &[(IF_NONE_MATCH, &tag)]).await.0 }
        };
        assert_eq!(again(now + SECOND, end).await, StatusCode::NOT_MODIFIED, "{target}");
        assert_eq!(again(now + SECOND, end + SECOND).await, StatusCode::OK, "{target}: a batch came");
        let map: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(map["seconds"], 294.0, "{target}: up to what was told");
    }
}

#[tokio::test]
async fn time_of_which_nobody_told_goes_on_by_slots() {
    for (now, seconds) in [(TO - 11 * SECOND, 280.0), (TO - 9 * SECOND, 290.0), (TO - 1, 290.0), (TO, 300.0)] {
        let app = app(&asked_at(now, FROM + 60 * SECOND), Settings::default());
        let map: serde_json::Value = serde_json::from_slice(&told(&app, "/api/v1/map", &[]).await.2).unwrap();
        assert_eq!(map["seconds"], seconds, "at {now}");
    }
}

#[tokio::test]
async fn a_refusal_is_called_nothing_and_kept_by_nobody() {
    let app = app(&demo(), Settings::default());
    for (target, refused) in [
        ("/api/v1/map?since=x", StatusCode::BAD_REQUEST),
        ("/api/v1/edges/0000000000000000", StatusCode::NOT_FOUND),
        ("/api/v1/nothing", StatusCode::NOT_FOUND),
        ("/api/v1/baselines", StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let (status, headers, _) = told(&app, target, &[(IF_NONE_MATCH, "*")]).await;
        assert_eq!((status, headers[CACHE_CONTROL].to_str().unwrap()), (refused, "no-store"), "{target}");
        assert!(!headers.contains_key(ETAG), "{target}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_sent_takes_no_room_of_those_that_wait_to_be_read() {
    let (_, headers, body) = told(&app(&demo(), Settings::default()), "/api/v1/map", &[]).await;
    let has = tag(&headers);
    // One asker has half: one answer.
    let app = app(&demo(), Settings { answers: 2 * body.len(), ..Settings::default() });
    let first = asked(&app, "GET", "/api/v1/map", &[(IF_NONE_MATCH, &has)]).await;
    let second = asked(&app, "GET", "/api/v1/map", &[(IF_NONE_MATCH, &has)]).await;
    assert_eq!([first.status(), second.status()], [StatusCode::NOT_MODIFIED; 2]);
    let sent = asked(&app, "GET", "/api/v1/map", &[]).await;
    let refused = asked(&app, "GET", "/api/v1/map", &[]).await;
    assert_eq!([sent.status(), refused.status()], [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE]);
    drop((first, second));
}
