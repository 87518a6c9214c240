//! What a row adds to the report of its side.

use hogusu_model::{Measure, Reporter as SideWord, Security, SeriesData, SeriesKey, TlsVersion};
use litemap::LiteMap;

use super::naming::insert;
use crate::analysis::edge::{Class, Revision, Side};
use crate::analysis::identity::Resolved;
use crate::declared::Failures;
use crate::period::Reporter;

pub(super) fn count_row(
    side: &mut Side,
    (reporter, failures): (&Reporter, Option<&Failures>),
    key: &SeriesKey,
    data: &SeriesData,
    peer: Resolved,
) {
    let class = Class::of(key);
    if key.measure == Measure::Attempt {
        side.attempts.get_or_insert_default().entry(class).or_default().merge(&data.duration);
        return;
    }
    let count = data.duration.count();
    let tally = side.outcomes.entry(class).or_default();
    tally.duration.merge(&data.duration);
    tally.exemplar = match (tally.exemplar, data.exemplar) {
        (Some(own), Some(other)) if (own.nanos, own.trace) >= (other.nanos, other.trace) => Some(own),
        (own, other) => other.or(own),
    };
    side.security.add(key.security, count);
    insert(&mut side.server_names, &key.server_name);
    if !matches!(key.security, Security::ApplicationTls | Security::Plaintext | Security::Unknown)
        && key.tls_version != TlsVersion::None
    {
        let sum = side.tls_versions.entry(key.tls_version).or_default();
        *sum = sum.saturating_add(count);
    }
    let (source, destination) = match key.reporter {
        SideWord::Source => (&key.own_principal, &key.peer.principal),
        SideWord::Destination => (&key.peer.principal, &key.own_principal),
    };
    let revisions = (&reporter.canonical_revision, &key.peer.canonical_revision);
    let (of_source, of_destination) = match key.reporter {
        SideWord::Source => revisions,
        SideWord::Destination => (revisions.1, revisions.0),
    };
    add_revision(&mut side.source_revisions, of_source, (class, failures), count);
    add_revision(&mut side.destination_revisions, of_destination, (class, failures), count);
    insert(&mut side.source_principals, source);
    insert(&mut side.destination_principals, destination);
    side.contradictions.extend(peer.contradiction);
    side.summed_attempts = add(side.summed_attempts, data.attempts);
    side.bytes = match (side.bytes, data.bytes) {
        (Some((a, b)), Some((c, d))) => Some((a.saturating_add(c), b.saturating_add(d))),
        (own, other) => own.or(other),
    };
    if let (Some(backend), false) = (&data.backend, key.streaming) {
        side.backend.get_or_insert_default().merge(backend);
    }
    if !key.operation.is_empty() {
        let operation = side.operations.entry(key.operation.clone()).or_default();
        operation.count = operation.count.saturating_add(count);
        if class.outcome.is_failure() {
            operation.failed = operation.failed.saturating_add(count);
        }
        if class.is_answer() {
            operation.answers.merge(&data.duration);
        }
    }
}

pub(super) fn add(own: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (own, other) {
        (Some(own), Some(other)) => Some(own.saturating_add(other)),
        (own, other) => own.or(other),
    }
}

fn add_revision(revisions: &mut LiteMap<String, Revision>, name: &str, class: (Class, Option<&Failures>), count: u64) {
    // Its name is copied for one that is new alone.
    if let Some(known) = revisions.get_mut(name) {
        return known.add(class, count);
    }
    let mut revision = Revision::default();
    revision.add(class, count);
    revisions.insert(name.to_owned(), revision);
}
