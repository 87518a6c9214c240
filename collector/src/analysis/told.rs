//! How much of a period its proxies told of, measured by the period and not by their own lives: a sender that began a minute ago covered all
//! of its life, and a minute of the day that was asked for. Stretches of several senders are put together, not added up.
//!
//! What is missing within a sender's life is in [`super::completeness`].

use std::collections::BTreeMap;

use hogusu_model::{Hook, Workload};

use super::clusters::Clusters;
use super::expected::Expected;
use crate::period::{Period, ProxyKey, SenderInPeriod, proxy_key};

/// Nanoseconds of a period that were told of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// By any proxy.
    pub by_any: u64,
    /// By the proxies of each workload, by as many as are expected of it, but of one that is known to be gone: who ended in order left
    /// nothing out of its own life, and may stand there without a filter ever since.
    pub by_workload: BTreeMap<Workload, u64>,
    /// By the listener's log of that sidecar of which it tells of the least; `None` where no sidecar has one.
    pub by_listeners: Option<u64>,
    /// Proxies that tell of some of it while the declared set does not name them.
    pub unexpected: u64,
}

/// From one moment to another.
type Stretch = (u64, u64);
/// What each proxy of a workload told of.
type Proxies<'a> = BTreeMap<ProxyKey<'a>, Vec<Stretch>>;

impl Told {
    /// Reads the senders of a period.
    #[must_use]
    pub fn of(period: &Period, expected: Option<&Expected>) -> Self {
        let clusters = Clusters::of(period);
        let mut any = Vec::new();
        let mut workloads: BTreeMap<Workload, (Proxies<'_>, bool)> = BTreeMap::new();
        let mut listeners: Proxies<'_> = BTreeMap::new();
        for sender in &period.senders {
            let stretch = stretch(sender, period);
            match sender.hook {
                Hook::ListenerLog => listeners.entry(proxy_key(&sender.proxy)).or_default().extend(stretch),
                // Attempts alone are not a proxy's traffic.
                Hook::UpstreamLog => {}
                Hook::AccessLog | Hook::HttpFilter => {
                    any.extend(stretch);
                    let (own, runs) = workloads.entry(clusters.own(&sender.proxy.workload).into_owned()).or_default();
                    own.entry(proxy_key(&sender.proxy)).or_default().extend(stretch);
                    *runs |= !sender.closed;
                }
            }
        }
        workloads.retain(|workload, (own, runs)| *runs || told_some(own) && !is_gone(workload, period));
        Self {
            by_any: together(any),
            unexpected: expected.map_or(0, |expected| unexpected(&workloads, expected)),
            by_workload: by_workload(&workloads, expected),
            by_listeners: listeners.into_values().map(together).filter(|told| *told > 0).min(),
        }
    }
}

fn told_some(proxies: &Proxies<'_>) -> bool {
    proxies.values().any(|stretches| !stretches.is_empty())
}

/// True where the API server knows all pods that should report, and none of them is this workload's.
fn is_gone(workload: &Workload, period: &Period) -> bool {
    let Some(cluster) = &period.cluster else { return false };
    let Some(proxies) = cluster.proxies.as_ref().filter(|_| workload.cluster == cluster.k8s_cluster) else {
        return false;
    };
    let is_its = |namespace: &str, name: &str| namespace == workload.namespace && name == workload.name;
    !proxies.iter().any(|proxy| is_its(&proxy.pod.namespace, &proxy.pod.workload))
}

/// What each workload told of: by any of its proxies, or by as many and by those that somebody expects of it.
fn by_workload(
    workloads: &BTreeMap<Workload, (Proxies<'_>, bool)>,
    expected: Option<&Expected>,
) -> BTreeMap<Workload, u64> {
    let all = |proxies: &Proxies<'_>| together(proxies.values().flatten().copied().collect());
    let own = workloads.iter().map(|(workload, (proxies, _))| (workload.clone(), all(proxies)));
    let mut told: BTreeMap<Workload, u64> = own.collect();
    match expected {
        None => {}
        Some(Expected::Workloads(wanted)) => {
            for ((namespace, name), wanted) in wanted.iter().filter(|(_, wanted)| **wanted > 0) {
                let is_its = |one: &Workload| one.namespace == *namespace && one.name == *name;
                let of_all =
                    workloads.iter().filter(|(one, _)| is_its(one)).flat_map(|(_, (proxies, _))| proxies.values());
                let at_once = at_once(of_all, *wanted);
                told.retain(|one, _| !is_its(one));
                let (cluster, namespace, name) = (String::new(), namespace.clone(), name.clone());
                told.insert(Workload { cluster, namespace, name }, at_once);
            }
        }
        Some(Expected::Proxies(ids)) => {
            for (workload, (proxies, _)) in workloads {
                let declared = proxies.iter().filter(|((_, id), _)| ids.contains(*id));
                let least = declared.map(|(_, stretches)| together(stretches.clone())).min();
                if let (Some(least), Some(told)) = (least, told.get_mut(workload)) {
                    *told = least;
                }
            }
        }
    }
    told
}

/// Proxies that told of something, and are not among those that somebody expects.
fn unexpected(workloads: &BTreeMap<Workload, (Proxies<'_>, bool)>, expected: &Expected) -> u64 {
    let all = workloads.iter().flat_map(|(workload, (proxies, _))| proxies.iter().map(move |one| (workload, one)));
    let is_unexpected = |(workload, ((_, id), stretches)): &(&Workload, (&ProxyKey<'_>, &Vec<Stretch>))| {
        let is_named = match expected {
            Expected::Proxies(ids) => ids.contains(*id),
            Expected::Workloads(wanted) => wanted.contains_key(&(workload.namespace.clone(), workload.name.clone())),
        };
        !is_named && !stretches.is_empty()
    };
    all.filter(is_unexpected).count() as u64
}

/// How long at least `wanted` proxies told of it at once.
fn at_once<'a>(proxies: impl Iterator<Item = &'a Vec<Stretch>>, wanted: u64) -> u64 {
    let mut borders: Vec<(u64, i64)> = Vec::new();
    for stretches in proxies {
        let mut stretches = stretches.clone();
        stretches.sort_unstable();
        let mut reached = 0;
        for (from, to) in stretches.into_iter().filter(|(from, to)| from < to) {
            if to > reached {
                borders.extend([(from.max(reached), 1), (to, -1)]);
                reached = to;
            }
        }
    }
    borders.sort_unstable();
    let (mut sum, mut now, mut before) = (0_u64, 0_i64, 0);
    for (at, step) in borders {
        if u64::try_from(now).is_ok_and(|now| now >= wanted) {
            sum = sum.saturating_add(at.saturating_sub(before));
        }
        (now, before) = (now.saturating_add(step), at);
    }
    sum
}

/// What a sender told of within the period; nothing where it covered none of it.
fn stretch(sender: &SenderInPeriod, period: &Period) -> Option<Stretch> {
    let (from, to) = (sender.first_start.max(period.from), sender.last_end.min(period.to));
    (sender.covered > 0 && from < to).then_some((from, to))
}

/// The length of what they take together.
fn together(mut stretches: Vec<Stretch>) -> u64 {
    stretches.sort_unstable();
    let mut reached = 0;
    stretches.into_iter().fold(0, |sum: u64, (from, to)| {
        let new = to.saturating_sub(from.max(reached));
        reached = reached.max(to);
        sum.saturating_add(new)
    })
}

#[cfg(test)]
mod tests {
    use super::{at_once, together};

    #[test]
    fn as_many_at_once_as_are_wanted_are_counted_and_one_proxy_twice_is_one() {
        let (one, other) = (vec![(0, 30), (10, 40)], vec![(20, 60)]);
        let of = |wanted| at_once([&one, &other].into_iter(), wanted);
        assert_eq!((of(1), of(2), of(3)), (60, 20, 0));
    }

    #[test]
    fn what_several_told_of_is_counted_once_and_gaps_not_at_all() {
        assert_eq!(together(vec![]), 0);
        assert_eq!(together(vec![(20, 30), (0, 10), (5, 12), (6, 8)]), 22);
    }
}
