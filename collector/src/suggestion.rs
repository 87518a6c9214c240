//! Least privilege (`hogusu.suggestion/v1`): AuthorizationPolicies of a namespace that let in whom certificates named in the traffic that was
//! seen, and nobody else; with the evidence of each rule, and whom they would cut. Pure: a map, facts and labels in, a report out.

mod admitted;
mod build;
mod cuts;
mod limits;
mod name;
mod selector;
mod stability;
mod text;
mod yaml;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::Moment;
use crate::report::map::Completeness;

pub use build::{Asked, Refused, build};
pub use stability::stability;
pub use text::markdown;
pub use yaml::yaml;

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.suggestion/v1";

/// Policies for a namespace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Name and version of this shape.
    pub schema: String,
    /// `proven`, `not_proven`: the period is not complete, or something is left out; `nothing_seen`: nobody asked anybody there.
    pub result: String,
    /// Why it is not proven.
    pub not_proven: Vec<String>,
    /// Version of Istio whose reading of policies is assumed.
    pub assumed: String,
    /// Whose workloads they are for.
    pub namespace: String,
    /// Start of what was seen.
    pub from: Moment,
    /// Its end, exclusive.
    pub to: Moment,
    /// How complete that is: who was not seen is not let in.
    pub completeness: Completeness,
    /// One for each workload; several where one would have too many rules.
    pub policies: Vec<Suggested>,
    /// Who was let in, and is not by these policies.
    pub would_cut: Vec<Cut>,
    /// Who was refused in the period, and is not let in by these policies either.
    pub refused: Vec<Cut>,
    /// Workloads that were asked and that nothing is suggested for, and why.
    pub left_out: Vec<LeftOut>,
    /// Workloads of the namespace that nobody was seen to ask: nothing is suggested for them.
    pub unseen: Vec<String>,
    /// What is perhaps not meant.
    pub warnings: Vec<String>,
    /// What bounds all of it, in words.
    pub limits: Vec<String>,
}

/// An AuthorizationPolicy with the action ALLOW.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggested {
    /// Its name.
    pub name: String,
    /// The workload that its selector selects.
    pub workload: String,
    /// `matchLabels`.
    pub selector: BTreeMap<String, String>,
    /// Who is let in.
    pub rules: Vec<Rule>,
}

/// One certificate's name at one port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// As Istio writes it: the URI SAN without its scheme.
    pub principal: String,
    /// Port of the workload.
    pub port: u16,
    /// `POST` where all that was seen is gRPC; nothing: any.
    pub methods: Vec<String>,
    /// Exchanges that were let in.
    pub exchanges: u64,
    /// The edges that they are of.
    pub edges: Vec<Evidence>,
    /// What is to be known of the name.
    pub notes: Vec<String>,
}

/// What an edge bears out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its id, as on the map.
    pub edge_id: String,
    /// Who asks, as the map has it.
    pub source: String,
    /// `http`, `grpc` or `tcp`.
    pub protocol: String,
    /// Exchanges under this name that were let in: by the destination's word, which saw the certificate.
    pub exchanges: u64,
    /// `destination`, or `both`.
    pub reported_by: String,
    /// Whether both counted the same, as on the map.
    pub agreement: String,
    /// When the edge was seen; `None`: not asked.
    pub stability: Option<Stability>,
}

/// When an edge was seen, stretch by stretch of the period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    /// Length of a stretch, seconds.
    pub step_s: f64,
    /// Stretches in which it was seen.
    pub seen: u64,
    /// Stretches of which something is known.
    pub known: u64,
    /// Stretches of which nothing is.
    pub unknown: u64,
    /// Days (UTC) on which it was seen.
    pub days_seen: u64,
    /// Days that the period touches.
    pub days: u64,
    /// Start of the first stretch with an exchange.
    pub first_seen: Option<Moment>,
    /// End of the last one.
    pub last_seen: Option<Moment>,
    /// Longest time between two of them, seconds; `None` where it came in one run alone.
    pub longest_pause_s: Option<f64>,
    /// It came in every stretch, or at least three times with pauses that the period is long enough for.
    pub is_recurrence_covered: bool,
}

/// Exchanges that no suggested rule lets in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// Their edge.
    pub edge_id: String,
    /// Who asks.
    pub source: String,
    /// Who is asked.
    pub destination: String,
    /// Port of the workload; 0 when not known.
    pub port: u16,
    /// `mutual_tls`, `plaintext`, `application_tls`, or `unknown`.
    pub connection: String,
    /// Name of the certificate, where one was seen.
    pub principal: Option<String>,
    /// How many.
    pub exchanges: u64,
    /// Why no rule lets them in.
    pub because: String,
}

/// A workload that nothing is suggested for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which one.
    pub workload: String,
    /// Why.
    pub because: String,
}
