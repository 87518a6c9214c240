//! What to decouple first, and where the mesh is coupled (`hogusu.coupling/v1`).

mod reason;
mod weights;

use std::collections::BTreeMap;

use hogusu_topology::{
    Coupled, FACTORS, LinkId, Weights, bottlenecks, chatty, coupling as ranked, retried, single_points,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::domains::{FailureDomain, Pods, domains};
use super::{LISTED, rounded};
use crate::chart::Chart;
use crate::report::observed::Observed;

pub use self::weights::{BadWeights, factor, parse};

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.coupling/v1";

/// Where workloads wait for each other, and what that costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coupling {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Its period.
    #[serde(flatten)]
    pub observed: Observed,
    /// How much each value counts in a score.
    pub weights: BTreeMap<String, f64>,
    /// The first to decouple first.
    pub links: Vec<CoupledLink>,
    /// How many links there are on which somebody waits.
    pub links_in_all: u64,
    /// Workloads that wait for each other in a circle, the largest first.
    pub cycles: Vec<CircleOfCalls>,
    /// How many there are.
    #[serde(default)]
    pub cycles_in_all: u64,
    /// Workloads that all ways of an entry point pass, or through which alone others are reached.
    pub single_points: Vec<SinglePoint>,
    /// How many there are.
    #[serde(default)]
    pub single_points_in_all: u64,
    /// Nodes and zones that several workloads, or several replicas of one, are nowhere but on; first those that entry points with the most traffic lead to.
    #[serde(default)]
    pub failure_domains: Vec<FailureDomain>,
    /// How many there are.
    #[serde(default)]
    pub failure_domains_in_all: u64,
    /// Whether the API server tells where pods are: else no failure domain is known.
    #[serde(default)]
    pub is_placement_known: bool,
    /// Workloads that several wait for; first where many sources times much traffic meet.
    pub bottlenecks: Vec<WaitedFor>,
    /// How many there are.
    #[serde(default)]
    pub bottlenecks_in_all: u64,
    /// Links that are used many times for one request.
    pub chatty: Vec<ChattyLink>,
    /// How many there are.
    #[serde(default)]
    pub chatty_in_all: u64,
    /// Links with more attempts than requests.
    pub retried: Vec<RetriedLink>,
    /// How many there are.
    #[serde(default)]
    pub retried_in_all: u64,
}

/// A link on which its source waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CoupledLink {
    /// Who waits.
    pub source: String,
    /// For whom.
    pub destination: String,
    /// The weighted mean of `values`, from 0 to 1.
    pub score: f64,
    /// Why it stands where it does: what weighs most, for people.
    pub reason: String,
    /// What it is ranked by, each from 0 to 1; `null` is not known, and counts as nothing.
    pub values: BTreeMap<String, Option<f64>>,
    /// Requests.
    pub requests: u64,
    /// Those that failed.
    pub failed: u64,
    /// What `failed` is a share of.
    pub failed_of: u64,
    /// Calls in the longest chain through it in which everybody waits.
    pub chain: u64,
    /// Workloads that wait for its destination.
    pub sources: u64,
    /// Workloads that are reached only through its destination.
    pub cut_off: u64,
    /// Calls for one request of its source; `None` below 30 of those.
    pub calls_per_request: Option<f64>,
}

/// Workloads that wait for each other in a circle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CircleOfCalls {
    /// Who they are.
    pub members: Vec<String>,
    /// How many.
    pub members_in_all: u64,
    /// Requests between them.
    pub requests: u64,
    /// The link among them with the fewest requests: its source.
    pub thinnest_source: String,
    /// Its destination.
    pub thinnest_destination: String,
}

/// A single point of failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SinglePoint {
    /// Which workload.
    pub workload: String,
    /// Entry points all of whose observed ways pass it.
    pub entries: u64,
    /// What those entry points received in all, whether each of it comes here or not.
    pub requests: u64,
    /// Workloads that entry points reach only through it.
    pub cut_off: u64,
}

/// A workload that several wait for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaitedFor {
    /// Which.
    pub workload: String,
    /// Workloads that wait for it.
    pub sources: u64,
    /// The same weighted by traffic: one that sends nearly all is one.
    pub effective_sources: f64,
    /// Their requests.
    pub requests: u64,
    /// Of all requests between workloads.
    pub share: f64,
}

/// A link that is used many times for one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChattyLink {
    /// Who calls.
    pub source: String,
    /// Whom.
    pub destination: String,
    /// Calls for one request of the source.
    pub calls_per_request: f64,
    /// The entry point for one request of which most calls are made, of the 200 busiest; `None` where that cannot be told.
    pub entry: Option<String>,
    /// How many that are.
    pub calls_per_entry_request: Option<f64>,
}

/// A link with more attempts than requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetriedLink {
    /// Who calls.
    pub source: String,
    /// Whom.
    pub destination: String,
    /// Attempts.
    pub attempts: u64,
    /// Requests that they were made for.
    pub requests: u64,
    /// Not all of its source's proxies measure attempts: there were more.
    #[serde(default)]
    pub is_partly_measured: bool,
}

pub(in crate::report) fn coupling(
    observed: Observed,
    (chart, pods): (&Chart, Pods<'_>),
    weights: &Weights,
    limit: usize,
) -> Coupling {
    let shape = chart.shape();
    let links = ranked(shape, weights);
    let label = |id| chart.label(id).to_owned();
    let ends = |id: LinkId| {
        let (source, destination) = shape.mesh().link(id).map_or(("", ""), |link| chart.labels(link));
        (source.to_owned(), destination.to_owned())
    };
    let (cycles, cycles_in_all) = listed(shape.cycles(), |cycle| {
        let (thinnest_source, thinnest_destination) = ends(cycle.thinnest);
        let members = cycle.members.iter().take(LISTED).map(|id| label(*id)).collect();
        let members_in_all = cycle.members.len() as u64;
        CircleOfCalls { members, members_in_all, requests: cycle.requests, thinnest_source, thinnest_destination }
    });
    let (single_points, single_points_in_all) = listed(single_points(shape), |one| SinglePoint {
        workload: label(one.workload),
        entries: one.entries as u64,
        requests: one.traffic,
        cut_off: one.cut_off as u64,
    });
    let (failure_domains, failure_domains_in_all) = listed(domains(pods, chart), |one| one);
    let (bottlenecks, bottlenecks_in_all) = listed(bottlenecks(shape), |one| WaitedFor {
        workload: label(one.workload),
        sources: one.sources as u64,
        effective_sources: rounded(one.effective_sources),
        requests: one.requests,
        share: rounded(one.share),
    });
    let (chatty, chatty_in_all) = listed(chatty(shape), |one| {
        let (source, destination) = ends(one.link);
        let (entry, calls) = one.for_entry.map(|(entry, calls)| (label(entry), rounded(calls))).unzip();
        let calls_per_request = rounded(one.calls);
        ChattyLink { source, destination, calls_per_request, entry, calls_per_entry_request: calls }
    });
    let (retried, retried_in_all) = listed(retried(shape), |one| {
        let (source, destination) = ends(one.link);
        let is_partly_measured = one.is_partly_measured;
        RetriedLink { source, destination, attempts: one.attempts, requests: one.requests, is_partly_measured }
    });
    Coupling {
        schema: SCHEMA.to_owned(),
        observed,
        weights: FACTORS.iter().zip(weights.0).map(|(one, weight)| (factor(*one).to_owned(), weight)).collect(),
        links_in_all: links.len() as u64,
        links: links.iter().take(limit).filter_map(|one| told(chart, one, weights)).collect(),
        cycles,
        cycles_in_all,
        single_points,
        single_points_in_all,
        failure_domains,
        failure_domains_in_all,
        is_placement_known: pods.is_some(),
        bottlenecks,
        bottlenecks_in_all,
        chatty,
        chatty_in_all,
        retried,
        retried_in_all,
    }
}

/// As many of them as are listed, as plain data, and how many there are.
fn listed<T, U>(all: Vec<T>, told: impl FnMut(T) -> U) -> (Vec<U>, u64) {
    let in_all = all.len() as u64;
    (all.into_iter().take(LISTED).map(told).collect(), in_all)
}

fn told(chart: &Chart, one: &Coupled, weights: &Weights) -> Option<CoupledLink> {
    let link = chart.shape().mesh().link(one.link)?;
    let (source, destination) = chart.labels(link);
    let values = FACTORS.iter().zip(one.values).map(|(name, value)| (factor(*name).to_owned(), value.map(rounded)));
    Some(CoupledLink {
        source: source.to_owned(),
        destination: destination.to_owned(),
        score: rounded(one.score),
        reason: reason::of(one, link, weights, chart.shape().entries().len()),
        values: values.collect(),
        requests: link.requests.exchanges,
        failed: link.requests.failed,
        failed_of: link.requests.judged,
        chain: one.chain as u64,
        sources: one.sources as u64,
        cut_off: one.cut_off as u64,
        calls_per_request: one.calls.map(rounded),
    })
}
