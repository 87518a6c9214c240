//! Compliance over time, as plain data: `hogusu.compliance_over_time/v1`. Each step is a period of its own, judged by the same policies; of every
//! edge that violated one it is said since when, how long, and whether its remedy was shown. docs/compliance.md has every field.
//!
//! How a remedy is told is in [`gathering`].

pub mod gathering;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::rate::Rate;
use crate::words::{Severity, Verdict};

pub use gathering::Gathering;

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.compliance_over_time/v1";

/// By what each step is judged.
pub const JUDGED_BY: &str =
    "today's policies on past traffic: every step is judged by the files as they are now, whichever were in force then";

/// Steps of a period, and what became of each policy and each violating edge over them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverTime {
    /// Name and version of this shape.
    pub schema: String,
    /// Version of what made it.
    pub version: String,
    /// Mesh ids, joined by a comma.
    pub mesh: String,
    /// Start of the first step.
    pub from: String,
    /// End of the last one, exclusive.
    pub to: String,
    /// Length of a step, seconds; the first and the last may be shorter.
    pub step_s: f64,
    /// By which policies, in words.
    pub judged_by: String,
    /// How complete each step is.
    pub steps: Vec<Step>,
    /// Every policy, in the order of its files.
    pub policies: Vec<Line>,
    /// What is wrong with the files.
    pub problems: Vec<Problem>,
}

/// A stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Start.
    pub from: String,
    /// End, exclusive.
    pub to: String,
    /// Start, nanoseconds since the epoch.
    #[serde(skip)]
    pub start: u64,
    /// End, likewise.
    #[serde(skip)]
    pub end: u64,
}

/// How complete a step is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    #[serde(flatten)]
    pub window: Window,
    /// Proxies that report.
    pub reporting: u64,
    /// Proxies that should; `None` where nobody says which.
    pub expected: Option<u64>,
    /// Seconds that senders covered.
    pub covered_s: f64,
    /// Seconds that they should have.
    pub expected_s: f64,
    /// Seconds of the step that anybody told of.
    pub told_s: f64,
    /// Its length, seconds.
    pub period_s: f64,
    /// Batches lost.
    pub lost_batches: u64,
    /// Exchanges in them.
    pub lost_exchanges: u64,
    /// Batches refused for good.
    pub refused_batches: u64,
}

/// A policy over the steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// What it answers.
    pub question: String,
    /// How much it matters.
    pub severity: Severity,
    /// Who answers for it.
    pub owner: String,
    /// Its file and line.
    pub file: String,
    /// One for each step, in their order.
    pub points: Vec<Point>,
    /// The first step in which something was violating.
    pub first_violation: Option<Window>,
    /// The last one.
    pub last_violation: Option<Window>,
    /// Every edge that was violating in a step, by its name.
    pub edges: Vec<ViolatingEdge>,
}

/// What a policy comes to in a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Start of the step.
    pub from: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why it is not proven, were nothing violating.
    pub unproven: Vec<String>,
    /// By requests.
    pub requests: Rate,
    /// By connections.
    pub connections: Rate,
    /// By edges.
    pub edges: Rate,
    /// By workloads.
    pub workloads: Rate,
}

/// An edge that was violating.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViolatingEdge {
    /// Its id.
    pub edge: String,
    /// `SOURCE -> DESTINATION`.
    pub label: String,
    /// How often it came to that: each from its first violation until a remedy was shown.
    pub episodes: Vec<Episode>,
}

/// From a violation until a remedy was shown, or to the end of what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Violating exchanges, by cause.
    pub violating: BTreeMap<String, u64>,
    /// The last step before, in which the edge was shown to be compliant; `None`: it may have begun before what was asked for.
    pub compliant_before: Option<Window>,
    /// The step of the first violation.
    pub first: Window,
    /// That of the last one.
    pub last: Window,
    /// What became of it.
    pub state: Remedy,
    /// The step in which it was shown to be compliant again.
    pub remedied: Option<Window>,
    /// It went on for so many seconds at least, between its first and its last violation.
    pub at_least_s: f64,
    /// It was remedied within so many seconds; `None` where no remedy was shown, or its beginning is not known.
    pub at_most_s: Option<f64>,
    /// Steps after the last violation, until its remedy or to the end, that show nothing: the edge was not seen, or something is missing.
    pub unknown_steps: u64,
}

/// What became of a violation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// A later step was complete, and all that was seen of the edge in it was compliant.
    Remedied,
    /// The last step has violations.
    StillViolating,
    /// Nothing was seen of the edge since: silence is no remedy.
    #[default]
    NotSeenSince,
    /// It was seen since, and no step shows that all of it was compliant.
    NotProven,
}

impl Remedy {
    /// For people.
    #[must_use]
    pub const fn said(self) -> &'static str {
        match self {
            Self::Remedied => "remedied",
            Self::StillViolating => "still violating",
            Self::NotSeenSince => "not seen since, which is no remedy",
            Self::NotProven => "seen since, and no remedy is proven",
        }
    }
}
