//! What both ends say of an edge, put together. Each exchange is in up to two reports, and nobody can tell which of one are which of the other.
//!
//! So of each word the larger of both counts is taken, and what is compliant by one end's word and violating by the other's is both: a
//! contradiction takes nothing away from either, and no report that is lost makes anything better.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::accounts::Accounts;
use crate::fact::{Class, Edge, Reporter};
use crate::judge::{Told, Word, judge, reports};
use crate::rule::{Rule, Side};
use crate::words::Cause;

/// Exchanges by cause.
pub type Causes = BTreeMap<Cause, u64>;

/// Exchanges of an edge by what a rule says of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// As the rule asks.
    pub compliant: u64,
    /// Otherwise.
    pub violating: Causes,
    /// Not to be told.
    pub undecidable: Causes,
    /// Of those that are not to be told: what one report has beyond the other, as at the borders of a period.
    pub at_border: u64,
    /// Nothing passed.
    pub unobserved: Causes,
}

impl Tally {
    /// What a rule says of an edge.
    #[must_use]
    pub fn of(rule: &Rule, edge: &Edge, accounts: &Accounts) -> Self {
        let [source, destination] = reports(edge);
        let of = |(by, report): (Side, Option<&Reporter>), other: Option<&Reporter>, is_meant: fn(&Class) -> bool| {
            let mut tally = Self::default();
            let classes = report.map(|own| told(own, other));
            for class in classes.iter().flat_map(|classes| classes.iter()).filter(|class| is_meant(class)) {
                tally.add(judge(rule, Told { edge, by, class }, accounts), class.count);
            }
            tally
        };
        let (mut ours, theirs) = (of(source, destination.1, |_| true), of(destination, source.1, |_| true));
        if !rule.is_of_wire() {
            let refused =
                destination.1.map_or(0, |report| report.count(|class| class.is_refused() && class.is_connected()));
            let answers = if edge.protocol == "tcp" { |_: &Class| true } else { Class::may_be_refusal };
            ours.told_of_refused(refused, &of(source, destination.1, answers));
        }
        join(&ours, &theirs)
    }

    /// Exchanges that passed, in whatever state.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.compliant.saturating_add(sum(&self.violating)).saturating_add(sum(&self.undecidable))
    }

    fn add(&mut self, word: Word, count: u64) {
        let (causes, cause) = match word {
            Word::Compliant => {
                self.compliant = self.compliant.saturating_add(count);
                return;
            }
            Word::Violating(cause) => (&mut self.violating, cause),
            Word::Undecidable(cause) => (&mut self.undecidable, cause),
            Word::Unobserved(cause) => (&mut self.unobserved, cause),
        };
        if count > 0 {
            let slot = causes.entry(cause).or_default();
            *slot = slot.saturating_add(count);
        }
    }

    /// The destination's proxy refused so many: to the source they are answers, of those that `answers` counts. What got through by the
    /// source's word did, though the destination tells of a refusal alone: it was tried again, or that report is lost. What is compliant stays
    /// so, for a report that is lost must not make more of it.
    fn told_of_refused(&mut self, by_destination: u64, answers: &Self) {
        let own = self.unobserved.get(&Cause::Refused).copied().unwrap_or_default();
        let mut left = by_destination.saturating_sub(own);
        for (causes, answers) in
            [(&mut self.violating, &answers.violating), (&mut self.undecidable, &answers.undecidable)]
        {
            for (cause, count) in causes.iter_mut() {
                let part = left.min(*count).min(answers.get(cause).copied().unwrap_or_default());
                *count -= part;
                left -= part;
            }
            causes.retain(|_, count| *count > 0);
        }
    }
}

/// All of them.
#[must_use]
pub fn sum(causes: &Causes) -> u64 {
    causes.values().fold(0, |sum, count| sum.saturating_add(*count))
}

/// The classes of a report, with what the other one saw of the applications' own TLS: to a listener that does not look into what passes
/// through it was plaintext. What never got through at the other end is none of what this one took for plaintext.
fn told<'a>(own: &'a Reporter, other: Option<&Reporter>) -> Cow<'a, [Class]> {
    let inner = |class: &Class| class.security == "application_tls";
    let got_through = other.map_or(0, |other| other.count(|class| inner(class) && class.got_through()));
    let mut unseen = got_through.saturating_sub(own.count(inner));
    if unseen == 0 {
        return Cow::Borrowed(&own.classes);
    }
    let mut classes = own.classes.clone();
    // Whatever order they came in: those that got through first.
    classes.sort_unstable_by(|a, b| (a.is_refused(), a).cmp(&(b.is_refused(), b)));
    let mut more = Vec::new();
    for class in classes.iter_mut().filter(|class| class.security == "plaintext") {
        let part = unseen.min(class.count);
        unseen -= part;
        class.count -= part;
        if part > 0 {
            more.push(Class { security: "application_tls".to_owned(), count: part, ..class.clone() });
        }
    }
    classes.extend(more);
    Cow::Owned(classes)
}

fn join(source: &Tally, destination: &Tally) -> Tally {
    let compliant = source.compliant.max(destination.compliant);
    let (ours, theirs) = (source.seen(), destination.seen());
    let violating = disagreeing((&source.violating, ours), (&destination.violating, theirs));
    let decided = compliant.saturating_add(sum(&violating));
    let seen = ours.max(theirs).max(decided);
    let beyond = if ours > 0 && theirs > 0 { ours.abs_diff(theirs) } else { 0 };
    Tally {
        compliant,
        at_border: beyond.min(seen - decided),
        undecidable: first_of(seen - decided, &destination.undecidable, &source.undecidable),
        violating,
        unobserved: larger(&source.unobserved, &destination.unobserved),
    }
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
