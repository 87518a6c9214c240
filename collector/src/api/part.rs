//! The part of an address that names something: an edge, a baseline. One that cannot be read is refused in the API's own words.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::answer::Problem;

/// The part, decoded.
#[derive(Debug)]
pub(super) struct Part(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        let unreadable = |_| Problem::bad("bad_address", "the address is no UTF-8", "write each byte of UTF-8 as %XX");
        read.map(|Path(part)| Self(part)).map_err(unreadable)
    }
}
