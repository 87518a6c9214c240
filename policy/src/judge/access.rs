//! Who talks to whom, across which boundary, and how well that is known.

use super::{Proof, Told, Word, reports};
use crate::fact::{Edge, End};
use crate::place::namespace;
use crate::rule::{Boundary, Side, seconds};
use crate::selector::{Scope, Selector};
use crate::truth::Truth;
use crate::words::Cause;

/// A declared source is one that is proven to be it; an undeclared one is none, by its certificate or by whatever else it says. Who it is must
/// not be contradicted.
pub(super) fn allowed(told: Told<'_>, sources: &[Selector]) -> Word {
    let source = &told.edge.source;
    let any = |takes: &dyn Fn(&Selector) -> Truth| sources.iter().fold(Truth::False, |any, one| any.or(|| takes(one)));
    let claimed = any(&|one| one.takes(source, Cause::SourceWorkload));
    let certified = told
        .certifies(Side::Source)
        .then(|| any(&|one| told.takes_certified(one, Side::Source).unwrap_or(Truth::Unknown(Cause::SourcePrincipal))));
    let is_workload = source.is_workload();
    match (claimed, certified, told.source_proof()) {
        (Truth::False, ..) | (_, Some(Truth::False), _) => Word::Violating(Cause::UndeclaredSource),
        (.., Proof::Contradicted) => Word::Violating(Cause::PrincipalOfAnother),
        (Truth::True, certified, Proof::Proven) => {
            let missing = certified.and_then(|certified| told.beyond_certificate(certified));
            missing.map_or(Word::Compliant, Word::Undecidable)
        }
        // Whoever declares those whom nobody knows wants no proof of them; a certificate tells of who has no other name.
        (Truth::True, ..) | (_, Some(Truth::True), _) if !is_workload => Word::Compliant,
        (Truth::True, _, Proof::Missing(missing)) | (Truth::Unknown(missing), ..) => Word::Undecidable(missing),
    }
}

/// What is said to come from elsewhere than from where it must not is proven to; a certificate tells whatever else is said.
pub(super) fn forbidden(told: Told<'_>, edges: &[Scope]) -> Word {
    let any = |takes: &dyn Fn(&Scope) -> Truth| edges.iter().fold(Truth::False, |any, scope| any.or(|| takes(scope)));
    let claimed = any(&|scope| scope.takes(told.edge).or(|| asked_for(told.edge, scope)));
    let certified = any(&|scope| certified(told, scope));
    let is_certified = told.certifies(Side::Source);
    match (claimed, certified) {
        (Truth::True, _) | (_, Truth::True) => Word::Violating(Cause::ForbiddenEdge),
        (_, Truth::False) if is_certified => Word::Compliant,
        (Truth::Unknown(missing), _) if !is_certified => Word::Undecidable(missing),
        _ => match proof_of_both(told, edges, certified) {
            Proof::Contradicted => Word::Violating(Cause::PrincipalOfAnother),
            Proof::Missing(missing) => Word::Undecidable(missing),
            Proof::Proven => match claimed {
                Truth::Unknown(missing) => Word::Undecidable(missing),
                _ => Word::Compliant,
            },
        },
    }
}

/// Whether a scope speaks of the edge whose ends are those that their verified certificates name, where they have one.
fn certified(told: Told<'_>, scope: &Scope) -> Truth {
    let by = |selector: &Selector, side: Side, claimed: Truth| match selector.is_empty() {
        true => Truth::True,
        false => told.takes_certified(selector, side).unwrap_or(claimed),
    };
    let (Scope { source, destination, .. }, edge) = (scope, told.edge);
    scope
        .takes_traffic(edge)
        .and(|| by(source, Side::Source, source.takes(&edge.source, Cause::SourceWorkload)))
        .and(|| by(destination, Side::Destination, destination.takes(&edge.destination, Cause::DestinationWorkload)))
}

/// Whether the ends that scopes ask for are who they are taken for. A destination need not be proven, but where its certificate leaves open
/// whether it is one that is forbidden, it must not be another's.
fn proof_of_both(told: Told<'_>, edges: &[Scope], certified: Truth) -> Proof {
    let asks = |of: fn(&Scope) -> &Selector| edges.iter().any(|scope| !of(scope).is_empty());
    let source = if asks(|scope| &scope.source) { told.source_proof() } else { Proof::Proven };
    let is_open = matches!(certified, Truth::Unknown(_)) && told.certifies(Side::Destination);
    let beyond = if asks(|scope| &scope.source) { told.beyond_certificate(certified) } else { None };
    match (source, beyond) {
        (Proof::Proven, Some(missing)) => Proof::Missing(missing),
        (Proof::Proven, None) if is_open && asks(|scope| &scope.destination) => told.certified(Side::Destination),
        (source, _) => source,
    }
}

/// Whether a scope that names hosts takes the edge by the host that the source asked for, whoever has claimed its address since.
fn asked_for(edge: &Edge, scope: &Scope) -> Truth {
    let End { hosts, .. } = &edge.destination;
    if scope.destination.host.is_empty() || !edge.destination.is_workload() || hosts.is_empty() {
        return Truth::False;
    }
    let of_host = |host: &String| {
        let destination = End { kind: "service".to_owned(), name: host.clone(), ..End::default() };
        scope.takes(&Edge { destination, ..edge.clone() })
    };
    hosts.iter().map(of_host).fold(Truth::True, |all, one| all.and(|| one))
}

pub(super) fn within(told: Told<'_>, boundary: Boundary) -> Word {
    let (source, destination) = (&told.edge.source, &told.edge.destination);
    let is_outside = destination.is_outside && boundary != Boundary::Zone;
    let claimed = match boundary {
        _ if is_outside => Truth::False,
        Boundary::Namespace => same(namespace(source), namespace(destination), Cause::Namespace),
        Boundary::Cluster => same(known(&source.cluster), known(&destination.cluster), Cause::Cluster),
        Boundary::Zone => zones(source, destination),
    };
    let certified = |side: Side, other: &End| Some(Truth::of(told.certified_namespace(side)? == namespace(other)?));
    let [of_source, of_destination] = match boundary {
        Boundary::Namespace => [certified(Side::Source, destination), certified(Side::Destination, source)],
        Boundary::Cluster | Boundary::Zone => [None, None],
    };
    if [of_source, of_destination].contains(&Some(Truth::False)) {
        return Word::Violating(Cause::CrossesBoundary);
    }
    match (claimed, of_source, told.source_proof()) {
        (Truth::False, ..) => Word::Violating(Cause::CrossesBoundary),
        (.., Proof::Contradicted) => Word::Violating(Cause::PrincipalOfAnother),
        (Truth::True, _, Proof::Proven) => within_for(told, boundary, of_destination),
        (Truth::Unknown(_), Some(Truth::True), _) if !source.is_workload() => Word::Compliant,
        (Truth::True, _, Proof::Missing(missing)) | (Truth::Unknown(missing), ..) => Word::Undecidable(missing),
    }
}

/// What is within by what both ends are taken for, and whose source is proven: a certificate names no k8s cluster, and one of the destination
/// that names no namespace of the mesh leaves open whose it is.
fn within_for(told: Told<'_>, boundary: Boundary, of_destination: Option<Truth>) -> Word {
    match boundary {
        Boundary::Cluster if told.by == Side::Destination => Word::Undecidable(Cause::Cluster),
        Boundary::Namespace if of_destination.is_none() && told.principal(Side::Destination).is_some() => {
            match told.certified(Side::Destination) {
                Proof::Missing(missing) => Word::Undecidable(missing),
                Proof::Proven | Proof::Contradicted => Word::Undecidable(Cause::TrustDomain),
            }
        }
        _ => Word::Compliant,
    }
}

fn known(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn same(one: Option<&str>, other: Option<&str>, missing: Cause) -> Truth {
    one.zip(other).map_or(Truth::Unknown(missing), |(one, other)| Truth::of(one == other))
}

/// Of ends in several zones it is told only where they have none in common.
fn zones(source: &End, destination: &End) -> Truth {
    match (&source.zones[..], &destination.zones[..]) {
        ([], _) | (_, []) => Truth::Unknown(Cause::Zone),
        ([one], [other]) => Truth::of(one == other),
        (ours, theirs) if ours.iter().any(|zone| theirs.contains(zone)) => Truth::Unknown(Cause::Zone),
        _ => Truth::False,
    }
}

pub(super) fn confirmed(told: Told<'_>) -> Word {
    match told.edge.agreement.state.as_str() {
        "agree" => Word::Compliant,
        "one_reporter" => Word::Violating(Cause::OneReporter),
        // One end alone contradicts nobody: what its report holds against it is in the map's findings.
        "disagree" if !tell_both(told.edge) => Word::Violating(Cause::OneReporter),
        "disagree" => Word::Violating(Cause::ReportersDisagree),
        _ => Word::Undecidable(Cause::Comparison),
    }
}

fn tell_both(edge: &Edge) -> bool {
    edge.source_report.is_some() && edge.destination_report.is_some()
}

/// How it is told that counts differ by what may lie at the ends of the period.
const CUT: &str = "may lie across the ends of the period or in what is not sealed yet";

/// Both ends tell of an edge, and what they differ by may lie at the ends of the period: what both have is confirmed by both.
pub(crate) fn is_cut(edge: &Edge) -> bool {
    let agreement = &edge.agreement;
    tell_both(edge)
        && agreement.state == "not_comparable"
        && agreement.reasons.iter().any(|reason| reason.ends_with(CUT))
}

/// By the older of the ends that tell of it.
pub(super) fn observed_within(told: Told<'_>, age: &str) -> Word {
    let ages = reports(told.edge).into_iter().filter(|(_, report)| report.is_some()).map(|(side, _)| match side {
        Side::Source => told.edge.source.age_s,
        Side::Destination => told.edge.destination.age_s,
    });
    let oldest = ages.collect::<Option<Vec<f64>>>().and_then(|ages| ages.into_iter().reduce(f64::max));
    match (oldest, seconds(age)) {
        (Some(oldest), Some(most)) if oldest <= crate::rate::as_f64(most) => Word::Compliant,
        (Some(_), Some(_)) => Word::Violating(Cause::Stale),
        _ => Word::Undecidable(Cause::Age),
    }
}
