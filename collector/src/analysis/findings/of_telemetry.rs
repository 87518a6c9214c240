//! Findings about the telemetry itself: what is missing, refused, late, doubtful.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::{Hook, Reporter, SenderId, Workload};

use super::{Finding, Kind};
use crate::aggregate::SKEW_NANOS;
use crate::analysis::completeness::{Completeness, Silent};
use crate::analysis::join::Joined;
use crate::analysis::numerals::{counted, difference, grouped, moment};
use crate::label;
use crate::ownership::Dispute;
use crate::period::{DamagedFile, Period, ProxyKey, Refused, SenderInPeriod, proxy_key};
use crate::refusals::NO_PLACE;
use crate::shown::word;

/// Findings of the senders and of what could not be resolved.
#[must_use]
pub fn find(joined: &Joined, completeness: &Completeness, period: &Period) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(period.damaged.iter().map(damaged));
    findings.extend(period.refused.iter().map(|refused| turned_away(refused, period.now)));
    findings.extend(lost(period));
    findings.extend(unclosed(period));
    if completeness.judged.is_none() {
        findings.extend(silent(&completeness.proxies.silent));
    }
    findings.extend(conflicts(joined, period));
    findings.extend(folded(period));
    findings.extend(refused(period));
    if period.is_clock_in_doubt {
        let text = "the collector's own clock is in doubt: it jumped, or does not fit its store; its log says more";
        findings.push(finding(Kind::ClockSkew, u64::MAX, text.to_owned()));
    }
    findings.extend(skewed(period));
    findings.extend(set(period));
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

/// What a file that cannot be read may have held is nowhere: neither what was counted nor that time was covered.
fn damaged(file: &DamagedFile) -> Finding {
    let remedy = if file.file.ends_with(".redb") {
        "put a copy of the file back while the collector is stopped, or leave it: retention removes it"
    } else {
        "nothing brings it back, and retention removes what is left of it"
    };
    let to = if file.to == u64::MAX { "now".to_owned() } else { moment(file.to) };
    let text = format!(
        "{} of the collector's data folder is damaged ({}): what it held of {} to {to} is missing here, and what came late then is \
         missing before it; {remedy}",
        file.file,
        file.reason,
        moment(file.from),
    );
    finding(Kind::DamagedFile, file.to.saturating_sub(file.from), text)
}

/// `namespace/name (pod)`.
fn name(senders: &[&SenderInPeriod]) -> String {
    let Some(sender) = senders.first() else { return String::new() };
    let workload = &sender.proxy.workload;
    let pod = if sender.proxy.pod.is_empty() { &sender.proxy.id } else { &sender.proxy.pod };
    format!("{} ({})", label::workload(&workload.namespace, &workload.name), word(pod))
}

/// One group per proxy, however many workers it has.
fn per_proxy(period: &Period, chosen: impl Fn(&SenderInPeriod) -> bool) -> Vec<Vec<&SenderInPeriod>> {
    let mut proxies: BTreeMap<ProxyKey<'_>, Vec<&SenderInPeriod>> = BTreeMap::new();
    for sender in period.senders.iter().filter(|sender| chosen(sender)) {
        proxies.entry(proxy_key(&sender.proxy)).or_default().push(sender);
    }
    proxies.into_values().collect()
}

/// Batches that were refused, by who they say they are from.
fn turned_away(refused: &Refused, now: u64) -> Finding {
    let who = match (refused.who.as_str(), refused.peer.as_str()) {
        ("", "") => "somebody".to_owned(),
        ("", peer) => format!("somebody at {peer}"),
        (who, "") => who.to_owned(),
        (who, peer) => format!("{who} at {peer}"),
    };
    let ago = grouped(now.saturating_sub(refused.last.start()) / 1_000_000_000);
    let why = &refused.why;
    let text = if refused.code == NO_PLACE {
        let times = counted(refused.batches, "time");
        format!("{who}: turned away {times}, the last time {ago} s ago; what it counts waits in its proxy: {why}")
    } else {
        let noun = if refused.batches == 1 { "batch" } else { "batches" };
        let batches = grouped(refused.batches);
        format!("{who}: {batches} {noun} refused, the last one {ago} s ago, and what was in them is missing: {why}")
    };
    finding(Kind::RefusedBatches, refused.batches, text)
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
        let who = (name(&senders), counted(senders.len() as u64, "sender"));
        // Whether it should have been there at all nobody knows: it is in no share of covered time.
        let text = if senders.iter().all(|sender| sender.expected == 0) {
            format!("{}: {} went silent without an end before this period, of which they tell nothing", who.0, who.1)
        } else {
            let seconds = grouped(uncovered.div_ceil(1_000_000_000));
            let missing = format!("what was not sent is missing, {seconds} s are not covered");
            format!("{}: {} went silent without an end; {missing}", who.0, who.1)
        };
        finding(Kind::UnclosedSenders, uncovered, text)
    };
    per_proxy(period, |sender| sender.unclosed).into_iter().map(described).collect()
}

fn silent(proxies: &[Silent]) -> Vec<Finding> {
    let described = |silent: &Silent| {
        let who = if silent.proxy.is_empty() { Cow::Borrowed(silent.workload.as_str()) } else { word(&silent.proxy) };
        finding(Kind::SilentProxy, 1, format!("{who}: an expected proxy was not seen in this period"))
    };
    // Those that fell silent are named as unclosed senders already.
    proxies.iter().filter(|silent| silent.since.is_none()).map(described).collect()
}

fn conflicts(joined: &Joined, period: &Period) -> Vec<Finding> {
    let mut places: BTreeMap<(&Workload, Reporter, Hook), u64> = BTreeMap::new();
    for conflict in &period.conflicts {
        places.entry((&conflict.workload, conflict.side, conflict.hooks.1)).or_default();
    }
    for ((workload, side, hook), count) in &joined.conflicting {
        *places.entry((workload, *side, *hook)).or_default() = *count;
    }
    let described = |((workload, side, dropped), left_out): ((&Workload, Reporter, Hook), u64)| {
        let proxies = with_both(workload, period);
        let proxies = if proxies == 1 { "1 proxy".to_owned() } else { format!("{} proxies", grouped(proxies)) };
        let is_guessed = period.conflicts.iter().any(|one| one.workload == *workload && one.side == side);
        let guess = if is_guessed { "; their filters do not tell whether they are the same requests" } else { "" };
        let text = format!(
            "{}: {} and {} both count requests as {side} in {proxies}; {} by {dropped} left out{guess}",
            label::workload(&workload.namespace, &workload.name),
            Hook::AccessLog,
            Hook::HttpFilter,
            counted(left_out, "request"),
        );
        finding(Kind::HookConflict, left_out.max(1), text)
    };
    places.into_iter().map(described).collect()
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
    let described = |senders: Vec<&SenderInPeriod>| {
        let found = senders.iter().filter_map(|sender| stretches.get(&sender.id));
        let (from, to, exchanges) = found.fold((u64::MAX, 0_u64, 0_u64), |(from, to, sum), (start, end, exchanges)| {
            (from.min(*start), to.max(*end), sum.saturating_add(*exchanges))
        });
        let lie = if exchanges == 1 { "lies" } else { "lie" };
        let text = format!(
            "{}: what it counted from {} to {} came as a backlog folded into one: {} {lie} at its beginning, and silence after that is none",
            name(&senders),
            moment(from),
            moment(to),
            counted(exchanges, "exchange"),
        );
        finding(Kind::FoldedBacklog, exchanges, text)
    };
    per_proxy(period, |sender| stretches.contains_key(&sender.id)).into_iter().map(described).collect()
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
        let is_moved = senders.iter().any(|sender| sender.clock_shift_ns != 0);
        let moved = if is_moved { "; what it counts lies where it arrived" } else { "" };
        let which =
            if skew < 0 { "ahead of the collector's" } else { "behind the collector's, or its batches are late" };
        let by = difference(skew.unsigned_abs());
        let text = format!("{}: its clock is {by} {which}{moved}", name(&senders));
        finding(Kind::ClockSkew, skew.unsigned_abs(), text)
    };
    per_proxy(period, |sender| sender.clock_skew_ns.unsigned_abs() > SKEW_NANOS).into_iter().map(described).collect()
}

fn set(period: &Period) -> Vec<Finding> {
    let described = |senders: Vec<&SenderInPeriod>| {
        let times = senders.iter().map(|sender| sender.counters.clock_steps).max().unwrap_or_default();
        let last = senders.iter().map(|sender| sender.clock_set_at).max().unwrap_or_default();
        let ago = grouped(period.now.saturating_sub(last) / 1_000_000_000);
        let times = if times == 1 { "once".to_owned() } else { format!("{} times", grouped(times)) };
        let text = format!("{}: its clock was set while it counted, {times}, last {ago} s ago", name(&senders));
        finding(Kind::ClockSkew, 0, text)
    };
    let is_set = |sender: &SenderInPeriod| sender.clock_set_at >= period.from.max(1) && sender.clock_set_at < period.to;
    per_proxy(period, is_set).into_iter().map(described).collect()
}

fn disputed(joined: &Joined) -> Vec<Finding> {
    let mut clusters: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (k8s_cluster, address, _) in joined.disputed.keys() {
        clusters.entry(address).or_default().insert(k8s_cluster);
    }
    let described = |((k8s_cluster, address, dispute), claimants): (&(String, String, Dispute), &BTreeSet<String>)| {
        let is_ambiguous = clusters.get(address.as_str()).is_some_and(|all| all.len() > 1) && !k8s_cluster.is_empty();
        let which = if is_ambiguous { format!(" of k8s cluster {}", word(k8s_cluster)) } else { String::new() };
        let address = format!("{}{which}", word(address));
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
                let text = format!(
                    "{address} is said to be that of {named}: the API server's word was taken, but where a certificate spoke against it"
                );
                (Kind::AddressContradiction, text)
            }
            Dispute::OtherCertificate => {
                let text = format!(
                    "{address} is said to be that of {named}, and who came from there had another's certificate: what was counted \
                     so is left unresolved"
                );
                (Kind::AddressContradiction, text)
            }
        };
        finding(kind, claimants.len() as u64, text)
    };
    joined.disputed.iter().map(described).collect()
}
