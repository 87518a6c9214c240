//! What changed between two periods, and what baselines there are, as plain data (`hogusu.diff/v1`, `hogusu.baselines/v1`), and a diff's
//! renderings as text. docs/diff.md says what each word rests on.

mod build;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Moment;

pub use build::{diff, shown};
pub use text::{markdown, table};

/// Schema of a diff.
pub const DIFF: &str = "hogusu.diff/v1";
/// Schema of a list of baselines.
pub const BASELINES: &str = "hogusu.baselines/v1";
/// Schema of one baseline.
pub const BASELINE: &str = "hogusu.baseline_summary/v1";

/// Every word of a diff, as `--fail-on` takes them.
pub const WORDS: [&str; 10] = [
    "added",
    "removed",
    "not_seen",
    "slower",
    "faster",
    "same",
    "failures_up",
    "failures_down",
    "security_changed",
    "not_enough_data",
];

/// A diff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diff {
    /// Name and version of this shape.
    #[schemars(extend("const" = DIFF))]
    pub schema: String,
    /// The period before.
    pub a: Side,
    /// The period after.
    pub b: Side,
    /// The second period lies before the first: words tell what changed going back in time. Versions before did not say so.
    #[serde(default)]
    pub is_reversed: bool,
    /// Words are said: both periods are long enough.
    pub has_words: bool,
    /// Why there are none, or how often they are wrong.
    pub statement: String,
    /// Edges by the words that are said of them; an edge may have several.
    pub words: Vec<Count>,
    /// Edges of either period.
    pub total: u64,
    /// Those that changed first; as many as were asked for.
    pub edges: Vec<Edge>,
}

/// How many edges a word is said of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WordCount")]
pub struct Count {
    /// The word.
    pub word: String,
    /// Edges.
    pub edges: u64,
}

/// One of both periods.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DiffPeriod")]
pub struct Side {
    /// The baseline that it is; `None` for one that was read as it is kept.
    pub baseline: Option<String>,
    /// Start.
    pub from: Moment,
    /// End, exclusive.
    pub to: Moment,
    /// Edges.
    pub edges: u64,
    /// How complete it is.
    pub completeness: Completeness,
}

/// How complete a period is, as three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DiffCompleteness")]
pub struct Completeness {
    /// In every hour it was known which proxies should report.
    pub is_known: bool,
    /// Seconds that senders covered.
    pub covered_seconds: f64,
    /// Seconds that they should have covered.
    pub expected_seconds: f64,
    /// Batches missing from their sequences.
    pub lost_batches: u64,
    /// Batches refused for good.
    pub refused_batches: u64,
    /// Senders that went silent without an end; one in each hour that it is silent in.
    pub unclosed_senders: u64,
}

/// What changed on an edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DiffEdge")]
pub struct Edge {
    /// Its id.
    pub id: String,
    /// `SOURCE -> DESTINATION`.
    pub label: String,
    /// What is said of it.
    pub words: Vec<String>,
    /// `both`, `added`, `removed`, `not_seen_before` or `not_seen_after`.
    pub presence: String,
    /// `source` or `destination`: whose report is compared; `None` where no side reported in both.
    pub report: Option<String>,
    /// What was counted before.
    pub a: Option<Counted>,
    /// What was counted after.
    pub b: Option<Counted>,
    /// How fast it was.
    pub latency: Option<Latency>,
    /// How it failed.
    pub failures: Option<Failures>,
    /// How it was secured.
    pub security: Option<Security>,
}

/// What was counted on an edge in a period, by the report that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// All exchanges.
    pub count: u64,
    /// In a second, over the whole period.
    pub per_second: f64,
    /// Those that failed.
    pub failed: u64,
    /// What `failed` is a share of.
    pub judged: u64,
}

/// How an edge's speed changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Geometric mean of the answers' durations, that of after over that of before; `None`: too few answers.
    pub ratio: Option<Interval>,
    /// `day` or `hour`: what one value of the interval is.
    pub unit: String,
    /// Values before.
    pub values_a: usize,
    /// Values after.
    pub values_b: usize,
    /// p value of a change, adjusted for all edges; `None` where no word could be said.
    pub adjusted_p: Option<f64>,
}

/// How an edge's failures changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failures {
    /// Share of after minus that of before.
    pub difference: Option<Interval>,
    /// p value of a change, adjusted for all edges; `None` where no word could be said.
    pub adjusted_p: Option<f64>,
}

/// A number and its 95 % interval, of this edge by itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// What was found.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How an edge's security changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DiffSecurity")]
pub struct Security {
    /// `changed`, `same` or `unknown`.
    pub word: String,
    /// State before.
    pub a: String,
    /// State after.
    pub b: String,
    /// Identities that only after has.
    pub new_principals: Vec<String>,
    /// Identities that only before has.
    pub gone_principals: Vec<String>,
}

/// Which baselines there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Baselines {
    /// Name and version of this shape.
    #[schemars(extend("const" = BASELINES))]
    pub schema: String,
    /// By name.
    pub baselines: Vec<Baseline>,
}

/// A baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// Its name.
    pub name: String,
    /// Bytes of its file.
    pub bytes: u64,
    /// Start; `None` where it is damaged, as the next ones.
    pub from: Option<Moment>,
    /// End, exclusive.
    pub to: Option<Moment>,
    /// When it was saved.
    pub saved: Option<Moment>,
    /// Why it cannot be read.
    pub problem: Option<String>,
}

/// One baseline, summed up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "BaselineSummary")]
pub struct Shown {
    /// Name and version of this shape.
    #[schemars(extend("const" = BASELINE))]
    pub schema: String,
    /// Its name.
    pub name: String,
    /// When it was saved.
    pub saved: Moment,
    /// The period.
    pub period: Side,
    /// Its edges.
    pub edges: Vec<ShownEdge>,
}

/// An edge of a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "BaselineEdge")]
pub struct ShownEdge {
    /// Its id.
    pub id: String,
    /// `SOURCE -> DESTINATION`.
    pub label: String,
    /// What the source's proxies counted; else what the destination's did.
    pub counted: Counted,
    /// How it was secured.
    pub security: String,
}
