//! The body of an act: text that is not too long. One that is not is refused in the API's own words.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::answer::Problem;
use crate::limits;

/// The body.
#[derive(Debug)]
pub(super) struct Sent(pub(super) String);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let (message, remedy) = (rejection.to_string(), "send the whole body");
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(limits::ACT_BYTES),
                _ => Problem::bad("bad_body", &message, remedy),
            }
        })?;
        let no_text = |_| Problem::bad("bad_body", "the body is no UTF-8", "give JSON in UTF-8");
        String::from_utf8(bytes.into()).map(Self).map_err(no_text)
    }
}
