//! The collector's own traces: sent by OTLP where the environment names an endpoint, else nothing of them is there.
//!
//! Spans are handed over through a bounded queue to a thread of their own: nobody waits for them, and what finds no room is dropped and counted.

mod client;
mod environment;
mod queue;

use std::sync::Arc;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{Key, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::runtime::Handle;

use super::ServeError;
use crate::limits;
use crate::telemetry::Telemetry;
use client::Client;
use environment::Endpoint;
use queue::Queue;

/// The service's name when the environment gives none.
const SERVICE: &str = "hogusu-collector";
const SERVICE_NAME: Key = Key::from_static_str("service.name");
const SERVICE_VERSION: &str = "service.version";
/// With this a name begins that the SDK made up.
const MADE_UP: &str = "unknown_service";

/// What sends them.
#[derive(Debug)]
pub(super) struct Traces {
    provider: SdkTracerProvider,
    /// Host and port: a path may be a secret.
    place: String,
}

impl Traces {
    /// Begins, where an endpoint is named. Requests are made by this runtime.
    pub(super) fn begin(runtime: &Handle, telemetry: &Arc<Telemetry>) -> Result<Option<Self>, ServeError> {
        let Some(endpoint) = Endpoint::read(|name| std::env::var(name).ok())? else { return Ok(None) };
        let client = Client::new(&endpoint, runtime)?;
        let last = client.last_failure();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(endpoint.uri.to_string())
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(endpoint.timeout)
            .build()
            .map_err(|error| ServeError::Traces(error.to_string()))?;
        let queue = Queue::new(exporter, endpoint.most_waiting, last, telemetry);
        let provider = SdkTracerProvider::builder().with_resource(resource()).with_span_processor(queue).build();
        let place = endpoint.uri.authority().map(ToString::to_string).unwrap_or_default();
        Ok(Some(Self { provider, place }))
    }

    /// Who takes spans.
    pub(super) fn tracer(&self) -> SdkTracer {
        self.provider.tracer(SERVICE)
    }

    /// Says where they go.
    pub(super) fn announce(&self) {
        tracing::info!(to = self.place, "the collector's own traces are sent by OTLP");
    }

    /// Sends what waits, if that does not take long. Blocks; the runtime must still be there.
    pub(super) fn flush(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(limits::FLUSH_TIME) {
            tracing::warn!(%error, to = self.place, "the last of the collector's own traces were not sent");
        }
    }
}

/// What is said of this process, by the environment first.
fn resource() -> Resource {
    let version = KeyValue::new(SERVICE_VERSION, env!("CARGO_PKG_VERSION"));
    let told = Resource::builder().build();
    let is_named = told.get(&SERVICE_NAME).is_some_and(|name| !name.as_str().starts_with(MADE_UP));
    let resource = Resource::builder().with_attribute(version);
    if is_named { resource.build() } else { resource.with_service_name(SERVICE).build() }
}
