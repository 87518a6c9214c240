//! Answers that are kept by who asked: each carries the tag of its bytes, and who has them already is answered 304, without them.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, ETAG, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::etag::{Known, Tag};

/// What may be done with a refusal, and with what is of one moment alone.
pub(super) const NOT_KEPT: &str = "no-store";
/// And with an answer: who asked may keep it, nobody on the way may, and it is asked for each time.
pub(super) const ASKED_AGAIN: &str = "private, no-cache";

/// Tells what is answered apart by its tag, which whoever wrote it left among its extensions.
pub(super) async fn told(request: Request, next: Next) -> Response {
    let known = Known::of(request.headers());
    let mut response = next.run(request).await;
    let Some(tag) = response.extensions_mut().remove::<Tag>() else {
        return ([(CACHE_CONTROL, NOT_KEPT)], response).into_response();
    };
    let headers = [(CACHE_CONTROL, ASKED_AGAIN), (ETAG, tag.as_str())];
    if known.holds(&tag) {
        (StatusCode::NOT_MODIFIED, headers, unchanged(response)).into_response()
    } else {
        (headers, response).into_response()
    }
}

/// What is left of an answer that its asker has. The bytes go, and with them the share that counts them.
fn unchanged(response: Response) -> (HeaderMap, Body) {
    let (parts, whole) = response.into_parts();
    drop(whole);
    let vary = parts.headers.get(VARY).map(|value| (VARY, value.clone()));
    // Of no said length: a length would be that of the answer which is not sent.
    (HeaderMap::from_iter(vary), Body::from_stream(futures_util::stream::empty::<Result<&[u8], std::io::Error>>()))
}
