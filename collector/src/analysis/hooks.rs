//! Requests that two hooks of a proxy may both have counted, by filters that do not tell which: taken for the same where both have the same
//! series. What one of them alone has stays.

use std::collections::BTreeSet;

use hogusu_model::{Hook, Reporter as Side, SeriesKey, Workload};

use crate::period::{HookConflict, Period, ProxyKey, Reporter, proxy_key};

/// What is guessed of a period.
#[derive(Debug, Default)]
pub(super) struct Guess<'a> {
    /// Proxies and sides that two hooks counted at once.
    conflicts: BTreeSet<(ProxyKey<'a>, Side)>,
    /// The same by workload, where no other pod of it has the filter alone.
    workloads: BTreeSet<(&'a Workload, Side)>,
    /// What loggers counted, by the proxy where it is known.
    logged: BTreeSet<(&'a Workload, &'a SeriesKey, &'a str)>,
}

impl<'a> Guess<'a> {
    pub(super) fn of(period: &'a Period) -> Self {
        if period.conflicts.is_empty() {
            return Self::default();
        }
        let key = |one: &'a HookConflict| (one.workload.cluster.as_str(), one.proxy.as_str());
        let proxies: BTreeSet<ProxyKey<'_>> = period.conflicts.iter().map(key).collect();
        let has_both = |workload: &Workload| {
            let mut filters =
                period.senders.iter().filter(|one| one.hook == Hook::HttpFilter && one.proxy.workload == *workload);
            filters.all(|one| proxies.contains(&proxy_key(&one.proxy)))
        };
        let workloads = period.conflicts.iter().filter(|one| has_both(&one.workload));
        let workloads = workloads.map(|one| (&one.workload, one.side)).collect();
        let rows = period.rows.iter().filter_map(|row| Some((period.reporters.get(row.reporter)?, &*row.key)));
        let logged = rows
            .filter(|(reporter, _)| reporter.hook == Hook::AccessLog)
            .flat_map(|(reporter, key)| [reporter.proxy.as_str(), ""].map(|proxy| (&reporter.workload, key, proxy)))
            .collect();
        let conflicts = period.conflicts.iter().map(|one| (key(one), one.side)).collect();
        Self { conflicts, workloads, logged }
    }

    /// True when a filter's row is taken for what a logger counted too.
    pub(super) fn is_twice(&self, reporter: &'a Reporter, key: &'a SeriesKey) -> bool {
        if reporter.hook != Hook::HttpFilter || self.conflicts.is_empty() {
            return false;
        }
        let proxy = reporter.proxy.as_str();
        // Rows of before the second hook was known, or of versions before, are of the workload alone.
        let is_at_once = if proxy.is_empty() {
            self.workloads.contains(&(&reporter.workload, key.reporter))
        } else {
            self.conflicts.contains(&((&*reporter.workload.cluster, proxy), key.reporter))
        };
        is_at_once && self.logged.contains(&(&reporter.workload, key, proxy))
    }
}
