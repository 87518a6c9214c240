//! What can be observed of each workload (`hogusu.observability/v1`): whether its proxies report, whether traces are seen on it and go on, whether peers prove
//! who they are, whether attempts are counted. What is not there says what to do next. docs/topology.md has the words.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::Workload;
use hogusu_model::edge::End;
use hogusu_topology::Sight;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::observed::Observed;
use super::shape::LISTED;
use crate::analysis::edge::{Edge, Side};
use crate::chart::Sights;
use crate::label;

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.observability/v1";

/// What can be missing, in the order that it is told in, and what to do.
const NEXT: [(&str, &str); 5] = [
    ("reporting", "hogusu check --kubernetes FILE says which proxies should report, and why they do not"),
    ("identity", "hogusu map --security plaintext shows who is not asked for a certificate, and by whom"),
    (
        "traces",
        "set measure.exemplars in the plugin's configuration (docs/configuration.md); requests need a traceparent header",
    ),
    ("attempts", "install the upstream log too (docs/configuration.md)"),
    ("alerts", "whether anybody is told is not measured: docs/metrics.md has what to be told of"),
];

/// What can be observed of each workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Observability {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Its period.
    #[serde(flatten)]
    pub observed: Observed,
    /// Of which most is missing first, then the busiest.
    pub workloads: Vec<Observable>,
    /// How many there are.
    pub workloads_in_all: u64,
    /// What is missing, of how many workloads, and what to do next.
    pub missing: Vec<Missing>,
}

/// A workload, and what can be observed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observable {
    /// Which.
    pub workload: String,
    /// `whole`, `partly`, or `never`: how much of its calls its proxies told of.
    pub reporting: String,
    /// Exchanges that it received and made.
    pub exchanges: u64,
    /// `continued`: a trace was seen both on what it received and on what it called. `not_proven`: traces were seen, and none on both. `not_seen`: none was.
    pub traces: String,
    /// Exchanges that it received from a peer that proved who it is, by its own proxies.
    pub identified: u64,
    /// What `identified` is a share of; 0 where its proxies counted none.
    pub identified_of: u64,
    /// `measured`, `partly`, `not_measured`; `no_calls` where it makes no requests.
    pub attempts: String,
    /// What is missing: `reporting`, `identity`, `traces`, `attempts`.
    pub missing: Vec<String>,
}

/// What is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// `reporting`, `identity`, `traces`, `attempts`, or `alerts`, of which nothing is measured.
    pub what: String,
    /// Of how many workloads.
    pub workloads: u64,
    /// What to do next.
    pub next: String,
}

/// What is gathered of a workload.
#[derive(Default)]
struct Known<'a> {
    label: &'a str,
    exchanges: u64,
    traces_in: BTreeSet<[u8; 16]>,
    traces_out: BTreeSet<[u8; 16]>,
    identified: u64,
    identified_of: u64,
    makes_requests: bool,
    has_attempts: bool,
}

pub(super) fn observability<'a>(
    observed: Observed,
    edges: &'a [Edge],
    sights: &Sights,
    reporting: impl Iterator<Item = &'a Workload>,
) -> Observability {
    let mut known: BTreeMap<&Workload, Known<'a>> = reporting.map(|one| (one, Known::default())).collect();
    for edge in edges {
        if let End::Workload(workload) = &edge.key.source {
            known.entry(workload).or_default().makes(edge);
        }
        if let End::Workload(workload) = &edge.key.destination {
            known.entry(workload).or_default().receives(edge);
        }
    }
    let mut told: Vec<Observable> = known.iter().map(|(workload, one)| one.told(workload, sights)).collect();
    told.sort_by(|a, b| {
        let rank = |one: &Observable| (one.missing.len(), one.exchanges);
        rank(b).cmp(&rank(a)).then(a.workload.cmp(&b.workload))
    });
    let lacking = |what: &str| told.iter().filter(|one| one.missing.iter().any(|own| own == what)).count() as u64;
    let all = told.len() as u64;
    let missing = NEXT.map(|(what, next)| Missing {
        what: what.to_owned(),
        workloads: if what == "alerts" { all } else { lacking(what) },
        next: next.to_owned(),
    });
    Observability {
        schema: SCHEMA.to_owned(),
        observed,
        missing: missing.into_iter().filter(|one| one.workloads > 0).collect(),
        workloads_in_all: all,
        workloads: told.into_iter().take(LISTED).collect(),
    }
}

/// Trace ids that either side kept.
fn traces(edge: &Edge) -> impl Iterator<Item = [u8; 16]> {
    let sides = [&edge.source_report, &edge.destination_report].into_iter().flatten();
    sides.flat_map(|side| side.outcomes.values()).filter_map(|tally| Some(tally.exemplar?.trace))
}

impl<'a> Known<'a> {
    fn makes(&mut self, edge: &'a Edge) {
        self.label = &edge.source.label;
        self.exchanges = self.exchanges.saturating_add(edge.main_report().map_or(0, Side::count));
        self.traces_out.extend(traces(edge));
        self.makes_requests |= edge.noun() == "request";
        let counted = |side: &Side| side.attempts.is_some() || side.summed_attempts.is_some();
        self.has_attempts |= edge.source_report.as_ref().is_some_and(counted);
    }

    fn receives(&mut self, edge: &'a Edge) {
        self.label = &edge.destination.label;
        self.exchanges = self.exchanges.saturating_add(edge.main_report().map_or(0, Side::count));
        self.traces_in.extend(traces(edge));
        if let Some(side) = &edge.destination_report {
            self.identified = self.identified.saturating_add(side.security.mutual_tls);
            self.identified_of = self.identified_of.saturating_add(side.count());
        }
    }

    fn told(&self, workload: &Workload, sights: &Sights) -> Observable {
        let reporting = match sights.of_workload(workload) {
            Sight::Whole => "whole",
            Sight::Partly => "partly",
            Sight::Never => "never",
        };
        let traces = match (self.traces_in.is_disjoint(&self.traces_out), self.traces_in.len() + self.traces_out.len())
        {
            (false, _) => "continued",
            (true, 0) => "not_seen",
            (true, _) => "not_proven",
        };
        let attempts = match (self.makes_requests, self.has_attempts, sights.measures_attempts(workload)) {
            (false, ..) => "no_calls",
            (true, false, _) => "not_measured",
            (true, true, false) => "partly",
            (true, true, true) => "measured",
        };
        let is_missing = [
            ("reporting", reporting != "whole"),
            ("identity", self.identified < self.identified_of),
            ("traces", traces == "not_seen"),
            ("attempts", matches!(attempts, "not_measured" | "partly")),
        ];
        let name = || label::workload(&workload.namespace, &workload.name);
        Observable {
            workload: if self.label.is_empty() { name() } else { self.label.to_owned() },
            reporting: reporting.to_owned(),
            exchanges: self.exchanges,
            traces: traces.to_owned(),
            identified: self.identified,
            identified_of: self.identified_of,
            attempts: attempts.to_owned(),
            missing: is_missing.into_iter().filter(|(_, is_so)| *is_so).map(|(what, _)| what.to_owned()).collect(),
        }
    }
}
