//! What a file holds of a period, read from one unchanging state of it.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::HashMap;
use hogusu_model::{SenderId, SeriesKey, Slot};
use redb::ReadTransaction;

use super::StoreError;
use super::accounts::Accounts;
use super::catalogue::Held;
use super::codec::{add_data, read_reporter, read_series};
use super::day::sides_of;
use super::guard::attempt;
use super::lines::{Line, Lines};
use super::numbers::Remembered;
use super::summary::Summary;
use super::summed::Knowledge;
use super::tables::{COVERAGE, PARTS, REPORTERS, ROWS, SERIES};
use crate::aggregate::{Covered, Excerpt, Reporter};
use crate::allowance;
use crate::ownership::Owners;
use crate::wanted::Wanted;

/// One file as it was when the reader was made.
#[derive(Debug)]
pub struct Reader {
    pub(super) name: String,
    pub(super) read: ReadTransaction,
    pub(super) knowledge: Arc<Knowledge>,
    pub(super) summary: Summary,
    /// Its names, as far as they need not be read.
    pub(super) names: Names,
    /// Until it is dropped, the file it reads is not closed.
    pub(super) _held: Held,
}

/// What a file's numbers for reporters and series stand for, where that is remembered.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) reporters: Remembered<Reporter>,
    pub(super) series: Remembered<SeriesKey>,
}

impl Reader {
    /// Senders of the file that may have been there in [from, to), with the time they covered. Those that `known` names are
    /// left out, and the file's are added to it.
    ///
    /// # Errors
    /// When the file cannot be read, as it is damaged or otherwise, or nobody waits any more.
    pub fn excerpt(
        &self,
        (from, to, now): (u64, u64, u64),
        known: &mut HashSet<SenderId>,
        wanted: &Wanted,
    ) -> Result<Excerpt, StoreError> {
        attempt(&self.name, &self.knowledge, || {
            let mut excerpt = Excerpt::default();
            self.coverage(from, to, wanted, &mut excerpt)?;
            self.accounts().senders((from, to, now), known, wanted, &mut excerpt)?;
            Ok(excerpt)
        })
    }

    /// Name of the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds the rows of [from, to), borders of slots, each to the owner that its peer's address had in its slot.
    ///
    /// # Errors
    /// When the file cannot be read, as it is damaged or otherwise, or nobody waits any more.
    pub fn rows(
        &self,
        (from, to): (u64, u64),
        owners: &Owners,
        wanted: &Wanted,
        excerpt: &mut Excerpt,
    ) -> Result<(), StoreError> {
        attempt(&self.name, &self.knowledge, || self.add_rows((from, to), owners, wanted, excerpt))
    }

    fn add_rows(
        &self,
        (from, to): (u64, u64),
        owners: &Owners,
        wanted: &Wanted,
        excerpt: &mut Excerpt,
    ) -> Result<(), StoreError> {
        let (first, end) = (Slot::of(from).0, Slot::of(to).0);
        for entry in self.read.open_table(PARTS)?.range((first, 0)..(end, 0))? {
            let (_, part) = entry?;
            excerpt.late_parts += u64::from(part.value().0);
        }
        let reporters = self.read.open_table(REPORTERS)?;
        let series = self.read.open_table(SERIES)?;
        let (mut reporter_places, mut series_places) = (HashMap::default(), HashMap::default());
        let mut lines = Lines::default();
        for entry in self.read.open_table(ROWS)?.range((first, 0, 0, 0)..(end, 0, 0, 0))? {
            wanted.check()?;
            let (key, value) = entry?;
            let (slot, _, reporter, key) = key.value();
            let line = match lines.find((reporter, key)) {
                Some(line) => line,
                None => {
                    let numbers = (reporter, key);
                    let reporter = Accounts::place(reporter, &mut reporter_places, &mut excerpt.reporters, || {
                        let read = || Ok(Arc::new(self.accounts().named(reporter, &reporters, read_reporter)?));
                        self.names.reporters.get(reporter).map_or_else(read, Ok)
                    })?;
                    let key = Accounts::place(key, &mut series_places, &mut excerpt.series, || {
                        let read = || Ok(Arc::new(self.accounts().named(key, &series, read_series)?));
                        self.names.series.get(key).map_or_else(read, Ok)
                    })?;
                    wanted.take(excerpt.series.get(key).map_or(0, |key| allowance::row(key)))?;
                    let scope = excerpt.reporters.get(reporter).and_then(|one| owners.scope(&one.workload.cluster));
                    let timelines = excerpt.series.get(key).map(|key| owners.timelines(key)).unwrap_or_default();
                    lines.enter(numbers, Line { reporter, key, scope, timelines, row: None })
                }
            };
            let owner = line.timelines.at(line.scope, Slot(slot));
            let place = match line.row {
                Some((of, place)) if of == owner => place,
                _ => excerpt.rows.place((line.reporter, line.key, owner)),
            };
            line.row = Some((owner, place));
            if let Some(sum) = excerpt.rows.get_mut(place) {
                add_data(value.value(), sum).map_err(StoreError::garbled(&self.name))?;
            }
        }
        Ok(())
    }

    fn coverage(&self, from: u64, to: u64, wanted: &Wanted, excerpt: &mut Excerpt) -> Result<(), StoreError> {
        let earliest = from.saturating_sub(self.summary.longest);
        for entry in self.read.open_table(COVERAGE)?.range((earliest, [0; 16])..(to, [0; 16]))? {
            wanted.check()?;
            let (key, value) = entry?;
            let ((start, id), (end, sides)) = (key.value(), value.value());
            if end >= from {
                excerpt.coverage.push((SenderId(id), Covered { start, end, sides: sides_of(sides) }));
            }
        }
        self.accounts().folded((earliest, from, to), excerpt)?;
        self.accounts().losses(Slot::of(from).0..Slot::of(to).0, excerpt)
    }

    /// What it has as every file of the store.
    pub(super) const fn accounts(&self) -> Accounts<'_> {
        Accounts { name: self.name.as_str(), read: &self.read }
    }
}
