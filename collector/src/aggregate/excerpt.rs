//! What one place (what the store does not hold yet, or one file) holds of a period. [`crate::period`] puts them together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hogusu_model::{SenderId, SeriesData, SeriesKey, Slot};

use super::dictionary::Reporter;
use super::generation::Generation;
use super::open::{Covered, Folded, Lateness};
use super::sender::{Loss, Sender};
use crate::wanted::{Unwanted, Wanted};

/// Part of a period, with numbers of its own for reporters and series.
#[derive(Debug, Default)]
pub struct Excerpt {
    /// Reporters, by their number here.
    pub reporters: Vec<Arc<Reporter>>,
    /// Series, by their number here.
    pub series: Vec<Arc<SeriesKey>>,
    /// Merged counts by (reporter, series, owner of the peer's address).
    pub rows: HashMap<(usize, usize, usize), SeriesData>,
    /// Counts whose slot is still to be told apart, by (slot, reporter, series): an address may change hands.
    pub slots: HashMap<(Slot, usize, usize), SeriesData>,
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

impl Excerpt {
    /// Adds counts to a row.
    pub fn add(&mut self, row: (usize, usize, usize), data: &SeriesData) {
        self.rows.entry(row).or_default().merge(data);
    }

    /// Moves the counts of each slot to the row that `owner` of (reporter, series, slot) chooses.
    pub fn attribute(&mut self, owner: impl Fn(&Reporter, &SeriesKey, Slot) -> usize) {
        for ((slot, reporter, series), data) in std::mem::take(&mut self.slots) {
            let known = self.reporters.get(reporter).zip(self.series.get(series));
            let owner = known.map_or(0, |(reporter, key)| owner(reporter, key, slot));
            self.add((reporter, series, owner), &data);
        }
    }
}

impl Excerpt {
    /// What generations hold of [from, to), as long as it is wanted.
    ///
    /// # Errors
    /// When nobody waits any more.
    pub fn of(generations: &[Arc<Generation>], from: u64, to: u64, wanted: &Wanted) -> Result<Self, Unwanted> {
        let mut excerpt = Self::default();
        let (mut reporters, mut series, mut late) = (HashMap::new(), HashMap::new(), HashSet::new());
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
                    let reporter = number(&mut reporters, &mut excerpt.reporters, reporter);
                    let key = number(&mut series, &mut excerpt.series, key);
                    excerpt.slots.entry((*slot, reporter, key)).or_default().merge(data);
                }
            }
            let overlaps = |covered: &&Covered| covered.start < to && covered.end >= from;
            for (id, stretches) in &open.coverage {
                excerpt.coverage.extend(stretches.iter().filter(overlaps).map(|covered| (*id, *covered)));
            }
            let folded = open.folded.iter().filter(|(_, folded)| folded.start < to && folded.end > from);
            excerpt.folded.extend(folded);
            let losses = open.losses.iter().filter(|((slot, _), _)| in_period(slot));
            excerpt.losses.extend(losses.map(|((_, id), loss)| (*id, *loss)));
        }
        excerpt.late_parts = late.len() as u64;
        Ok(excerpt)
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
