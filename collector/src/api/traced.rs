//! The span of a question: by the template of its address, never by the address itself, and as a child of the asker's where one is named.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::spans;

/// Which span of another program asks, as W3C Trace Context has it.
const PARENT: &str = "traceparent";

/// What a method is called that HTTP does not define, in OpenTelemetry's words.
const OTHER: &str = "_OTHER";

/// The code of a problem, which whoever wrote it leaves among the answer's extensions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code(pub(super) &'static str);

/// Answers a question within a span of its own.
pub(super) async fn question(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let span = route.map_or_else(Span::none, |route| spans::question(method(request.method()), route.as_str()));
    if span.is_disabled() {
        return next.run(request).await;
    }
    if request.headers().contains_key(PARENT) {
        let parent = TraceContextPropagator::new().extract(&Parent(request.headers()));
        // It cannot have begun already: nothing was done in it.
        drop(span.set_parent(parent));
    }
    let response = next.run(request).instrument(span.clone()).await;
    note(&span, &response);
    response
}

fn note(span: &Span, response: &Response) {
    let status = response.status();
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_client_error() || status.is_server_error() {
        let code = response.extensions().get::<Code>().map(|Code(code)| *code);
        span.record("error.type", code.unwrap_or(status.as_str()));
    }
    // What is wrong with a question is no error of who is asked.
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// A method can be any word; a span has those that HTTP defines.
fn method(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::DELETE => method.as_str(),
        Method::PATCH | Method::OPTIONS | Method::TRACE | Method::CONNECT => method.as_str(),
        _ => OTHER,
    }
}

/// The one header that is read of who asks: `tracestate` may hold any text, and would be exported.
struct Parent<'a>(&'a HeaderMap);

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        if key == PARENT { self.0.get(PARENT)?.to_str().ok() } else { None }
    }

    fn keys(&self) -> Vec<&str> {
        vec![PARENT]
    }
}
