//! What one place (open slots in memory, or one file) holds of a period. [`crate::period`] puts them together.

use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::{SenderId, SeriesData, SeriesKey, Slot};

use super::Aggregate;
use super::dictionary::Reporter;
use super::open::{Covered, Folded, Lateness};
use super::sender::{Loss, Sender};

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

impl Aggregate {
    /// What open slots hold of [from, to), with every sender known.
    #[must_use]
    pub fn excerpt(&self, from: u64, to: u64) -> Excerpt {
        let mut excerpt = Excerpt::default();
        let (mut reporters, mut series) = (HashMap::new(), HashMap::new());
        let in_period = |slot: &Slot| slot.start() >= from && slot.start() < to;
        for ((slot, lateness), part) in self.open().parts.iter().filter(|((slot, _), _)| in_period(slot)) {
            excerpt.late_parts += u64::from(*lateness == Lateness::Late);
            for ((reporter_id, series_id), data) in &part.rows {
                let (Some(reporter), Some(key)) =
                    (self.dictionary().reporter_of(*reporter_id), self.dictionary().series_of(*series_id))
                else {
                    continue;
                };
                let reporter = number(&mut reporters, *reporter_id, &mut excerpt.reporters, reporter);
                let key = number(&mut series, *series_id, &mut excerpt.series, key);
                excerpt.slots.entry((*slot, reporter, key)).or_default().merge(data);
            }
        }
        let overlaps = |covered: &&Covered| covered.start < to && covered.end >= from;
        for (id, stretches) in &self.open().coverage {
            excerpt.coverage.extend(stretches.iter().filter(overlaps).map(|covered| (*id, *covered)));
        }
        let folded = self.open().folded.iter().filter(|(_, folded)| folded.start < to && folded.end > from);
        excerpt.folded.extend(folded);
        let losses = self.open().losses.iter().filter(|((slot, _), _)| in_period(slot));
        excerpt.losses.extend(losses.map(|((_, id), loss)| (*id, *loss)));
        excerpt.senders.extend(self.senders().iter().map(|(id, sender)| (*id, sender.clone())));
        excerpt
    }
}

/// The number of `id` in a list that grows with what is asked for.
fn number<Id: Eq + std::hash::Hash, T>(
    known: &mut HashMap<Id, usize>,
    id: Id,
    list: &mut Vec<Arc<T>>,
    value: &Arc<T>,
) -> usize {
    *known.entry(id).or_insert_with(|| {
        list.push(Arc::clone(value));
        list.len() - 1
    })
}
