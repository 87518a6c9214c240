//! How many exchanges of an edge were what. Facts tell it of each kind of connection and each name apart; without them there are the sums of
//! the map, of which nobody knows whose exchanges were refused.

use std::collections::BTreeMap;

use hogusu_access::Wire;
use hogusu_policy::fact;

use crate::report::Edge;
use crate::report::edge::SecurityCounts;

/// Exchanges that are alike, as far as is known.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// By what the connection was.
    pub(super) counted: BTreeMap<Wire, u64>,
    /// Of which nobody says what it was.
    pub(super) unclear: u64,
    /// Names of the source's certificates.
    pub(super) principals: Vec<String>,
    /// Some perhaps have another name, or none.
    pub(super) has_unnamed: bool,
    /// Refused by a policy, a token, an external authorizer, or whatever else refuses: an outcome does not tell.
    pub(super) denied: u64,
    /// Ended before the application said anything.
    pub(super) unanswered: u64,
    /// Refused by the listener, and in no other number.
    pub(super) refused: u64,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Answered,
    Denied,
    Refused,
    Unanswered,
    /// It never came to the destination.
    Lost,
}

impl End {
    fn of(outcome: &str, reason: &str, answered_by: &str, is_by_destination: bool) -> Self {
        match (outcome, is_by_destination) {
            ("connect_failure" | "tls_failure" | "no_healthy_upstream" | "no_route", false) => Self::Lost,
            ("denied", true) if reason == "no_filter_chain" => Self::Refused,
            ("denied", true) => Self::Denied,
            // A filter answers by itself, as with a redirect to a login, perhaps before policies are asked.
            ("ok", _) if answered_by == "local_proxy" => Self::Unanswered,
            ("ok", _) => Self::Answered,
            _ if matches!(answered_by, "application" | "upstream") => Self::Answered,
            _ => Self::Unanswered,
        }
    }
}

/// The exchanges of an edge, taken apart as far as is known.
pub(super) fn groups(edge: &Edge, facts: Option<&fact::Edge>) -> Vec<Group> {
    facts.and_then(|facts| exact(edge, facts)).unwrap_or_else(|| vec![of_sums(edge)])
}

fn is_by_destination(edge: &Edge) -> bool {
    edge.destination_report.as_ref().is_some_and(|side| side.count > 0)
}

/// By kind of connection and by name.
fn exact(edge: &Edge, facts: &fact::Edge) -> Option<Vec<Group>> {
    let by_destination = is_by_destination(edge);
    let report = if by_destination { &facts.destination_report } else { &facts.source_report };
    // A user agent that says that it is a probe's proves nothing, and a policy is about it as about any other.
    let classes = report.iter().flat_map(|report| &report.classes);
    let mut groups: BTreeMap<(Option<Wire>, &str), Group> = BTreeMap::new();
    let mut refused = 0_u64;
    for class in classes {
        let end = End::of(&class.outcome, &class.reason, &class.answered_by, by_destination);
        if matches!(end, End::Refused | End::Lost) {
            refused = refused.saturating_add(if end == End::Refused { class.count } else { 0 });
            continue;
        }
        let wire = wire(&class.security);
        let group = groups.entry((wire, class.source_principal.as_str())).or_default();
        let counted = wire.map_or(&mut group.unclear, |wire| group.counted.entry(wire).or_default());
        *counted = counted.saturating_add(class.count);
        match end {
            End::Denied => group.denied = group.denied.saturating_add(class.count),
            End::Unanswered => group.unanswered = group.unanswered.saturating_add(class.count),
            End::Answered | End::Refused | End::Lost => {}
        }
    }
    let named = groups.into_iter().map(|((_, name), group)| {
        let principals = if name.is_empty() { Vec::new() } else { vec![name.to_owned()] };
        Group { principals, ..group }
    });
    let by_listener = (refused > 0).then(|| Group { refused, ..Group::default() });
    let all: Vec<Group> = named.chain(by_listener).collect();
    (!all.is_empty()).then_some(all)
}

/// A source does not know whether the client authenticated. Where a destination says that it did not, a listener took TLS that no
/// PeerAuthentication decides about.
fn wire(security: &str) -> Option<Wire> {
    match security {
        "mutual_tls" => Some(Wire::MutualTls),
        "application_tls" => Some(Wire::OtherTls),
        "plaintext" => Some(Wire::Plaintext),
        _ => None,
    }
}

/// All of an edge together.
fn of_sums(edge: &Edge) -> Group {
    let by_destination = is_by_destination(edge);
    let report = if by_destination { &edge.destination_report } else { &edge.source_report };
    let ended = |wanted: End| {
        let outcomes = report.iter().flat_map(|side| &side.outcomes);
        let end = |one: &crate::report::side::OutcomeCount| {
            End::of(&one.outcome, one.reason.as_deref().unwrap_or_default(), &one.answered_by, by_destination)
        };
        outcomes.filter(|one| end(one) == wanted).map(|one| one.count).fold(0, u64::saturating_add)
    };
    let none = SecurityCounts { mutual_tls: 0, tls: 0, application_tls: 0, plaintext: 0, unknown: 0 };
    let counts = edge.security.destination.filter(|_| by_destination).or(edge.security.source).unwrap_or(none);
    // Of a connection that the listener refuses, or that never was one, nobody knows what it was.
    let without = ended(End::Refused).saturating_add(ended(End::Lost));
    let kinds = [
        (Wire::MutualTls, counts.mutual_tls),
        (Wire::OtherTls, counts.application_tls),
        (Wire::Plaintext, counts.plaintext),
    ];
    let principals = edge.destination_report.as_ref().map(|side| side.principals.source.clone()).unwrap_or_default();
    Group {
        counted: kinds.into_iter().filter(|(_, count)| *count > 0).collect(),
        unclear: counts.unknown.saturating_sub(without).saturating_add(counts.tls),
        has_unnamed: !principals.is_empty(),
        principals,
        denied: ended(End::Denied),
        unanswered: ended(End::Unanswered),
        refused: ended(End::Refused),
    }
}

/// Exchanges in plaintext that the source alone saw: they came to pods of which no proxy tells. Where both ends tell of plaintext and of
/// mutual TLS, each perhaps of pods without a proxy at the other, none of them is known to be the other's.
pub(super) fn beyond(edge: &Edge) -> u64 {
    let (Some(own), Some(theirs)) =
        (edge.security.source, edge.security.destination.filter(|_| is_by_destination(edge)))
    else {
        return 0;
    };
    if is_mixed(edge) {
        return own.plaintext;
    }
    let others = [theirs.plaintext, theirs.application_tls, theirs.unknown];
    own.plaintext.saturating_sub(others.into_iter().fold(0, u64::saturating_add))
}

/// Whether both ends tell of plaintext and of TLS.
fn is_mixed(edge: &Edge) -> bool {
    let both = |counts: SecurityCounts| counts.plaintext > 0 && counts.mutual_tls.saturating_add(counts.tls) > 0;
    let theirs = edge.security.destination.filter(|_| is_by_destination(edge));
    edge.security.source.is_some_and(both) && theirs.is_some_and(both)
}

/// Whether all that the source's pods send passes a proxy of the mesh; not where what their proxies tell of and certainly arrived is less
/// than came. `is_whole`: what came is not more than the destination tells of.
pub(super) fn source_has_proxy(edge: &Edge, is_whole: bool) -> Option<bool> {
    let own = edge.source_report.as_ref()?;
    let arrived = |all: &[crate::report::side::OutcomeCount]| {
        let end = |one: &crate::report::side::OutcomeCount| {
            End::of(&one.outcome, one.reason.as_deref().unwrap_or_default(), &one.answered_by, false)
        };
        all.iter().filter(|one| end(one) == End::Answered).map(|one| one.count).fold(0, u64::saturating_add)
    };
    let attempts = own.attempts.as_ref().map(|attempts| arrived(&attempts.outcomes)).unwrap_or_default();
    let came = edge.destination_report.as_ref().map_or(0, |side| side.count);
    (is_whole && !is_mixed(edge) && arrived(&own.outcomes).max(attempts) >= came).then_some(true)
}
