//! What is measured of one exchange, apart from which series it counts on.

use hogusu_config::Measures;
use hogusu_model::{Exemplar, SeriesData, TraceId};

use crate::host::Host;
use crate::property::{self as path, integer};

/// The measures of one exchange.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    pub(crate) nanos: u64,
    bytes: Option<(u64, u64)>,
    backend: Option<u64>,
    attempts: Option<u64>,
}

impl Measured {
    /// Reads what is configured.
    pub(crate) fn read(host: &impl Host, measures: &Measures, nanos: u64) -> Self {
        let number = |name: &str| integer(host.property(name));
        let size = |name: &str| number(name).unwrap_or(0);
        Self {
            nanos,
            bytes: measures.bytes.then(|| (size(path::REQUEST_SIZE), size(path::RESPONSE_SIZE))),
            backend: if measures.backend_latency { number(path::BACKEND_LATENCY) } else { None },
            attempts: measures.attempts.then(|| size(path::ATTEMPTS)),
        }
    }

    /// Adds it to its series.
    pub(crate) fn add_to(self, data: &mut SeriesData) {
        data.duration.record(self.nanos);
        if let Some((received, sent)) = self.bytes {
            let (all_received, all_sent) = data.bytes.unwrap_or_default();
            data.bytes = Some((all_received.saturating_add(received), all_sent.saturating_add(sent)));
        }
        if let Some(latency) = self.backend {
            data.backend.get_or_insert_default().record(latency);
        }
        if let Some(attempts) = self.attempts {
            data.attempts = Some(data.attempts.unwrap_or(0).saturating_add(attempts));
        }
    }
}

/// The exemplar that the exchange shown now would be.
pub(crate) fn exemplar(host: &impl Host, nanos: u64) -> Option<Exemplar> {
    let trace = host.request_header("traceparent").and_then(trace_of)?;
    Some(Exemplar { trace, nanos, at: host.wall() })
}

/// The trace id of a W3C `traceparent`: `VERSION-TRACE-PARENT-FLAGS`.
pub(super) fn trace_of(header: &[u8]) -> Option<TraceId> {
    let text = std::str::from_utf8(header).ok()?;
    let hex = text.split('-').nth(1)?;
    let is_hex = hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let trace = is_hex.then(|| u128::from_str_radix(hex, 16).ok())??;
    (trace != 0).then(|| trace.to_be_bytes())
}
