//! How complete a period is, in three numbers that are never folded into one: proxies reporting of those expected, time
//! covered of the time that should be, and batches lost with the senders that never ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hogusu_model::Hook;

use super::expected::Expected;
use super::proxies::{self, ExpectedProxy, ProxyState};
use crate::kubernetes::record::WatchState;
use crate::label;
use crate::period::{DamagedFile, Period, ProxyKey, Refused, SenderInPeriod, proxy_key};
use crate::refusals::NO_PLACE;

/// The three numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Which proxies report.
    pub proxies: Proxies,
    /// Every proxy that should, by the API server's word; `None` where that was not asked for or is not known.
    pub judged: Option<Vec<ExpectedProxy>>,
    /// Nanoseconds covered by senders.
    pub covered: u64,
    /// Nanoseconds they should have covered.
    pub expected: u64,
    /// Batches missing from sequences.
    pub lost_batches: u64,
    /// Exchanges in those.
    pub lost_exchanges: u64,
    /// Batches that were refused for good: what they held is missing.
    pub refused_batches: u64,
    /// Senders that went silent without an end.
    pub unclosed_senders: u64,
    /// Parts that came after their slot was sealed.
    pub late_parts: u64,
    /// Files that may have held something of the period, and are damaged: what was in them is in none of these numbers.
    pub damaged_files: u64,
}

/// Which proxies report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Proxies that report (of the expected ones, where a set was declared).
    pub reporting: u64,
    /// How many should; `None` without a declared set.
    pub expected: Option<u64>,
    /// Of those that should: pods whose traffic passes no proxy that runs plugins.
    pub not_observable: u64,
    /// Every proxy that was seen in the period.
    pub seen: u64,
    /// Proxies that fell silent, or were expected and never seen.
    pub silent: Vec<Silent>,
    /// What makes the number that should report unknown or old, where the API server is asked for it.
    pub doubt: Option<&'static str>,
}

/// A proxy that should report and does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Silent {
    /// Envoy's node id; empty when only the workload's count is short.
    pub proxy: String,
    /// `namespace/name`, empty when not known.
    pub workload: String,
    /// End of the last time it covered, nanoseconds since the epoch; `None` when it was never seen.
    pub since: Option<u64>,
}

/// What the senders of one proxy come to.
struct Seen {
    workload: (String, String),
    /// A sender covers time of the period, or was heard in it: then its clock names another time.
    covers: bool,
    /// No sender runs any more, and one of them did not end in order.
    silent: bool,
    last_end: u64,
}

/// Measures a period.
#[must_use]
pub fn measure(period: &Period, expected: Option<&Expected>) -> Completeness {
    let sum = |of: fn(&SenderInPeriod) -> u64| period.senders.iter().map(of).fold(0, u64::saturating_add);
    let judged = proxies::judge(period).filter(|_| expected.is_none());
    Completeness {
        proxies: Proxies { doubt: doubt(period, expected), ..proxies(period, expected, judged.as_deref()) },
        judged,
        covered: sum(|sender| sender.covered),
        expected: sum(|sender| sender.expected)
            .saturating_add(refused_time(period))
            .saturating_add(damaged_time(period)),
        // One that was turned away comes again: it is late, and each time it came is not a batch.
        refused_batches: period
            .refused
            .iter()
            .filter(|one| one.code != NO_PLACE)
            .map(|one| one.batches)
            .fold(0, u64::saturating_add),
        lost_batches: sum(|sender| sender.lost_batches),
        lost_exchanges: sum(|sender| sender.lost_exchanges),
        unclosed_senders: sum(|sender| u64::from(sender.unclosed)),
        late_parts: period.late_parts,
        damaged_files: period.damaged.len() as u64,
    }
}

/// Time that refused batches would have covered, as far as that can be known: from the first to the last of each sender's, whole slots.
fn refused_time(period: &Period) -> u64 {
    let of_one = |one: &Refused| {
        let (from, to) = (one.first.start().max(period.from), one.last.end().min(period.to).min(period.now));
        to.saturating_sub(from).max(1)
    };
    period.refused.iter().map(of_one).fold(0, u64::saturating_add)
}

/// Time that damaged files may have held, as of one sender each: nobody knows of how many, and it must not look covered.
fn damaged_time(period: &Period) -> u64 {
    let end = period.to.min(period.now);
    let of_one = |file: &DamagedFile| file.to.min(end).saturating_sub(file.from.max(period.from)).max(1);
    period.damaged.iter().map(of_one).fold(0, u64::saturating_add)
}

/// Why the API server's word on who should report is not to be had, or not of now.
fn doubt(period: &Period, expected: Option<&Expected>) -> Option<&'static str> {
    let cluster = period.cluster.as_ref().filter(|_| expected.is_none())?;
    match &cluster.watch {
        WatchState::Unreachable { .. } => Some("the API server is not reachable"),
        WatchState::Watching { .. } if cluster.proxies.is_none() => Some("plugin objects cannot be read"),
        WatchState::Watching { .. } | WatchState::Off => None,
    }
}

fn proxies(period: &Period, expected: Option<&Expected>, judged: Option<&[ExpectedProxy]>) -> Proxies {
    if let Some(judged) = judged {
        return by_kubernetes(period, judged);
    }
    let seen = seen(period);
    let reports = |one: &&Seen| one.covers && !one.silent;
    let mut silent: Vec<Silent> =
        seen.iter().filter(|(_, one)| one.silent).map(|((_, id), one)| fell_silent(id, one)).collect();
    let reporting = match expected {
        None => seen.values().filter(reports).count() as u64,
        Some(Expected::Proxies(ids)) => {
            let known: BTreeSet<&str> = seen.keys().map(|(_, id)| *id).collect();
            let unseen = ids.iter().filter(|id| !known.contains(id.as_str()));
            silent.extend(unseen.map(|id| never_seen(id.clone(), String::new())));
            // An id is declared once, without a k8s cluster: two proxies that have it are not two of those expected.
            let found = seen.iter().filter(|((_, id), one)| ids.contains(*id) && reports(one));
            found.map(|((_, id), _)| id).collect::<BTreeSet<_>>().len() as u64
        }
        Some(Expected::Workloads(workloads)) => {
            let mut reporting = 0;
            let mut numbers: HashMap<&(String, String), (u64, u64)> = HashMap::new();
            for one in seen.values() {
                let (found, quiet) = numbers.entry(&one.workload).or_default();
                *found += u64::from(reports(&one));
                *quiet += u64::from(one.silent);
            }
            for ((namespace, name), wanted) in workloads {
                let (found, quiet) = numbers.get(&(namespace.clone(), name.clone())).copied().unwrap_or_default();
                reporting += found.min(*wanted);
                let missing = wanted.saturating_sub(found).saturating_sub(quiet);
                silent.extend((0..missing).map(|_| never_seen(String::new(), label::workload(namespace, name))));
            }
            reporting
        }
    };
    silent.sort();
    let seen = seen.len() as u64;
    Proxies { reporting, expected: expected.map(Expected::count), seen, silent, ..Proxies::default() }
}

fn by_kubernetes(period: &Period, judged: &[ExpectedProxy]) -> Proxies {
    let count = |of: fn(ProxyState) -> bool| judged.iter().filter(|proxy| of(proxy.state)).count() as u64;
    let quiet = |proxy: &&ExpectedProxy| proxy.state.is_amiss();
    let silent = judged.iter().filter(quiet).map(|proxy| Silent {
        proxy: if proxy.proxy.is_empty() {
            label::workload(&proxy.pod.namespace, &proxy.pod.name)
        } else {
            proxy.proxy.clone()
        },
        workload: label::workload(&proxy.pod.namespace, &proxy.pod.workload),
        since: proxy.since.filter(|_| !proxy.proxy.is_empty()),
    });
    let mut silent: Vec<Silent> = silent.collect();
    silent.sort();
    Proxies {
        reporting: count(ProxyState::reports),
        expected: Some(judged.len() as u64),
        not_observable: count(|state| state == ProxyState::NotObservable),
        seen: seen(period).len() as u64,
        silent,
        doubt: None,
    }
}

fn seen(period: &Period) -> BTreeMap<ProxyKey<'_>, Seen> {
    let mut by_proxy: BTreeMap<ProxyKey<'_>, Vec<&SenderInPeriod>> = BTreeMap::new();
    // Attempts and refusals alone are not a proxy's traffic.
    let counts = |hook: Hook| !matches!(hook, Hook::UpstreamLog | Hook::ListenerLog);
    for sender in period.senders.iter().filter(|sender| counts(sender.hook)) {
        by_proxy.entry(proxy_key(&sender.proxy)).or_default().push(sender);
    }
    let sum_up = |senders: &Vec<&SenderInPeriod>| {
        let workload = senders.first().map(|sender| &sender.proxy.workload);
        let runs = senders.iter().any(|sender| !sender.closed && !sender.unclosed);
        // A sender that ended in order after the others went silent took the proxy's end with it.
        let last_closed = senders.iter().filter(|sender| sender.closed).map(|sender| sender.last_end).max();
        let last_unclosed = senders.iter().filter(|sender| sender.unclosed).map(|sender| sender.last_end).max();
        Seen {
            workload: workload.map_or_else(Default::default, |one| (one.namespace.clone(), one.name.clone())),
            covers: senders.iter().any(|sender| sender.covered > 0 || was_heard(sender, period)),
            silent: !runs && last_unclosed.is_some() && last_unclosed >= last_closed,
            last_end: senders.iter().map(|sender| sender.last_end).max().unwrap_or_default(),
        }
    };
    by_proxy.iter().map(|(key, senders)| (*key, sum_up(senders))).collect()
}

/// True when its batches arrived in the period although they name time before it.
const fn was_heard(sender: &SenderInPeriod, period: &Period) -> bool {
    sender.last_end < period.from && sender.last_arrival >= period.from && sender.last_arrival < period.to
}

fn fell_silent(id: &str, one: &Seen) -> Silent {
    let (namespace, name) = &one.workload;
    Silent { proxy: id.to_owned(), workload: label::workload(namespace, name), since: Some(one.last_end) }
}

const fn never_seen(proxy: String, workload: String) -> Silent {
    Silent { proxy, workload, since: None }
}

impl Proxies {
    /// `16/16`, or what can be said without a declared set.
    #[must_use]
    pub fn statement(&self) -> String {
        match self.expected {
            Some(expected) => {
                let unseen = match self.not_observable {
                    0 => String::new(),
                    count => format!(", {count} not observable here"),
                };
                let doubt = self.doubt.map_or_else(String::new, |why| format!("; as last known, {why}"));
                format!("{}/{expected}{unseen}{doubt}", self.reporting)
            }
            None => {
                let why = self.doubt.map_or_else(String::new, |why| format!(": {why}"));
                format!("{} seen so far, completeness unknown{why}", self.seen)
            }
        }
    }
}

/// Meshes that the reporters belong to.
#[must_use]
pub fn meshes(period: &Period) -> BTreeSet<&str> {
    let named = period.reporters.iter().map(|reporter| reporter.mesh.as_str());
    let stated = period.senders.iter().map(|sender| sender.proxy.mesh.as_str());
    named.chain(stated).filter(|mesh| !mesh.is_empty()).collect()
}
