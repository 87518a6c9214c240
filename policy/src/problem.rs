//! What is wrong with a file of policies, and what to do: where it stands, by line and column. Judges nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, Location, MessageFormatter, UserMessageFormatter};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PolicyProblemLevel")]
pub enum Level {
    /// It may be meant so; the policy is judged.
    Warning,
    /// The file is not used.
    Error,
}

impl Level {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PolicyProblem")]
pub struct Problem {
    /// Its file.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// How bad it is.
    pub level: Level,
    /// What is wrong.
    pub said: String,
    /// What to do.
    pub remedy: String,
}

/// Where something stands in its file, line and column from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct At {
    /// Line.
    pub line: u64,
    /// Column.
    pub column: u64,
}

impl At {
    /// By the parser's word; the file's beginning where it has none.
    #[must_use]
    pub fn of(location: Location) -> Self {
        Self { line: wide(location.line()).max(1), column: wide(location.column()).max(1) }
    }

    /// Something that is wrong there.
    #[must_use]
    pub fn problem(self, file: &str, level: Level, said: impl Into<String>, remedy: &str) -> Problem {
        let (said, remedy) = (said.into(), remedy.to_owned());
        Problem { file: file.to_owned(), line: self.line, column: self.column, level, said, remedy }
    }
}

fn wide(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or(u64::MAX)
}

impl Problem {
    /// A file that cannot be read, in words for who wrote it.
    #[must_use]
    pub fn unreadable(file: &str, error: &Error) -> Self {
        let (said, remedy) = told(error.without_snippet());
        let at = error.location().map_or(At { line: 1, column: 1 }, At::of);
        at.problem(file, Level::Error, said, &remedy)
    }

    /// `FILE:LINE:COLUMN: error: what; remedy`.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { file, line, column, level, said, remedy } = self;
        format!("{file}:{line}:{column}: {}: {said}; {remedy}", level.as_str())
    }
}

/// What to do about a field or a word that is not known.
fn one_of(expected: &[&'static str]) -> String {
    format!("write one of {}", expected.join(", "))
}

fn told(error: &Error) -> (String, String) {
    let documented = || "docs/policy-format.md has every field".to_owned();
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("the field {field} is not known"), one_of(expected))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            (format!("{variant} is not known here"), one_of(expected))
        }
        Error::SerdeMissingField { field, .. } => {
            (format!("the field {field} is missing"), format!("write {field}: ..."))
        }
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            (format!("{unexpected} stands where {expected} is wanted"), documented())
        }
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_ref().map_or_else(|| "a key".to_owned(), |key| format!("the key {key}"));
            (format!("{key} stands twice in one object"), "write it once".to_owned())
        }
        Error::Budget { breach, .. } => (too_much(breach).to_owned(), "split it into several files".to_owned()),
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            ("its aliases stand for more than is read here".to_owned(), "write what they stand for".to_owned())
        }
        Error::UnknownAnchor { .. } => {
            ("an alias refers to an anchor that is not there".to_owned(), "write what it stands for".to_owned())
        }
        Error::AliasError { error, .. } => told(error),
        Error::Unexpected { expected: "mapping start", .. } => (
            "something else, or nothing, stands where an object is wanted".to_owned(),
            "write its fields, as {field: value}, and {} where all of them are left away".to_owned(),
        ),
        Error::Unexpected { expected: "sequence start", .. } => (
            "something else, or nothing, stands where a list is wanted".to_owned(),
            "write its entries, as [one, other]".to_owned(),
        ),
        Error::UnexpectedValueForUnitEnumVariant { .. } => {
            ("this word takes no fields".to_owned(), "write the word alone".to_owned())
        }
        Error::InvalidScalar { ty, .. } => (format!("it is no {}", number(ty)), documented()),
        Error::NullIntoString { .. } => ("nothing stands where a text is wanted".to_owned(), documented()),
        // Its own escapes would be escaped once more where it is shown.
        other => (UserMessageFormatter.format_message(other).replace("\\u{", "U+{"), documented()),
    }
}

/// What a type is, in words.
fn number(ty: &str) -> &str {
    match ty {
        "u16" => "whole number from 0 to 65535",
        "u64" => "whole number from 0 on",
        "f64" => "number",
        other => other,
    }
}

const fn too_much(breach: &BudgetBreach) -> &'static str {
    match breach {
        BudgetBreach::Nodes { .. } => "it has more values than are read here",
        BudgetBreach::Depth { .. } => "it is nested deeper than is read here",
        BudgetBreach::Documents { .. } => "it has more policies than are read here",
        BudgetBreach::Aliases { .. } | BudgetBreach::AliasAnchorRatio { .. } => {
            "it has more aliases than are read here"
        }
        _ => "it is larger than is read here",
    }
}
