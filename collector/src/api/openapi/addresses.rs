//! Every address of the API: what it is asked with, and what it answers. The router is made of these.

use hogusu_policy::report::Report;
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::parameters::{
    AFTER, BEFORE, BY, CLUSTER, CURSOR, EDGE as EDGE_OF_SERIES, EDGE_ID, EDGES_SHOWN, FORMAT, FROM, INCLUDE, LIMIT,
    NAME, NAMESPACE, OUTCOME, PROTOCOL, Parameter, SECURITY, SETTLED_SINCE, SINCE, STEP, TO, WEIGHTS, WHOSE, WORKLOAD,
    WORKLOAD_OF,
};
use super::refusals::{BAD, DAMAGED, MISSING, Refusal, STRANGER, UNAVAILABLE};
use super::schemas::of;
use crate::api::answer::OneEdge;
use crate::api::events::NewestSlot;
use crate::api::{proxies, senders, status};
use crate::report::Map;
use crate::report::cascades::Cascades;
use crate::report::changes::{Baselines, Diff, Shown};
use crate::report::columns::Graph;
use crate::report::facts::Facts;
use crate::report::groups::Groups;
use crate::report::observability::Observability;
use crate::report::series::Series;
use crate::report::shape::coupling::Coupling;
use crate::report::shape::entries::EntryPoints;
use crate::report::shape::impact::ImpactOf;
use crate::report::turnover::Turnover;
use crate::report::unstable::Unstable;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct Address {
    /// As the router takes it, and as OpenAPI writes it.
    pub(in crate::api) path: &'static str,
    /// What programs call it.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) parameters: &'static [Parameter],
    pub(super) answer: Answer,
    pub(super) refusals: &'static [Refusal],
}

/// What is answered with 200.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// A document with this schema.
    Json(fn(&mut SchemaGenerator) -> Value),
    /// The same, or rows of CSV.
    JsonOrCsv(fn(&mut SchemaGenerator) -> Value),
    /// A document with this schema, compressed for who takes that.
    Packed(fn(&mut SchemaGenerator) -> Value),
    /// Lines of JSON, compressed, and what they hold.
    Lines(&'static str),
    /// Events, each with data of this schema, and when they come.
    Events(&'static str, fn(&mut SchemaGenerator) -> Value),
}

impl Answer {
    /// Whether it is called by its bytes: what has no end is not.
    pub(super) const fn is_called(&self) -> bool {
        !matches!(self, Self::Events(..))
    }
}

const ASKED: &[Refusal] = &[BAD, STRANGER, UNAVAILABLE];
const ASKED_FOR_ONE: &[Refusal] = &[BAD, MISSING, STRANGER, UNAVAILABLE];
const ASKED_OF_BASELINES: &[Refusal] = &[BAD, MISSING, DAMAGED, STRANGER, UNAVAILABLE];

pub(in crate::api) const MAP: Address = Address {
    path: "/api/v1/map",
    id: "map",
    summary: "Who called whom in a period, how often, how fast, how it failed and how it was secured.",
    parameters: &[SINCE, FROM, TO, CLUSTER, NAMESPACE, WORKLOAD, PROTOCOL, SECURITY, OUTCOME, INCLUDE, LIMIT, CURSOR],
    answer: Answer::Json(of::<Map>),
    refusals: ASKED,
};
pub(in crate::api) const GRAPH: Address = Address {
    path: "/api/v1/graph",
    id: "graph",
    summary: "All edges of a period at once, in columns: what a drawing or a sorted table needs of them.",
    parameters: &[SINCE, FROM, TO, CLUSTER, NAMESPACE, WORKLOAD, PROTOCOL, SECURITY, OUTCOME, INCLUDE],
    answer: Answer::Packed(of::<Graph>),
    refusals: ASKED,
};
pub(in crate::api) const GROUPS: Address = Address {
    path: "/api/v1/groups",
    id: "groups",
    summary: "Who called whom, from namespace to namespace, or by what else ends belong to.",
    parameters: &[SINCE, FROM, TO, CLUSTER, NAMESPACE, WORKLOAD, PROTOCOL, SECURITY, OUTCOME, INCLUDE, BY],
    answer: Answer::Json(of::<Groups>),
    refusals: ASKED,
};
pub(in crate::api) const EDGE: Address = Address {
    path: "/api/v1/edges/{id}",
    id: "edge",
    summary: "One edge, with what was found on it.",
    parameters: &[EDGE_ID, SINCE, FROM, TO, INCLUDE],
    answer: Answer::Json(of::<OneEdge>),
    refusals: ASKED_FOR_ONE,
};
pub(in crate::api) const FACTS: Address = Address {
    path: "/api/v1/facts",
    id: "facts",
    summary: "What policies are judged by: of every edge of a period what each end says of which class of exchanges.",
    parameters: &[SINCE, FROM, TO, LIMIT, CURSOR],
    answer: Answer::Json(of::<Facts>),
    refusals: ASKED,
};
pub(in crate::api) const COMPLIANCE: Address = Address {
    path: "/api/v1/compliance",
    id: "compliance",
    summary: "A period judged by the collector's policies (`--policy`): rates with what they rest on, and every edge with what is said of it.",
    parameters: &[SETTLED_SINCE, FROM, TO],
    answer: Answer::Json(of::<Report>),
    refusals: ASKED_FOR_ONE,
};
pub(in crate::api) const SERIES: Address = Address {
    path: "/api/v1/series",
    id: "series",
    summary: "An edge, or those of a workload or namespace, over time.",
    parameters: &[SINCE, FROM, TO, NAMESPACE, WORKLOAD, INCLUDE, EDGE_OF_SERIES, STEP, FORMAT],
    answer: Answer::JsonOrCsv(of::<Series>),
    refusals: ASKED_FOR_ONE,
};
pub(in crate::api) const ENTRIES: Address = Address {
    path: "/api/v1/entries",
    id: "entries",
    summary: "Where traffic comes into the mesh, and what each entry point waits for.",
    parameters: &[SINCE, FROM, TO, INCLUDE, WHOSE],
    answer: Answer::Json(of::<EntryPoints>),
    refusals: ASKED,
};
pub(in crate::api) const IMPACT: Address = Address {
    path: "/api/v1/impact",
    id: "impact",
    summary: "What fails with a workload.",
    parameters: &[SINCE, FROM, TO, INCLUDE, WORKLOAD_OF],
    answer: Answer::Json(of::<ImpactOf>),
    refusals: ASKED,
};
pub(in crate::api) const COUPLING: Address = Address {
    path: "/api/v1/coupling",
    id: "coupling",
    summary: "Where workloads wait for each other, and what to decouple first.",
    parameters: &[SINCE, FROM, TO, INCLUDE, LIMIT, WEIGHTS],
    answer: Answer::Json(of::<Coupling>),
    refusals: ASKED,
};
pub(in crate::api) const TURNOVER: Address = Address {
    path: "/api/v1/turnover",
    id: "turnover",
    summary: "Which edges are new, idle or gone, against the period before.",
    parameters: &[SINCE, FROM, TO, INCLUDE],
    answer: Answer::Json(of::<Turnover>),
    refusals: ASKED,
};
pub(in crate::api) const UNSTABLE: Address = Address {
    path: "/api/v1/unstable",
    id: "unstable",
    summary: "How steady edges are: the spread of their hourly P99.",
    parameters: &[SINCE, FROM, TO, INCLUDE],
    answer: Answer::Json(of::<Unstable>),
    refusals: ASKED,
};
pub(in crate::api) const CASCADES: Address = Address {
    path: "/api/v1/cascades",
    id: "cascades",
    summary: "Which failing edge explains the failures of which others; inferred.",
    parameters: &[SINCE, FROM, TO, INCLUDE],
    answer: Answer::Json(of::<Cascades>),
    refusals: ASKED,
};
pub(in crate::api) const OBSERVABILITY: Address = Address {
    path: "/api/v1/observability",
    id: "observability",
    summary: "What can be observed of each workload, and what is missing.",
    parameters: &[SINCE, FROM, TO, INCLUDE],
    answer: Answer::Json(of::<Observability>),
    refusals: ASKED,
};
pub(in crate::api) const SENDERS: Address = Address {
    path: "/api/v1/senders",
    id: "senders",
    summary: "Every sender of a period, with its own account.",
    parameters: &[SINCE, FROM, TO, LIMIT, CURSOR],
    answer: Answer::Json(of::<senders::Senders>),
    refusals: ASKED,
};
pub(in crate::api) const PROXIES: Address = Address {
    path: "/api/v1/proxies",
    id: "proxies",
    summary: "Every proxy that should report, and whether it does.",
    parameters: &[],
    answer: Answer::Json(of::<proxies::Proxies>),
    refusals: ASKED,
};
pub(in crate::api) const STATUS: Address = Address {
    path: "/api/v1/status",
    id: "status",
    summary: "The collector's own state.",
    parameters: &[],
    answer: Answer::Json(of::<status::Status>),
    refusals: ASKED,
};
pub(in crate::api) const EVENTS: Address = Address {
    path: "/api/v1/events",
    id: "events",
    summary: "Which slot is the newest, as soon as it is another one.",
    parameters: &[],
    answer: Answer::Events(
        "Server-sent events: `slot`, at once and whenever its data changes. It ends after 100 s, and a client opens the next one.",
        of::<NewestSlot>,
    ),
    refusals: ASKED,
};
pub(in crate::api) const BASELINES: Address = Address {
    path: "/api/v1/baselines",
    id: "baselines",
    summary: "Which baselines there are.",
    parameters: &[],
    answer: Answer::Json(of::<Baselines>),
    refusals: ASKED,
};
pub(in crate::api) const BASELINE: Address = Address {
    path: "/api/v1/baselines/{name}",
    id: "baseline",
    summary: "A baseline, summed up.",
    parameters: &[NAME, EDGES_SHOWN],
    answer: Answer::Json(of::<Shown>),
    refusals: ASKED_OF_BASELINES,
};
pub(in crate::api) const EXPORT: Address = Address {
    path: "/api/v1/baselines/{name}/export",
    id: "export",
    summary: "A baseline as it is kept.",
    parameters: &[NAME],
    answer: Answer::Lines("Lines of JSON: a head, each hour, each edge, an end. docs/storage.md has their fields."),
    refusals: ASKED_OF_BASELINES,
};
pub(in crate::api) const DIFF: Address = Address {
    path: "/api/v1/diff",
    id: "diff",
    summary: "What changed between two periods, edge by edge.",
    parameters: &[BEFORE, AFTER, EDGES_SHOWN],
    answer: Answer::Json(of::<Diff>),
    refusals: ASKED_OF_BASELINES,
};
pub(in crate::api) const DESCRIPTION: Address = Address {
    path: "/api/v1/openapi.json",
    id: "description",
    summary: "This document.",
    parameters: &[],
    answer: Answer::Json(|_| json!({"type": "object", "required": ["openapi", "info", "paths", "components"]})),
    refusals: &[BAD, STRANGER],
};
