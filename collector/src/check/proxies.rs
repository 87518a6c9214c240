//! The proxies that should report: who does not, since when, why; what their senders say of themselves. A cause that nobody could
//! read stays unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::catalogue::Check;
use super::facts::{Collector, Unread};
use super::installation::known;
use super::report::Line;
use super::revision;
use super::table::counted;
use crate::analysis::numerals::difference;
use crate::api::proxies::{Proxies, Proxy};
use crate::api::senders::Sender;
use crate::label;
use crate::report::map::Finding;
use crate::shown::word;

/// From this difference of clocks on it is said, in seconds.
const SKEW_S: f64 = 2.0;
/// Version of the wire format that this collector reads.
const WIRE: u32 = hogusu_wire::WIRE_VERSION;

/// Lines of the group Proxies.
pub(super) fn lines(collector: &Collector) -> Vec<Line> {
    let declared = collector.declared();
    let expected =
        |check, proxies: &Proxies, judge: &dyn Fn(&Proxies) -> Line| expected(check, proxies, declared, judge);
    let of_state = |check: Check, states: &'static [&'static str]| {
        known(check, &collector.proxies, |proxies| {
            expected(check, proxies, &|proxies| Line::fail_if_any(check, in_states(proxies, states), counts(proxies)))
        })
    };
    vec![
        known(Check::Completeness, &collector.proxies, |proxies| completeness(proxies, declared)),
        of_state(Check::Reporting, &["silent", "never_reported"]),
        of_state(Check::WithPlugin, &["without_plugin"]),
        known(Check::Revision, &collector.proxies, |proxies| {
            expected(Check::Revision, proxies, &|proxies| {
                revision::line(proxies, in_states(proxies, &["other_revision"]))
            })
        }),
        known(Check::Observable, &collector.proxies, |proxies| {
            expected(Check::Observable, proxies, &|proxies| {
                Line::warn_if_any(Check::Observable, in_states(proxies, &["not_observable"]), "")
            })
        }),
        of_running(Check::Accepted, "the configurations of proxies", collector, |senders| {
            let against = per_proxy(senders, |sender| (sender.configuration == "refused").then_some(String::new()));
            Line::fail_if_any(Check::Accepted, against, "")
        }),
        known(Check::Hooks, &collector.findings, |findings| hooks(findings, collector)),
        of_running(Check::Clocks, "the clocks of proxies", collector, clocks),
        of_running(Check::Wire, "the versions of filters", collector, wire),
    ]
}

/// What senders say of themselves; where none runs, nobody says it.
fn of_running(check: Check, what: &str, collector: &Collector, judge: impl FnOnce(&[Sender]) -> Line) -> Line {
    known(check, &collector.senders, |senders| {
        if senders.iter().any(|sender| sender.state == "running") { judge(senders) } else { nobody(check, what) }
    })
}

/// A claim about proxies of which none reports is nobody's.
pub(super) fn nobody(check: Check, what: &str) -> Line {
    Line::skipped(check, &Unread { what: what.to_owned(), why: "none reports".to_owned() })
}

fn completeness(proxies: &Proxies, declared: Option<u64>) -> Line {
    if let Some(number) = declared {
        let number = counted(usize::try_from(number).unwrap_or(usize::MAX), "expected proxy");
        return Line::pass(Check::Completeness, format!("{number}, as --expect declares them"));
    }
    match (proxies.kubernetes.state.as_str(), proxies.expected) {
        ("watching", Some(0)) => Line::warn(Check::Completeness, "it expects none: no plugin object covers a proxy"),
        ("watching", Some(_)) if proxies.kubernetes.error.is_some() => {
            Line::warn(Check::Completeness, proxies.kubernetes.error.clone().unwrap_or_default())
        }
        ("watching", Some(_)) => Line::pass(Check::Completeness, counted(proxies.proxies.len(), "expected proxy")),
        ("unreachable", _) => {
            let why = proxies.kubernetes.error.as_deref().unwrap_or("it does not say why");
            Line::fail(Check::Completeness, format!("the collector cannot reach the API server: {why}"))
        }
        ("off", _) => {
            Line::warn(Check::Completeness, "the collector has no access to Kubernetes: completeness is unknown")
        }
        (state, _) => {
            Line::warn(Check::Completeness, format!("the collector's watch is {state}: completeness is unknown"))
        }
    }
}

/// Without a denominator nothing is said of who is missing.
fn expected(check: Check, proxies: &Proxies, declared: Option<u64>, judge: impl FnOnce(&Proxies) -> Line) -> Line {
    let why = match (proxies.expected, declared) {
        (Some(0), _) => "none is expected",
        (Some(_), _) => return judge(proxies),
        (None, Some(_)) => "--expect declares them, and only the API server says of each how it is",
        (None, None) => "the collector does not know which should report",
    };
    Line::skipped(check, &Unread { what: "the expected proxies".to_owned(), why: why.to_owned() })
}

fn in_states(proxies: &Proxies, states: &[&str]) -> Vec<String> {
    proxies.proxies.iter().filter(|proxy| states.contains(&proxy.state.as_str())).map(described).collect()
}

/// `namespace/pod (workload): state since when: cause`.
fn described(proxy: &Proxy) -> String {
    let pod = label::workload(&proxy.namespace, &proxy.pod);
    let since = proxy.since.map(|moment| format!(" since {}", moment.second())).unwrap_or_default();
    let revisions = match (&proxy.revision, &proxy.expected_revision) {
        // The cause says it where there is one.
        _ if !proxy.cause.is_empty() => String::new(),
        (Some(reported), Some(asked)) if reported != asked => {
            format!(" (reports {}, asked for {})", word(reported), word(asked))
        }
        (None, Some(asked)) if proxy.state == "other_revision" => {
            format!(" (reports none, asked for {})", word(asked))
        }
        _ => String::new(),
    };
    let cause = match proxy.cause.as_str() {
        "" if proxy.state == "other_revision" || proxy.state == "not_observable" => String::new(),
        "" => ": cause unknown".to_owned(),
        cause => format!(": {cause}"),
    };
    format!("{pod} ({}): {}{since}{revisions}{cause}", proxy.workload, proxy.state.replace('_', " "))
}

/// As `4 reporting, 1 starting`.
fn counts(proxies: &Proxies) -> String {
    let words: Vec<_> = proxies
        .counts
        .iter()
        .filter(|(_, number)| **number > 0)
        .map(|(state, number)| format!("{number} {}", state.replace('_', " ")))
        .collect();
    words.join(", ")
}

/// Which proxy a sender is of, by k8s cluster and node id: pods of two namespaces or k8s clusters may have one name.
fn proxy_of(sender: &Sender) -> (&str, &str) {
    (&sender.cluster, &sender.proxy)
}

/// As `shop/cart (cart-0)`.
fn named(sender: &Sender) -> String {
    format!("{} ({})", sender.workload, word(&sender.pod))
}

/// One text per proxy and thing to say, however many workers it has. Senders that ended are not asked.
fn per_proxy(senders: &[Sender], against: impl Fn(&Sender) -> Option<String>) -> Vec<String> {
    let mut said = BTreeSet::new();
    let mut texts = Vec::new();
    for sender in senders.iter().filter(|sender| sender.state == "running") {
        if let Some(text) = against(sender).filter(|text| said.insert((proxy_of(sender), text.clone()))) {
            texts.push(if text.is_empty() { named(sender) } else { format!("{}: {text}", named(sender)) });
        }
    }
    texts.sort();
    texts
}

/// A conflict that was seen stands; that there is none, only senders show that run or ended in order.
fn hooks(findings: &[Finding], collector: &Collector) -> Line {
    let against = findings.iter().filter(|finding| finding.kind == "hook_conflict");
    let against: Vec<_> = against.map(|finding| finding.text.clone()).collect();
    match &collector.senders {
        Ok(senders) if against.is_empty() && !senders.iter().any(is_heard_out) => {
            nobody(Check::Hooks, "the hooks of proxies")
        }
        _ => Line::fail_if_any(Check::Hooks, against, ""),
    }
}

fn is_heard_out(sender: &Sender) -> bool {
    ["running", "closed"].contains(&sender.state.as_str())
}

fn clocks(senders: &[Sender]) -> Line {
    let mut worst: BTreeMap<(&str, &str), &Sender> = BTreeMap::new();
    for sender in senders.iter().filter(|sender| sender.state == "running") {
        let kept = worst.entry(proxy_of(sender)).or_insert(sender);
        if sender.clock_skew_s.abs() > kept.clock_skew_s.abs() {
            *kept = sender;
        }
    }
    let largest = worst.values().map(|sender| sender.clock_skew_s.abs()).fold(0.0, f64::max);
    let skewed = worst.values().filter(|sender| sender.clock_skew_s.abs() > SKEW_S);
    let described = |sender: &&Sender| {
        let which = if sender.clock_skew_s < 0.0 {
            "ahead of the collector's"
        } else {
            "behind the collector's, or its batches are late"
        };
        let nanos = Duration::try_from_secs_f64(sender.clock_skew_s.abs()).map_or(u128::MAX, |by| by.as_nanos());
        let by = difference(u64::try_from(nanos).unwrap_or(u64::MAX));
        format!("{}: its clock is {by} {which}", named(sender))
    };
    Line::warn_if_any(Check::Clocks, skewed.map(described).collect(), format!("at most {largest:.1} s apart"))
}

fn wire(senders: &[Sender]) -> Line {
    let own = version(env!("CARGO_PKG_VERSION"));
    let against = per_proxy(senders, |sender| {
        if sender.wire_version > WIRE {
            return Some(format!("wire version {} is newer than {WIRE}", sender.wire_version));
        }
        (version(&sender.filter_version) > own).then(|| {
            format!("filter {} is newer than collector {}", word(&sender.filter_version), env!("CARGO_PKG_VERSION"))
        })
    });
    let versions: BTreeSet<_> = senders.iter().map(|sender| sender.filter_version.as_str()).collect();
    let named: Vec<_> = versions
        .into_iter()
        .filter(|version| !version.is_empty())
        .map(|version| format!("filter {}", word(version)))
        .collect();
    Line::warn_if_any(Check::Wire, against, named.join(", "))
}

/// Numbers of a version; what is no number counts as 0.
fn version(text: &str) -> Vec<u64> {
    text.split(['.', '-', '+']).take(3).map(|part| part.parse().unwrap_or_default()).collect()
}
