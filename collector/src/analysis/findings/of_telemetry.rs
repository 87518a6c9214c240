//! Findings about the telemetry itself: what is missing, refused, late, doubtful.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::{Hook, Reporter, SenderId, Workload};

use super::{Evidence, Finding, Gap, Kind, ProxyName, Subject};
use crate::aggregate::SKEW_NANOS;
use crate::analysis::completeness::{Completeness, Silent};
use crate::analysis::join::Joined;
use crate::ownership::Dispute;
use crate::period::{DamagedFile, Period, ProxyKey, Refused, SenderInPeriod, proxy_key};

/// Findings of the senders and of what could not be resolved.
#[must_use]
pub fn find(joined: &Joined, completeness: &Completeness, period: &Period) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(period.damaged.iter().map(damaged));
    findings.extend(period.refused.iter().map(turned_away));
    findings.extend(lost(period));
    findings.extend(unclosed(period));
    if completeness.judged.is_none() {
        findings.extend(silent(&completeness.proxies.silent));
    }
    findings.extend(conflicts(joined, period));
    findings.extend(folded(period));
    findings.extend(refused(period));
    if period.is_clock_in_doubt {
        findings.push(finding(Kind::ClockSkew, Subject::Collector, u64::MAX, Evidence::OwnClock));
    }
    findings.extend(skewed(period));
    findings.extend(set(period));
    findings.extend(disputed(joined));
    if period.late_parts > 0 {
        let evidence = Evidence::Late { parts: period.late_parts };
        findings.push(finding(Kind::LateParts, Subject::Collector, period.late_parts, evidence));
    }
    findings
}

const fn finding(kind: Kind, subject: Subject, weight: u64, evidence: Evidence) -> Finding {
    Finding { kind, subject, weight, evidence }
}

/// What a file that cannot be read may have held is nowhere: neither what was counted nor that time was covered.
fn damaged(file: &DamagedFile) -> Finding {
    let (subject, weight) = (Subject::File(file.file.clone()), file.to.saturating_sub(file.from));
    finding(Kind::DamagedFile, subject, weight, Evidence::Damaged(file.clone()))
}

/// Batches that were refused, by who they say they are from.
fn turned_away(refused: &Refused) -> Finding {
    let subject = Subject::Sender { who: refused.who.clone(), peer: refused.peer.clone() };
    finding(Kind::RefusedBatches, subject, refused.batches, Evidence::Refused(Box::new(refused.clone())))
}

/// Findings about proxies, one for each however many workers it has: of its senders that are chosen, how much and why.
fn per_proxy(
    period: &Period,
    kind: Kind,
    chosen: impl Fn(&SenderInPeriod) -> bool,
    judged: impl Fn(&[&SenderInPeriod]) -> (u64, Evidence),
) -> Vec<Finding> {
    let mut proxies: BTreeMap<ProxyKey<'_>, Vec<&SenderInPeriod>> = BTreeMap::new();
    for sender in period.senders.iter().filter(|sender| chosen(sender)) {
        proxies.entry(proxy_key(&sender.proxy)).or_default().push(sender);
    }
    let found = |senders: &Vec<&SenderInPeriod>| {
        let (weight, evidence) = judged(senders);
        let named = senders.first().map(|sender| name(sender))?;
        Some(finding(kind, Subject::Proxy(named), weight, evidence))
    };
    proxies.values().filter_map(found).collect()
}

fn name(sender: &SenderInPeriod) -> ProxyName {
    let proxy = &sender.proxy;
    let pod = if proxy.pod.is_empty() { &proxy.id } else { &proxy.pod };
    ProxyName { namespace: proxy.workload.namespace.clone(), workload: proxy.workload.name.clone(), pod: pod.clone() }
}

fn lost(period: &Period) -> Vec<Finding> {
    let judged = |senders: &[&SenderInPeriod]| {
        let batches = senders.iter().map(|sender| sender.lost_batches).fold(0, u64::saturating_add);
        let exchanges = senders.iter().map(|sender| sender.lost_exchanges).fold(0, u64::saturating_add);
        (exchanges.max(batches), Evidence::Lost { batches, exchanges })
    };
    per_proxy(period, Kind::LostBatches, |sender| sender.lost_batches > 0, judged)
}

fn unclosed(period: &Period) -> Vec<Finding> {
    let judged = |senders: &[&SenderInPeriod]| {
        let missing = senders.iter().map(|sender| sender.expected.saturating_sub(sender.covered));
        let uncovered = missing.fold(0, u64::saturating_add);
        // Whether it should have been there at all nobody knows: it is in no share of covered time.
        let gap = if senders.iter().any(|sender| sender.expected > 0) {
            Gap::Within(uncovered)
        } else if senders.iter().any(|sender| sender.last_end > period.from) {
            Gap::Ahead
        } else {
            Gap::Before
        };
        let evidence = Evidence::Unclosed { senders: senders.len() as u64, gap };
        (uncovered, evidence)
    };
    per_proxy(period, Kind::UnclosedSenders, |sender| sender.unclosed, judged)
}

fn silent(proxies: &[Silent]) -> Vec<Finding> {
    let found = |silent: &Silent| {
        let subject = Subject::Expected { proxy: silent.proxy.clone(), workload: silent.workload.clone() };
        finding(Kind::SilentProxy, subject, 1, Evidence::NotSeen)
    };
    // Those that fell silent are named as unclosed senders already.
    proxies.iter().filter(|silent| silent.since.is_none()).map(found).collect()
}

fn conflicts(joined: &Joined, period: &Period) -> Vec<Finding> {
    let mut places: BTreeMap<(&Workload, Reporter, Hook), u64> = BTreeMap::new();
    for conflict in &period.conflicts {
        places.entry((&conflict.workload, conflict.side, conflict.hooks.1)).or_default();
    }
    for ((workload, side, hook), count) in &joined.conflicting {
        *places.entry((workload, *side, *hook)).or_default() = *count;
    }
    let found = |((workload, side, dropped), left_out): ((&Workload, Reporter, Hook), u64)| {
        let is_guessed = period.conflicts.iter().any(|one| one.workload == *workload && one.side == side);
        let proxies = with_both(workload, period);
        let subject = Subject::Workload { namespace: workload.namespace.clone(), name: workload.name.clone() };
        let evidence = Evidence::HookConflict { side, dropped, proxies, left_out, is_guessed };
        finding(Kind::HookConflict, subject, left_out.max(1), evidence)
    };
    places.into_iter().map(found).collect()
}

/// Proxies of a workload in which both hooks report.
fn with_both(workload: &Workload, period: &Period) -> u64 {
    let mut hooks: BTreeMap<&str, [bool; 2]> = BTreeMap::new();
    for sender in period.senders.iter().filter(|sender| sender.proxy.workload == *workload) {
        let [logger, filter] = hooks.entry(&sender.proxy.id).or_default();
        *logger |= sender.hook == Hook::AccessLog;
        *filter |= sender.hook == Hook::HttpFilter;
    }
    hooks.values().filter(|both| **both == [true; 2]).count() as u64
}

/// Counts of a backlog lie where it begins: the rest of its time looks silent.
fn folded(period: &Period) -> Vec<Finding> {
    let mut stretches: BTreeMap<SenderId, (u64, u64, u64)> = BTreeMap::new();
    for (id, folded) in &period.folded {
        let (start, end, exchanges) = stretches.entry(*id).or_insert((u64::MAX, 0, 0));
        (*start, *end) = ((*start).min(folded.start), (*end).max(folded.end));
        *exchanges = exchanges.saturating_add(folded.exchanges);
    }
    let judged = |senders: &[&SenderInPeriod]| {
        let met = senders.iter().filter_map(|sender| stretches.get(&sender.id));
        let (from, to, exchanges) = met.fold((u64::MAX, 0_u64, 0_u64), |(from, to, sum), (start, end, exchanges)| {
            (from.min(*start), to.max(*end), sum.saturating_add(*exchanges))
        });
        (exchanges, Evidence::Folded { from, to, exchanges })
    };
    per_proxy(period, Kind::FoldedBacklog, |sender| stretches.contains_key(&sender.id), judged)
}

fn refused(period: &Period) -> Vec<Finding> {
    let is_refused = |sender: &SenderInPeriod| sender.counters.configuration_refused > 0;
    let judged = |senders: &[&SenderInPeriod]| (senders.len() as u64, Evidence::ConfigurationRefused);
    per_proxy(period, Kind::ConfigurationRefused, is_refused, judged)
}

fn skewed(period: &Period) -> Vec<Finding> {
    let judged = |senders: &[&SenderInPeriod]| {
        let skews = senders.iter().map(|sender| sender.clock_skew_ns);
        let skew = skews.max_by_key(|skew| skew.unsigned_abs()).unwrap_or_default();
        let is_moved = senders.iter().any(|sender| sender.clock_shift_ns != 0);
        (skew.unsigned_abs(), Evidence::Skew { skew, is_moved })
    };
    per_proxy(period, Kind::ClockSkew, |sender| sender.clock_skew_ns.unsigned_abs() > SKEW_NANOS, judged)
}

fn set(period: &Period) -> Vec<Finding> {
    let judged = |senders: &[&SenderInPeriod]| {
        let times = senders.iter().map(|sender| sender.counters.clock_steps).max().unwrap_or_default();
        let last = senders.iter().map(|sender| sender.clock_set_at).max().unwrap_or_default();
        (0, Evidence::ClockSet { times, ago: period.now.saturating_sub(last) })
    };
    let is_set = |sender: &SenderInPeriod| sender.clock_set_at >= period.from.max(1) && sender.clock_set_at < period.to;
    per_proxy(period, Kind::ClockSkew, is_set, judged)
}

fn disputed(joined: &Joined) -> Vec<Finding> {
    let mut clusters: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (k8s_cluster, address, _) in joined.disputed.keys() {
        clusters.entry(address).or_default().insert(k8s_cluster);
    }
    let found = |((k8s_cluster, address, dispute), claimants): (&(String, String, Dispute), &BTreeSet<String>)| {
        let is_ambiguous = clusters.get(address.as_str()).is_some_and(|all| all.len() > 1) && !k8s_cluster.is_empty();
        let k8s_cluster = is_ambiguous.then(|| k8s_cluster.clone());
        let kind = match dispute {
            Dispute::ChangedHands | Dispute::EndUnseen => Kind::AmbiguousAddress,
            Dispute::Contradiction | Dispute::OtherCertificate => Kind::AddressContradiction,
        };
        let claimants: Vec<String> = claimants.iter().cloned().collect();
        let (subject, weight) = (Subject::Address { address: address.clone(), k8s_cluster }, claimants.len() as u64);
        finding(kind, subject, weight, Evidence::Disputed { dispute: *dispute, claimants })
    };
    joined.disputed.iter().map(found).collect()
}
