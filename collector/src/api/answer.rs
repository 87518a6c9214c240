//! What the API answers beside whole reports: one edge, and what is wrong with a question.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::report::map::Finding;
use crate::report::{Edge, Map, Moment};
use crate::shown;

/// A value as JSON.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_string(&self.0) {
            Ok(body) => ([(CONTENT_TYPE, "application/json")], shown::json(body)).into_response(),
            Err(error) => Problem::unavailable(&error.to_string()).into_response(),
        }
    }
}

/// One edge, with what was found on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OneEdge {
    schema: String,
    from: Moment,
    to: Moment,
    sealed_to: Moment,
    seconds: f64,
    edge: Edge,
    findings: Vec<Finding>,
}

impl OneEdge {
    pub(super) fn of(map: Map, id: &str) -> Result<Self, Problem> {
        let (from, to) = (map.from, map.to);
        let missing = || {
            let message = format!("no edge {id} between {from} and {to}");
            Problem::not_found("no_such_edge", &message, "take an id from /api/v1/map of the same period")
        };
        let edge = map.edges.into_iter().find(|edge| edge.id == id).ok_or_else(missing)?;
        let findings = map.findings.into_iter().filter(|finding| finding.edge_id.as_deref() == Some(id)).collect();
        let schema = "hogusu.edge/v1".to_owned();
        Ok(Self { schema, from, to, sealed_to: map.sealed_to, seconds: map.seconds, edge, findings })
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

    pub(super) fn unavailable(message: &str) -> Self {
        let remedy = "ask again; the collector's own log says more";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, ..Self::bad("unavailable", message, remedy) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let error = serde_json::json!({"error": {"code": self.code, "message": self.message, "remedy": self.remedy}});
        (self.status, [(CONTENT_TYPE, "application/json")], shown::json(error.to_string())).into_response()
    }
}
