//! Why a file cannot be read, in words for who wrote it and not for who uses the parser, and what to do.

use serde_saphyr::budget::{Budget, BudgetBreach};
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use crate::document::wide;

/// What to do about most of it.
const WRITE: &str = "write YAML or JSON";
const SPLIT: &str = "split it into several files";

/// A file that is neither YAML nor JSON, or that cannot be read for another reason.
#[derive(Debug)]
pub struct Wrong {
    /// Where, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: &'static str,
}

impl Wrong {
    /// By the word of the parser of YAML.
    pub(crate) fn of(error: &Error) -> Self {
        let (message, remedy) = told(error.without_snippet());
        Self { line: error.location().map_or(1, |location| wide(location.line())), message, remedy }
    }

    /// By the word of the parser of JSON.
    #[must_use]
    pub fn json(error: &serde_json::Error) -> Self {
        Self { line: error.line(), message: format!("it is not JSON: {error}"), remedy: WRITE }
    }

    /// Helm, kubectl and Istio turn YAML into JSON before they read it.
    pub(crate) fn beyond_json(line: usize, number: &str) -> Self {
        let message = format!("{number} is no number that JSON can write: neither Helm nor kubectl can read the file");
        Self { line, message, remedy: "write another number, or put it into quotes where a string is meant" }
    }
}

fn told(error: &Error) -> (String, &'static str) {
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_ref().map_or_else(|| "a key".to_owned(), |key| format!("the key {}", word(key)));
            (format!("{key} stands twice in one object"), "write it once: of two, readers take different ones")
        }
        Error::Budget { breach, .. } => (too_much(breach), SPLIT),
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            ("its aliases stand for more than is read here".to_owned(), "write what they stand for")
        }
        Error::UnknownAnchor { .. } => ("an alias refers to an anchor that is not there".to_owned(), WRITE),
        Error::AliasError { error, .. } => told(error),
        other => (UserMessageFormatter.format_message(other).into_owned(), WRITE),
    }
}

/// A key within a sentence: in quotes where it holds what could be taken for the words around it, or what does not show.
fn word(key: &str) -> String {
    let is_word = key.chars().all(|char| char.is_alphanumeric() || "-._:/~@%+=*[]#&?".contains(char));
    if is_word { key.to_owned() } else { format!("{key:?}") }
}

fn too_much(breach: &BudgetBreach) -> String {
    let most = Budget::default();
    match breach {
        BudgetBreach::Nodes { .. } => format!("it has more than {} values, keys among them", most.max_nodes),
        BudgetBreach::Depth { .. } => format!("it is nested more than {} deep", most.max_depth),
        BudgetBreach::Documents { .. } => format!("it has more than {} documents", most.max_documents),
        _ => "it is larger than is read here".to_owned(),
    }
}
