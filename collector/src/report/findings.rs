//! Findings as data for programs, and the one place where they get their words.

mod data;
mod of_edges;
mod of_telemetry;

use std::borrow::Cow;

use super::{edge_id, map};
use crate::analysis::edge::Edge;
use crate::analysis::findings::{Evidence, Finding, PodName, ProxyName, Subject};
use crate::analysis::numerals::{counted, grouped};
use crate::label;
use crate::shown::word;

/// Pods named in one finding; more are counted.
const NAMED: usize = 3;

/// A finding among these edges for programs and for people who ask at `now`, nanoseconds since the epoch.
#[must_use]
pub fn write(finding: &Finding, rank: u64, edges: &[Edge], now: u64) -> map::Finding {
    map::Finding {
        rank,
        kind: finding.kind.as_str().to_owned(),
        edge_id: finding.edge().and_then(|place| edges.get(place)).map(edge_id),
        subject: data::subject(&finding.subject),
        figures: data::figures(&finding.evidence),
        text: text(finding, edges, now),
    }
}

/// What a finding among these edges says to people who ask at `now`, nanoseconds since the epoch.
#[must_use]
pub fn text(finding: &Finding, edges: &[Edge], now: u64) -> String {
    if let Some(edge) = finding.edge().and_then(|place| edges.get(place)) {
        return of_edge(&finding.evidence, edge);
    }
    let said = of_telemetry(&finding.evidence, now);
    match &finding.subject {
        Subject::Address { address, k8s_cluster } => {
            let which = k8s_cluster.as_ref().map(|name| format!(" of k8s cluster {}", word(name))).unwrap_or_default();
            format!("{}{which} {said}", word(address))
        }
        subject => who(subject).map_or_else(|| said.clone(), |who| format!("{who}: {said}")),
    }
}

fn of_edge(evidence: &Evidence, edge: &Edge) -> String {
    match evidence {
        Evidence::Plaintext { plain, of } => of_edges::plaintext(edge, *plain, *of),
        Evidence::Disagreement => of_edges::disagreement(edge),
        Evidence::Failing { reporter, failed, of, otherwise } => {
            of_edges::failing(edge, *reporter, (*failed, *of), *otherwise)
        }
        Evidence::Injected { faults, delays } => of_edges::injected(edge, *faults, *delays),
        Evidence::Slow { p99, of_source, at_destination } => of_edges::slow(edge, *p99, *of_source, *at_destination),
        Evidence::Overflow { count } => of_edges::overflow(edge, *count),
        // Of an edge nothing else is found.
        _ => edge.label(),
    }
}

fn of_telemetry(evidence: &Evidence, now: u64) -> String {
    match evidence {
        Evidence::Damaged(file) => of_telemetry::damaged(file),
        Evidence::Refused(refused) => of_telemetry::turned_away(refused, now),
        Evidence::Lost { batches, exchanges } => of_telemetry::lost(*batches, *exchanges),
        Evidence::Unclosed { senders, gap } => of_telemetry::unclosed(*senders, *gap),
        Evidence::NotSeen => "an expected proxy was not seen in this period".to_owned(),
        Evidence::HookConflict { side, dropped, proxies, left_out, is_guessed } => {
            of_telemetry::conflict(*side, *dropped, *proxies, *left_out, *is_guessed)
        }
        Evidence::Folded { from, to, exchanges } => of_telemetry::folded(*from, *to, *exchanges),
        Evidence::ConfigurationRefused => {
            "refused its plugin configuration and runs with defaults; its proxy's log says why".to_owned()
        }
        Evidence::OwnClock => {
            "the collector's own clock is in doubt: it jumped, or does not fit its store; its log says more".to_owned()
        }
        Evidence::Skew { skew, is_moved } => of_telemetry::skew(*skew, *is_moved),
        Evidence::ClockSet { times, ago } => of_telemetry::clock_set(*times, *ago),
        Evidence::Disputed { dispute, claimants } => of_telemetry::disputed(*dispute, claimants),
        Evidence::Late { parts } => of_telemetry::late(*parts),
        Evidence::Amiss { state, cause } => of_telemetry::amiss(*state, cause),
        Evidence::Unreachable { nanos, error } => of_telemetry::unreachable(*nanos, error),
        Evidence::Forbidden(what) => format!("the API server does not let the collector read {what}"),
        Evidence::Misnamed { watched, stated } => of_telemetry::misnamed(watched, stated),
        Evidence::More(count) => {
            format!("not listed: {} like these, none of them worse", counted(*count, "more finding"))
        }
        Evidence::Plaintext { .. }
        | Evidence::Disagreement
        | Evidence::Failing { .. }
        | Evidence::Injected { .. }
        | Evidence::Slow { .. }
        | Evidence::Overflow { .. } => String::new(),
    }
}

/// The subject by name; of those that are named in what is said, or need no name, none.
fn who(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Proxy(ProxyName { namespace, workload, pod }) => {
            Some(format!("{} ({})", label::workload(namespace, workload), word(pod)))
        }
        Subject::Pods(pods) => Some(named(pods)),
        Subject::Expected { proxy, workload } if proxy.is_empty() => Some(workload.clone()),
        Subject::Expected { proxy, .. } => Some(word(proxy).into_owned()),
        Subject::Workload { namespace, name } => Some(label::workload(namespace, name)),
        Subject::Sender { who, peer } => Some(sender(who, peer).into_owned()),
        Subject::Edge(_)
        | Subject::Address { .. }
        | Subject::File(_)
        | Subject::ApiServer
        | Subject::Collector
        | Subject::More => None,
    }
}

fn sender<'a>(who: &'a str, peer: &str) -> Cow<'a, str> {
    match (who, peer) {
        ("", "") => "somebody".into(),
        ("", peer) => format!("somebody at {peer}").into(),
        (who, "") => who.into(),
        (who, peer) => format!("{who} at {peer}").into(),
    }
}

/// `shop/checkout-7d9f-0, shop/checkout-7d9f-1 and 14 more`.
fn named(pods: &[PodName]) -> String {
    let names = pods.iter().take(NAMED).map(|pod| label::workload(&pod.namespace, &pod.name));
    let names = names.collect::<Vec<_>>().join(", ");
    match pods.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {} more", grouped(more as u64)),
    }
}
