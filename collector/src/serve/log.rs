//! The collector's own log: on stderr, as text or JSON lines. What senders and servers say stays within its line. Beside it, for who asked for
//! traces, the spans that are exported: neither shows what is the other's.

use std::io::{self, Write};

use opentelemetry_sdk::trace::SdkTracer;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use super::LogFormat;
use crate::{shown, spans};

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// Variable that sets what is logged, in `tracing`'s syntax.
const VARIABLE: &str = "HOGUSU_LOG";

/// Begins logging, and handing spans over to `tracer`. A second call in one process changes nothing.
pub(super) fn begin(format: LogFormat, tracer: Option<SdkTracer>) {
    let layers: Vec<Boxed> = std::iter::once(lines(format)).chain(tracer.map(exported)).collect();
    drop(tracing_subscriber::registry().with(layers).try_init());
}

/// What is logged.
fn lines(format: LogFormat) -> Boxed {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_unset| EnvFilter::new("info"));
    let is_no_trace = filter_fn(|about| about.target() != spans::TARGET).with_max_level_hint(LevelFilter::TRACE);
    let filter = filter.and(is_no_trace);
    let lines = fmt::layer().with_writer(move || Lines { format, out: io::stderr() }).with_ansi(false);
    match format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    }
}

/// What is exported: spans of their own target, and no events, which say what others named.
fn exported(tracer: SdkTracer) -> Boxed {
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    let layer = layer.with_location(false).with_threads(false).with_target(false).with_tracked_inactivity(false);
    let filter = Targets::new().with_target(spans::TARGET, LevelFilter::INFO);
    layer.with_context_activation(false).with_filter(filter).boxed()
}

/// Writes one event at a time, as it is handed over, and nothing in it is invisible.
struct Lines<W> {
    format: LogFormat,
    out: W,
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let (text, end) = text.strip_suffix('\n').map_or((&*text, ""), |text| (text, "\n"));
        let text = match self.format {
            LogFormat::Text => shown::line(text).into_owned(),
            LogFormat::Json => shown::json(text.to_owned()),
        };
        self.out.write_all((text + end).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(format: LogFormat, event: &str) -> String {
        let mut lines = Lines { format, out: Vec::new() };
        lines.write_all(event.as_bytes()).unwrap();
        String::from_utf8(lines.out).unwrap()
    }

    #[test]
    fn what_a_sender_says_stays_within_its_line() {
        let text = logged(LogFormat::Text, "2026  WARN refused name=a\n2026  INFO all is well\u{1b}[2K\u{202e}\n");
        assert_eq!(text, "2026  WARN refused name=a\\u{a}2026  INFO all is well\\u{1b}[2K\\u{202e}\n");
        let json = logged(LogFormat::Json, "{\"name\":\"a\\n\u{202e}\"}\n");
        assert_eq!(json, "{\"name\":\"a\\n\\u202e\"}\n");
    }
}
