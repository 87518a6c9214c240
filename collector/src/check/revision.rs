//! What runs: the filters, by the revision that their proxies report. A filter is known by the digest of its sources.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::catalogue::Check;
use super::report::Line;
use super::table::counted;
use crate::api::proxies::{Proxies, Proxy};
use crate::label;
use crate::shown::word;

/// Proxies that report, by filter.
type Filters<'a> = BTreeMap<&'a str, Vec<&'a Proxy>>;

/// In place of a digest that a proxy does not state.
const UNSTATED: &str = "not stated";

/// Another revision than asked for (`stale`) fails. One revision with two filters warns: it may be a change under way.
pub(super) fn line(proxies: &Proxies, stale: Vec<String>) -> Line {
    let running = running(proxies);
    let mixed = running.iter().filter(|(_, filters)| filters.keys().filter(|one| **one != UNSTATED).count() > 1);
    let mixed = mixed.map(|(revision, filters)| format!("{revision} is more than one filter: {}", examples(filters)));
    let mixed: Vec<_> = mixed.collect();
    if stale.is_empty() {
        return Line::warn_if_any(Check::Revision, mixed, summary(&running));
    }
    Line::fail_if_any(Check::Revision, [stale, mixed].concat(), "")
}

fn running(proxies: &Proxies) -> BTreeMap<String, Filters<'_>> {
    let mut running: BTreeMap<String, Filters<'_>> = BTreeMap::new();
    for proxy in proxies.proxies.iter().filter(|proxy| matches!(proxy.state.as_str(), "reporting" | "other_revision")) {
        let revision = match stated(proxy.revision.as_ref()) {
            Some(revision) => format!("revision {}", word(revision)),
            // Then what one object asks for says nothing of another's.
            None => format!("no revision by {}", proxy.plugin.as_deref().map_or("its plugin object".into(), word)),
        };
        let filter = stated(proxy.filter_digest.as_ref()).unwrap_or(UNSTATED);
        running.entry(revision).or_default().entry(filter).or_default().push(proxy);
    }
    running
}

fn stated(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

fn digest(filter: &str) -> Cow<'_, str> {
    if filter == UNSTATED { UNSTATED.into() } else { word(filter) }
}

/// As `revision 1, filter 0123abcd (4 proxies)`.
fn summary(running: &BTreeMap<String, Filters<'_>>) -> String {
    let one = |revision: &str, (filter, proxies): (&&str, &Vec<&Proxy>)| {
        format!("{revision}, filter {} ({})", digest(filter), counted(proxies.len(), "proxy"))
    };
    let all = running.iter().flat_map(|(revision, filters)| filters.iter().map(move |filter| one(revision, filter)));
    all.collect::<Vec<_>>().join("; ")
}

/// As `0123abcd (3 proxies, such as shop/cart-0), 89ef4567 (1 proxy, such as shop/web-0)`.
fn examples(filters: &Filters<'_>) -> String {
    let described = |(filter, proxies): (&&str, &Vec<&Proxy>)| {
        let such = proxies.first().map(|proxy| format!(", such as {}", label::workload(&proxy.namespace, &proxy.pod)));
        format!("{} ({}{})", digest(filter), counted(proxies.len(), "proxy"), such.unwrap_or_default())
    };
    filters.iter().map(described).collect::<Vec<_>>().join(", ")
}
