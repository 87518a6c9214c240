//! What one place (what the store does not hold yet, or one file) holds of a period. [`crate::period`] puts them together.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::HashMap;
use hogusu_model::{SenderId, SeriesData, SeriesKey, Slot};

use super::dictionary::Reporter;
use super::generation::Generation;
use super::open::{Covered, Folded, Lateness};
use super::sender::{Loss, Sender};
use crate::allowance;
use crate::wanted::{Unwanted, Wanted};

/// Part of a period, with numbers of its own for reporters and series.
#[derive(Debug, Default)]
pub struct Excerpt {
    /// Reporters, by their number here.
    pub reporters: Vec<Arc<Reporter>>,
    /// Series, by their number here.
    pub series: Vec<Arc<SeriesKey>>,
    /// Merged counts.
    pub rows: Rows,
    /// Covered time.
    pub coverage: Vec<(SenderId, Covered)>,
    /// Backlogs that were folded.
    pub folded: Vec<(SenderId, Folded)>,
    /// What did not arrive.
    pub losses: Vec<(SenderId, Loss)>,
    /// Senders that may have been there in the period.
    pub senders: Vec<(SenderId, Sender)>,
    /// Parts that came late.
    pub late_parts: u64,
}

/// What a row is about: reporter and series by their numbers, and the owner of the peer's address by its place.
pub type RowKey = (usize, usize, usize);

/// Counts by what they are about.
#[derive(Debug, Default)]
pub struct Rows {
    list: Vec<(RowKey, SeriesData)>,
    /// Numbers are given here, and no sender chooses one: a fast hash is enough.
    places: HashMap<RowKey, usize>,
}

impl Rows {
    /// The place of a row, made when first needed; it does not change.
    pub fn place(&mut self, row: RowKey) -> usize {
        *self.places.entry(row).or_insert_with(|| {
            self.list.push((row, SeriesData::default()));
            self.list.len() - 1
        })
    }

    /// How many there are: the place of the next one.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// True when there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The counts at a place.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut SeriesData> {
        self.list.get_mut(place).map(|(_, data)| data)
    }

    /// All of them, in the order in which they were first needed.
    #[must_use]
    pub fn into_list(self) -> Vec<(RowKey, SeriesData)> {
        self.list
    }
}

impl Excerpt {
    /// Adds what generations hold of [from, to), as long as it is wanted. A row goes to the owner that `owner` of (reporter, series, slot)
    /// chooses, for an address may change hands.
    ///
    /// # Errors
    /// When nobody waits any more, or there is no room for them.
    pub fn generations(
        &mut self,
        generations: &[Arc<Generation>],
        (from, to): (u64, u64),
        owner: impl Fn(&Reporter, &SeriesKey, Slot) -> usize,
        wanted: &Wanted,
    ) -> Result<(), Unwanted> {
        let (mut reporters, mut series, mut late) = (HashMap::default(), HashMap::default(), HashSet::new());
        let in_period = |slot: &Slot| slot.start() >= from && slot.start() < to;
        for Generation { open, names } in generations.iter().map(AsRef::as_ref) {
            for ((slot, lateness), part) in open.parts.iter().filter(|((slot, _), _)| in_period(slot)) {
                wanted.check()?;
                if *lateness == Lateness::Late {
                    late.insert(*slot);
                }
                for ((reporter_id, series_id), data) in &part.rows {
                    let known = names.reporter_of(*reporter_id).zip(names.series_of(*series_id));
                    let Some((reporter, key)) = known else { continue };
                    let owner = owner(reporter, key, *slot);
                    let reporter = number(&mut reporters, &mut self.reporters, reporter);
                    let key = number(&mut series, &mut self.series, key);
                    let before = self.rows.len();
                    let place = self.rows.place((reporter, key, owner));
                    if place == before {
                        wanted.take(self.series.get(key).map_or(0, |key| allowance::row(key)))?;
                    }
                    if let Some(sum) = self.rows.get_mut(place) {
                        sum.merge(data);
                    }
                }
            }
            let overlaps = |covered: &&Covered| covered.start < to && covered.end >= from;
            for (id, stretches) in &open.coverage {
                self.coverage.extend(stretches.iter().filter(overlaps).map(|covered| (*id, *covered)));
            }
            let folded = open.folded.iter().filter(|(_, folded)| folded.start < to && folded.end > from);
            self.folded.extend(folded);
            let losses = open.losses.iter().filter(|((slot, _), _)| in_period(slot));
            self.losses.extend(losses.map(|((_, id), loss)| (*id, *loss)));
        }
        self.late_parts += late.len() as u64;
        Ok(())
    }
}

/// The number of a name in a list that grows with what is asked for. The same name may stand at two places of memory; then it gets
/// two numbers, and whoever reads adds up what both count.
fn number<T>(known: &mut HashMap<*const T, usize>, list: &mut Vec<Arc<T>>, value: &Arc<T>) -> usize {
    *known.entry(Arc::as_ptr(value)).or_insert_with(|| {
        list.push(Arc::clone(value));
        list.len() - 1
    })
}
