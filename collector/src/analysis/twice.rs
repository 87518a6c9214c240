//! Requests that a logger left to its proxy's HTTP filter, and that no filter told of. Who marks them is the logger alone, so that its mark is
//! worth what the filter's own count is: a filter that fell silent, or that never was, takes nothing away.

use std::collections::BTreeMap;

use hogusu_model::{Hook, Measure, Reporter as Side, Security, Workload};

use crate::period::Period;

/// What both hooks see alike of a request.
type Seen<'a> = (&'a Workload, Side, Measure, Security);

/// How many there are that nobody counted. Without the proxy's name a filter's count is any proxy's of the workload.
#[must_use]
pub fn marked_alone(period: &Period) -> u64 {
    let mut counts: BTreeMap<Seen<'_>, BTreeMap<&str, (u64, u64)>> = BTreeMap::new();
    for row in &period.rows {
        let Some(reporter) = period.reporters.get(row.reporter) else { continue };
        let seen = (&reporter.workload, row.key.reporter, row.key.measure, row.key.security);
        let (marked, filtered) = counts.entry(seen).or_default().entry(reporter.proxy.as_str()).or_default();
        let sum = match reporter.hook {
            _ if row.key.twice => marked,
            Hook::HttpFilter => filtered,
            _ => continue,
        };
        *sum = sum.saturating_add(row.data.duration.count());
    }
    let alone = |proxies: BTreeMap<&str, (u64, u64)>| {
        let anybodys = proxies.get("").map_or(0, |(_, filtered)| *filtered);
        let of_proxy = |(proxy, (marked, filtered)): (&&str, &(u64, u64))| {
            marked.saturating_sub(if proxy.is_empty() { 0 } else { *filtered })
        };
        proxies.iter().map(of_proxy).fold(0, u64::saturating_add).saturating_sub(anybodys)
    };
    counts.into_values().map(alone).fold(0, u64::saturating_add)
}
