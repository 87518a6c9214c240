//! What was found, as plain data: `hogusu.lint/v1`. Judges nothing.

use hogusu_yaml::{Document, Wrong};
use serde::{Deserialize, Serialize};

use super::Source;
use crate::schema::Broken;

/// Name of the format.
const SCHEMA: &str = "hogusu.lint/v1";

/// How something ended; the worst comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing of it is ours.
    Ignored,
    /// Nothing speaks against it.
    Pass,
    /// It may be meant so.
    Warn,
    /// It will not do what it is meant to.
    Fail,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// `hogusu.lint/v1`.
    pub schema: String,
    /// Version of the command.
    pub version: String,
    /// The worst state of a document.
    pub result: State,
    /// How many documents ended how.
    pub counts: Counts,
    /// In the order in which they were given.
    pub documents: Vec<Looked>,
}

/// How many documents ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Nothing speaks against them.
    pub pass: usize,
    /// With something that may be meant so.
    pub warn: usize,
    /// With something that is wrong.
    pub fail: usize,
    /// Nothing of them is ours.
    pub ignored: usize,
}

/// One document that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// Its file.
    pub file: String,
    /// Its place in the file, from 1.
    pub document: usize,
    /// Where it begins.
    pub line: usize,
    /// What it is, as `WasmPlugin shop/hogusu`.
    pub what: String,
    /// Its worst finding.
    pub state: State,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// One thing that speaks against a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `warn` or `fail`.
    pub state: State,
    /// Where in the file.
    pub line: usize,
    /// Which key, as `spec.pluginConfig.measure.bytes`; empty when it is about the whole.
    pub path: String,
    /// What is wrong.
    pub said: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    /// It will not do what it is meant to.
    pub(super) fn fail(line: usize, path: &str, said: impl Into<String>, remedy: &str) -> Self {
        Self { state: State::Fail, line, path: path.to_owned(), said: said.into(), remedy: remedy.to_owned() }
    }

    /// What a schema says; `remedy` is for what it knows none against.
    pub(super) fn broken(Broken { line, path, said, remedy: own }: Broken, remedy: &str) -> Self {
        Self::fail(line, &path, said, own.as_deref().unwrap_or(remedy))
    }

    /// It may be meant so.
    pub(super) fn warn(line: usize, path: &str, said: impl Into<String>, remedy: &str) -> Self {
        Self { state: State::Warn, ..Self::fail(line, path, said, remedy) }
    }
}

impl Looked {
    pub(super) fn new(source: &Source, document: &Document, what: String, findings: Option<Vec<Finding>>) -> Self {
        let state = if findings.is_some() { State::Pass } else { State::Ignored };
        let (number, line) = (document.number, document.root.line);
        let mut looked = Self { file: source.name.clone(), document: number, line, what, state, findings: Vec::new() };
        findings.into_iter().flatten().for_each(|finding| looked.add(finding));
        looked
    }

    /// A file that is neither YAML nor JSON.
    pub(super) fn unreadable(source: &Source, wrong: &Wrong) -> Self {
        let remedy = if source.text.contains("{{") {
            "a template of Helm is no YAML: render it first, as helm template RELEASE istio/ | hogusu lint -"
        } else {
            wrong.remedy
        };
        let finding = Finding::fail(wrong.line, "", wrong.message.clone(), remedy);
        let what = "unreadable".to_owned();
        Self {
            file: source.name.clone(),
            document: 1,
            line: wrong.line,
            what,
            state: State::Fail,
            findings: vec![finding],
        }
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.state = self.state.max(finding.state);
        let at = self.findings.partition_point(|other| other.line <= finding.line);
        self.findings.insert(at, finding);
    }
}

impl Report {
    pub(super) fn of(documents: Vec<Looked>) -> Self {
        let mut counts = Counts::default();
        for document in &documents {
            *match document.state {
                State::Ignored => &mut counts.ignored,
                State::Pass => &mut counts.pass,
                State::Warn => &mut counts.warn,
                State::Fail => &mut counts.fail,
            } += 1;
        }
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            result: documents.iter().map(|document| document.state).max().unwrap_or(State::Ignored),
            counts,
            documents,
        }
    }
}
