//! The collector's own log: on stderr, as text or JSON lines. What senders and servers say stays within its line.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;

use super::LogFormat;
use crate::shown;

/// Variable that sets what is logged, in `tracing`'s syntax.
const VARIABLE: &str = "HOGUSU_LOG";

/// Begins logging. A second call in one process changes nothing.
pub(super) fn begin(format: LogFormat) {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_unset| EnvFilter::new("info"));
    let out = move || Lines { format, out: io::stderr() };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(out).with_ansi(false);
    let begun = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    drop(begun);
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
