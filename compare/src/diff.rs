//! Two periods, edge by edge, with one bound on false words over all of them.

use std::collections::BTreeSet;

use hogusu_model::Protocol;

use crate::distributions::Quantiles;
use crate::failures::{FailureChange, FailureWord, Shares};
use crate::latency::{Estimate, LatencyChange, LatencyWord, estimate};
use crate::moderated::Prior;
use crate::multiple::benjamini_hochberg;
use crate::period::{EdgeOfPeriod, PeriodOfMesh, SideOfPeriod};
use crate::presence::{Presence, absence};
use crate::security::{SecurityChange, SecurityWord, compare};
use crate::{DAYS_FOR_WORDS, ReportOf};

/// Share of false ones to be expected among the words added, removed, faster, slower, failures up and failures down of a diff; where nothing
/// changed at all, the chance that any of them is said.
pub const FALSE_WORDS: f64 = 0.05;
/// Share of false ones to be expected among the words `same`.
pub const SAME_ERRORS: f64 = 0.05;

/// Families of words that share [`FALSE_WORDS`]: presence, speed, failures.
const FAMILIES: f64 = 3.0;

/// What changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// Both periods are long enough for words.
    pub has_words: bool,
    /// Edges of either period, by id.
    pub edges: Vec<EdgeDiff>,
}

/// What changed on an edge.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeDiff {
    /// Its id.
    pub id: String,
    /// Whether it is there.
    pub presence: Presence,
    /// Which report was compared; `None` where no side reported in both periods.
    pub report: Option<ReportOf>,
    /// How its speed changed; `None` unless it is in both periods, and of TCP connections.
    pub latency: Option<LatencyChange>,
    /// How its failures changed; `None` unless it is in both periods.
    pub failures: Option<FailureChange>,
    /// How its security changed; `None` unless it is in both periods.
    pub security: Option<SecurityChange>,
}

/// An edge before words.
struct Compared<'a> {
    id: &'a str,
    a: Option<&'a EdgeOfPeriod>,
    b: Option<&'a EdgeOfPeriod>,
    report: Option<ReportOf>,
    speed: Estimate,
    shares: Shares,
}

/// Compares a period with one before it.
#[must_use]
pub fn diff(a: &PeriodOfMesh, b: &PeriodOfMesh) -> Diff {
    let has_words = a.whole_days() >= DAYS_FOR_WORDS && b.whole_days() >= DAYS_FOR_WORDS;
    let ids: BTreeSet<&str> = a.edges.keys().chain(b.edges.keys()).map(String::as_str).collect();
    let compared: Vec<Compared<'_>> = ids.into_iter().map(|id| Compared::of(id, a, b)).collect();
    let absences = benjamini_hochberg(&compared.iter().map(|one| one.absence(a, b)).collect::<Vec<_>>());
    let variances: Vec<_> = compared.iter().filter_map(|one| one.speed.variance()).collect();
    let prior = if has_words { Prior::of(&variances) } else { Prior::NONE };
    let adjusted = |value: fn(&Estimate, Prior) -> Option<f64>| {
        benjamini_hochberg(&compared.iter().map(|one| value(&one.speed, prior)).collect::<Vec<_>>())
    };
    let (changed, same) = (adjusted(Estimate::changed), adjusted(Estimate::same));
    let failing = benjamini_hochberg(&compared.iter().map(|one| one.shares.changed()).collect::<Vec<_>>());
    let (bound, mut quantiles) = (FALSE_WORDS / FAMILIES, Quantiles::default());
    let mut edges = Vec::with_capacity(compared.len());
    let tests = absences.into_iter().zip(changed).zip(same).zip(failing);
    for (one, (((absence, changed), same), failing)) in compared.iter().zip(tests) {
        let is_in_both = one.a.is_some() && one.b.is_some();
        let speed = ((changed, bound), (same, SAME_ERRORS));
        let latency = one.speed.judge(prior, &mut quantiles, has_words, speed);
        let failures = one.shares.judge(&mut quantiles, has_words, (failing, bound));
        edges.push(EdgeDiff {
            id: one.id.to_owned(),
            presence: one.presence(has_words && absence.is_some_and(|value: f64| value <= bound)),
            report: one.report,
            latency: (is_in_both && !one.a.is_some_and(is_of_connections)).then_some(latency),
            failures: is_in_both.then_some(failures),
            security: one.a.zip(one.b).map(|(a, b)| compare(&a.record, &b.record)),
        });
    }
    Diff { has_words, edges }
}

impl<'a> Compared<'a> {
    fn of(id: &'a str, a: &'a PeriodOfMesh, b: &'a PeriodOfMesh) -> Self {
        let (one, other) = (a.edges.get(id), b.edges.get(id));
        let sides = one.zip(other).and_then(|(one, other)| reported(one, other));
        let answered = sides.filter(|_| !one.is_some_and(is_of_connections));
        let speed = answered.map_or(Estimate::NONE, |(_, first, second)| estimate((a, first), (b, second)));
        let shares = sides.map_or(Shares::NONE, |(_, first, second)| Shares::of(first, second));
        Self { id, a: one, b: other, report: sides.map(|(report, ..)| report), speed, shares }
    }

    /// Every edge is one of those that might have been absent by chance.
    fn absence(&self, a: &PeriodOfMesh, b: &PeriodOfMesh) -> Option<f64> {
        let value = match (self.a, self.b) {
            (Some(edge), None) => absence(a, edge, b),
            (None, Some(edge)) => absence(b, edge, a),
            _ => None,
        };
        Some(value.unwrap_or(1.0))
    }

    const fn presence(&self, is_shown: bool) -> Presence {
        match (self.a, self.b, is_shown) {
            (Some(_), None, true) => Presence::Removed,
            (Some(_), None, false) => Presence::NotSeenAfter,
            (None, Some(_), true) => Presence::Added,
            (None, Some(_), false) => Presence::NotSeenBefore,
            _ => Presence::Both,
        }
    }
}

/// True where durations are how long connections lived, which says nothing of how fast anything was.
fn is_of_connections(edge: &EdgeOfPeriod) -> bool {
    edge.record.protocol == Protocol::Tcp.as_str()
}

/// The report that both periods have: the source's, for it saw what the source got, else the destination's.
fn reported<'a>(a: &'a EdgeOfPeriod, b: &'a EdgeOfPeriod) -> Option<(ReportOf, &'a SideOfPeriod, &'a SideOfPeriod)> {
    let counted = |side: &'a Option<SideOfPeriod>| side.as_ref().filter(|side| side.count > 0);
    let of_source = counted(&a.source).zip(counted(&b.source)).map(|(a, b)| (ReportOf::Source, a, b));
    let of_destination = counted(&a.destination).zip(counted(&b.destination));
    of_source.or(of_destination.map(|(a, b)| (ReportOf::Destination, a, b)))
}

impl EdgeDiff {
    /// The words that are changes, as documented in docs/diff.md.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        let presence = match self.presence {
            Presence::Added => Some("added"),
            Presence::Removed => Some("removed"),
            Presence::NotSeenBefore | Presence::NotSeenAfter => Some("not_seen"),
            Presence::Both => None,
        };
        let latency = self.latency.and_then(|change| change.word).map(|word| match word {
            LatencyWord::Slower => "slower",
            LatencyWord::Faster => "faster",
            LatencyWord::Same => "same",
            LatencyWord::NotEnoughData => "not_enough_data",
        });
        let failures = match self.failures.and_then(|change| change.word) {
            Some(FailureWord::Up) => Some("failures_up"),
            Some(FailureWord::Down) => Some("failures_down"),
            Some(FailureWord::NoChangeShown) | None => None,
        };
        let is_secured_otherwise = self.security.as_ref().is_some_and(|change| change.word == SecurityWord::Changed);
        let security = is_secured_otherwise.then_some("security_changed");
        [presence, latency, failures, security].into_iter().flatten().collect()
    }
}
