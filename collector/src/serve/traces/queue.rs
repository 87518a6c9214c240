//! Spans that wait to be sent: so many and no more, with a count of what became of each, around the SDK's own queue, which counts nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter as Otlp;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor};

use super::client::LastFailure;
use crate::limits;
use crate::serve::clock::Stopwatch;
use crate::telemetry::{Metric, Telemetry};

/// Takes spans, and waits for nobody.
#[derive(Debug)]
pub(super) struct Queue {
    /// Has place for as many, so it never drops one itself.
    inner: BatchSpanProcessor,
    waiting: Arc<AtomicUsize>,
    most: usize,
    telemetry: Arc<Telemetry>,
}

impl Queue {
    pub(super) fn new(exporter: Otlp, most: usize, last: LastFailure, telemetry: &Arc<Telemetry>) -> Self {
        let (waiting, telemetry) = (Arc::<AtomicUsize>::default(), Arc::clone(telemetry));
        let counted = Counted {
            inner: exporter,
            waiting: Arc::clone(&waiting),
            telemetry: Arc::clone(&telemetry),
            last,
            complained: Mutex::default(),
        };
        let inner = BatchSpanProcessor::new(counted, BatchConfigBuilder::default().with_max_queue_size(most).build());
        Self { inner, waiting, most, telemetry }
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.most {
            return self.inner.on_end(span);
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.telemetry.add(Metric::SpansDropped, 1);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Sends them, in the SDK's thread.
#[derive(Debug)]
struct Counted {
    inner: Otlp,
    waiting: Arc<AtomicUsize>,
    telemetry: Arc<Telemetry>,
    last: LastFailure,
    /// When it was last said that they cannot be sent.
    complained: Mutex<Option<Stopwatch>>,
}

impl SpanExporter for Counted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
        let sent = self.inner.export(batch).await;
        let metric = if sent.is_ok() { Metric::SpansSent } else { Metric::SpansFailed };
        self.telemetry.add(metric, spans as u64);
        if let Err(error) = &sent {
            let why = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.complain(&why.unwrap_or_else(|| error.to_string()));
        }
        sent
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl Counted {
    fn complain(&self, why: &str) {
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        if complained.is_none_or(|last| last.nanos() >= limits::EXPORT_COMPLAINT_NANOS) {
            tracing::warn!(error = why, "the collector's own traces cannot be sent, and are lost");
            *complained = Some(Stopwatch::start());
        }
    }
}
