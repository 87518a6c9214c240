//! What speaks against a plugin's configuration, as `hogusu lint` says it.

use serde_json::Value;

use crate::lint::{Finding, Kind, Source, State, lint};
use crate::shown::word;

/// What the filter would refuse, and what may be meant otherwise.
pub(super) fn against(given: &Value) -> (Vec<String>, Vec<String>) {
    let source = Source { name: "pluginConfig".to_owned(), text: given.to_string() };
    let report = lint(&[source], Some(Kind::Plugin));
    let of = |state: State| {
        let findings = report.documents.iter().flat_map(|document| &document.findings);
        findings.filter(|finding| finding.state == state).map(described).collect()
    };
    (of(State::Fail), of(State::Warn))
}

fn described(finding: &Finding) -> String {
    if finding.path.is_empty() { finding.said.clone() } else { format!("{}: {}", word(&finding.path), finding.said) }
}
