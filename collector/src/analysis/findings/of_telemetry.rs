//! Findings about the telemetry itself: what is missing, refused, late, doubtful.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::{Hook, Reporter, Workload};

use super::{Finding, Kind};
use crate::analysis::completeness::{Completeness, Silent};
use crate::analysis::join::Joined;
use crate::analysis::numerals::{counted, grouped};
use crate::ownership::Dispute;
use crate::period::{Period, SenderInPeriod};

/// From this difference of clocks on, a proxy is a finding: 2 s.
const SKEW_NANOS: u64 = 2_000_000_000;

/// Findings of the senders and of what could not be resolved.
#[must_use]
pub fn find(joined: &Joined, completeness: &Completeness, period: &Period) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(lost(period));
    findings.extend(unclosed(period));
    if completeness.judged.is_none() {
        findings.extend(silent(&completeness.proxies.silent));
    }
    findings.extend(conflicts(joined, period));
    findings.extend(refused(period));
    findings.extend(skewed(period));
    findings.extend(disputed(joined));
    if period.late_parts > 0 {
        let text = format!("{} came after their slot was sealed; they are counted", counted(period.late_parts, "part"));
        findings.push(finding(Kind::LateParts, period.late_parts, text));
    }
    findings
}

const fn finding(kind: Kind, weight: u64, text: String) -> Finding {
    Finding { kind, edge: None, weight, text }
}

/// `namespace/name (pod)`.
fn name(senders: &[&SenderInPeriod]) -> String {
    let Some(sender) = senders.first() else { return String::new() };
    let workload = &sender.proxy.workload;
    let pod = if sender.proxy.pod.is_empty() { &sender.proxy.id } else { &sender.proxy.pod };
    format!("{}/{} ({pod})", workload.namespace, workload.name)
}

/// One group per proxy, however many workers it has.
fn per_proxy(period: &Period, chosen: impl Fn(&SenderInPeriod) -> bool) -> Vec<Vec<&SenderInPeriod>> {
    let mut proxies: BTreeMap<&str, Vec<&SenderInPeriod>> = BTreeMap::new();
    for sender in period.senders.iter().filter(|sender| chosen(sender)) {
        proxies.entry(&sender.proxy.id).or_default().push(sender);
    }
    proxies.into_values().collect()
}

fn lost(period: &Period) -> Vec<Finding> {
    let described = |senders: Vec<&SenderInPeriod>| {
        let batches = senders.iter().map(|sender| sender.lost_batches).fold(0, u64::saturating_add);
        let exchanges = senders.iter().map(|sender| sender.lost_exchanges).fold(0, u64::saturating_add);
        let noun = if batches == 1 { "batch" } else { "batches" };
        let lost = format!("{} {noun} lost with {}", grouped(batches), counted(exchanges, "exchange"));
        finding(Kind::LostBatches, exchanges.max(batches), format!("{}: {lost}", name(&senders)))
    };
    per_proxy(period, |sender| sender.lost_batches > 0).into_iter().map(described).collect()
}

fn unclosed(period: &Period) -> Vec<Finding> {
    let described = |senders: Vec<&SenderInPeriod>| {
        let missing = senders.iter().map(|sender| sender.expected.saturating_sub(sender.covered));
        let uncovered = missing.fold(0, u64::saturating_add);
        let text = format!(
            "{}: {} went silent without an end; what was not sent is missing, {} s are not covered",
            name(&senders),
            counted(senders.len() as u64, "sender"),
            grouped(uncovered.div_ceil(1_000_000_000))
        );
        finding(Kind::UnclosedSenders, uncovered, text)
    };
    per_proxy(period, |sender| sender.unclosed).into_iter().map(described).collect()
}

fn silent(proxies: &[Silent]) -> Vec<Finding> {
    let described = |silent: &Silent| {
        let who = if silent.proxy.is_empty() { &silent.workload } else { &silent.proxy };
        finding(Kind::SilentProxy, 1, format!("{who}: an expected proxy was not seen in this period"))
    };
    // Those that fell silent are named as unclosed senders already.
    proxies.iter().filter(|silent| silent.since.is_none()).map(described).collect()
}

fn conflicts(joined: &Joined, period: &Period) -> Vec<Finding> {
    let mut places: BTreeMap<(&Workload, Reporter, (Hook, Hook)), u64> = BTreeMap::new();
    for conflict in &period.conflicts {
        *places.entry((&conflict.workload, conflict.side, conflict.hooks)).or_default() += 1;
    }
    let described = |((workload, side, (kept, dropped)), proxies): ((&Workload, Reporter, (Hook, Hook)), u64)| {
        let left_out = joined.conflicting.get(&(workload.clone(), side)).copied().unwrap_or_default();
        let proxies = if proxies == 1 { "1 proxy".to_owned() } else { format!("{} proxies", grouped(proxies)) };
        let text = format!(
            "{}/{}: {kept} and {dropped} both count requests as {side} in {proxies}; {} by {dropped} left out",
            workload.namespace,
            workload.name,
            counted(left_out, "request"),
        );
        finding(Kind::HookConflict, left_out.max(1), text)
    };
    places.into_iter().map(described).collect()
}

fn refused(period: &Period) -> Vec<Finding> {
    let described = |senders: Vec<&SenderInPeriod>| {
        let who = name(&senders);
        let text = format!("{who}: refused its plugin configuration and runs with defaults; its proxy's log says why");
        finding(Kind::ConfigurationRefused, senders.len() as u64, text)
    };
    per_proxy(period, |sender| sender.counters.configuration_refused > 0).into_iter().map(described).collect()
}

fn skewed(period: &Period) -> Vec<Finding> {
    let described = |senders: Vec<&SenderInPeriod>| {
        let skews = senders.iter().map(|sender| sender.clock_skew_ns);
        let skew = skews.max_by_key(|skew| skew.unsigned_abs()).unwrap_or_default();
        let tenths = skew.unsigned_abs() / 100_000_000;
        let which =
            if skew < 0 { "ahead of the collector's" } else { "behind the collector's, or its batches are late" };
        let text = format!("{}: its clock is {}.{} s {which}", name(&senders), grouped(tenths / 10), tenths % 10);
        finding(Kind::ClockSkew, skew.unsigned_abs(), text)
    };
    per_proxy(period, |sender| sender.clock_skew_ns.unsigned_abs() > SKEW_NANOS).into_iter().map(described).collect()
}

fn disputed(joined: &Joined) -> Vec<Finding> {
    let described = |((address, dispute), claimants): (&(String, Dispute), &BTreeSet<String>)| {
        let named = claimants.iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
        let (kind, text) = match dispute {
            Dispute::ChangedHands => {
                let text =
                    format!("{address} was that of {named} within one slot: what was counted then is left unresolved");
                (Kind::AmbiguousAddress, text)
            }
            Dispute::EndUnseen => {
                let text = format!(
                    "{address} was that of {named}, and when that ended was not seen: what was counted then is left unresolved"
                );
                (Kind::AmbiguousAddress, text)
            }
            Dispute::Contradiction => {
                let text = format!("{address} is said to be that of {named}: what was counted then is left unresolved");
                (Kind::AddressContradiction, text)
            }
        };
        finding(kind, claimants.len() as u64, text)
    };
    joined.disputed.iter().map(described).collect()
}
