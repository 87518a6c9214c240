//! A change of policies rehearsed on a map (`hogusu.simulation/v1`): what was seen, as `hogusu-access` asks for it, and what would become of
//! it, for people and programs. Pure: a map, facts and policies in, a report out.

mod build;
mod counts;
mod elsewhere;
mod limits;
mod namespaces;
mod rows;
mod seen;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::Moment;
use crate::report::map::Completeness;

pub(crate) use build::arrived_whole;
pub use build::{Observation, build, warning};
pub use namespaces::{unknown, unknown_cluster};
pub(crate) use seen::seen;
pub(crate) use text::as_it_stands;
pub use text::{markdown, table};

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.simulation/v1";

/// What a change would do to what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Simulation {
    /// Name and version of this shape.
    pub schema: String,
    /// `breaks`: something certainly would; `possible`: something perhaps would; `unseen`: nothing that was seen would;
    /// `nothing_seen`: no edge was looked at, so nothing is known.
    pub result: String,
    /// Version of Istio whose reading of policies is assumed.
    pub assumed: String,
    /// Start of what was seen.
    pub from: Moment,
    /// Its end, exclusive.
    pub to: Moment,
    /// How complete that is: what nobody saw is not rehearsed.
    pub completeness: Completeness,
    /// Whether it is known what is in force today.
    pub is_today_known: bool,
    /// Edges that were looked at.
    pub edges: u64,
    /// Edges to nobody with a proxy of the mesh, and others of which too little is known: not looked at.
    pub left_out: u64,
    /// What was let in and would be refused; certain ones first, then by how much was seen.
    pub would_break: Vec<Row>,
    /// What was refused and would be let in.
    pub would_open: Vec<Row>,
    /// What was mutual TLS and would be less.
    pub would_weaken: Vec<Row>,
    /// Edges of which the policies given as today's say another thing than what was seen: those are not all that was in force.
    pub contradictions: Vec<Row>,
    /// What is perhaps not meant in the files: `FILE:LINE: SAID`, with what to do.
    pub warnings: Vec<String>,
    /// What bounds all of it, in words.
    pub limits: Vec<String>,
}

/// Exchanges of an edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Their edge.
    pub edge_id: String,
    /// Who asks.
    pub source: String,
    /// Who is asked.
    pub destination: String,
    /// Port of the workload; 0 when not known.
    pub port: u16,
    /// `http`, `grpc` or `tcp`.
    pub protocol: String,
    /// What the connection was: `mutual_tls`, `plaintext` or `application_tls`; empty: not told apart.
    pub connection: String,
    /// Name of the source's certificate, where that was looked at.
    pub principal: Option<String>,
    /// Exchanges like these that were seen in the period: at most so many are meant.
    pub count: u64,
    /// End of the last stretch in which the edge was seen; `None`: that was not asked, or is not known.
    pub last_seen: Option<Moment>,
    /// `certain` or `possible`.
    pub certainty: String,
    /// What is not recorded, and would tell; nothing where it is certain.
    pub undecidable: Vec<String>,
    /// The rule that decides, or what the wire would be.
    pub because: String,
    /// Where that rule stands, `FILE:LINE`.
    pub place: Option<String>,
}
