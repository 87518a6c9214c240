//! The collector itself: whether it takes batches, has room, lost or refused anything.

use std::collections::BTreeMap;

use super::catalogue::Check;
use super::facts::{Collector, Known};
use super::installation::known;
use super::proxies::nobody;
use super::report::Line;
use super::table::counted;
use crate::api::senders::Sender;
use crate::api::status::Status;
use crate::report::map::{Completeness, Finding};
use crate::shown::word;

/// Percent of the bound on disk from which on it is said.
const FULL_PERCENT: u64 = 90;
/// What counts as lately, nanoseconds: what the API answers about without a time.
const LATELY: u64 = 300 * 1_000_000_000;

/// Lines of the group Collector.
pub(super) fn lines(collector: &Collector) -> Vec<Line> {
    vec![
        match &collector.status {
            Ok(status) => Line::pass(Check::Answers, format!("version {}", status.version)),
            Err(unread) => Line::fail(Check::Answers, unread.to_string()),
        },
        known(Check::Ready, &collector.status, ready),
        known(Check::Arriving, &collector.senders, |senders| arriving(senders, collector)),
        known(Check::Disk, &collector.status, disk),
        known(Check::Journal, &collector.metrics, journal),
        known(Check::Refused, &collector.metrics, refused),
        known(Check::Identity, &collector.metrics, identity),
        known(Check::Lost, &collector.senders, |senders| lost(senders, &collector.findings)),
    ]
}

type Metrics = BTreeMap<String, f64>;

fn ready(status: &Status) -> Line {
    if status.ready {
        return Line::pass(Check::Ready, format!("since {}", status.started.second()));
    }
    Line::fail(Check::Ready, "it starts, stops, or cannot write")
}

/// Whether anybody sends at all. Where the API server says who should, the lines about proxies tell who does not.
fn arriving(senders: &[Sender], collector: &Collector) -> Line {
    let since = collector.status.as_ref().map_or(0, |status| status.now.0.saturating_sub(LATELY));
    let heard = senders.iter().filter(|sender| sender.last_arrival.0 >= since).count();
    let mut against = Vec::new();
    if heard == 0 {
        against.push(if senders.is_empty() && is_new(collector) {
            "no batch was ever taken: none since the start, and nothing is kept from before".to_owned()
        } else {
            "no batch was taken in the last 5 minutes: nothing is known of the mesh as it is now".to_owned()
        });
    }
    against.extend(collector.completeness.as_ref().ok().and_then(|complete| never_sent(complete, collector)));
    Line::warn_if_any(Check::Arriving, against, format!("{} in the last 5 minutes", counted(heard, "sender")))
}

/// Whether it is known that it took nothing and holds nothing.
fn is_new(collector: &Collector) -> bool {
    let holds_nothing = collector.status.as_ref().is_ok_and(|status| status.storage.oldest.is_none());
    let accepted = r#"batches_total{result="accepted"}"#;
    holds_nothing && collector.metrics.as_ref().is_ok_and(|metrics| metrics.get(accepted).is_none_or(|n| *n <= 0.0))
}

/// As `2 of 5 expected proxies sent nothing`, by the file that the collector was given.
fn never_sent(Completeness { proxies, .. }: &Completeness, collector: &Collector) -> Option<String> {
    let expected = collector.declared()?;
    let never: Vec<_> = proxies.silent.iter().filter(|one| one.since.is_none()).collect();
    let first = never.first()?;
    let named = if first.proxy.is_empty() { first.workload.as_str().into() } else { word(&first.proxy) };
    let expected = counted(usize::try_from(expected).unwrap_or(usize::MAX), "expected proxy");
    Some(format!("{} of {expected} sent nothing in the last 5 minutes, such as {named}", never.len()))
}

fn disk(Status { storage, resolutions, .. }: &Status) -> Line {
    let reaches =
        resolutions.iter().filter_map(|reach| Some(format!(", {} since {}", reach.resolution, reach.from?.second())));
    let said = format!(
        "{} of {} MiB, kept for {:.1} days{}",
        storage.disk_bytes >> 20,
        storage.max_disk_bytes >> 20,
        storage.retention_s / 86_400.0,
        reaches.collect::<String>()
    );
    let percent = storage.disk_bytes.saturating_mul(100).checked_div(storage.max_disk_bytes).unwrap_or(100);
    if percent >= FULL_PERCENT { Line::warn(Check::Disk, said) } else { Line::pass(Check::Disk, said) }
}

/// What counts, and where it is above zero, what that means.
fn above_zero(metrics: &Metrics, meanings: &[(&str, &str)]) -> Vec<String> {
    let value = |name: &str| metrics.get(name).copied().unwrap_or_default();
    let told = meanings.iter().filter(|(name, _)| value(name) > 0.0);
    told.map(|(name, meaning)| format!("{} {meaning}", value(name))).collect()
}

fn journal(metrics: &Metrics) -> Line {
    let meanings = [
        ("journal_damages", "damaged places in the journal at the last start"),
        ("store_damaged_files", "damaged files of the store, left out of every answer"),
        (r#"commits_total{result="failed"}"#, "commits of the store failed"),
        (r#"refused_total{reason="journal"}"#, "batches could not be made durable"),
    ];
    Line::fail_if_any(Check::Journal, above_zero(metrics, &meanings), "")
}

fn refused(metrics: &Metrics) -> Line {
    let meanings = [
        (r#"refused_total{reason="malformed"}"#, "requests were no batches"),
        (r#"refused_total{reason="bound"}"#, "batches exceeded a bound"),
        (r#"refused_total{reason="too_large"}"#, "batches were too large"),
        (r#"refused_total{reason="unsupported_type"}"#, "requests had another content type"),
        (r#"refused_total{reason="body"}"#, "bodies did not arrive whole"),
        (r#"refused_total{reason="busy"}"#, "batches were told to come again"),
        (r#"refused_total{reason="slow"}"#, "batches came so slowly that they gave their place to others"),
        (
            r#"refused_total{reason="door"}"#,
            "requests with batches came to an address for people alone (--listen-api), and what they held is lost: point the filters' Envoy cluster at --listen-ingest (docs/doors.md)",
        ),
        ("tls_files_refused", "set of new TLS files cannot be used, and the one before it is in force"),
        (
            "kubernetes_forgotten_total",
            "stretches of pods' addresses were forgotten before their time, as there were too many",
        ),
    ];
    Line::warn_if_any(Check::Refused, above_zero(metrics, &meanings), "since its start")
}

fn identity(metrics: &Metrics) -> Line {
    let meanings = [
        (r#"identity_refused_total{reason="mismatch"}"#, "batches claimed an identity that their sender does not have"),
        (r#"identity_refused_total{reason="unverified"}"#, "batches came without a verified identity"),
    ];
    Line::fail_if_any(Check::Identity, above_zero(metrics, &meanings), "since its start")
}

fn lost(senders: &[Sender], findings: &Known<Vec<Finding>>) -> Line {
    let batches: u64 = senders.iter().map(|sender| sender.lost_batches).sum();
    let exchanges: u64 = senders.iter().map(|sender| sender.lost_exchanges).sum();
    let unclosed: Vec<_> = senders.iter().filter(|sender| sender.state == "unclosed").collect();
    let mut against = Vec::new();
    if batches > 0 {
        against.push(format!("{batches} batches with {exchanges} exchanges never arrived"));
    }
    if let Some(first) = unclosed.first() {
        let number = counted(unclosed.len(), "sender");
        against.push(format!(
            "{number} went silent without an end, such as one of {} ({})",
            first.workload,
            word(&first.pod)
        ));
    }
    let beyond = findings.iter().flatten().filter(|finding| finding.kind == "overflow");
    against.extend(beyond.map(|finding| finding.text.clone()));
    match findings {
        Err(unread) if against.is_empty() => Line::skipped(Check::Lost, unread),
        Ok(_) if against.is_empty() && senders.is_empty() => nobody(Check::Lost, "what senders lost"),
        _ => Line::warn_if_any(Check::Lost, against, "in the last 5 minutes"),
    }
}
