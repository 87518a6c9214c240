//! Whether both reporters of an edge agree (rule 7): on counts, on who the ends are, on security.
//!
//! Counts are compared per (sources that share a principal, destination workload, port):
//! `attempts - undetermined <= requests at the destination <= attempts - connect failures`. What cannot be told, for
//! telemetry is missing or the period cuts through traffic, is `not_comparable` with its reason, never `agree`.

pub mod account;
pub mod bounds;
pub mod translated;

use hogusu_model::edge::End;

use self::account::{Account, Accounts};
use self::bounds::{Standing, Verdict};
use self::translated::Translated;
use super::clusters::Clusters;
use super::edge::Edge;
use super::few::Few;
use super::flow::{Flows, is_tcp};
use super::numbered::{EndId, Numbered};
use super::security::SecurityState;
use crate::period::Period;
use crate::shown::word;

/// Whether the sides agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgreementState {
    /// Within the bounds of rule 7.
    Agree,
    /// A contradiction that nothing known explains.
    Disagree,
    /// Only one side reports.
    #[default]
    OneReporter,
    /// It cannot be told.
    NotComparable,
}

impl AgreementState {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Disagree => "disagree",
            Self::OneReporter => "one_reporter",
            Self::NotComparable => "not_comparable",
        }
    }
}

/// The judgement of an edge, with the numbers of the group it was judged in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreement {
    /// The state.
    pub state: AgreementState,
    /// Why.
    pub reasons: Vec<String>,
    /// Attempts by the source's router log; `None` without one.
    pub attempts: Option<u64>,
    /// Attempts (without a router log: requests) of which nothing proves that they arrived; connect failures included.
    pub undetermined: u64,
    /// Those of them that certainly did not arrive.
    pub connect_failures: u64,
    /// Requests that the destination counted from these sources.
    pub requests_at_destination: Option<u64>,
}

/// The ends of an edge, by number.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// Who asks.
    pub source: EndId,
    /// Who is asked.
    pub destination: EndId,
}

/// Judges every edge, whose ends are in the same order. Security must have been joined before.
pub fn judge(
    edges: &mut [Edge],
    ends: &[Ends],
    (flows, numbered): (&Flows, &Numbered),
    period: &Period,
    clusters: &Clusters,
) {
    let accounts = Accounts::of(flows, numbered);
    let senders = bounds::by_workload(period, clusters, numbered);
    let translated = translated::of(edges, ends);
    for ((edge, ends), translated) in edges.iter_mut().zip(ends).zip(translated) {
        let account = accounts.of_edge(edge, *ends);
        let standing = account.as_ref().map(|account| Standing::of(edge, *ends, account, period, &senders));
        let mut agreement = counts(edge, *ends, account.as_ref().zip(standing.as_ref()), &accounts);
        if let Some(translated) = translated {
            set_apart(&mut agreement, translated);
        }
        let contradictions = contradictions(edge);
        if !contradictions.is_empty() {
            agreement.state = AgreementState::Disagree;
            agreement.reasons.splice(0..0, contradictions);
        }
        edge.agreement = agreement;
    }
}

/// The other end has another word for the protocol: neither does it agree, nor is its report missing. Sums of requests that
/// contradict each other do so under any name.
fn set_apart(agreement: &mut Agreement, translated: Translated) {
    match agreement.state {
        AgreementState::Disagree if !translated.is_of_other_measure => return,
        AgreementState::NotComparable => {}
        _ => agreement.reasons.clear(),
    }
    agreement.state = AgreementState::NotComparable;
    agreement.reasons.insert(0, translated.why);
}

fn counts(edge: &Edge, ends: Ends, compared: Option<(&Account, &Standing)>, accounts: &Accounts<'_>) -> Agreement {
    let mut agreement = Agreement::default();
    let account = compared.map(|(account, _)| account);
    if let Some(account) = account {
        agreement.attempts = account.attempts();
        agreement.undetermined = account.undetermined();
        agreement.connect_failures = account.never_arrived();
        agreement.requests_at_destination = account.reported_at_destination().then_some(account.at_destination);
    }
    (agreement.state, agreement.reasons) = match (reporters(edge, ends, account, accounts), compared) {
        (Reporters::Overflow, _) => {
            let why = "holds what exceeded a sender's bound on edges: its other end is not known";
            (AgreementState::NotComparable, vec![why.to_owned()])
        }
        (Reporters::One(why), _) => (AgreementState::OneReporter, vec![why.to_owned()]),
        (Reporters::Both, None) => (
            AgreementState::NotComparable,
            vec!["its requests carry several principals of unknown workloads".to_owned()],
        ),
        (Reporters::Both, Some((account, standing))) => {
            agreement.requests_at_destination = Some(account.at_destination);
            match bounds::judge(account, standing) {
                Verdict::Agree => (AgreementState::Agree, Vec::new()),
                Verdict::Disagree(why) => (AgreementState::Disagree, vec![why]),
                Verdict::NotComparable(why) => (AgreementState::NotComparable, why),
            }
        }
    };
    agreement
}

enum Reporters {
    Both,
    One(&'static str),
    Overflow,
}

fn reporters(edge: &Edge, ends: Ends, account: Option<&Account>, accounts: &Accounts<'_>) -> Reporters {
    match &edge.key.destination {
        End::Overflow => return Reporters::Overflow,
        End::Service(_) if edge.is_reached => return Reporters::One("the destination is no workload that reports"),
        End::Service(_) if edge.is_answered() => {
            return Reporters::One("the upstream that answered has no address that is known");
        }
        End::Service(_) => return Reporters::One("no upstream was chosen"),
        End::Address(_) => return Reporters::One("the destination is no workload that reports"),
        End::Unknown => return Reporters::One("the destination is unknown"),
        End::Workload(_) => {}
    }
    if edge.key.source == End::Overflow {
        return Reporters::Overflow;
    }
    let source_reports = edge.source_report.is_some() || account.is_some_and(Account::reported_at_source);
    let destination_reports = edge.destination_report.is_some()
        || account.is_some_and(Account::reported_at_destination)
        || accounts.reports_port(ends.destination, edge.key.port, is_tcp(edge.key.protocol));
    match (source_reports, destination_reports) {
        (true, true) => Reporters::Both,
        (false, _) => Reporters::One("no report from the source's proxy"),
        (true, false) => Reporters::One("no report from the destination's proxy"),
    }
}

/// What the two sides say of security and identity and cannot both be true.
fn contradictions(edge: &Edge) -> Vec<String> {
    let mut reasons = Vec::new();
    if edge.security.state == SecurityState::Disagreement {
        reasons.push(format!("security: {}", edge.security.statement));
    }
    for side in [&edge.source_report, &edge.destination_report].into_iter().flatten() {
        reasons.extend(side.contradictions.iter().cloned());
    }
    if let (Some(source), Some(destination)) = (&edge.source_report, &edge.destination_report) {
        reasons.extend(foreign("source", &source.source_principals, &destination.source_principals, edge));
        reasons.extend(foreign(
            "destination",
            &destination.destination_principals,
            &source.destination_principals,
            edge,
        ));
    }
    reasons.dedup();
    reasons
}

/// Principals that the other side saw for an end, of which the end's own proxies know nothing.
fn foreign(end: &str, own: &Few<String>, seen: &Few<String>, edge: &Edge) -> Option<String> {
    let strange: Vec<_> = seen.difference(own).map(|one| word(one)).collect();
    if own.is_empty() || strange.is_empty() {
        return None;
    }
    let who = if end == "source" { &edge.source.label } else { &edge.destination.label };
    let own: Vec<_> = own.iter().map(|one| word(one)).collect();
    Some(format!("the {end} {who} presents {}; the other side saw {}", own.join(", "), strange.join(", ")))
}
