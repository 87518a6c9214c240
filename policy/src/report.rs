//! What policies come to, as plain data: `hogusu.compliance/v1`. docs/compliance.md has every field.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::Completeness;
use crate::problem::Problem;
use crate::rate::Rate;
use crate::words::{Severity, State, Verdict};

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.compliance/v1";

/// A report of compliance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ComplianceReport")]
pub struct Report {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Version of what made it.
    pub version: String,
    /// Mesh id, several joined by a comma.
    pub mesh: String,
    /// Start of the period.
    pub from: String,
    /// Its end, exclusive.
    pub to: String,
    /// What was judged and how it was asked for.
    pub population: Population,
    /// How complete the period is.
    pub completeness: Completeness,
    /// Whether connections that listeners refused are in the numbers.
    pub refused_connections: RefusedConnections,
    /// What no policy judges.
    pub unjudged: Unjudged,
    /// The worst verdict of a policy.
    pub verdict: Verdict,
    /// Every policy, in the order of its files.
    pub policies: Vec<PolicyResult>,
    /// What is wrong with the files, and what they name that was not seen.
    pub problems: Vec<Problem>,
}

/// What was judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CompliancePopulation")]
pub struct Population {
    /// Edges of the period, probes and telemetry among them.
    pub edges: u64,
    /// Workloads at their ends.
    pub workloads: u64,
    /// The questions that brought them.
    pub query: String,
}

/// Who sees connections that a listener refuses, as STRICT refuses plaintext: where nobody does, their absence means nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ComplianceRefused")]
pub struct RefusedConnections {
    /// How many there were; `None` where no listener tells of them.
    pub count: Option<u64>,
    /// For people.
    pub statement: String,
}

/// Exchanges of which no policy says how they must be secured: they are in no rate of one that does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ComplianceUnjudged")]
pub struct Unjudged {
    /// Requests.
    pub requests: u64,
    /// Connections.
    pub connections: u64,
    /// On so many edges.
    pub edges: u64,
    /// Of both, those that were sent in plaintext.
    pub plaintext: u64,
    /// For people.
    pub statement: String,
}

/// What one policy comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyResult {
    /// Its id.
    pub id: String,
    /// What it answers.
    pub question: String,
    /// How much it matters.
    pub severity: Severity,
    /// Who answers for it.
    pub owner: String,
    /// Labels.
    pub controls: Vec<String>,
    /// Its rule's word.
    pub rule: String,
    /// Its file and line.
    pub file: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why it is not proven, were nothing violating; nothing where it is.
    pub unproven: Vec<String>,
    /// By requests.
    pub requests: Rate,
    /// By connections.
    pub connections: Rate,
    /// By edges, each in the worst state of its exchanges.
    pub edges: Rate,
    /// By workloads at either end, each in the worst state of its edges.
    pub workloads: Rate,
    /// Every exception, with what it lets off.
    pub exceptions: Vec<ExceptionResult>,
    /// Every edge of its scope, the worst first.
    pub results: Vec<EdgeResult>,
}

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionResult {
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Its last day.
    pub expires: String,
    /// Its line in the file.
    pub line: u64,
    /// Whether it reaches to the end of the period: else it lets nothing off.
    pub is_in_force: bool,
    /// Edges that it lets off.
    pub edges: u64,
    /// Exchanges of those that it lets off.
    pub exchanges: u64,
}

/// What a policy says of one edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EdgeResult {
    /// Its id, as on the map.
    pub edge: String,
    /// `SOURCE -> DESTINATION`.
    pub label: String,
    /// The source as it is written on the map.
    pub source: String,
    /// The destination.
    pub destination: String,
    /// Protocol.
    pub protocol: String,
    /// Port at the destination; 0 when not known.
    pub port: u16,
    /// `requests` or `connections`.
    pub measure: String,
    /// The worst state of its exchanges.
    pub state: State,
    /// As the rule asks.
    pub compliant: u64,
    /// Otherwise, by cause.
    pub violating: BTreeMap<String, u64>,
    /// Let off, by cause.
    pub excepted: BTreeMap<String, u64>,
    /// Place of the exception among the policy's, from 0.
    pub exception: Option<usize>,
    /// Not to be told, by what is missing.
    pub undecidable: BTreeMap<String, u64>,
    /// Of those: what one end's report has beyond the other's, as at the borders of a period, where an end counts what the other counts just
    /// outside of it.
    pub at_border: u64,
    /// Of which nothing could be said, by why.
    pub unobserved: BTreeMap<String, u64>,
    /// Of all of these: failed or delayed on purpose. They are counted like others.
    pub injected: u64,
    /// Of all of these: those whose user agent says that they are probes, or telemetry. They are counted like others.
    pub beside: u64,
    /// Which ends tell of it: `source`, `destination` or `both`.
    pub reporters: String,
}

impl EdgeResult {
    /// Something was seen of it, and nothing of that can be told: no share of undecidable exchanges stands for such an edge.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.compliant == 0 && self.violating.is_empty() && !self.undecidable.is_empty()
    }
}

impl Report {
    /// How many policies came to that.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.policies.iter().filter(|policy| policy.verdict == verdict).count()
    }
}

impl PolicyResult {
    /// Edges in a state.
    pub fn of_state(&self, state: State) -> impl Iterator<Item = &EdgeResult> {
        self.results.iter().filter(move |result| result.state == state)
    }

    /// Exchanges on edges of its scope that were failed or delayed on purpose.
    #[must_use]
    pub fn injected(&self) -> u64 {
        self.results.iter().fold(0, |sum, result| sum.saturating_add(result.injected))
    }
}
