//! What one end says of an edge, counted by what a rule makes of it, and what of that may be the same exchanges as the other end's.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::accounts::Accounts;
use crate::fact::{Class, Edge, Reporter, UNKNOWN};
use crate::judge::{Proof, Told, Word, judge};
use crate::reach::{is_in, lets_off};
use crate::rule::{Rule, Side};
use crate::selector::Scope;
use crate::truth::Truth;
use crate::words::Cause;

/// Exchanges by cause.
pub(crate) type Causes = BTreeMap<Cause, u64>;

/// What is asked of an edge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// What must be.
    pub(crate) rule: &'a Rule,
    /// Which exchanges it speaks of.
    pub(crate) scope: &'a Scope,
    /// Which of those are let off.
    pub(crate) exception: Option<&'a Scope>,
    /// Accounts of the period.
    pub(crate) accounts: &'a Accounts,
}

/// Exchanges that may be the same at both ends: how they were secured, and a certificate that is not of the mesh's own trust domain or form.
type Kind<'a> = (&'a str, &'a str);

/// Of a kind: all, and those that cannot be decided.
type Share = (u64, u64);

/// Causes, of everything and of what no exception lets off.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) all: Causes,
    pub(crate) kept: Causes,
}

/// What one end says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts<'a> {
    pub(crate) compliant: u64,
    pub(crate) violating: Found,
    pub(crate) undecidable: Found,
    pub(crate) unobserved: Causes,
    /// Of what cannot be decided: what the other end's report would tell, had it these exchanges.
    pub(crate) open: u64,
    /// Something is in scope, by name or by certificate, though nothing may have passed.
    pub(crate) is_reached: bool,
    kinds: BTreeMap<Kind<'a>, Share>,
    /// Of what is out of scope by name: exchanges that passed.
    outside: BTreeMap<Kind<'a>, u64>,
    /// Of that: exchanges whose certificate leaves open whether they are in it, and what is missing. They are among the undecidable.
    doubted: Vec<(Kind<'a>, Cause, u64)>,
}

impl<'a> Counts<'a> {
    /// Counts the classes that are meant.
    pub(crate) fn of(
        asked: Asked<'_>,
        edge: &'a Edge,
        by: Side,
        classes: &'a [Class],
        is_meant: fn(&Class) -> bool,
    ) -> Self {
        let mut counts = Self::default();
        for class in classes.iter().filter(|class| is_meant(class)) {
            let told = Told { edge, by, class };
            let word = judge(asked.rule, told, asked.accounts);
            // A source knows itself, and another's certificate is that of none of its own exchanges.
            let may_be_own = by == Side::Destination
                && asked.scope.takes(edge) == Truth::False
                && told.certified(Side::Source) == Proof::Proven;
            let found = is_in(told, asked.scope);
            let word = match (found, word) {
                (Truth::False, word) => {
                    counts.leave_out(word, told);
                    continue;
                }
                (Truth::Unknown(_), Word::Unobserved(_)) | (Truth::True, _) => word,
                (Truth::Unknown(missing), _) => {
                    let doubted = kind(told).filter(|_| may_be_own).map(|kind| (kind, missing, class.count));
                    counts.doubted.extend(doubted);
                    Word::Undecidable(missing)
                }
            };
            counts.is_reached |= !may_be_own || found == Truth::True;
            counts.add(word, told, asked.exception.is_some_and(|scope| lets_off(told, scope)));
        }
        counts
    }

    /// Exchanges that passed, in whatever state.
    pub(crate) fn seen(&self) -> u64 {
        self.compliant.saturating_add(sum(&self.violating.all)).saturating_add(sum(&self.undecidable.all))
    }

    fn add(&mut self, word: Word, told: Told<'a>, is_let_off: bool) {
        let count = told.class.count;
        if count == 0 {
            return;
        }
        match word {
            Word::Compliant => self.compliant = self.compliant.saturating_add(count),
            Word::Violating(cause) => self.violating.add(cause, count, is_let_off),
            Word::Undecidable(cause) => {
                self.undecidable.add(cause, count, is_let_off);
                if is_open(told, cause) {
                    self.open = self.open.saturating_add(count);
                }
            }
            Word::Unobserved(cause) => return put(&mut self.unobserved, cause, count),
        }
        if let Some(kind) = kind(told) {
            let (all, undecidable) = self.kinds.entry(kind).or_default();
            *all = all.saturating_add(count);
            if matches!(word, Word::Undecidable(_)) {
                *undecidable = undecidable.saturating_add(count);
            }
        }
    }

    fn leave_out(&mut self, word: Word, told: Told<'a>) {
        if let Some(kind) = kind(told).filter(|_| !matches!(word, Word::Unobserved(_))) {
            let sum = self.outside.entry(kind).or_default();
            *sum = sum.saturating_add(told.class.count);
        }
    }

    /// The source tells of its own exchanges that they are out of scope: as many of those that the destination doubts may be these.
    pub(crate) fn believe(&mut self, source: &Self) {
        let mut outside = source.outside.clone();
        for (kind, missing, count) in std::mem::take(&mut self.doubted) {
            let own = outside.get(&kind).copied().unwrap_or_default();
            let part = own.min(count);
            outside.insert(kind, own - part);
            for causes in [&mut self.undecidable.all, &mut self.undecidable.kept] {
                take(causes, missing, part);
            }
            if let Some((all, undecidable)) = self.kinds.get_mut(&kind) {
                (*all, *undecidable) = (all.saturating_sub(part), undecidable.saturating_sub(part));
            }
            self.is_reached |= part < count;
        }
    }

    /// What cannot be decided by this end's word, and can be none of the exchanges that the other end tells of: it has not as many that were
    /// secured like that, or come with such a certificate.
    pub(crate) fn alone(&self, other: &Self) -> u64 {
        let of_kind = |(kind, (_, undecidable)): (&Kind<'_>, &Share)| {
            undecidable.saturating_sub(other.kinds.get(kind).map_or(0, |(all, _)| *all))
        };
        self.kinds.iter().map(of_kind).fold(0, u64::saturating_add)
    }

    /// Both ends tell of as many of a kind, and of the rest nobody knows: it lies at the ends of the period.
    pub(crate) fn confirm(&mut self, other: &mut Self) {
        let shared =
            |(kind, (all, _)): (&Kind<'_>, &Share)| other.kinds.get(kind).map_or(0, |(others, _)| *all.min(others));
        let both = self.kinds.iter().map(shared).fold(0, u64::saturating_add);
        let open = |counts: &Self| counts.undecidable.all.get(&Cause::Comparison).copied().unwrap_or_default();
        let both = both.min(open(self)).min(open(other));
        for counts in [self, other] {
            counts.compliant = counts.compliant.saturating_add(both);
            for causes in [&mut counts.undecidable.all, &mut counts.undecidable.kept] {
                take(causes, Cause::Comparison, both);
            }
            counts.open = open(counts);
        }
    }

    /// The destination's proxy refused so many: to the source they are answers, of those that `answers` counts. What got through by the
    /// source's word did, though the destination tells of a refusal alone: it was tried again, or that report is lost. What is compliant stays
    /// so, for a report that is lost must not make more of it. What is let off is taken first: no refusal of that takes a violation away.
    pub(crate) fn told_of_refused(&mut self, by_destination: u64, answers: &Self) {
        let own = self.unobserved.get(&Cause::Refused).copied().unwrap_or_default();
        let mut left = by_destination.saturating_sub(own);
        let pairs = [(&mut self.violating, &answers.violating), (&mut self.undecidable, &answers.undecidable)];
        for (found, answers) in pairs {
            for (cause, answered) in &answers.all {
                let of = |causes: &Causes| causes.get(cause).copied().unwrap_or_default();
                let part = left.min(of(&found.all)).min(*answered);
                let let_off = of(&found.all).saturating_sub(of(&found.kept));
                take(&mut found.all, *cause, part);
                take(&mut found.kept, *cause, part.saturating_sub(let_off));
                left -= part;
            }
        }
    }
}

impl Found {
    fn add(&mut self, cause: Cause, count: u64, is_let_off: bool) {
        put(&mut self.all, cause, count);
        if !is_let_off {
            put(&mut self.kept, cause, count);
        }
    }
}

/// True where this end cannot see what the rule needs and the other end can: who authenticated, and who is at the other end.
fn is_open(told: Told<'_>, cause: Cause) -> bool {
    told.class.is_tls()
        && match (told.by, cause) {
            (Side::Source, Cause::ClientAuthentication | Cause::SourcePrincipal)
            | (Side::Destination, Cause::DestinationPrincipal) => true,
            // The source knows itself, which no certificate of it says.
            (Side::Destination, Cause::Cluster | Cause::SourceWorkload) => {
                told.certified(Side::Source) == Proof::Proven
            }
            _ => false,
        }
}

/// What tells that exchanges of both ends' reports are not the same.
fn kind(told: Told<'_>) -> Option<Kind<'_>> {
    let class = told.class;
    let secured = match class.security.as_str() {
        "mutual_tls" | "tls" => "tls",
        // Over TLS that the source does not verify, or a tunnel; a destination does not say it of what it heard.
        UNKNOWN if told.by == Side::Source => "tls",
        UNKNOWN => return None,
        other => other,
    };
    let proof = match told.by {
        Side::Source => told.source_proof(),
        Side::Destination => told.certified(Side::Source),
    };
    // Of another trust domain, or of a form that names no account.
    let is_strange = matches!(proof, Proof::Missing(Cause::TrustDomain | Cause::ServiceAccount));
    Some((secured, if is_strange { &class.source_principal } else { "" }))
}

fn put(causes: &mut Causes, cause: Cause, count: u64) {
    let sum = causes.entry(cause).or_default();
    *sum = sum.saturating_add(count);
}

fn take(causes: &mut Causes, cause: Cause, count: u64) {
    if let Some(sum) = causes.get_mut(&cause) {
        *sum = sum.saturating_sub(count);
        if *sum == 0 {
            causes.remove(&cause);
        }
    }
}

/// All of them.
#[must_use]
pub(crate) fn sum(causes: &Causes) -> u64 {
    causes.values().fold(0, |sum, count| sum.saturating_add(*count))
}

/// The classes of a report, with what the other one saw of the applications' own TLS: to a listener that does not look into what passes
/// through it was plaintext. What never got through at the other end is none of what this one took for plaintext.
pub(crate) fn told<'a>(own: &'a Reporter, other: Option<&Reporter>) -> Cow<'a, [Class]> {
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
