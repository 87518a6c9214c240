//! How a refusal is written: a problem of RFC 9457, with the member `error` that was there before.
//!
//! The door of batches is not asked by people, and filters read what it says: what is refused there keeps the form that it always had, without
//! the members of a problem.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::ingest;
use crate::shown;

/// Media type of a problem.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// What is wrong, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ProblemParts")]
pub(crate) struct Wrong<'a> {
    /// A stable word for programs.
    pub(crate) code: &'a str,
    /// What is wrong, for people.
    pub(crate) message: &'a str,
    /// What to do about it, for people.
    pub(crate) remedy: &'a str,
}

/// A problem of RFC 9457.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Problem<'a> {
    /// Which kind of problem: `urn:hogusu:problem:` and `error.code`.
    #[schemars(regex(pattern = "^urn:hogusu:problem:[a-z_]+$"))]
    r#type: String,
    /// The same for people; it does not change from one time to the next.
    title: String,
    /// Status of the answer.
    status: u16,
    /// What is wrong this time, and what to do about it.
    detail: String,
    /// The same in parts.
    error: Wrong<'a>,
}

/// As answers were before problems.
#[derive(Debug, Serialize)]
struct Bare<'a> {
    error: Wrong<'a>,
}

impl<'a> Problem<'a> {
    fn of(status: StatusCode, error: Wrong<'a>) -> Self {
        let mut words = error.code.replace('_', " ");
        if let Some(first) = words.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let detail = format!("{}; {}", error.message, error.remedy);
        Self {
            r#type: format!("urn:hogusu:problem:{}", error.code),
            title: words,
            status: status.as_u16(),
            detail,
            error,
        }
    }
}

impl Wrong<'_> {
    /// The answer to whoever asked for `path`.
    pub(crate) fn response(self, status: StatusCode, path: &str) -> Response {
        if path == ingest::ADDRESS {
            answer(status, "application/json", &Bare { error: self })
        } else {
            self.problem(status)
        }
    }

    /// The answer of an address that is not the door of batches.
    pub(crate) fn problem(self, status: StatusCode) -> Response {
        answer(status, MEDIA_TYPE, &Problem::of(status, self))
    }
}

fn answer(status: StatusCode, kind: &'static str, body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(body) => (status, [(CONTENT_TYPE, HeaderValue::from_static(kind))], shown::json(body)).into_response(),
        Err(_unwritable) => status.into_response(),
    }
}
