//! What a file holds of a period, read from one unchanging state of it.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::HashMap;
use hogusu_model::{SenderId, Slot};
use redb::{ReadTransaction, ReadableTable, TableError};

use super::catalogue::Held;
use super::codec::{Garbled, add_data, read_progress, read_reporter, read_series};
use super::day::{self, sides_of};
use super::guard::attempt;
use super::lines::{Line, Lines};
use super::summary::Summary;
use super::summed::Knowledge;
use super::tables::{COVERAGE, FOLDED, LOSSES, PARTS, PROGRESS, REPORTERS, ROWS, SENDERS, SERIES};
use super::{StoreError, overlap};
use crate::aggregate::{Covered, Excerpt, Folded, Loss};
use crate::ownership::Owners;
use crate::wanted::Wanted;

/// One file as it was when the reader was made.
#[derive(Debug)]
pub struct Reader {
    pub(super) name: String,
    pub(super) read: ReadTransaction,
    pub(super) knowledge: Arc<Knowledge>,
    pub(super) summary: Summary,
    /// Until it is dropped, the file it reads is not closed.
    pub(super) _held: Held,
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
            self.senders((from, to, now), known, wanted, &mut excerpt)?;
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
                    let (places, list) = (&mut reporter_places, &mut excerpt.reporters);
                    let reporter = self.place(reporter, &reporters, places, list, read_reporter)?;
                    let key = self.place(key, &series, &mut series_places, &mut excerpt.series, read_series)?;
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

    /// The place in `list` of what the file numbers `number`.
    fn place<T>(
        &self,
        number: u32,
        table: &impl ReadableTable<u32, &'static [u8]>,
        places: &mut HashMap<u32, usize>,
        list: &mut Vec<Arc<T>>,
        decode: impl FnOnce(&[u8]) -> Result<T, Garbled>,
    ) -> Result<usize, StoreError> {
        if let Some(place) = places.get(&number) {
            return Ok(*place);
        }
        let bytes = table.get(number)?.ok_or(Garbled).map_err(StoreError::garbled(&self.name))?;
        list.push(Arc::new(decode(bytes.value()).map_err(StoreError::garbled(&self.name))?));
        places.insert(number, list.len() - 1);
        Ok(list.len() - 1)
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
        self.folded((earliest, from, to), excerpt)?;
        let (first, end) = (Slot::of(from).0, Slot::of(to).0);
        for entry in self.read.open_table(LOSSES)?.range((first, [0; 16])..(end, [0; 16]))? {
            let (key, value) = entry?;
            let (batches, exchanges) = value.value();
            excerpt.losses.push((SenderId(key.value().1), Loss { batches, exchanges }));
        }
        Ok(())
    }

    fn folded(&self, (earliest, from, to): (u64, u64, u64), excerpt: &mut Excerpt) -> Result<(), StoreError> {
        let table = match self.read.open_table(FOLDED) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(()),
            table => table?,
        };
        for entry in table.range((earliest, [0; 16])..(to, [0; 16]))? {
            let (key, value) = entry?;
            let ((start, id), (end, exchanges)) = (key.value(), value.value());
            if end > from {
                excerpt.folded.push((SenderId(id), Folded { start, end, exchanges }));
            }
        }
        Ok(())
    }

    fn senders(
        &self,
        period: (u64, u64, u64),
        known: &mut HashSet<SenderId>,
        wanted: &Wanted,
        excerpt: &mut Excerpt,
    ) -> Result<(), StoreError> {
        let resources = self.read.open_table(SENDERS)?;
        for entry in self.read.open_table(PROGRESS)?.iter()? {
            wanted.check()?;
            let (id, progress) = entry?;
            let id = SenderId(id.value());
            if known.contains(&id) {
                continue;
            }
            known.insert(id);
            let progress = read_progress(progress.value()).map_err(StoreError::garbled(&self.name))?;
            if !overlap(&progress, period) {
                continue;
            }
            let resource = resources.get(id.0)?.ok_or(Garbled).map_err(StoreError::garbled(&self.name))?;
            let sender = day::sender(resource.value(), progress).map_err(StoreError::garbled(&self.name))?;
            excerpt.senders.push((id, sender));
        }
        Ok(())
    }
}
