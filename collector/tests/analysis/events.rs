//! What a stream of events says, as docs/api.md has it, and that one which nobody ends is over all the same.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{Request, StatusCode};
use hogusu_collector::api::{Patience, Settings, router};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::api::Fixed;
use crate::docs::example;
use crate::world::demo;

#[tokio::test]
async fn a_stream_says_at_once_what_is_the_newest_and_ends_by_itself() {
    let patience = Patience { listen: Duration::from_millis(50), ..Patience::default() };
    let app = router(Arc::new(Fixed(demo().attributed())), Settings { patience, ..Settings::default() });
    let asked = Request::get("/api/v1/events").header(IF_NONE_MATCH, "*").body(Body::empty()).unwrap();
    let (parts, body) = app.oneshot(asked).await.unwrap().into_parts();
    assert_eq!(parts.headers["x-accel-buffering"], "no");
    assert_eq!((parts.status, &parts.headers[CONTENT_TYPE]), (StatusCode::OK, &"text/event-stream".parse().unwrap()));
    assert_eq!(parts.headers[CACHE_CONTROL], "no-store");
    assert!(!parts.headers.contains_key(ETAG));
    let said = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("event: slot"));
    let told: Value = serde_json::from_str(lines.next().unwrap().strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(told, example("hogusu.slot/v1"));
    assert_eq!(lines.next().unwrap().strip_prefix("id: "), told["slot"].as_str());
    assert_eq!(lines.collect::<Vec<_>>(), [""], "nothing changed before it ended");
}
