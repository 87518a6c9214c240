//! Who talks to whom, across which boundary, and how well that is known.

use super::{Told, Word, reports};
use crate::fact::End;
use crate::rule::{Boundary, Side, seconds};
use crate::selector::{Scope, Selector, namespace};
use crate::truth::Truth;
use crate::words::Cause;

/// A declared source is one that is proven to be it; an undeclared one is none whatever it says.
pub(super) fn allowed(told: Told<'_>, sources: &[Selector]) -> Word {
    let source = &told.edge.source;
    let declared = sources.iter().fold(Truth::False, |any, one| any.or(|| one.takes(source, Cause::SourceWorkload)));
    match declared {
        Truth::False => Word::Violating(Cause::UndeclaredSource),
        Truth::Unknown(missing) => Word::Undecidable(missing),
        // Whoever declares those whom nobody knows wants no proof of them.
        Truth::True if !source.is_workload() || told.is_source_proven() => Word::Compliant,
        Truth::True => Word::Undecidable(told.unproven(Side::Source)),
    }
}

/// What is said to come from elsewhere than from where it must not is proven to.
pub(super) fn forbidden(told: Told<'_>, edges: &[Scope]) -> Word {
    let asks_who = edges.iter().any(|scope| !scope.source.is_empty());
    match edges.iter().fold(Truth::False, |any, scope| any.or(|| scope.takes(told.edge))) {
        Truth::True => Word::Violating(Cause::ForbiddenEdge),
        Truth::Unknown(missing) => Word::Undecidable(missing),
        Truth::False if asks_who && !told.is_source_proven() => Word::Undecidable(told.unproven(Side::Source)),
        Truth::False => Word::Compliant,
    }
}

pub(super) fn within(told: Told<'_>, boundary: Boundary) -> Word {
    let (source, destination) = (&told.edge.source, &told.edge.destination);
    let is_outside = destination.is_outside() && boundary != Boundary::Zone;
    let stays = match boundary {
        _ if is_outside => Truth::False,
        Boundary::Namespace => same(namespace(source), namespace(destination), Cause::Namespace),
        Boundary::Cluster => same(known(&source.cluster), known(&destination.cluster), Cause::Cluster),
        Boundary::Zone => zones(source, destination),
    };
    match stays {
        Truth::False => Word::Violating(Cause::CrossesBoundary),
        Truth::Unknown(missing) => Word::Undecidable(missing),
        Truth::True if told.is_source_proven() => Word::Compliant,
        Truth::True => Word::Undecidable(told.unproven(Side::Source)),
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
        "disagree" => Word::Violating(Cause::ReportersDisagree),
        _ => Word::Undecidable(Cause::Comparison),
    }
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
