//! How much of a period its proxies told of, measured by the period and not by their own lives: a sender that began a minute ago covered all
//! of its life, and a minute of the day that was asked for. Stretches of several senders are put together, not added up.
//!
//! What is missing within a sender's life is in [`super::completeness`].

use std::collections::BTreeMap;

use hogusu_model::{Hook, Workload};

use super::clusters::Clusters;
use crate::period::{Period, ProxyKey, SenderInPeriod, proxy_key};

/// Nanoseconds of a period that were told of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// By any proxy.
    pub by_any: u64,
    /// By the proxies of each workload of which one runs at the period's end, or went silent: who ended in order left nothing out.
    pub by_workload: BTreeMap<Workload, u64>,
    /// By the listener's log of that sidecar of which it tells of the least; `None` where no sidecar has one.
    pub by_listeners: Option<u64>,
}

/// From one moment to another.
type Stretch = (u64, u64);

impl Told {
    /// Reads the senders of a period.
    #[must_use]
    pub fn of(period: &Period) -> Self {
        let clusters = Clusters::of(period);
        let mut any = Vec::new();
        let mut workloads: BTreeMap<Workload, (Vec<Stretch>, bool)> = BTreeMap::new();
        let mut listeners: BTreeMap<ProxyKey<'_>, Vec<Stretch>> = BTreeMap::new();
        for sender in &period.senders {
            let stretch = stretch(sender, period);
            match sender.hook {
                Hook::ListenerLog => listeners.entry(proxy_key(&sender.proxy)).or_default().extend(stretch),
                // Attempts alone are not a proxy's traffic.
                Hook::UpstreamLog => {}
                Hook::AccessLog | Hook::HttpFilter => {
                    any.extend(stretch);
                    let (own, runs) = workloads.entry(clusters.own(&sender.proxy.workload).into_owned()).or_default();
                    own.extend(stretch);
                    *runs |= !sender.closed;
                }
            }
        }
        let running = workloads.into_iter().filter(|(_, (_, runs))| *runs);
        Self {
            by_any: together(any),
            by_workload: running.map(|(workload, (own, _))| (workload, together(own))).collect(),
            by_listeners: listeners.into_values().map(together).filter(|told| *told > 0).min(),
        }
    }
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
    use super::together;

    #[test]
    fn what_several_told_of_is_counted_once_and_gaps_not_at_all() {
        assert_eq!(together(vec![]), 0);
        assert_eq!(together(vec![(20, 30), (0, 10), (5, 12), (6, 8)]), 22);
    }
}
