//! Failures that are passed on (`hogusu.cascades/v1`). Gathered here, stretch by stretch; docs/topology.md has the method.

use std::collections::{BTreeMap, HashMap};

use hogusu_model::edge::End;
use hogusu_model::{AnsweredBy, Outcome};
use hogusu_topology::{Cascade, FEWEST_STRETCHES, Failing, Passed, WorkloadId, cascades};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Moment;
use super::build::seconds;
use super::coverage::{Coverage, Covering};
use super::shape::{LISTED, rounded};
use crate::analysis::completeness::Completeness;
use crate::analysis::edge::{Class, Edge, Side};
use crate::analysis::join::Joined;

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.cascades/v1";

/// Which failing edge explains which others: inferred from counts, which hold no cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cascades {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Start.
    pub from: Moment,
    /// End, exclusive.
    pub to: Moment,
    /// How long a stretch is.
    pub step_s: f64,
    /// How many there are.
    pub stretches: u64,
    /// Whether those are enough to tell anything: at least 20.
    pub is_long_enough: bool,
    /// How complete they are.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// Those that explain the most edges first.
    pub cascades: Vec<Inferred>,
    /// How many there are.
    pub cascades_in_all: u64,
    /// Links with failures.
    pub failing: u64,
    /// Those of them that are part of no cascade.
    pub failing_alone: u64,
}

/// A cascade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Inferred {
    /// The first failing link, as far down as failing calls explain: no call of its destination explains its own failures.
    pub first: FailingLink,
    /// Of its failures those that its destination did not answer: it was not reached, it took too long, or a proxy refused.
    pub first_not_answered: u64,
    /// Links whose failures it explains, directly or through others, the nearest first.
    pub hit: Vec<HitLink>,
    /// How many those are.
    pub hit_in_all: u64,
}

/// A link that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailingLink {
    /// Who calls.
    pub source: String,
    /// Whom.
    pub destination: String,
    /// Exchanges that failed, as the source saw them where it reports.
    pub failed: u64,
    /// What `failed` is a share of.
    pub failed_of: u64,
}

/// A link whose failures another explains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HitLink {
    /// Which.
    #[serde(flatten)]
    pub link: FailingLink,
    /// How many links away from the first.
    pub level: u64,
    /// The call of its destination that explains it: whom that called.
    pub explained_by: String,
    /// Which part of its failures that explains.
    pub share_explained: f64,
    /// How closely both vary together: Pearson's correlation by stretches.
    pub together: f64,
}

/// What is known so far.
#[derive(Debug, Default)]
pub struct Gathering {
    numbers: HashMap<End, WorkloadId>,
    labels: Vec<String>,
    links: BTreeMap<(WorkloadId, WorkloadId), Counted>,
    /// The only workload that was reached by each host's name, by number; `None` where there were several.
    behind: BTreeMap<String, Option<WorkloadId>>,
    /// Hosts that nothing was sent to.
    unreached: BTreeMap<WorkloadId, String>,
    stretches: usize,
    covering: Covering,
}

/// Of a link.
#[derive(Debug, Clone, Default)]
struct Counted {
    failed: u64,
    /// Of these what the destination answered so.
    answered: u64,
    judged: u64,
    /// By stretches: failures that may be those of the destination's calls, and all others.
    failing: BTreeMap<usize, (u64, u64)>,
}

impl Gathering {
    /// Adds a stretch. Returns how many links are new.
    pub fn stretch(&mut self, joined: &Joined, complete: &Completeness) -> u64 {
        self.covering.add(complete);
        let before = self.links.len();
        joined.edges.iter().for_each(|edge| self.edge(edge));
        self.stretches += 1;
        (self.links.len() - before) as u64
    }

    fn edge(&mut self, edge: &Edge) {
        let (source, destination) = (&edge.key.source, &edge.key.destination);
        let is_told = matches!(source, End::Workload(_)) && !matches!(destination, End::Unknown | End::Overflow);
        let Some(side) = edge.main_report().filter(|side| is_told && side.count() > 0) else { return };
        let (source, to) = (self.number(source, &edge.source.label), self.number(destination, &edge.destination.label));
        match destination {
            End::Workload(_) => {
                for service in &edge.services {
                    let known = self.behind.entry(service.host.clone()).or_insert(Some(to));
                    *known = known.filter(|one| *one == to);
                }
            }
            End::Service(host) if !edge.is_reached => drop(self.unreached.insert(to, host.clone())),
            _ => {}
        }
        let sum = self.links.entry((source, to)).or_default();
        sum.add(self.stretches, side);
    }

    fn number(&mut self, end: &End, label: &str) -> WorkloadId {
        if let Some(known) = self.numbers.get(end) {
            return *known;
        }
        let next = WorkloadId(u32::try_from(self.labels.len()).unwrap_or(u32::MAX));
        self.numbers.insert(end.clone(), next);
        self.labels.push(label.to_owned());
        next
    }

    /// Requests that found no endpoint are calls of the workload behind the name, where that is one.
    fn of_workloads(&mut self) {
        for ((source, destination), counted) in std::mem::take(&mut self.links) {
            let host = self.unreached.get(&destination);
            let behind = host.and_then(|host| self.behind.get(host).copied().flatten());
            self.links.entry((source, behind.unwrap_or(destination))).or_default().merge(counted);
        }
    }

    /// All of it.
    #[must_use]
    pub fn finish(mut self, (from, to): (Moment, Moment), step: u64) -> Cascades {
        self.of_workloads();
        let failing: Vec<(&(WorkloadId, WorkloadId), &Counted)> =
            self.links.iter().filter(|(_, counted)| counted.failed > 0).collect();
        let series: Vec<Failing> = failing.iter().map(|(ends, one)| one.series(**ends, self.stretches)).collect();
        let found = cascades(&series, self.stretches);
        let part_of = |one: &Cascade| one.hit.len() as u64 + 1;
        let told = |one: &Cascade| self.inferred(one, &failing);
        Cascades {
            schema: SCHEMA.to_owned(),
            from,
            to,
            step_s: seconds(step),
            stretches: self.stretches as u64,
            is_long_enough: self.stretches >= FEWEST_STRETCHES,
            coverage: self.covering.told(),
            cascades: found.iter().take(LISTED).filter_map(told).collect(),
            cascades_in_all: found.len() as u64,
            failing: failing.len() as u64,
            failing_alone: (failing.len() as u64).saturating_sub(found.iter().map(part_of).sum()),
        }
    }

    fn inferred(&self, one: &Cascade, failing: &[(&(WorkloadId, WorkloadId), &Counted)]) -> Option<Inferred> {
        let label = |id: WorkloadId| self.labels.get(id.0 as usize).cloned().unwrap_or_default();
        let link = |place: usize| {
            let ((source, destination), counted) = failing.get(place)?;
            let (source, destination) = (label(*source), label(*destination));
            Some(FailingLink { source, destination, failed: counted.failed, failed_of: counted.judged })
        };
        let hit = |passed: &Passed| {
            Some(HitLink {
                link: link(passed.edge)?,
                level: passed.level as u64,
                explained_by: link(passed.by)?.destination,
                share_explained: rounded(passed.share),
                together: rounded(passed.together),
            })
        };
        let (_, first) = failing.get(one.first)?;
        Some(Inferred {
            first: link(one.first)?,
            first_not_answered: first.failed.saturating_sub(first.answered),
            hit: one.hit.iter().take(LISTED).filter_map(hit).collect(),
            hit_in_all: one.hit.len() as u64,
        })
    }
}

impl Counted {
    fn add(&mut self, stretch: usize, side: &Side) {
        let failed = side.failed();
        self.failed = self.failed.saturating_add(failed);
        self.judged = self.judged.saturating_add(side.judged());
        if failed > 0 {
            self.answered = self.answered.saturating_add(side.count_where(is_answered));
            let passed_on = side.count_where(may_be_passed_on);
            self.merge_stretch(stretch, (passed_on, failed.saturating_sub(passed_on)));
        }
    }

    fn merge_stretch(&mut self, stretch: usize, (passed_on, others): (u64, u64)) {
        let sum = self.failing.entry(stretch).or_default();
        *sum = (sum.0.saturating_add(passed_on), sum.1.saturating_add(others));
    }

    fn merge(&mut self, other: Self) {
        self.failed = self.failed.saturating_add(other.failed);
        self.answered = self.answered.saturating_add(other.answered);
        self.judged = self.judged.saturating_add(other.judged);
        other.failing.into_iter().for_each(|(stretch, counts)| self.merge_stretch(stretch, counts));
    }

    fn series(&self, (source, destination): (WorkloadId, WorkloadId), stretches: usize) -> Failing {
        let of = |chosen: fn(&(u64, u64)) -> u64| {
            (0..stretches).map(|stretch| self.failing.get(&stretch).map_or(0, chosen)).collect()
        };
        Failing { source, destination, answered: of(|counts| counts.0), others: of(|counts| counts.1) }
    }
}

/// A failure that may be one of a call of who was asked: it answered so itself, or it did not answer in time.
fn may_be_passed_on(class: Class) -> bool {
    is_answered(class) || class.outcome == Outcome::Timeout
}

/// A failure that the destination answered.
fn is_answered(class: Class) -> bool {
    class.outcome.is_failure() && matches!(class.answered_by, AnsweredBy::Application | AnsweredBy::Upstream)
}
