//! Open slots: what was taken since the last commit. All of it can be made again from the journal.

use std::collections::{BTreeMap, HashMap};

use hogusu_model::slot::SLOT_NANOS;
use hogusu_model::{SenderId, SeriesData, Slot};

use super::dictionary::{ReporterId, SeriesId};
use super::sender::Loss;

/// A part is late when it arrived more than this after its slot ended.
const LATE_NANOS: u64 = 30_000_000_000;

/// Everything taken since the last commit.
#[derive(Debug, Default)]
pub struct Open {
    /// Counts by slot, late ones apart.
    pub parts: BTreeMap<(Slot, Lateness), Part>,
    /// Covered time by sender.
    pub coverage: HashMap<SenderId, Vec<Covered>>,
    /// What did not arrive, in the slot of the batch that showed it.
    pub losses: BTreeMap<(Slot, SenderId), Loss>,
    /// Counts of a backlog that was folded into one batch.
    pub folded: Vec<(SenderId, Folded)>,
    rows: usize,
}

/// A stretch whose counts all lie in the slot of its start, as its sender had nowhere to send them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// Start, nanoseconds since the epoch.
    pub start: u64,
    /// End, exclusive.
    pub end: u64,
    /// Exchanges.
    pub exchanges: u64,
}

/// Whether a part came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lateness {
    /// While its slot was open, or shortly after.
    InTime,
    /// Later.
    Late,
}

impl Lateness {
    /// Of a batch of `slot` that arrives at `arrival`.
    #[must_use]
    pub const fn of(slot: Slot, arrival: u64) -> Self {
        if arrival > slot.end().saturating_add(LATE_NANOS) { Self::Late } else { Self::InTime }
    }
}

/// What one commit adds to a slot.
#[derive(Debug, Default)]
pub struct Part {
    /// Counts.
    pub rows: HashMap<(ReporterId, SeriesId), SeriesData>,
    /// Batches in it.
    pub batches: u64,
    /// Arrival of the first of them.
    pub first_arrival: u64,
    /// Arrival of the last of them.
    pub last_arrival: u64,
}

/// A stretch of time that a sender covered, and which sides it counted requests for in batches that begin in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covered {
    /// Start, nanoseconds since the epoch.
    pub start: u64,
    /// End, exclusive.
    pub end: u64,
    /// Sides.
    pub sides: Sides,
}

/// The sides (reporter source, reporter destination) that a sender counted requests for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sides {
    /// As source.
    pub source: bool,
    /// As destination.
    pub destination: bool,
}

impl Sides {
    /// Both together.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { source: self.source || other.source, destination: self.destination || other.destination }
    }

    /// True for neither.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        !self.source && !self.destination
    }
}

impl Open {
    /// The row of a series, made when first needed.
    pub fn row(&mut self, slot: Slot, lateness: Lateness, reporter: ReporterId, series: SeriesId) -> &mut SeriesData {
        let rows = &mut self.rows;
        let part = self.parts.entry((slot, lateness)).or_default();
        part.rows.entry((reporter, series)).or_insert_with(|| {
            *rows += 1;
            SeriesData::default()
        })
    }

    /// Notes that a batch of the slot arrived.
    pub fn arrived(&mut self, slot: Slot, lateness: Lateness, arrival: u64) {
        let part = self.parts.entry((slot, lateness)).or_default();
        part.first_arrival = if part.batches == 0 { arrival } else { part.first_arrival.min(arrival) };
        part.last_arrival = part.last_arrival.max(arrival);
        part.batches += 1;
    }

    /// Adds covered time; a stretch that goes on where the last one ended makes it longer.
    pub fn cover(&mut self, sender: SenderId, covered: Covered) {
        if covered.start == covered.end && covered.sides.is_empty() {
            return;
        }
        let stretches = self.coverage.entry(sender).or_default();
        match stretches.last_mut() {
            // Time in which a sender counted nothing yet is none in which it counted.
            Some(last) if last.end == covered.start && (!last.sides.is_empty() || covered.sides.is_empty()) => {
                last.end = covered.end;
                last.sides = last.sides.or(covered.sides);
            }
            _ => stretches.push(covered),
        }
    }

    /// Notes a batch over more than two flush intervals and two slots: the map is silent where its counts were made.
    pub fn fold(&mut self, sender: SenderId, folded: Folded, flush_interval: u64) {
        let length = folded.end.saturating_sub(folded.start);
        if folded.exchanges > 0 && length > flush_interval.saturating_mul(2).max(2 * SLOT_NANOS) {
            self.folded.push((sender, folded));
        }
    }

    /// Adds what did not arrive.
    pub fn lose(&mut self, slot: Slot, sender: SenderId, loss: Loss) {
        if loss != Loss::default() {
            let sum = self.losses.entry((slot, sender)).or_default();
            sum.batches = sum.batches.saturating_add(loss.batches);
            sum.exchanges = sum.exchanges.saturating_add(loss.exchanges);
        }
    }

    /// Rows of all slots.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// True when there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.coverage.is_empty() && self.losses.is_empty()
    }
}
