//! What is served beside batches and the API: health, readiness, the collector's own metrics.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use super::judging::Judged;
use super::{ServeError, ServeOptions};
use crate::analysis::expected::Expected;
use crate::api::expected_file;
use crate::telemetry::{Metric, Telemetry};

/// `/healthz` and `/readyz`.
pub(super) fn probes(telemetry: Arc<Telemetry>) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).with_state(telemetry)
}

/// `/metrics`.
pub(super) fn own_metrics(telemetry: Arc<Telemetry>, judged: Judged) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state((telemetry, judged))
}

/// Which proxies should report, from the file that the options name.
pub(super) fn expected(options: &ServeOptions) -> Result<Option<Expected>, ServeError> {
    let Some(file) = options.expect.as_deref() else { return Ok(None) };
    let unusable = |message: String| ServeError::Expect { file: file.to_owned(), message };
    let text = std::fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
    expected_file::parse(&text).map(Some).map_err(|error| unusable(error.to_string()))
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// Batches can be taken.
async fn readyz(State(telemetry): State<Arc<Telemetry>>) -> (StatusCode, &'static str) {
    if telemetry.get(Metric::Ready) == 1 {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn metrics(State((telemetry, judged)): State<(Arc<Telemetry>, Judged)>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], telemetry.text() + &judged.text())
}
