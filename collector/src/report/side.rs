//! What one side's proxies counted on an edge, and how its numbers are read off histograms.

use std::collections::BTreeMap;

use hogusu_model::{Histogram, Quantile, Reading, Reason};
use litemap::LiteMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::analysis::edge;
use crate::analysis::slowness::{SAMPLES_FOR_P90, SAMPLES_FOR_P99};

/// One side's report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// Requests, or connections that ended.
    pub count: u64,
    /// `count` by the map's `seconds`.
    pub rate_per_s: f64,
    /// Failed exchanges; a source that went away itself did not fail, and what was injected is no failure.
    pub failed: u64,
    /// What `failed` is a share of: `count` without `injected`.
    pub failed_of: u64,
    /// `failed` by `failed_of`; `None` of nothing.
    pub failed_ratio: Option<f64>,
    /// Failed as it is declared, of `failed_of` too; only where that is another number than `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_failed: Option<u64>,
    /// Failed on purpose: in `count`, and in neither `failed` nor `failed_of`.
    pub injected: u64,
    /// Delayed on purpose: in `count`, and in none of the three quantiles below.
    pub delayed: u64,
    /// Switched protocols and streams: in `count`, and in none of the three quantiles below. Their lives are in `outcomes`.
    #[serde(default)]
    pub streaming: u64,
    /// Median of the answered exchanges.
    pub p50_s: Option<f64>,
    /// `None` below 10 samples.
    pub p90_s: Option<f64>,
    /// `None` below 100 samples.
    pub p99_s: Option<f64>,
    /// By outcome and who answered.
    pub outcomes: Vec<OutcomeCount>,
    /// By TLS version, where there was TLS.
    pub tls_versions: BTreeMap<String, u64>,
    /// URI SANs of both ends' certificates.
    pub principals: Principals,
    /// By canonical revision of both ends' workloads.
    #[serde(default)]
    pub revisions: Revisions,
    /// The slowest trace kept of each outcome, streams apart.
    pub exemplars: Vec<Exemplar>,
    /// By operation, the most frequent first.
    pub operations: Vec<Operation>,
    /// Attempts, where measured.
    pub attempts: Option<Attempts>,
    /// Bytes, where measured.
    pub bytes: Option<Bytes>,
    /// How long the upstream took, where measured.
    pub backend_latency: Option<BackendLatency>,
}

/// Exchanges of one outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutcomeCount {
    /// How they ended.
    pub outcome: String,
    /// Why, where the outcome alone does not say it.
    pub reason: Option<String>,
    /// Who answered.
    pub answered_by: String,
    /// True when these are switched protocols or streams, and the quantiles those of their lives.
    #[serde(default)]
    pub streaming: bool,
    /// How many.
    pub count: u64,
    /// Median.
    pub p50_s: Option<f64>,
    /// `None` below 10 samples.
    pub p90_s: Option<f64>,
    /// `None` below 100 samples.
    pub p99_s: Option<f64>,
}

/// URI SANs as this side saw them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Principals {
    /// Of the source.
    pub source: Vec<String>,
    /// Of the destination.
    pub destination: Vec<String>,
}

/// Exchanges by revision; nothing of an end of which none is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revisions {
    /// Of the source's workload.
    pub source: Vec<Revision>,
    /// Of the destination's.
    pub destination: Vec<Revision>,
}

/// Exchanges of one revision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// Its name; empty: not known.
    pub revision: String,
    /// All.
    pub count: u64,
    /// Those that failed.
    pub failed: u64,
    /// What `failed` is a share of: `count` without what was failed on purpose.
    pub failed_of: u64,
}

/// A trace kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exemplar {
    /// How its exchange ended.
    pub outcome: String,
    /// Why, where the outcome alone does not say it.
    pub reason: Option<String>,
    /// Trace id, 32 hexadecimal digits.
    pub trace_id: String,
    /// True when it is a switched protocol or a stream, and its duration a life.
    #[serde(default)]
    pub streaming: bool,
    /// How long it took.
    pub duration_s: f64,
    /// When it ended.
    pub at: Moment,
}

/// Exchanges of one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Operation {
    /// gRPC method, route name, or declared path template.
    pub operation: String,
    /// All.
    pub count: u64,
    /// Those that failed.
    pub failed: u64,
    /// `None` below 100 answered.
    pub p99_s: Option<f64>,
}

/// Attempts of requests towards upstreams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempts {
    /// By the router's upstream log; `None` without one.
    pub logged: Option<u64>,
    /// What the requests say they took; `None` when not measured.
    pub stated_by_requests: Option<u64>,
    /// Of those logged, by outcome and who answered.
    pub outcomes: Vec<OutcomeCount>,
}

/// Bytes of requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bytes {
    /// Received from the downstream.
    pub received: u64,
    /// Sent to it.
    pub sent: u64,
}

/// Time from the first byte sent upstream to the last received.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BackendLatency {
    /// Requests that have one.
    pub count: u64,
    /// Median.
    pub p50_s: Option<f64>,
    /// `None` below 10 samples.
    pub p90_s: Option<f64>,
    /// `None` below 100 samples.
    pub p99_s: Option<f64>,
}

/// Writes a side of an edge out; rates are over `seconds`.
#[must_use]
pub fn of(edge: &edge::Edge, side: &edge::Side, seconds: f64) -> Side {
    let (count, failed, failed_of, [p50_s, p90_s, p99_s]) = (side.count(), side.failed(), side.judged(), speed(side));
    let outcomes = side.outcomes.iter().map(|(class, tally)| outcome(*class, &tally.duration)).collect();
    Side {
        count,
        rate_per_s: ratio(count, seconds).unwrap_or_default(),
        failed,
        failed_of,
        failed_ratio: (failed_of > 0).then(|| as_f64(failed) / as_f64(failed_of)),
        declared_failed: Some(edge.failed(side)).filter(|declared| *declared != failed),
        injected: side.injected(),
        delayed: side.delayed(),
        streaming: side.streaming(),
        p50_s,
        p90_s,
        p99_s,
        outcomes,
        tls_versions: side.tls_versions.iter().map(|(version, count)| (version.as_str().to_owned(), *count)).collect(),
        principals: Principals {
            source: side.source_principals.iter().cloned().collect(),
            destination: side.destination_principals.iter().cloned().collect(),
        },
        revisions: Revisions {
            source: revisions(&side.source_revisions),
            destination: revisions(&side.destination_revisions),
        },
        exemplars: exemplars(side),
        operations: operations(side),
        attempts: attempts(side),
        bytes: side.bytes.map(|(received, sent)| Bytes { received, sent }),
        backend_latency: side.backend.as_ref().map(|durations| BackendLatency {
            count: durations.count(),
            p50_s: quantile(durations, Quantile::P50, 1),
            p90_s: quantile(durations, Quantile::P90, SAMPLES_FOR_P90),
            p99_s: quantile(durations, Quantile::P99, SAMPLES_FOR_P99),
        }),
    }
}

/// P50, P90 and P99 of a side's answered exchanges.
pub(super) fn speed(side: &edge::Side) -> [Option<f64>; 3] {
    quantiles(&side.answers())
}

/// P50, P90 and P99; `None` below 1, 10 and 100 samples.
pub(super) fn quantiles(answers: &Histogram) -> [Option<f64>; 3] {
    let samples = [(Quantile::P50, 1), (Quantile::P90, SAMPLES_FOR_P90), (Quantile::P99, SAMPLES_FOR_P99)];
    samples.map(|(wanted, least)| quantile(answers, wanted, least))
}

fn outcome(class: edge::Class, durations: &Histogram) -> OutcomeCount {
    OutcomeCount {
        outcome: class.outcome.as_str().to_owned(),
        reason: reason(class.reason),
        answered_by: class.answered_by.as_str().to_owned(),
        streaming: class.streaming,
        count: durations.count(),
        p50_s: quantile(durations, Quantile::P50, 1),
        p90_s: quantile(durations, Quantile::P90, SAMPLES_FOR_P90),
        p99_s: quantile(durations, Quantile::P99, SAMPLES_FOR_P99),
    }
}

fn reason(reason: Reason) -> Option<String> {
    (reason != Reason::None).then(|| reason.as_str().to_owned())
}

fn revisions(all: &LiteMap<String, edge::Revision>) -> Vec<Revision> {
    let written = |(name, one): (&String, &edge::Revision)| Revision {
        revision: name.clone(),
        count: one.count,
        failed: one.failed,
        failed_of: one.judged,
    };
    if all.keys().all(String::is_empty) { Vec::new() } else { all.iter().map(written).collect() }
}

/// What an exemplar is kept for.
type Kept = (hogusu_model::Outcome, Reason, bool);

/// One exemplar per outcome and reason, whoever answered: the slowest. Streams have their own.
fn exemplars(side: &edge::Side) -> Vec<Exemplar> {
    let mut slowest = BTreeMap::new();
    for (class, tally) in &side.outcomes {
        if let Some(exemplar) = tally.exemplar {
            let kept = slowest.entry((class.outcome, class.reason, class.streaming)).or_insert(exemplar);
            if exemplar.nanos > kept.nanos {
                *kept = exemplar;
            }
        }
    }
    let written = |((outcome, why, streaming), exemplar): (Kept, hogusu_model::Exemplar)| Exemplar {
        outcome: outcome.as_str().to_owned(),
        reason: reason(why),
        streaming,
        trace_id: format!("{:032x}", u128::from_be_bytes(exemplar.trace)),
        duration_s: as_f64(exemplar.nanos) / 1e9,
        at: Moment(exemplar.at),
    };
    slowest.into_iter().map(written).collect()
}

fn operations(side: &edge::Side) -> Vec<Operation> {
    let written = |(name, operation): (&String, &edge::Operation)| Operation {
        operation: name.clone(),
        count: operation.count,
        failed: operation.failed,
        p99_s: quantile(&operation.answers, Quantile::P99, SAMPLES_FOR_P99),
    };
    let mut operations: Vec<Operation> = side.operations.iter().map(written).collect();
    operations.sort_by(|a, b| (b.count, &a.operation).cmp(&(a.count, &b.operation)));
    operations
}

fn attempts(side: &edge::Side) -> Option<Attempts> {
    if side.attempts.is_none() && side.summed_attempts.is_none() {
        return None;
    }
    let logged =
        side.attempts.as_ref().map(|classes| classes.values().map(Histogram::count).fold(0, u64::saturating_add));
    let outcomes = side.attempts.iter().flatten().map(|(class, durations)| outcome(*class, durations)).collect();
    Some(Attempts { logged, stated_by_requests: side.summed_attempts, outcomes })
}

/// In seconds, to the nanosecond; the layout's lowest and highest bound stand for what is beyond them.
fn quantile(durations: &Histogram, quantile: Quantile, least_samples: u64) -> Option<f64> {
    if durations.count() < least_samples {
        return None;
    }
    durations.quantile(quantile).map(|reading| match reading {
        Reading::Below => LOWEST,
        Reading::Above => HIGHEST,
        Reading::Seconds(seconds) => (seconds * 1e9).round() / 1e9,
    })
}

/// 2^-20 s: what took less is shown as `<`.
pub const LOWEST: f64 = 9.536_743_164_062_5e-7;
/// 2^12 s: what took longer is shown as `>`.
pub const HIGHEST: f64 = 4096.0;

/// `count` by `seconds`; `None` when no time has passed.
#[must_use]
pub fn ratio(count: u64, seconds: f64) -> Option<f64> {
    (seconds > 0.0).then(|| as_f64(count) / seconds)
}

/// For rates and shares only; counts stay integers.
#[expect(clippy::cast_precision_loss, reason = "a ratio has 53 significant bits; the counts stand beside it exactly")]
#[must_use]
pub const fn as_f64(count: u64) -> f64 {
    count as f64
}
