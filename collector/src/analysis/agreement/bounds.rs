//! The inequality of rule 7, and what may explain that it does not hold.

use foldhash::HashMap;
use hogusu_model::Protocol;
use hogusu_model::edge::End;

use super::Ends;
use super::account::Account;
use crate::analysis::clusters::Clusters;
use crate::analysis::edge::Edge;
use crate::analysis::few::Few;
use crate::analysis::numbered::{EndId, Numbered};
use crate::analysis::numerals::{counted, grouped};
use crate::period::{Period, SenderInPeriod};

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Within the bounds.
    Agree,
    /// Outside of them, and nothing known explains it.
    Disagree(String),
    /// It cannot be told.
    NotComparable(Vec<String>),
}

/// What the period and its senders mean for a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Why nothing can be compared at all.
    pub blocked: Vec<String>,
    /// Longest stretch, in nanoseconds, by which the sides' cuts at the period's ends may differ, with the part of the
    /// period that is not sealed yet.
    pub ragged: u64,
    /// Length of the counted time in nanoseconds.
    pub length: u64,
    /// `request` or `connection`.
    pub noun: &'static str,
}

/// Senders by the workload they stand before.
pub type ByWorkload<'a> = HashMap<EndId, Vec<&'a SenderInPeriod>>;

/// Sorts a period's senders by workload, as far as it is an end of an edge.
#[must_use]
pub fn by_workload<'a>(period: &'a Period, clusters: &Clusters, numbered: &Numbered) -> ByWorkload<'a> {
    let mut sorted = ByWorkload::default();
    for sender in &period.senders {
        let workload = End::Workload(clusters.own(&sender.proxy.workload).into_owned());
        if let Some(end) = numbered.known_end(&workload) {
            sorted.entry(end).or_default().push(sender);
        }
    }
    sorted
}

impl Standing {
    /// Reads the senders of the account's workloads and of the edge's ends.
    #[must_use]
    pub fn of(edge: &Edge, ends: Ends, account: &Account, period: &Period, by_workload: &ByWorkload<'_>) -> Self {
        let mut workloads: Few<EndId> = account.sources.keys().copied().collect();
        workloads.extend([ends.source, ends.destination]);
        let senders = workloads.iter().filter_map(|workload| by_workload.get(workload)).flatten();
        let senders: Vec<&SenderInPeriod> = senders.copied().collect();
        // Each side cuts its batches at about the same wall time; a slot takes a batch by its start.
        let flush = senders.iter().map(|sender| sender.flush_interval).max().unwrap_or_default();
        let open_start = senders.iter().any(|sender| sender.first_start < period.from);
        let open_end = senders.iter().any(|sender| !sender.closed && !sender.unclosed);
        let begin = senders.iter().map(|sender| sender.first_start).min().unwrap_or_default().max(period.from);
        let end = period.to.min(period.now);
        let unsealed = end.saturating_sub(period.sealed_to.max(begin));
        Self {
            blocked: blocked(&senders),
            ragged: flush.saturating_mul(u64::from(open_start) + u64::from(open_end)).saturating_add(unsealed),
            length: end.saturating_sub(begin),
            noun: if edge.key.protocol == Protocol::Tcp { "connection" } else { "request" },
        }
    }

    /// How many of `count` can lie across the ends of the period while traffic flows.
    fn at_the_ends(&self, count: u64) -> u64 {
        if self.length == 0 {
            return count;
        }
        let across = (u128::from(count) * u128::from(self.ragged)).div_ceil(u128::from(self.length));
        u64::try_from(across).unwrap_or(count).min(count)
    }
}

fn blocked(senders: &[&SenderInPeriod]) -> Vec<String> {
    let lost = senders.iter().map(|sender| sender.lost_batches).fold(0, u64::saturating_add);
    let exchanges = senders.iter().map(|sender| sender.lost_exchanges).fold(0, u64::saturating_add);
    let unclosed = senders.iter().filter(|sender| sender.unclosed).count();
    let mut reasons = Vec::new();
    if lost > 0 {
        let batches = if lost == 1 { "batch" } else { "batches" };
        reasons.push(format!("{} {batches} lost with {}", grouped(lost), counted(exchanges, "exchange")));
    }
    if unclosed > 0 {
        reasons.push(format!("{} went silent without an end", counted(unclosed as u64, "sender")));
    }
    reasons
}

/// Compares. Bounds of several sources add up, for the destination cannot tell them apart.
#[must_use]
pub fn judge(account: &Account, standing: &Standing) -> Verdict {
    if !standing.blocked.is_empty() {
        return Verdict::NotComparable(standing.blocked.clone());
    }
    let found = account.at_destination;
    let bounds = Bounds::of(account);
    if found < bounds.lower {
        return below(account, standing, bounds.lower, found);
    }
    if found.saturating_sub(account.broken_at_destination) > bounds.upper {
        return above(account, standing, &bounds, found);
    }
    Verdict::Agree
}

struct Bounds {
    lower: u64,
    upper: u64,
    /// Some source says only how many requests it had, not how many attempts they took.
    retries_untold: bool,
}

impl Bounds {
    fn of(account: &Account) -> Self {
        let mut bounds = Self { lower: 0, upper: 0, retries_untold: false };
        for sent in account.sources.values() {
            let best = sent.best();
            bounds.lower = bounds.lower.saturating_add(best.count.saturating_sub(best.unproven));
            let most = match (sent.attempts, sent.summed_attempts) {
                (Some(attempts), _) => attempts.count,
                (None, Some(summed)) => summed.max(sent.requests.count),
                (None, None) => {
                    bounds.retries_untold = true;
                    sent.requests.count
                }
            };
            bounds.upper = bounds.upper.saturating_add(most.saturating_sub(best.never_arrived));
        }
        bounds
    }
}

fn below(account: &Account, standing: &Standing, least: u64, found: u64) -> Verdict {
    let difference = format!(
        "the source proves at least {}, the destination counts {}",
        counted(least, standing.noun),
        grouped(found)
    );
    let mut excuses = Vec::new();
    if account.unattributed > 0 {
        excuses.push(format!("{} there are of unknown source", counted(account.unattributed, standing.noun)));
    }
    if account.folded_at_destination > 0 {
        excuses.push(format!("{} there on the overflow edge", counted(account.folded_at_destination, standing.noun)));
    }
    decide(standing, difference, excuses, least - found, least)
}

fn above(account: &Account, standing: &Standing, bounds: &Bounds, found: u64) -> Verdict {
    let difference = format!(
        "the source sent at most {}, the destination counts {}; what a proxy sends of its own, as mirrored requests, is in none of its logs",
        counted(bounds.upper, standing.noun),
        grouped(found)
    );
    let mut excuses = Vec::new();
    if bounds.retries_untold && standing.noun == "request" {
        excuses.push("retries cannot be told without the router's upstream log".to_owned());
    }
    if account.unresolved > 0 {
        excuses.push(format!("{} of the source to unresolved ends", counted(account.unresolved, standing.noun)));
    }
    if account.folded_at_source > 0 {
        excuses
            .push(format!("{} of the source on its overflow edge", counted(account.folded_at_source, standing.noun)));
    }
    decide(standing, difference, excuses, found - bounds.upper, found)
}

fn decide(standing: &Standing, difference: String, mut excuses: Vec<String>, gap: u64, count: u64) -> Verdict {
    let across = standing.at_the_ends(count);
    if gap <= across {
        excuses.push(format!(
            "up to {} may lie across the ends of the period or in what is not sealed yet",
            grouped(across)
        ));
    }
    if excuses.is_empty() {
        return Verdict::Disagree(difference);
    }
    excuses.insert(0, difference);
    Verdict::NotComparable(excuses)
}
