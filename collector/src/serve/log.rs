//! The collector's own log: on stderr, as text or JSON lines.

use tracing_subscriber::EnvFilter;

use super::LogFormat;

/// Variable that sets what is logged, in `tracing`'s syntax.
const VARIABLE: &str = "HOGUSU_LOG";

/// Begins logging. A second call in one process changes nothing.
pub(super) fn begin(format: LogFormat) {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_unset| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    let begun = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    drop(begun);
}
