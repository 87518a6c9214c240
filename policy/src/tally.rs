//! What both ends say of an edge, put together. Each exchange is in up to two reports, and nobody can tell which of one are which of the other.
//!
//! So of each word the larger of both counts is taken, and what is compliant by one end's word and violating by the other's is both: a
//! contradiction takes nothing away from either, and no report that is lost makes anything better. What cannot be the same exchanges is added.

use crate::counts::{Asked, Causes, Counts, sum, told};
use crate::fact::{Class, Edge, Reporter};
use crate::judge::{is_cut, reports};
use crate::rule::{Rule, Side};
use crate::words::Cause;

/// Exchanges of an edge by what a rule says of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// As the rule asks.
    pub(crate) compliant: u64,
    /// Otherwise.
    pub(crate) violating: Causes,
    /// Not as it asks, or not to be told, and let off.
    pub(crate) excepted: Causes,
    /// Not to be told.
    pub(crate) undecidable: Causes,
    /// Of those that are not to be told: what one report has beyond the other and the other end would tell, as at the borders of a period.
    pub(crate) at_border: u64,
    /// Nothing passed.
    pub(crate) unobserved: Causes,
}

impl Tally {
    /// What a rule says of an edge; `None` where none of its exchanges are in scope.
    pub(crate) fn of(asked: Asked<'_>, edge: &Edge) -> Option<Self> {
        let [source, destination] = reports(edge);
        let classes = |own: Option<&Reporter>, other: Option<&Reporter>| {
            own.map(|own| told(own, other).into_owned()).unwrap_or_default()
        };
        let (sent, heard) = (classes(source.1, destination.1), classes(destination.1, source.1));
        let mut ours = Counts::of(asked, edge, Side::Source, &sent, |_| true);
        let mut theirs = Counts::of(asked, edge, Side::Destination, &heard, |_| true);
        theirs.believe(&ours);
        if !ours.is_reached && !theirs.is_reached {
            return None;
        }
        if matches!(asked.rule, Rule::ConfirmedByBoth) && is_cut(edge) {
            ours.confirm(&mut theirs);
        }
        let is_refused = |class: &Class| class.is_refused() && class.is_connected();
        let refused = Counts::of(asked, edge, Side::Destination, &heard, is_refused);
        let refused = refused.unobserved.get(&Cause::Refused).copied().unwrap_or_default();
        if !asked.rule.is_of_wire() {
            let answers = if edge.protocol == "tcp" { |_: &Class| true } else { Class::may_be_refusal };
            ours.told_of_refused(refused, &Counts::of(asked, edge, Side::Source, &sent, answers));
        }
        Some(join(&ours, &theirs, asked))
    }
}

fn join(source: &Counts<'_>, destination: &Counts<'_>, asked: Asked<'_>) -> Tally {
    let compliant = source.compliant.max(destination.compliant);
    let (ours, theirs) = (source.seen(), destination.seen());
    let all = disagreeing((&source.violating.all, ours), (&destination.violating.all, theirs));
    let violating = disagreeing((&source.violating.kept, ours), (&destination.violating.kept, theirs));
    let mut excepted = less(&all, &violating);
    let decided = compliant.saturating_add(sum(&violating)).saturating_add(sum(&excepted));
    // How something was secured both ends contradict each other on; who asks is another matter.
    let alone = if asked.rule.is_of_wire() { 0 } else { destination.alone(source) };
    let seen = ours.max(theirs).max(decided.saturating_add(alone));
    let (left, ends) = (seen - decided, (&destination.undecidable, &source.undecidable));
    let undecidable = match asked.exception {
        None => first_of(left, &ends.0.all, &ends.1.all),
        Some(_) => {
            let kept = left.min(sum(&ends.0.kept).saturating_add(sum(&ends.1.kept)));
            let let_off = first_of(left - kept, &less(&ends.0.all, &ends.0.kept), &less(&ends.1.all, &ends.1.kept));
            let_off.into_iter().for_each(|(cause, count)| *excepted.entry(cause).or_default() += count);
            first_of(kept, &ends.0.kept, &ends.1.kept)
        }
    };
    let open = if ours > theirs { source.open } else { destination.open };
    let beyond = if ours > 0 && theirs > 0 { ours.abs_diff(theirs) } else { 0 };
    Tally {
        compliant,
        at_border: beyond.min(open).min(sum(&undecidable)),
        violating,
        excepted,
        undecidable,
        unobserved: larger(&source.unobserved, &destination.unobserved),
    }
}

/// What there is more of in the first than in the second.
fn less(all: &Causes, kept: &Causes) -> Causes {
    let of = |cause: &Cause| kept.get(cause).copied().unwrap_or_default();
    let rest = all.iter().map(|(cause, count)| (*cause, count.saturating_sub(of(cause))));
    rest.filter(|(_, count)| *count > 0).collect()
}

/// Of each cause the larger count; what one end alone says of exchanges that the other counted too, and would have seen, is a contradiction.
fn disagreeing((ours, seen_by_us): (&Causes, u64), (theirs, seen_by_them): (&Causes, u64)) -> Causes {
    let mut joined = larger(ours, theirs);
    if seen_by_us == 0 || seen_by_them == 0 {
        return joined;
    }
    let mut contradicted: u64 = 0;
    for (cause, count) in joined.iter_mut().filter(|(cause, _)| cause.is_seen_by_both()) {
        let of = |causes: &Causes| causes.get(cause).copied().unwrap_or_default();
        let (more, fewer, missing) = if of(ours) > of(theirs) {
            (of(ours), of(theirs), seen_by_us.saturating_sub(seen_by_them))
        } else {
            (of(theirs), of(ours), seen_by_them.saturating_sub(seen_by_us))
        };
        let part = (more - fewer).saturating_sub(missing);
        *count -= part;
        contradicted = contradicted.saturating_add(part);
    }
    joined.retain(|_, count| *count > 0);
    if contradicted > 0 {
        let slot = joined.entry(Cause::ReportersDisagree).or_default();
        *slot = slot.saturating_add(contradicted);
    }
    joined
}

fn larger(ours: &Causes, theirs: &Causes) -> Causes {
    let mut joined = ours.clone();
    for (cause, count) in theirs {
        let slot = joined.entry(*cause).or_default();
        *slot = (*slot).max(*count);
    }
    joined
}

/// So many, named by the destination's causes as far as they go, then by the source's.
fn first_of(mut left: u64, destination: &Causes, source: &Causes) -> Causes {
    let mut named = Causes::new();
    for (cause, count) in destination.iter().chain(source) {
        let part = left.min(*count);
        left -= part;
        if part > 0 {
            *named.entry(*cause).or_default() += part;
        }
    }
    if left > 0 {
        *named.entry(Cause::Comparison).or_default() += left;
    }
    named
}
