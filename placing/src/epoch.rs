//! A placing epoch: who has which place. Nothing that has one moves; what comes later is placed beside what it has edges with.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{End, Graph, Lane};
use crate::growth::Standing;
use crate::key::Key;
use crate::layout::Layout;
use crate::{KEPT_DAYS, NAME_BYTES, PLACES};

/// Places that are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Epoch {
    pub(crate) lanes: BTreeMap<Lane, Key>,
    pub(crate) places: BTreeMap<End, Kept>,
    pub(crate) began_with: u64,
    pub(crate) added: u64,
}

/// A place, and the day on which its end was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) column: i32,
    pub(crate) row: Key,
    pub(crate) seen: u32,
}

/// Where an end stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its lane: smaller is higher.
    pub lane: Key,
    /// Its column: smaller is further left. It may be negative.
    pub column: i32,
    /// Its row in lane and column: smaller is higher. No two ends there have the same.
    pub row: Key,
}

/// What came of a graph that was shown to an epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Growth {
    /// Ends that got a place.
    pub added: usize,
    /// Ends that have none any more.
    pub forgotten: usize,
    /// True where anything of the epoch is different, be it only when an end was last seen.
    pub is_changed: bool,
}

impl Epoch {
    /// One that begins with this graph, on this day, counted from any.
    #[must_use]
    pub fn begin(graph: &Graph, day: u32) -> Self {
        let Layout { lanes, columns, rows } = Layout::of(graph);
        let lanes = lanes.into_iter().enumerate().map(|(place, lane)| (lane, Key::at(place))).collect();
        let kept = |number| Kept { column: columns.get(number), row: Key::at(rows.get(number)), seen: day };
        let places = graph.ends().iter().enumerate().map(|(number, end)| (end.clone(), kept(number))).collect();
        let mut epoch = Self { lanes, places, began_with: 0, added: 0 };
        epoch.trim(&by_traffic(graph));
        epoch.began_with = epoch.places.len() as u64;
        epoch
    }

    /// Takes note of who is there, gives a place to who has none, and forgets who was not seen for long. On an epoch without places that is a
    /// beginning.
    pub fn grow(&mut self, graph: &Graph, day: u32) -> Growth {
        if self.places.is_empty() {
            *self = Self::begin(graph, day);
            return Growth { added: self.places.len(), forgotten: 0, is_changed: !self.places.is_empty() };
        }
        let (mut newcomers, mut is_changed) = (Vec::new(), false);
        for (number, end) in graph.ends().iter().enumerate() {
            match self.places.get_mut(end) {
                Some(kept) if kept.seen < day => {
                    kept.seen = day;
                    is_changed = true;
                }
                Some(_) => {}
                None => newcomers.push(number),
            }
        }
        let before = self.places.len();
        self.places.retain(|_, kept| day.saturating_sub(kept.seen) <= KEPT_DAYS);
        let mut forgotten = before - self.places.len();
        if !newcomers.is_empty() {
            Standing::of(self).add(self, graph, &newcomers, day);
            let ends: Vec<&End> = newcomers.iter().filter_map(|number| graph.ends().get(*number)).collect();
            let without = self.trim(&ends);
            let refused = ends.iter().filter(|end| !self.places.contains_key(**end)).count();
            forgotten += without - refused;
            newcomers.truncate(newcomers.len() - refused);
        }
        let used: BTreeSet<&Lane> = self.places.keys().map(|end| &end.lane).collect();
        self.lanes.retain(|lane, _| used.contains(lane));
        let added = newcomers.len();
        self.added = self.added.saturating_add(added as u64);
        Growth { added, forgotten, is_changed: is_changed || added > 0 || forgotten > 0 }
    }

    /// True where all of these have places and were seen on this day already: nothing would come of showing them.
    pub fn knows<'a>(&self, ends: impl IntoIterator<Item = &'a End>, day: u32) -> bool {
        ends.into_iter().all(|end| self.places.get(end).is_some_and(|kept| kept.seen >= day))
    }

    /// The place of an end, if it has one.
    #[must_use]
    pub fn place(&self, end: &End) -> Option<Place> {
        let Kept { column, row, .. } = *self.places.get(end)?;
        Some(Place { lane: *self.lanes.get(&end.lane)?, column, row })
    }

    /// How many have one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True while nobody has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many had one when it began.
    #[must_use]
    pub const fn began_with(&self) -> u64 {
        self.began_with
    }

    /// How many got one since.
    #[must_use]
    pub const fn added(&self) -> u64 {
        self.added
    }

    /// Drops what is beyond the bounds: who was not seen for longest first, and of equals these, from the first one on. Returns how many.
    fn trim(&mut self, first: &[&End]) -> usize {
        let bytes_of =
            |end: &End| [&end.lane.cluster, &end.lane.namespace, &end.kind, &end.name].map(String::len).iter().sum();
        let mut bytes: usize = self.places.keys().map(bytes_of).sum();
        let mut count = self.places.len();
        if count <= PLACES && bytes <= NAME_BYTES {
            return 0;
        }
        let turns: BTreeMap<&End, usize> = first.iter().enumerate().map(|(turn, end)| (*end, turn)).collect();
        let turn = |(end, kept): (&End, &Kept)| (kept.seen, turns.get(end).copied().unwrap_or(usize::MAX), end.clone());
        let mut order: Vec<(u32, usize, End)> = self.places.iter().map(turn).collect();
        order.sort_unstable();
        let gone = order.into_iter().take_while(|(.., end)| {
            let is_over = count > PLACES || bytes > NAME_BYTES;
            count -= usize::from(is_over);
            bytes -= if is_over { bytes_of(end) } else { 0 };
            is_over
        });
        let gone: Vec<End> = gone.map(|(.., end)| end).collect();
        for end in &gone {
            self.places.remove(end);
        }
        gone.len()
    }
}

/// The ends of a graph, those with the least traffic first.
fn by_traffic(graph: &Graph) -> Vec<&End> {
    let traffic = |number: usize| {
        let weights = graph.incoming(number).iter().chain(graph.outgoing(number)).map(|(_, weight)| *weight);
        weights.fold(0, u64::saturating_add)
    };
    let mut ends: Vec<(u64, &End)> =
        graph.ends().iter().enumerate().map(|(number, end)| (traffic(number), end)).collect();
    ends.sort_unstable();
    ends.into_iter().map(|(_, end)| end).collect()
}
