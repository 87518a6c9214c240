//! The collector's own spans: their names, and the numbers in them. Who exports them, and whether anybody does, is decided where the collector
//! is put together; without that a span is nothing.
//!
//! Nothing that comes from outside is in one: no workload, address, name, parameter or message. docs/traces.md lists them all.

use tracing::field::Empty;
use tracing::{Span, info_span};

/// Target of every span that is exported. The log shows none of it.
pub const TARGET: &str = "hogusu::trace";

/// Files that were read, dropped or copied.
pub(crate) const FILES: &str = "hogusu.files";
/// Rows that were read or written.
pub(crate) const ROWS: &str = "hogusu.rows";
/// Edges that were made of them.
pub(crate) const EDGES: &str = "hogusu.edges";
/// Findings about them.
pub(crate) const FINDINGS: &str = "hogusu.findings";
/// Stretches of time that were read one by one.
pub(crate) const STRETCHES: &str = "hogusu.stretches";
/// Bytes that were written, freed or copied.
pub(crate) const BYTES: &str = "hogusu.bytes";
/// The resolution at which something is rolled up.
const RESOLUTION: &str = "hogusu.resolution";
/// Bytes that the store has.
pub(crate) const STORE_BYTES: &str = "hogusu.store_bytes";

/// A question, by the template of its address, from its head to the head of its answer.
pub(crate) fn question(method: &str, route: &str) -> Span {
    info_span!(
        target: TARGET,
        "question",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        error.type = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    )
}

/// Waiting until it is a question's turn.
pub(crate) fn turn() -> Span {
    info_span!(target: TARGET, "wait for turn")
}

/// Waiting for an answer that is worked on for another question.
pub(crate) fn shared() -> Span {
    info_span!(target: TARGET, "wait for shared answer")
}

/// Reading a period, or what else is kept.
pub(crate) fn read() -> Span {
    info_span!(target: TARGET, "read", hogusu.files = Empty, hogusu.rows = Empty)
}

/// Reading and joining many stretches of time, one after the other: one span for all of them.
pub(crate) fn stretches() -> Span {
    info_span!(target: TARGET, "read stretches", hogusu.stretches = Empty, hogusu.rows = Empty)
}

/// Joining what both reporters say.
pub(crate) fn join() -> Span {
    info_span!(target: TARGET, "join", hogusu.edges = Empty)
}

/// Looking for what deserves a person's eye.
pub(crate) fn find() -> Span {
    info_span!(target: TARGET, "find", hogusu.findings = Empty)
}

/// Comparing two periods.
pub(crate) fn compare() -> Span {
    info_span!(target: TARGET, "compare")
}

/// Writing an answer.
pub(crate) fn write() -> Span {
    info_span!(target: TARGET, "write", hogusu.bytes = Empty)
}

/// A commit of the store.
pub(crate) fn commit() -> Span {
    info_span!(
        target: TARGET,
        parent: None,
        "commit",
        otel.status_code = Empty,
        error.type = Empty,
        hogusu.rows = Empty,
        hogusu.store_bytes = Empty,
    )
}

/// Rolling a file of slots up.
pub(crate) fn roll_up() -> Span {
    info_span!(target: TARGET, parent: None, "roll up", otel.status_code = Empty, error.type = Empty)
}

/// Taking it up at one resolution.
pub(crate) fn take_up(resolution: &str) -> Span {
    let span = info_span!(target: TARGET, "take up", hogusu.resolution = Empty, hogusu.rows = Empty);
    span.record(RESOLUTION, resolution);
    span
}

/// Dropping what is no longer kept.
pub(crate) fn retain() -> Span {
    info_span!(
        target: TARGET,
        parent: None,
        "retain",
        otel.status_code = Empty,
        error.type = Empty,
        hogusu.files = Empty,
        hogusu.bytes = Empty,
    )
}

/// Making a backup.
pub(crate) fn backup() -> Span {
    info_span!(target: TARGET, "back up", hogusu.files = Empty, hogusu.bytes = Empty)
}

/// Notes a number in the span that is entered, if it has a place for it.
pub(crate) fn number(name: &str, number: u64) {
    // Only signed numbers are numbers in OTLP.
    Span::current().record(name, i64::try_from(number).unwrap_or(i64::MAX));
}

/// Notes that what the entered span is about failed, and by which word.
pub(crate) fn failed(word: &'static str) {
    let span = Span::current();
    span.record("error.type", word);
    span.record("otel.status_code", "ERROR");
}

/// Work for another thread, in the span that is entered here. That span lasts as long as the work.
pub(crate) fn carried<T>(work: impl FnOnce() -> T + Send + 'static) -> impl FnOnce() -> T + Send + 'static {
    let span = Span::current();
    move || span.in_scope(work)
}
