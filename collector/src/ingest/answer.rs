//! Answers: OTLP's own for who speaks protobuf, JSON for everybody else.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::{Mismatch, Unverified};
use crate::limits::RETRY_AFTER_SECONDS;
use crate::telemetry::Metric;

/// Why a request is not granted, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// A stable word for programs.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: &'static str,
    /// Which metric counts it.
    pub metric: Metric,
}

impl Problem {
    /// Too much to do at the moment.
    #[must_use]
    pub fn busy() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "busy",
            message: "more batches arrive than can be made durable at the moment".to_owned(),
            remedy: "send the same batch again after Retry-After",
            metric: Metric::RefusedBusy,
        }
    }

    /// It came slowly while others waited.
    #[must_use]
    pub fn slow() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "too_slow",
            message: "the body arrived so slowly that it gave its place to another".to_owned(),
            remedy: "send the same batch again after Retry-After",
            metric: Metric::RefusedSlow,
        }
    }

    /// The journal cannot take anything at the moment.
    #[must_use]
    pub const fn unavailable(message: String) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "not_durable",
            message,
            remedy: "send the same batch again after Retry-After",
            metric: Metric::RefusedJournal,
        }
    }

    /// It is not known who sends.
    #[must_use]
    pub fn unverified(why: Unverified) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "identity_unverified",
            message: why.to_string(),
            remedy: "send over mutual TLS with a certificate of the mesh; nothing of the batch was taken",
            metric: Metric::IdentityUnverified,
        }
    }

    /// It says that it comes from somebody else.
    #[must_use]
    pub fn mismatch(mismatch: &Mismatch) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "identity_mismatch",
            message: mismatch.to_string(),
            remedy: "a proxy reports for its own namespace and service account only; nothing of the batch was taken",
            metric: Metric::IdentityMismatch,
        }
    }

    /// True when the sender drops the batch: a filter tries again after the others.
    #[must_use]
    pub fn is_final(&self) -> bool {
        let again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
        self.status.is_client_error() && !again.contains(&self.status)
    }

    /// The answer; `protobuf` when the request spoke it.
    #[must_use]
    pub fn response(&self, protobuf: bool) -> Response {
        let (kind, body) = if protobuf {
            ("application/x-protobuf", status_message(&format!("{}: {}; {}", self.code, self.message, self.remedy)))
        } else {
            let error = json!({"error": {"code": self.code, "message": self.message, "remedy": self.remedy}});
            ("application/json", error.to_string().into_bytes())
        };
        let mut response = plain(self.status, kind, body);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}

/// An empty `ExportMetricsServiceResponse`, which is no bytes at all.
pub(super) fn taken() -> Response {
    plain(StatusCode::OK, "application/x-protobuf", Vec::new())
}

fn plain(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A `google.rpc.Status` with nothing but its message (field 2), as OTLP wants errors.
fn status_message(message: &str) -> Vec<u8> {
    let mut out = vec![0x12];
    let mut length = message.len();
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7f).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap_or(0));
    out.extend_from_slice(message.as_bytes());
    out
}
