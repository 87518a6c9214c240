//! Whether a rule matches: as requests are looked at, as connections are, and as ztunnel looks at both.

pub(crate) use crate::authorization::Rule;
use std::collections::BTreeSet;

use crate::authorization::{Action, Clause, Condition, Field};
use crate::call::Chain;
use crate::matching::Context;
use crate::truth::Truth;

/// Whether it matches; on a listener of which nobody knows how it takes what comes, only what both ways agree in.
pub(crate) fn matches(rule: &Rule, action: &Action, context: &Context<'_>) -> Truth {
    if conditions(rule).any(|condition| matches!(condition.field, Field::Unsupported(_))) {
        return Truth::No;
    }
    if context.is_ztunnel {
        return at_ztunnel(rule, action, context);
    }
    match context.call.chain {
        Some(Chain::Http) => as_request(rule, context),
        Some(Chain::Tcp) => as_connection(rule, action, context),
        None => match (as_request(rule, context), as_connection(rule, action, context)) {
            (one, other) if one == other => one,
            (one, other) => missing_of(one).and(missing_of(other)).and(Truth::unknown("protocol of the listener")),
        },
    }
}

/// What an answer depends on; yes where it depends on nothing.
fn missing_of(truth: Truth) -> Truth {
    if let Truth::Unknown(_) = truth { truth } else { Truth::Yes }
}

pub(crate) fn conditions(rule: &Rule) -> impl Iterator<Item = &Condition> {
    rule.from.iter().chain(&rule.to).flatten().chain(&rule.when)
}

fn as_request(rule: &Rule, context: &Context<'_>) -> Truth {
    joined(rule, |clause| Truth::all(clause.iter().map(|condition| context.holds(condition))))
}

/// What only requests have: one such field takes a whole ALLOW rule away; of all others it alone vanishes, and the rest is wider.
fn as_connection(rule: &Rule, action: &Action, context: &Context<'_>) -> Truth {
    if *action == Action::Allow && conditions(rule).any(|condition| condition.field.is_http_only()) {
        return Truth::No;
    }
    joined(rule, |clause| {
        let stays = clause.iter().filter(|condition| !condition.field.is_http_only());
        Truth::all(stays.map(|condition| context.holds(condition)))
    })
}

/// Ztunnel knows connections alone, and not all of their fields. A DENY rule of which every operation is one of requests never fires
/// there.
fn at_ztunnel(rule: &Rule, action: &Action, context: &Context<'_>) -> Truth {
    let is_told = |field: &Field| field.is_layer_4();
    let is_of_doubt = |field: &Field| matches!(field, Field::ServiceAccount | Field::TrustDomain);
    let other = |condition: &&Condition| !is_told(&condition.field) && !is_of_doubt(&condition.field);
    if *action == Action::Allow && conditions(rule).any(|condition| other(&condition)) {
        return Truth::No;
    }
    let doubt = |field: &Field| Truth::unknown(format!("what ztunnel makes of {}", field.key()));
    let holds = |condition: &Condition| {
        if is_told(&condition.field) { context.holds(condition) } else { doubt(&condition.field) }
    };
    let operation = |clause: &Clause| {
        let mut told = clause.iter().filter(|condition| is_told(&condition.field)).peekable();
        if told.peek().is_none() && !clause.is_empty() {
            return Truth::No;
        }
        Truth::all(told.map(holds))
    };
    let clause = |clause: &Clause| Truth::all(clause.iter().map(holds));
    let from = any_of(&rule.from, clause);
    let to = any_of(&rule.to, operation);
    from.and(to).and(clause(&rule.when))
}

fn joined(rule: &Rule, clause: impl Fn(&Clause) -> Truth) -> Truth {
    any_of(&rule.from, &clause).and(any_of(&rule.to, &clause)).and(clause(&rule.when))
}

fn any_of(clauses: &[Clause], holds: impl Fn(&Clause) -> Truth) -> Truth {
    if clauses.is_empty() { Truth::Yes } else { Truth::any(clauses.iter().map(holds)) }
}

/// Whether a rule says less than another, so that it matches whatever the other matches; false where that is not plain to see.
pub(crate) fn covers(wide: &Rule, narrow: &Rule) -> bool {
    let any = |wide: &[Clause], narrow: &[Clause]| {
        let is_covered = |narrow: &Clause| wide.iter().any(|wide| is_implied(wide, narrow));
        wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(is_covered))
    };
    let is_dropped = conditions(wide).any(|condition| matches!(condition.field, Field::Unsupported(_)));
    !is_dropped && any(&wide.from, &narrow.from) && any(&wide.to, &narrow.to) && is_implied(&wide.when, &narrow.when)
}

/// Whether it says something of requests.
pub(crate) fn is_of_requests(rule: &Rule) -> bool {
    conditions(rule).any(|condition| condition.field.is_http_only())
}

/// Whether each condition of the one follows from one of the other.
fn is_implied(wide: &Clause, narrow: &Clause) -> bool {
    let holds = |wide: &Condition| narrow.iter().any(|narrow| follows(wide, narrow));
    wide.iter().all(holds)
}

fn follows(wide: &Condition, narrow: &Condition) -> bool {
    let is_among = |one: &[String], all: &[String]| {
        let all: BTreeSet<&String> = all.iter().collect();
        one.iter().all(|value| all.contains(value))
    };
    let by_values = wide.values.is_empty() || (!narrow.values.is_empty() && is_among(&narrow.values, &wide.values));
    wide.field == narrow.field && by_values && is_among(&wide.not_values, &narrow.not_values)
}
