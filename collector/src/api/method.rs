//! A method that an address does not take: the router says which it takes, and here that is put into words.

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONTENT_LENGTH};
use axum::middleware::Next;
use axum::response::Response;

use super::answer::Problem;

/// Longest address that is repeated in an answer, in characters.
const SHOWN: usize = 253;

/// Gives a refusal of the router its words.
pub async fn not_taken(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().chars().take(SHOWN).collect::<String>());
    let refused = next.run(request).await;
    if refused.status() != StatusCode::METHOD_NOT_ALLOWED {
        return refused;
    }
    let (mut parts, _empty) = refused.into_parts();
    let allowed = parts.headers.get(ALLOW).and_then(|allowed| allowed.to_str().ok()).unwrap_or_default();
    let (worded, body) = Problem::method(method.as_str(), &path, allowed).at(&path).into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(worded.headers);
    Response::from_parts(parts, Body::new(body))
}
