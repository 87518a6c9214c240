//! A policy as it stands in a file, `hogusu.policy/v1`: what the reader of YAML takes, with where each part stands. docs/policy.schema.json is
//! made from these types.

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::given;
use crate::policy::{Bounds, SCHEMA};
use crate::rule::Rule;
use crate::selector::Scope;
use crate::words::Severity;

/// A policy. A file holds one or more, each a document of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Policy")]
pub(crate) struct Written {
    /// Name and version of this format.
    #[schemars(with = "String", extend("const" = SCHEMA))]
    pub(crate) schema: Spanned<String>,
    /// What it is called: small letters, digits and `-`, at most 63.
    #[schemars(with = "String", extend("pattern" = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"))]
    pub(crate) id: Spanned<String>,
    /// What it answers, for who reads the report.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) question: Spanned<String>,
    /// How much it matters.
    pub(crate) severity: Severity,
    /// Who answers for it.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) owner: Spanned<String>,
    /// Controls of a catalogue that it is evidence for, as labels: nothing is made of them.
    #[serde(default)]
    pub(crate) controls: Vec<String>,
    /// Which edges it speaks of; without it all.
    #[serde(default, deserialize_with = "given::field")]
    #[schemars(with = "Scope")]
    pub(crate) scope: Option<Spanned<Scope>>,
    /// What holds of them.
    #[schemars(with = "Rule")]
    pub(crate) rule: Spanned<Rule>,
    /// How complete a period must be to prove anything.
    #[serde(default, deserialize_with = "given::field")]
    #[schemars(with = "Bounds")]
    pub(crate) completeness: Option<Spanned<Bounds>>,
    /// Edges that are let off until a day.
    #[serde(default)]
    #[schemars(with = "Vec<WrittenException>")]
    pub(crate) exceptions: Vec<Spanned<WrittenException>>,
}

/// An exception.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Exception")]
pub(crate) struct WrittenException {
    /// Which edges; what is not known of an edge does not except it.
    pub(crate) scope: Scope,
    /// Why.
    #[schemars(length(min = 1))]
    pub(crate) reason: String,
    /// Who answers for it.
    #[schemars(length(min = 1))]
    pub(crate) owner: String,
    /// Its last day, in UTC, as `2026-12-31`.
    #[schemars(with = "String", extend("format" = "date"))]
    pub(crate) expires: Spanned<String>,
}

/// The format as a JSON schema.
#[must_use]
pub fn schema() -> Schema {
    schemars::schema_for!(Written)
}
