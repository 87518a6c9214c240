//! The hours of a period, one after another, as they are kept in baselines and compared. The one place that knows how an hour is read: as a
//! period of its own, joined as the map is. Judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_compare::{
    Coverage, EdgeHour, EdgeRecord, EndRecord, HourRecord, OutcomeRecord, SecurityRecord, SideHour, SideRecord,
};
use hogusu_model::edge::EdgeKey;
use hogusu_model::{Hook, Security, Workload};

use crate::allowance::EDGE;
use crate::analysis::completeness::{Completeness, measure};
use crate::analysis::edge::{Edge, Side};
use crate::analysis::expected::Expected;
use crate::analysis::join::{Include, join_wanted};
use crate::analysis::proxies::ProxyState;
use crate::analysis::security;
use crate::label;
use crate::period::{Period, Periods, Resolution, StoreError};
use crate::spans;
use crate::wanted::{Unwanted, Wanted};

/// Nanoseconds of an hour.
pub const HOUR_NANOS: u64 = 3_600 * 1_000_000_000;

/// Whole hours, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The first one, in hours since the epoch.
    pub from: u64,
    /// How many.
    pub hours: u64,
}

/// Of an hour only coarser times are kept any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coarser {
    /// Hours since the epoch.
    pub hour: u64,
}

/// What is known of a period beside its hours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    /// Its edges.
    pub edges: Vec<EdgeRecord>,
    /// Workloads of which every hour was covered, none of their time being missing.
    pub covered: BTreeSet<Workload>,
    /// Workloads of which something is missing.
    pub lacking: BTreeSet<Workload>,
}

/// Reads a period hour by hour, oldest first, and hands each to `each`.
///
/// # Errors
/// When the store cannot be read, hours of it are not kept any more, nobody waits any more, there is no room for them, or `each` says so.
pub fn read<E: From<StoreError> + From<Unwanted> + From<Coarser>>(
    periods: &dyn Periods,
    expected: Option<&Expected>,
    stretch: Stretch,
    wanted: &Wanted,
    mut each: impl FnMut(HourRecord) -> Result<(), E>,
) -> Result<Ends, E> {
    let _in = spans::stretches().entered();
    let (mut known, mut rows) = (Known::default(), 0);
    for hour in stretch.from..stretch.from.saturating_add(stretch.hours) {
        let from = hour.saturating_mul(HOUR_NANOS);
        let to = from.saturating_add(HOUR_NANOS);
        let part = wanted.part();
        let period = periods.period_at(from, to, Resolution::Hour, &part)?;
        if (period.from, period.to) != (from, to) {
            return Err(Coarser { hour }.into());
        }
        rows += period.rows.len() as u64;
        let joined = join_wanted(&period, Include::default(), &part)?;
        let complete = measure(&period, expected);
        let coverage = known.watch(&period, &complete);
        let before = known.edges.len();
        joined.edges.iter().for_each(|edge| known.edge(edge));
        wanted.take(EDGE.saturating_mul((known.edges.len() - before) as u64))?;
        let edges = joined.edges.iter().map(edge_hour).filter(|one| one.source.is_some() || one.destination.is_some());
        each(HourRecord { hour, coverage, edges: edges.collect() })?;
    }
    spans::number(spans::STRETCHES, stretch.hours);
    spans::number(spans::ROWS, rows);
    Ok(known.ends())
}

/// The id of an edge as it is written.
fn id(key: &EdgeKey) -> String {
    format!("{:016x}", key.id())
}

fn edge_hour(edge: &Edge) -> EdgeHour {
    let side = |side: &Option<Side>| side.as_ref().filter(|side| side.count() > 0).map(side_hour);
    EdgeHour { id: id(&edge.key), source: side(&edge.source_report), destination: side(&edge.destination_report) }
}

fn side_hour(side: &Side) -> SideHour {
    SideHour { count: side.count(), failed: side.failed(), judged: side.judged(), answers: (&side.answers()).into() }
}

/// What adds up over the hours.
#[derive(Default)]
struct Known {
    edges: BTreeMap<EdgeKey, Whole>,
    /// Workloads that were covered in every hour so far; `None` before the first one.
    covered: Option<BTreeSet<Workload>>,
    lacking: BTreeSet<Workload>,
    /// Labels of workloads with a proxy that should report and does not.
    silent: BTreeSet<String>,
}

/// An edge over all hours.
#[derive(Default)]
struct Whole {
    label: String,
    source_report: Option<Side>,
    destination_report: Option<Side>,
    principals: [BTreeSet<String>; 2],
}

impl Known {
    /// Who was covered in an hour, and what is missing of it.
    fn watch(&mut self, period: &Period, complete: &Completeness) -> Coverage {
        let mut time: BTreeMap<&Workload, u64> = BTreeMap::new();
        for sender in &period.senders {
            let workload = &sender.proxy.workload;
            if sender.covered < sender.expected || sender.lost_batches > 0 {
                self.lacking.insert(workload.clone());
            }
            if !matches!(sender.hook, Hook::UpstreamLog | Hook::ListenerLog) {
                *time.entry(workload).or_default() += sender.covered;
            }
        }
        // A workload may begin or end within the hour; what it should have covered and did not is above.
        let covered: BTreeSet<Workload> = time
            .into_iter()
            .filter(|(_, time)| *time >= HOUR_NANOS / 2)
            .map(|(workload, _)| workload.clone())
            .collect();
        self.covered = Some(match self.covered.take() {
            None => covered,
            Some(before) => before.intersection(&covered).cloned().collect(),
        });
        self.silent.extend(complete.proxies.silent.iter().map(|one| one.workload.clone()));
        let is_unseen = |state| state == ProxyState::NotObservable || state == ProxyState::Starting;
        let unseen = complete.judged.iter().flatten().filter(|proxy| is_unseen(proxy.state));
        self.silent.extend(unseen.map(|proxy| label::workload(&proxy.pod.namespace, &proxy.pod.workload)));
        let proxies = &complete.proxies;
        let is_named = proxies.silent.iter().all(|one| !one.workload.is_empty());
        Coverage {
            covered: complete.covered,
            expected: complete.expected,
            lost_batches: complete.lost_batches,
            lost_exchanges: complete.lost_exchanges,
            refused_batches: complete.refused_batches,
            unclosed_senders: complete.unclosed_senders,
            late_parts: complete.late_parts,
            is_known: proxies.expected.is_some()
                && proxies.doubt.is_none()
                && is_named
                && complete.refused_batches == 0
                && !period.is_clock_in_doubt,
        }
    }

    fn edge(&mut self, edge: &Edge) {
        let whole = self.edges.entry(edge.key.clone()).or_default();
        whole.label = edge.label();
        for (own, hour) in
            [(&mut whole.source_report, &edge.source_report), (&mut whole.destination_report, &edge.destination_report)]
        {
            if let Some(hour) = hour {
                add(own.get_or_insert_default(), hour);
            }
        }
        let [source, destination] = &mut whole.principals;
        source.extend(edge.source.principals.iter().cloned());
        destination.extend(edge.destination.principals.iter().cloned());
    }

    fn ends(self) -> Ends {
        let Self { edges, covered, mut lacking, silent } = self;
        let is_silent = |workload: &&Workload| silent.contains(&label::workload(&workload.namespace, &workload.name));
        let covered = covered.unwrap_or_default();
        lacking.extend(covered.iter().filter(is_silent).cloned().collect::<Vec<_>>());
        let covered = covered.difference(&lacking).cloned().collect();
        Ends { edges: edges.into_iter().map(|(key, whole)| whole.record(&key)).collect(), covered, lacking }
    }
}

/// Adds what is read of the whole period: outcomes and security.
fn add(own: &mut Side, hour: &Side) {
    for (class, tally) in &hour.outcomes {
        own.outcomes.entry(*class).or_default().duration.merge(&tally.duration);
    }
    for (word, count) in [
        (Security::MutualTls, hour.security.mutual_tls),
        (Security::Tls, hour.security.tls),
        (Security::ApplicationTls, hour.security.application_tls),
        (Security::Plaintext, hour.security.plaintext),
        (Security::Unknown, hour.security.unknown),
    ] {
        own.security.add(word, count);
    }
}

impl Whole {
    fn record(self, key: &EdgeKey) -> EdgeRecord {
        let joined = security::join(self.source_report.as_ref(), self.destination_report.as_ref());
        let [source, destination] = self.principals.map(|names| names.into_iter().collect());
        EdgeRecord {
            id: id(key),
            label: self.label,
            protocol: key.protocol.as_str().to_owned(),
            port: key.port,
            source: EndRecord::of(&key.source, source),
            destination: EndRecord::of(&key.destination, destination),
            source_report: self.source_report.as_ref().map(side_record),
            destination_report: self.destination_report.as_ref().map(side_record),
            security: SecurityRecord { state: joined.state.as_str().to_owned(), statement: joined.statement },
        }
    }
}

fn side_record(side: &Side) -> SideRecord {
    let outcomes = side.outcomes.iter().map(|(class, tally)| OutcomeRecord {
        outcome: class.outcome.as_str().to_owned(),
        reason: class.reason.as_str().to_owned(),
        answered_by: class.answered_by.as_str().to_owned(),
        streaming: class.streaming,
        count: tally.duration.count(),
    });
    SideRecord {
        outcomes: outcomes.collect(),
        mutual_tls: side.security.mutual_tls,
        tls: side.security.tls,
        application_tls: side.security.application_tls,
        plaintext: side.security.plaintext,
        unknown: side.security.unknown,
    }
}
