//! What the API answers beside whole reports: one edge, and what is wrong with a question.

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, IntoResponseParts, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Wrong;
use super::traced::Code;
use crate::etag::Tag;
use crate::limits;
use crate::piecewise::Piecewise;
use crate::report::map::{Completeness, Finding};
use crate::report::observed::Observed;
use crate::report::{Edge, Map, Moment};
use crate::shares::{Exhausted, Share};
use crate::shown;
use crate::spans;

/// Code of what takes more memory than there is.
const NO_ROOM: &str = "no_room";

/// Name and version of the shape of one edge.
const EDGE: &str = "hogusu.edge/v1";

/// An answer's bytes, held until they are read, and what they are called.
#[derive(Debug)]
pub(super) struct Held {
    body: Piecewise,
    tag: Tag,
}

impl Held {
    /// The answer, with these headers.
    pub(super) fn told(self, headers: impl IntoResponseParts) -> Response {
        (headers, Extension(self.tag), Body::new(self.body)).into_response()
    }
}

/// Holds an answer's bytes, if there is room for them. What is longer than an asker may have at any time would wait for ever.
pub(super) fn held(body: Vec<u8>, is_multiplexed: bool, mut share: Share) -> Result<Held, Problem> {
    spans::number(spans::BYTES, body.len() as u64);
    if body.len() > share.most() {
        let message = format!("the answer has {} bytes, and one asker may have {}", body.len(), share.most());
        return Err(Problem::bad("too_much", &message, "ask for less: a longer step, a shorter period, fewer edges"));
    }
    let full = |Exhausted| Problem::busy("too many answers are not read by who asked for them");
    share.grow(body.len()).map_err(full)?;
    let tag = Tag::of(&body);
    Ok(Held { body: Piecewise::new(body, is_multiplexed, share), tag })
}

/// A value as JSON that can be shown.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    let text = serde_json::to_string(value).map_err(|error| Problem::unavailable(&error.to_string()))?;
    Ok(shown::json(text).into_bytes())
}

/// A value as JSON.
#[derive(Debug)]
pub(super) struct Json(Held);

impl Json {
    /// Writes it, if there is room for it.
    pub(super) fn of(value: &impl Serialize, is_multiplexed: bool, share: Share) -> Result<Self, Problem> {
        Ok(Self(held(json(value)?, is_multiplexed, share)?))
    }
}

/// A table as CSV.
#[derive(Debug)]
pub(super) struct Csv(Held);

impl Csv {
    /// Takes it, if there is room for it.
    pub(super) fn of(text: String, is_multiplexed: bool, share: Share) -> Result<Self, Problem> {
        Ok(Self(held(text.into_bytes(), is_multiplexed, share)?))
    }
}

impl IntoResponse for Csv {
    /// A browser saves it: there is nothing in it to be shown as a page.
    fn into_response(self) -> Response {
        self.0.told([
            (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
            (CONTENT_DISPOSITION, "attachment; filename=\"hogusu-series.csv\""),
        ])
    }
}

/// Lines of JSON, compressed with gzip.
#[derive(Debug)]
pub(super) struct Lines(Held);

impl Lines {
    /// Takes them, if there is room for them.
    pub(super) fn of(body: Vec<u8>, is_multiplexed: bool, share: Share) -> Result<Self, Problem> {
        Ok(Self(held(body, is_multiplexed, share)?))
    }
}

impl IntoResponse for Lines {
    fn into_response(self) -> Response {
        self.0.told([(CONTENT_TYPE, "application/x-ndjson"), (CONTENT_ENCODING, "gzip")])
    }
}

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        self.0.told([(CONTENT_TYPE, "application/json")])
    }
}

/// One edge, with what was found on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct OneEdge {
    /// Name and version of this shape.
    #[schemars(extend("const" = EDGE))]
    schema: String,
    /// Start.
    from: Moment,
    /// End, exclusive.
    to: Moment,
    /// Up to here nothing changes any more but by late parts.
    sealed_to: Moment,
    /// How finely time is told apart in what was read: `10s`, `1m`, `1h` or `1d`.
    resolution: String,
    /// Seconds that rates divide by: the observed part of the period.
    seconds: f64,
    /// How complete the picture is.
    completeness: Completeness,
    /// The edge.
    edge: Edge,
    /// Worst first.
    findings: Vec<Finding>,
}

impl OneEdge {
    /// From a map of one edge.
    pub(super) fn of(map: Map) -> Option<Self> {
        let Map { observed, edges, findings, .. } = map;
        let Observed { from, to, sealed_to, resolution, seconds, completeness, .. } = observed;
        let edge = edges.into_iter().next()?;
        let schema = EDGE.to_owned();
        Some(Self { schema, from, to, sealed_to, resolution, seconds, completeness, edge, findings })
    }

    pub(super) fn missing(id: &str, from: Moment, to: Moment) -> Problem {
        let message = format!("no edge {id} between {from} and {to}");
        Problem::not_found("no_such_edge", &message, "take an id from /api/v1/map of the same period")
    }
}

/// Why a question is not answered, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    remedy: String,
}

impl Problem {
    pub(super) fn bad(code: &'static str, message: &str, remedy: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.to_owned(), remedy: remedy.to_owned() }
    }

    pub(super) fn not_found(code: &'static str, message: &str, remedy: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::bad(code, message, remedy) }
    }

    /// The address takes other methods.
    pub(super) fn method(method: &str, path: &str, allowed: &str) -> Self {
        let (message, remedy) = (format!("{path} does not take {method}"), format!("it takes {allowed}"));
        Self { status: StatusCode::METHOD_NOT_ALLOWED, ..Self::bad("method_not_allowed", &message, &remedy) }
    }

    /// The body is longer than so many bytes.
    pub(super) fn too_large(most: usize) -> Self {
        let message = format!("the body is longer than {most} bytes");
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::bad("too_large", &message, "give a shorter one") }
    }

    /// What is there forbids it.
    pub(super) fn conflict(code: &'static str, message: &str, remedy: &str) -> Self {
        Self { status: StatusCode::CONFLICT, ..Self::bad(code, message, remedy) }
    }

    /// There is too much to do.
    pub(super) fn busy(message: &str) -> Self {
        let remedy = "ask again after Retry-After";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, ..Self::bad("busy", message, remedy) }
    }

    /// It would take more memory than there is for questions.
    pub(super) fn no_room(message: &str) -> Self {
        let remedy = "ask for a shorter period or when fewer ask, or give the collector more memory (--max-memory)";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, ..Self::bad(NO_ROOM, message, remedy) }
    }

    /// True for one of those.
    pub(super) fn is_no_room(&self) -> bool {
        self.code == NO_ROOM
    }

    /// It took too long.
    pub(super) fn late(after: Duration) -> Self {
        let message = format!("the answer was not found within {} s", after.as_secs());
        let remedy = "ask for a shorter period";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, ..Self::bad("too_long", &message, remedy) }
    }

    pub(super) fn unavailable(message: &str) -> Self {
        let remedy = "ask again; the collector's own log says more";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, ..Self::bad("unavailable", message, remedy) }
    }
}

impl Problem {
    /// The answer to whoever asked for this path.
    pub(super) fn at(&self, path: &str) -> Response {
        let wrong = Wrong { code: self.code, message: &self.message, remedy: &self.remedy };
        let mut response = wrong.response(self.status, path);
        response.extensions_mut().insert(Code(self.code));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(limits::RETRY_AFTER_SECONDS));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Of the API's own addresses.
    fn into_response(self) -> Response {
        self.at("/api")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Party;
    use crate::shares::Shares;

    #[test]
    fn what_an_asker_may_never_have_is_no_matter_of_waiting() {
        let shares = Shares::new(100);
        let share = |name: &str| shares.share(Party::Identity(name.into()));
        let asked =
            |bytes: usize| held(vec![0; bytes], false, share("one")).map_err(|problem| (problem.status, problem.code));
        assert_eq!(asked(51).unwrap_err(), (StatusCode::BAD_REQUEST, "too_much"));
        let first = asked(50).unwrap();
        assert_eq!(asked(50).unwrap_err(), (StatusCode::SERVICE_UNAVAILABLE, "busy"));
        drop(first);
        assert!(asked(50).is_ok());
    }
}
