//! Which edges came and went between two stretches of time, and whether that is known: nothing is new, idle or gone that was only not seen.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::edge::{EdgeKey, End};
use hogusu_model::{Service, Workload};
use hogusu_topology::Sight;

use super::Sights;
use crate::analysis::edge::{Edge, Side};
use crate::kubernetes::record::WorkloadInPeriod;

/// What became of an edge that one stretch has and the other has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// Nothing passed before.
    New,
    /// Nothing passed after, for an end of it is there no more.
    Gone,
    /// Nothing passed after.
    Idle,
    /// Only not seen before.
    NotSeenBefore,
    /// Only not seen after.
    NotSeenAfter,
}

/// By whose word nothing passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KnownBy {
    /// The source was wholly seen.
    Source,
    /// The destination was.
    Destination,
    /// An end has no pod.
    ApiServer,
}

/// A stretch of time.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// Its edges.
    pub edges: &'a [Edge],
    /// How much of each workload was seen.
    pub sights: &'a Sights,
    /// Workloads with a pod in it, by the API server's word; `None` where that is not known.
    pub there: Option<&'a BTreeMap<Workload, WorkloadInPeriod>>,
}

/// An edge that only one of both has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turned<'a> {
    /// As the stretch has it that does.
    pub edge: &'a Edge,
    /// What became of it.
    pub turn: Turn,
    /// By whose word; `None` where it was only not seen.
    pub by: Option<KnownBy>,
}

impl Turn {
    /// All of them, first what a person looks for.
    pub const ALL: [Self; 5] = [Self::New, Self::Gone, Self::Idle, Self::NotSeenBefore, Self::NotSeenAfter];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Idle => "idle",
            Self::NotSeenBefore => "not_seen_before",
            Self::NotSeenAfter => "not_seen_after",
        }
    }
}

impl KnownBy {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
            Self::ApiServer => "api_server",
        }
    }
}

/// All of them: by their words, of each the busiest first. Ends that cannot be told apart have no edges of their own, and are left out.
#[must_use]
pub fn turned<'a>(before: Stretch<'a>, after: Stretch<'a>) -> Vec<Turned<'a>> {
    let [had, has] = [before, after].map(|stretch| stretch.counted());
    let only = |one: &BTreeMap<&'a EdgeKey, &'a Edge>, other: &BTreeMap<&'a EdgeKey, &'a Edge>| -> Vec<&'a Edge> {
        one.iter().filter(|(key, _)| !other.contains_key(*key)).map(|(_, edge)| *edge).collect()
    };
    let blurred = [before, after].map(|stretch| Blurred::of(stretch.edges));
    let came = only(&has, &had).into_iter().map(|edge| {
        let by = before.absent(edge, &blurred[0]);
        Turned { edge, turn: by.map_or(Turn::NotSeenBefore, |_| Turn::New), by }
    });
    let went = only(&had, &has).into_iter().map(|edge| {
        if before.is_without(after, edge) {
            return Turned { edge, turn: Turn::Gone, by: Some(KnownBy::ApiServer) };
        }
        let by = after.absent(edge, &blurred[1]);
        Turned { edge, turn: by.map_or(Turn::NotSeenAfter, |_| Turn::Idle), by }
    });
    let mut all: Vec<Turned<'a>> = came.chain(went).collect();
    all.sort_by_cached_key(|one| (one.turn, std::cmp::Reverse(exchanges(one.edge)), one.edge.label()));
    all
}

/// Exchanges by the report that counts.
#[must_use]
pub fn exchanges(edge: &Edge) -> u64 {
    edge.main_report().map_or(0, Side::count)
}

impl<'a> Stretch<'a> {
    /// Its edges on which anything passed.
    fn counted(self) -> BTreeMap<&'a EdgeKey, &'a Edge> {
        let is_told = |edge: &&Edge| {
            let ends = [&edge.key.source, &edge.key.destination];
            exchanges(edge) > 0 && !ends.into_iter().any(|end| matches!(end, End::Unknown | End::Overflow))
        };
        self.edges.iter().filter(is_told).map(|edge| (&edge.key, edge)).collect()
    }

    /// By whose word nothing passed here on an edge: all that one of its ends did was seen, nothing of the other's is missing, and nothing passed
    /// of which it is not known where it went or came from.
    fn absent(self, edge: &Edge, blurred: &Blurred<'_>) -> Option<KnownBy> {
        let [source, destination] = [&edge.key.source, &edge.key.destination];
        let sight = |end: &End| match end {
            End::Workload(workload) => Some(self.sights.of_workload(workload)),
            _ => None,
        };
        let is_lacking = [source, destination].into_iter().any(|end| sight(end) == Some(Sight::Partly));
        if is_lacking || !self.sights.is_whole() {
            return None;
        }
        let is_whole = |end: &End, blurred: &BTreeSet<&End>| sight(end) == Some(Sight::Whole) && !blurred.contains(end);
        if is_whole(source, &blurred.sources) {
            Some(KnownBy::Source)
        } else {
            is_whole(destination, &blurred.destinations).then_some(KnownBy::Destination)
        }
    }

    /// An end of it had pods here and has none after, by the API server's word.
    fn is_without(self, after: Self, edge: &Edge) -> bool {
        let Some((there, then)) = self.there.zip(after.there) else { return false };
        let is_gone =
            |end: &End| matches!(end, End::Workload(one) if there.contains_key(one) && !then.contains_key(one));
        is_gone(&edge.key.source) || is_gone(&edge.key.destination)
    }
}

/// Ends that have exchanges with somebody who cannot be told apart, or whom nobody names: it may be anybody.
struct Blurred<'a> {
    sources: BTreeSet<&'a End>,
    destinations: BTreeSet<&'a End>,
}

impl<'a> Blurred<'a> {
    fn of(edges: &'a [Edge]) -> Self {
        let is_nobody = |end: &End| matches!(end, End::Unknown | End::Overflow | End::Address(_));
        // Behind a gateway, or an endpoint that nobody names: a workload of the mesh.
        let is_behind = |edge: &&Edge| {
            let is_named = edge.is_reached && matches!(edge.key.destination, End::Service(_));
            is_nobody(&edge.key.destination) || is_named && !edge.services.iter().all(Service::is_outside)
        };
        Self {
            sources: edges.iter().filter(is_behind).map(|edge| &edge.key.source).collect(),
            destinations: edges
                .iter()
                .filter(|edge| is_nobody(&edge.key.source))
                .map(|edge| &edge.key.destination)
                .collect(),
        }
    }
}
