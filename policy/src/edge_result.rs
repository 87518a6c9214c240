//! One policy and one edge: whether it is in scope, what the rule says, and whether an exception lets it off.

use std::collections::BTreeMap;

use crate::accounts::Accounts;
use crate::fact::Edge;
use crate::policy::Policy;
use crate::report::EdgeResult;
use crate::tally::{Causes, Tally, sum};
use crate::truth::Truth;
use crate::words::{Cause, State};

/// What a policy says of an edge; `None` where it does not speak of it. Exceptions are in force when they reach to `end`, nanoseconds since the
/// epoch.
#[must_use]
pub fn judge(policy: &Policy, edge: &Edge, accounts: &Accounts, end: u64) -> Option<EdgeResult> {
    let tally = match policy.scope.takes(edge) {
        Truth::False => return None,
        Truth::True => Tally::of(&policy.rule, edge, accounts),
        Truth::Unknown(missing) => of_unknown_scope(Tally::of(&policy.rule, edge, accounts), missing),
    };
    let exception = policy.exceptions.iter().position(|one| one.until >= end && one.scope.takes(edge) == Truth::True);
    let mut result = written(edge, tally, exception.is_some());
    result.exception = exception.filter(|_| !result.excepted.is_empty());
    result.state = state(&result);
    Some(result)
}

/// An edge that may be one that the policy speaks of: whatever the rule says of it, it is not to be told.
fn of_unknown_scope(tally: Tally, missing: Cause) -> Tally {
    let seen = tally.seen();
    let undecidable = if seen > 0 { Causes::from([(missing, seen)]) } else { Causes::new() };
    Tally { undecidable, unobserved: tally.unobserved, ..Tally::default() }
}

fn written(edge: &Edge, tally: Tally, is_excepted: bool) -> EdgeResult {
    let words = |causes: &Causes| -> BTreeMap<String, u64> {
        causes.iter().map(|(cause, count)| (cause.as_str().to_owned(), *count)).collect()
    };
    let reporters = match (&edge.source_report, &edge.destination_report) {
        (Some(_), Some(_)) => "both",
        (Some(_), None) => "source",
        (None, Some(_)) => "destination",
        (None, None) => "none",
    };
    let mut result = EdgeResult {
        edge: edge.id.clone(),
        label: edge.label(),
        source: edge.source.label.clone(),
        destination: edge.destination.label.clone(),
        protocol: edge.protocol.clone(),
        port: edge.port,
        measure: edge.measure.clone(),
        compliant: tally.compliant,
        unobserved: words(&tally.unobserved),
        injected: edge.injected(),
        beside: edge.beside(),
        reporters: reporters.to_owned(),
        ..EdgeResult::default()
    };
    if is_excepted {
        let mut excepted = tally.violating;
        for (cause, count) in tally.undecidable {
            *excepted.entry(cause).or_default() += count;
        }
        result.excepted = words(&excepted);
    } else {
        debug_assert!(sum(&tally.violating) > 0 || tally.violating.is_empty(), "a cause without exchanges");
        (result.violating, result.undecidable) = (words(&tally.violating), words(&tally.undecidable));
        result.at_border = tally.at_border;
    }
    result
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
