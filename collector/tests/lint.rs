//! What `hogusu lint` says of files before they are applied.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "lint/command_line.rs"]
mod command_line;
#[path = "lint/declarations.rs"]
mod declarations;
#[path = "lint/documents.rs"]
mod documents;
#[path = "lint/envoy_filters.rs"]
mod envoy_filters;
#[path = "lint/plugins.rs"]
mod plugins;
#[path = "lint/values.rs"]
mod values;

use hogusu_collector::lint::{Kind, Report, Source, State, lint};

fn one(text: &str) -> Report {
    lint(&[Source { name: "file".to_owned(), text: text.to_owned() }], None)
}

fn as_kind(text: &str, kind: Kind) -> Report {
    lint(&[Source { name: "file".to_owned(), text: text.to_owned() }], Some(kind))
}

/// State, line and path of everything that was found.
fn found(report: &Report) -> Vec<(State, usize, String)> {
    let findings = report.documents.iter().flat_map(|document| &document.findings);
    findings.map(|finding| (finding.state, finding.line, finding.path.clone())).collect()
}

/// The only thing that was found.
fn only(report: &Report) -> (State, String, String) {
    let findings: Vec<_> = report.documents.iter().flat_map(|document| &document.findings).collect();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    (findings[0].state, findings[0].path.clone(), findings[0].said.clone())
}
