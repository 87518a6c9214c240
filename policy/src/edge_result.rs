//! One policy and one edge: whether it is in scope, what the rule says, and whether an exception lets it off.

use std::collections::BTreeMap;

use crate::accounts::Accounts;
use crate::counts::{Asked, Causes, sum};
use crate::fact::Edge;
use crate::policy::Policy;
use crate::report::EdgeResult;
use crate::tally::Tally;
use crate::truth::Truth;
use crate::words::State;

/// What a policy says of an edge; `None` where it does not speak of it. Exceptions are in force when they reach to `end`, nanoseconds since the
/// epoch; of several, the first that lets something off does.
#[must_use]
pub fn judge(policy: &Policy, edge: &Edge, accounts: &Accounts, end: u64) -> Option<EdgeResult> {
    let asked = Asked { rule: &policy.rule, scope: &policy.scope, exception: None, accounts };
    let nothing = || (policy.scope.takes(edge) != Truth::False && is_silent(edge)).then(Tally::default);
    let tally = Tally::of(asked, edge).or_else(nothing)?;
    let in_force = policy.exceptions.iter().enumerate().filter(|(_, one)| one.until >= end);
    let let_off = in_force.filter_map(|(place, one)| {
        let tally = Tally::of(Asked { exception: Some(&one.scope), ..asked }, edge)?;
        (!tally.excepted.is_empty()).then_some((Some(place), tally))
    });
    let (exception, tally) = let_off.into_iter().next().unwrap_or((None, tally));
    let mut result = written(edge, &tally);
    result.exception = exception;
    result.state = state(&result);
    Some(result)
}

/// Nobody tells anything of it.
fn is_silent(edge: &Edge) -> bool {
    let is_empty = |report: &Option<crate::fact::Reporter>| report.as_ref().is_none_or(|one| one.classes.is_empty());
    is_empty(&edge.source_report) && is_empty(&edge.destination_report)
}

fn written(edge: &Edge, tally: &Tally) -> EdgeResult {
    debug_assert!(sum(&tally.violating) > 0 || tally.violating.is_empty(), "a cause without exchanges");
    let words = |causes: &Causes| -> BTreeMap<String, u64> {
        causes.iter().map(|(cause, count)| (cause.as_str().to_owned(), *count)).collect()
    };
    let reporters = match (&edge.source_report, &edge.destination_report) {
        (Some(_), Some(_)) => "both",
        (Some(_), None) => "source",
        (None, Some(_)) => "destination",
        (None, None) => "none",
    };
    EdgeResult {
        edge: edge.id.clone(),
        label: edge.label(),
        source: edge.source.label.clone(),
        destination: edge.destination.label.clone(),
        protocol: edge.protocol.clone(),
        port: edge.port,
        measure: edge.measure.clone(),
        compliant: tally.compliant,
        violating: words(&tally.violating),
        excepted: words(&tally.excepted),
        undecidable: words(&tally.undecidable),
        at_border: tally.at_border,
        unobserved: words(&tally.unobserved),
        injected: edge.injected(),
        beside: edge.beside(),
        reporters: reporters.to_owned(),
        ..EdgeResult::default()
    }
}

/// The worst that there is anything of.
fn state(result: &EdgeResult) -> State {
    match result {
        EdgeResult { violating, .. } if !violating.is_empty() => State::Violating,
        EdgeResult { undecidable, .. } if !undecidable.is_empty() => State::Undecidable,
        EdgeResult { excepted, .. } if !excepted.is_empty() => State::Excepted,
        EdgeResult { compliant: 1.., .. } => State::Compliant,
        _ => State::Unobserved,
    }
}
