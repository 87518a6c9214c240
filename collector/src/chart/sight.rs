//! How much of each workload's calls was seen, and which are gateways: by what their proxies told, and which proxies should have.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::{Hook, Proxy, Workload};
use hogusu_topology::Sight;

use crate::analysis::completeness::Completeness;
use crate::analysis::expected::Expected;
use crate::analysis::proxies::ProxyState;
use crate::label;
use crate::period::{Period, ProxyKey, SenderInPeriod, proxy_key};

/// In percent: a proxy that covered so much of its time was wholly seen. The rest is what a flush and a start take.
const WHOLE: u128 = 99;

/// One part in so many of what was observed may have passed before a workload's first proxy told of anything: starts take a moment.
const LATE_ONE_IN: u64 = 100;

/// What is known of each workload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sights {
    seen: BTreeMap<Workload, Sight>,
    gateways: BTreeSet<Workload>,
    /// Of whose proxies some count requests and have no upstream log.
    without_attempts: BTreeSet<Workload>,
    is_whole: bool,
}

impl Sights {
    /// Of a period.
    #[must_use]
    pub fn of(period: &Period, complete: &Completeness, expected: Option<&Expected>) -> Self {
        let mut sights = Self::default();
        // One of before the period is kept in mind for a while; nothing is missing of it. Attempts and refused connections alone are no calls.
        let counts = |sender: &&SenderInPeriod| matches!(sender.hook, Hook::AccessLog | Hook::HttpFilter);
        let tells = |sender: &&SenderInPeriod| sender.covered > 0 || sender.expected > 0;
        let mut begun: BTreeMap<&Workload, u64> = BTreeMap::new();
        for sender in period.senders.iter().filter(counts).filter(tells) {
            let is_covered = u128::from(sender.covered) * 100 >= u128::from(sender.expected) * WHOLE;
            let is_whole = is_covered && sender.lost_batches == 0 && !sender.unclosed && is_declared(sender, expected);
            let sight = if is_whole { Sight::Whole } else { Sight::Partly };
            let workload = &sender.proxy.workload;
            sights.seen.entry(workload.clone()).and_modify(|known| *known = sight.min(*known)).or_insert(sight);
            let first = begun.entry(workload).or_insert(u64::MAX);
            *first = (*first).min(sender.first_start);
            if sender.proxy.id.starts_with("router~") {
                sights.gateways.insert(workload.clone());
            }
        }
        sights.without_attempts = without_attempts(period);
        sights.lessen_late(period, &begun);
        sights.lessen_folded(period);
        sights.lessen(complete);
        sights.is_whole = is_whole(complete);
        sights
    }

    /// What a workload called before its first proxy told of anything nobody knows.
    fn lessen_late(&mut self, period: &Period, begun: &BTreeMap<&Workload, u64>) {
        let first = begun.values().min().copied().unwrap_or_default().max(period.from);
        let latest = first.saturating_add(period.to.saturating_sub(first) / LATE_ONE_IN);
        for (workload, sight) in &mut self.seen {
            if begun.get(workload).is_none_or(|begun| *begun > latest) {
                *sight = Sight::Partly;
            }
        }
    }

    /// What a backlog counts before the period is missing in it.
    fn lessen_folded(&mut self, period: &Period) {
        for (id, _) in period.folded.iter().filter(|(_, folded)| folded.start < period.from) {
            let of = period.senders.iter().find(|sender| sender.id == *id).map(|sender| &sender.proxy.workload);
            if let Some(sight) = of.and_then(|workload| self.seen.get_mut(workload)) {
                *sight = Sight::Partly;
            }
        }
    }

    /// Proxies that should report and do not: theirs is missing.
    fn lessen(&mut self, complete: &Completeness) {
        let silent = complete.proxies.silent.iter().map(|one| one.workload.clone());
        let judged = complete
            .judged
            .iter()
            .flatten()
            .filter(|one| !matches!(one.state, ProxyState::Reporting | ProxyState::OtherRevision));
        let judged = judged.map(|one| label::workload(&one.pod.namespace, &one.pod.workload));
        let short: BTreeSet<String> = silent.chain(judged).collect();
        for (workload, sight) in &mut self.seen {
            let plain = format!("{}/{}", workload.namespace, workload.name);
            if short.contains(&plain) || short.contains(&label::workload(&workload.namespace, &workload.name)) {
                *sight = Sight::Partly;
            }
        }
    }

    /// How much of its calls was seen.
    #[must_use]
    pub fn of_workload(&self, workload: &Workload) -> Sight {
        self.seen.get(workload).copied().unwrap_or(Sight::Never)
    }

    /// Each of its proxies has an upstream log, which counts attempts, and nothing of what those told is missing.
    #[must_use]
    pub fn measures_attempts(&self, workload: &Workload) -> bool {
        !self.without_attempts.contains(workload)
    }

    /// True for the proxies at the mesh's border.
    #[must_use]
    pub fn is_gateway(&self, workload: &Workload) -> bool {
        self.gateways.contains(workload)
    }

    /// It is known who should report, and nothing is missing of which nobody can say whose it was.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }
}

/// Workloads of whose proxies some count requests in the period and have no upstream log that covered as much of it.
fn without_attempts(period: &Period) -> BTreeSet<Workload> {
    // By its access log, its HTTP filter and its upstream log.
    let mut covered: BTreeMap<ProxyKey<'_>, [u128; 3]> = BTreeMap::new();
    let mut workloads: BTreeMap<ProxyKey<'_>, &Workload> = BTreeMap::new();
    for sender in &period.senders {
        let key = proxy_key(&sender.proxy);
        let [logged, filtered, attempts] = covered.entry(key).or_default();
        let sum = match sender.hook {
            Hook::AccessLog => logged,
            Hook::HttpFilter => filtered,
            Hook::UpstreamLog if sender.lost_batches == 0 => attempts,
            Hook::UpstreamLog | Hook::ListenerLog => continue,
        };
        *sum += u128::from(sender.covered);
        workloads.insert(key, &sender.proxy.workload);
    }
    let is_short = |[logged, filtered, attempts]: &[u128; 3]| attempts * 100 < logged.max(filtered) * WHOLE;
    let short = covered.into_iter().filter(|(_, all)| is_short(all));
    short.filter_map(|(key, _)| workloads.get(&key).map(|workload| (*workload).clone())).collect()
}

/// Who was declared: how many proxies another workload should have nobody says.
fn is_declared(sender: &SenderInPeriod, expected: Option<&Expected>) -> bool {
    let Proxy { id, workload, .. } = &sender.proxy;
    match expected {
        None => true,
        Some(Expected::Proxies(proxies)) => proxies.contains(id),
        Some(Expected::Workloads(workloads)) => {
            workloads.contains_key(&(workload.namespace.clone(), workload.name.clone()))
        }
    }
}

fn is_whole(complete: &Completeness) -> bool {
    let is_attributed = complete.proxies.silent.iter().all(|one| !one.workload.is_empty());
    let is_known = complete.proxies.expected.is_some() && complete.proxies.doubt.is_none();
    is_known && is_attributed && complete.refused_batches == 0 && complete.damaged_files == 0
}
