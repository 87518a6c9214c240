//! What is declared, as every picture of a period says it: which file is in force, what it leaves out, what it says of an edge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::analysis::edge;
use crate::analysis::join::Joined;
use crate::declared::{Failures, InForce, What};

/// What is in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Declared")]
pub struct Declared {
    /// When the file in force was read.
    pub loaded: Moment,
    /// Why the file as it is now cannot be used, so that the one before it stays in force; `None` when it is in force.
    pub refused: Option<String>,
    /// Traffic that it leaves out, in its order.
    pub left_out: Vec<LeftOutBy>,
    /// Edges of the period whose source does not wait, as it is declared, whatever is selected.
    pub asynchronous_edges: u64,
}

/// Traffic that is declared to be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOutBy {
    /// By who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// By what is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Why.
    pub reason: String,
    /// Exchanges, as reporters counted them; with `include=declared` they are on the map, and this is 0.
    pub exchanges: u64,
}

/// What is declared of an edge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DeclaredOfEdge")]
pub struct OfEdge {
    /// Outcomes that are failures on it, beside those that are by themselves.
    pub count: Vec<String>,
    /// Outcomes that are no failures on it.
    pub do_not_count: Vec<String>,
    /// Share of failures from which on it is called failing; `None`: 0.01, as where nothing is declared.
    pub failing_from: Option<f64>,
    /// `asynchronous`; `None` where that is not declared.
    pub interaction: Option<String>,
    /// How that is known, as it is declared.
    pub reason: Option<String>,
}

impl Declared {
    /// What is in force, and what it makes of a period; `None` where nothing is declared.
    pub(super) fn of(in_force: Option<&InForce>, joined: &Joined) -> Option<Self> {
        let in_force = in_force.filter(|in_force| in_force.revision > 0)?;
        let counts = joined.declared.iter().copied().chain(std::iter::repeat(0));
        let left_out = in_force.declaration.left_out.iter().zip(counts).map(|(entry, exchanges)| {
            let of = LeftOutBy { reason: entry.reason.clone(), exchanges, ..LeftOutBy::default() };
            match &entry.what {
                What::Principal(principal) => LeftOutBy { principal: Some(principal.clone()), ..of },
                What::Operation(operation) => LeftOutBy { operation: Some(operation.clone()), ..of },
            }
        });
        Some(Self {
            loaded: Moment(in_force.loaded),
            refused: in_force.refused.clone(),
            left_out: left_out.collect(),
            asynchronous_edges: joined.edges.iter().filter(|edge| edge.asynchronous.is_some()).count() as u64,
        })
    }
}

impl OfEdge {
    /// `None` of an edge of which nothing is declared.
    pub(super) fn of(edge: &edge::Edge) -> Option<Self> {
        let (failures, reason) = (edge.failures.as_deref(), edge.asynchronous.as_deref());
        if failures.is_none() && reason.is_none() {
            return None;
        }
        let words = |of: fn(&Failures) -> &Vec<hogusu_model::Outcome>| {
            let outcomes = failures.map(of).into_iter().flatten();
            outcomes.map(|outcome| outcome.as_str().to_owned()).collect()
        };
        Some(Self {
            count: words(|failures| &failures.count),
            do_not_count: words(|failures| &failures.do_not_count),
            failing_from: failures.and_then(Failures::share),
            interaction: reason.map(|_| "asynchronous".to_owned()),
            reason: reason.map(str::to_owned),
        })
    }
}
