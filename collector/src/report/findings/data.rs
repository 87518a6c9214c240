//! What a finding is about and rests on, for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::analysis::findings::{Evidence, Gap, PodName, ProxyName, Subject};
use crate::report::map::{self, Figure};

/// Pods that are listed of one finding.
const PODS: usize = 100;

pub(super) fn subject(subject: &Subject) -> map::Subject {
    let of = |kind: &str| map::Subject { kind: kind.to_owned(), ..map::Subject::default() };
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    match subject {
        Subject::Edge(_) => of("edge"),
        Subject::Proxy(ProxyName { namespace, workload, pod }) => {
            map::Subject { namespace: some(namespace), workload: some(workload), proxy: some(pod), ..of("proxy") }
        }
        Subject::Pods(pods) => {
            let name = |pod: &PodName| format!("{}/{}", pod.namespace, pod.name);
            map::Subject { pods: pods.iter().take(PODS).map(name).collect(), ..of("pods") }
        }
        Subject::Expected { proxy, workload } => {
            map::Subject { proxy: some(proxy), workload: some(workload), ..of("proxy") }
        }
        Subject::Workload { namespace, name } => {
            map::Subject { namespace: some(namespace), workload: some(name), ..of("workload") }
        }
        Subject::Address { address, k8s_cluster } => {
            map::Subject { address: some(address), k8s_cluster: k8s_cluster.clone(), ..of("address") }
        }
        Subject::Sender { who, peer } => map::Subject { proxy: some(who), address: some(peer), ..of("sender") },
        Subject::File(file) => map::Subject { file: some(file), ..of("file") },
        Subject::ApiServer => of("api_server"),
        Subject::Collector => of("collector"),
        Subject::More => of("more"),
    }
}

pub(super) fn figures(evidence: &Evidence) -> BTreeMap<String, Figure> {
    let of = |figures: &[(&str, Option<Figure>)]| {
        figures.iter().filter_map(|(name, figure)| Some(((*name).to_owned(), (*figure)?))).collect()
    };
    let count = |count: &u64| Some(Figure::Count(*count));
    let seconds = |nanos: u64| Some(Figure::Seconds(Duration::from_nanos(nanos).as_secs_f64()));
    match evidence {
        Evidence::Plaintext { plain, of: all } => of(&[("plaintext", count(plain)), ("of", count(all))]),
        Evidence::Failing { failed, of: all, otherwise, .. } => of(&[
            ("failed", count(otherwise.as_ref().unwrap_or(failed))),
            ("of", count(all)),
            ("declared_failed", otherwise.and(count(failed))),
        ]),
        Evidence::Injected { faults, delays } => of(&[("failed", count(faults)), ("delayed", count(delays))]),
        Evidence::Slow { p99, of_source, at_destination } => of(&[
            ("p99_s", seconds(*p99)),
            ("source_p99_s", of_source.and_then(seconds)),
            ("destination_p99_s", at_destination.and_then(seconds)),
        ]),
        Evidence::Overflow { count: beyond } => of(&[("beyond_bound", count(beyond))]),
        Evidence::Refused(refused) => of(&[("batches", count(&refused.batches))]),
        Evidence::Lost { batches, exchanges } => of(&[("batches", count(batches)), ("exchanges", count(exchanges))]),
        Evidence::Unclosed { senders, gap } => {
            let uncovered = if let Gap::Within(nanos) = gap { seconds(*nanos) } else { None };
            of(&[("senders", count(senders)), ("uncovered_s", uncovered)])
        }
        Evidence::HookConflict { proxies, left_out, .. } => {
            of(&[("proxies", count(proxies)), ("left_out", count(left_out))])
        }
        Evidence::Folded { from, to, exchanges } => {
            of(&[("stretch_s", seconds(to.saturating_sub(*from))), ("exchanges", count(exchanges))])
        }
        Evidence::Skew { skew, .. } => of(&[("skew_s", seconds(skew.unsigned_abs()))]),
        Evidence::ClockSet { times, ago } => of(&[("times", count(times)), ("ago_s", seconds(*ago))]),
        Evidence::Disputed { claimants, .. } => of(&[("claimants", count(&(claimants.len() as u64)))]),
        Evidence::Late { parts } => of(&[("parts", count(parts))]),
        Evidence::Unreachable { nanos, .. } => of(&[("unwatched_s", seconds(*nanos))]),
        Evidence::More(more) => of(&[("more", count(more))]),
        Evidence::Disagreement
        | Evidence::NotSeen
        | Evidence::Damaged(_)
        | Evidence::ConfigurationRefused
        | Evidence::OwnClock
        | Evidence::Amiss { .. }
        | Evidence::Forbidden(_)
        | Evidence::Misnamed { .. } => BTreeMap::new(),
    }
}
