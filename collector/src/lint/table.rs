//! A report for people: one line for each document, and below it what speaks against it, with its place and its remedy.

use std::fmt::Write;

use super::report::{Report, State};
use crate::shown;

/// Draws it.
#[must_use]
pub fn draw(report: &Report) -> String {
    let mut report = report.clone();
    for document in &mut report.documents {
        document.file = shown::word(&document.file).into_owned();
        for finding in &mut document.findings {
            finding.path = shown::word(&finding.path).into_owned();
        }
    }
    shown::drawn(&report, drawn)
}

fn drawn(report: &Report) -> String {
    let mut out = String::new();
    for document in report.documents.iter().filter(|document| document.state != State::Ignored) {
        let mark = mark(document.state);
        let (file, line, number) = (&document.file, document.line, document.document);
        // Writing to a String cannot fail.
        let _ignored = writeln!(out, "{mark}  {file}:{line} (document {number}) {}", document.what);
        for finding in &document.findings {
            let key = if finding.path.is_empty() { String::new() } else { format!("{}: ", finding.path) };
            let _ignored =
                writeln!(out, "      {file}:{} {} {key}{}", finding.line, self::mark(finding.state), finding.said);
            let _ignored = writeln!(out, "      -> {}", finding.remedy);
        }
    }
    let counts = &report.counts;
    let _ignored = writeln!(
        out,
        "{} passed, {} to look at, {} failed, {} with nothing of Hogusu in them",
        counts.pass, counts.warn, counts.fail, counts.ignored
    );
    out
}

const fn mark(state: State) -> &'static str {
    match state {
        State::Ignored => "----",
        State::Pass => "pass",
        State::Warn => "warn",
        State::Fail => "FAIL",
    }
}
