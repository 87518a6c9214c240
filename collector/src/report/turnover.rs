//! Which edges are new, idle or gone in a period, against the one before (`hogusu.turnover/v1`). docs/topology.md has the method.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Moment;
use super::build;
use super::map::Completeness;
use super::observed::Observed;
use super::shape::LISTED;
use crate::analysis::edge::Side;
use crate::chart::turnover::{Turn, Turned};

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.turnover/v1";

/// Edges that one of two periods has and the other has not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Turnover {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// The period.
    #[serde(flatten)]
    pub observed: Observed,
    /// The one before it, equally long as it was asked for.
    pub before: Before,
    /// Whether it is known who should report, in the period and in the one before, and nothing is missing of which nobody can say whose it was: else
    /// nothing is new or idle, but only not seen.
    pub is_whole: bool,
    /// How many edges there are of each word.
    pub counts: Vec<TurnCount>,
    /// New ones first, then gone and idle ones, then those that were only not seen; of each the busiest first.
    pub edges: Vec<TurnedEdge>,
    /// How many those are.
    pub edges_in_all: u64,
}

/// The period before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PeriodBefore")]
pub struct Before {
    /// Start.
    pub from: Moment,
    /// End, exclusive.
    pub to: Moment,
    /// How complete it is.
    pub completeness: Completeness,
}

/// How many edges there are of a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnCount {
    /// The word.
    pub turn: String,
    /// Edges.
    pub edges: u64,
}

/// An edge that only one of both periods has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TurnedEdge {
    /// As on a map.
    pub id: String,
    /// Who asks.
    pub source: String,
    /// Who is asked.
    pub destination: String,
    /// Its port; 0 when not known.
    pub port: u16,
    /// `http`, `grpc` or `tcp`.
    pub protocol: String,
    /// `new`, `gone`, `idle`, `not_seen_before` or `not_seen_after`.
    pub turn: String,
    /// By whose word nothing passed: `source`, `destination`, or `api_server`, for an end has no pod; `None` where it was only not seen.
    pub known_by: Option<String>,
    /// Requests, or connections that ended, in the period that has it.
    pub exchanges: u64,
    /// Those that failed.
    pub failed: u64,
    /// What `failed` is a share of.
    pub failed_of: u64,
}

pub(super) fn turnover(observed: Observed, before: Before, is_whole: bool, all: &[Turned<'_>]) -> Turnover {
    let of = |turn: Turn| all.iter().filter(|one| one.turn == turn).count() as u64;
    Turnover {
        schema: SCHEMA.to_owned(),
        observed,
        before,
        is_whole,
        counts: Turn::ALL.map(|turn| TurnCount { turn: turn.as_str().to_owned(), edges: of(turn) }).into(),
        edges: all.iter().take(LISTED).map(told).collect(),
        edges_in_all: all.len() as u64,
    }
}

fn told(one: &Turned<'_>) -> TurnedEdge {
    let (edge, side) = (one.edge, one.edge.main_report());
    TurnedEdge {
        id: build::id(edge),
        source: edge.source.label.clone(),
        destination: edge.destination.label.clone(),
        port: edge.key.port,
        protocol: edge.key.protocol.as_str().to_owned(),
        turn: one.turn.as_str().to_owned(),
        known_by: one.by.map(|by| by.as_str().to_owned()),
        exchanges: side.map_or(0, Side::count),
        failed: side.map_or(0, Side::failed),
        failed_of: side.map_or(0, Side::judged),
    }
}
