//! What a rolled-up file holds of a period.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hogusu_model::SenderId;
use redb::{ReadableTable, TableError};

use super::super::codec::{Garbled, add_data, read_owner, read_progress, read_reporter, read_series};
use super::super::day::{self, sides_of};
use super::super::guard::attempt;
use super::super::tables::{FOLDED, LATE, LOSSES, OWNERS, PROGRESS, REPORTERS, ROLLED, SENDERS, SERIES, STRETCHES};
use super::super::{StoreError, overlap};
use super::RolledReader;
use crate::aggregate::{Covered, Excerpt, Folded, Loss};
use crate::ownership::Owners;
use crate::wanted::Wanted;

impl RolledReader {
    /// Senders of the file that may have been there in [from, to), with the time they covered. Those that `known` names are
    /// left out, and the file's are added to it.
    ///
    /// # Errors
    /// When the file cannot be read, or nobody waits any more.
    pub fn excerpt(
        &self,
        (from, to, now): (u64, u64, u64),
        known: &mut HashSet<SenderId>,
        wanted: &Wanted,
    ) -> Result<Excerpt, StoreError> {
        attempt(&self.name, &self.knowledge, || self.excerpt_of((from, to, now), known, wanted))
    }

    /// Name of the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn excerpt_of(
        &self,
        (from, to, now): (u64, u64, u64),
        known: &mut HashSet<SenderId>,
        wanted: &Wanted,
    ) -> Result<Excerpt, StoreError> {
        let mut excerpt = Excerpt::default();
        for entry in self.read.open_table(STRETCHES)?.iter()? {
            wanted.check()?;
            let (key, value) = entry?;
            let ((id, start), (end, sides)) = (key.value(), value.value());
            if start < to && end >= from {
                excerpt.coverage.push((SenderId(id), Covered { start, end, sides: sides_of(sides) }));
            }
        }
        self.folded((from, to), &mut excerpt)?;
        let stretches = || self.resolution.of(from)..to.div_ceil(self.resolution.nanos());
        for entry in self.read.open_table(LOSSES)?.range((stretches().start, [0; 16])..(stretches().end, [0; 16]))? {
            let (key, value) = entry?;
            let (batches, exchanges) = value.value();
            excerpt.losses.push((SenderId(key.value().1), Loss { batches, exchanges }));
        }
        for entry in self.read.open_table(LATE)?.range(stretches())? {
            excerpt.late_parts += entry?.1.value();
        }
        self.senders((from, to, now), known, wanted, &mut excerpt)?;
        Ok(excerpt)
    }

    /// Adds the rows of all stretches that [from, to) touches, each to the owner that was found when they were rolled up.
    ///
    /// # Errors
    /// When the file cannot be read, or nobody waits any more.
    pub fn rows(
        &self,
        (from, to): (u64, u64),
        owners: &mut Owners,
        wanted: &Wanted,
        excerpt: &mut Excerpt,
    ) -> Result<(), StoreError> {
        attempt(&self.name, &self.knowledge, || self.add_rows((from, to), owners, wanted, excerpt))
    }

    fn add_rows(
        &self,
        (from, to): (u64, u64),
        owners: &mut Owners,
        wanted: &Wanted,
        excerpt: &mut Excerpt,
    ) -> Result<(), StoreError> {
        let garbled = StoreError::garbled(&self.name);
        let mut of_owners = HashMap::new();
        for entry in self.read.open_table(OWNERS)?.iter()? {
            let (number, bytes) = entry?;
            let owner = read_owner(bytes.value()).map_err(&garbled)?;
            of_owners.insert(number.value(), owners.adopt(owner));
        }
        let (reporters, series) = (self.read.open_table(REPORTERS)?, self.read.open_table(SERIES)?);
        let (mut of_reporters, mut of_series) = (HashMap::new(), HashMap::new());
        let (first, end) = (self.resolution.of(from), to.div_ceil(self.resolution.nanos()));
        for entry in self.read.open_table(ROLLED)?.range((first, 0, 0, 0)..(end, 0, 0, 0))? {
            wanted.check()?;
            let (key, value) = entry?;
            let (_, reporter, key, owner) = key.value();
            let reporter = place(&reporters, reporter, &mut of_reporters, &mut excerpt.reporters, read_reporter);
            let key = place(&series, key, &mut of_series, &mut excerpt.series, read_series);
            let owner = of_owners.get(&owner).copied().ok_or(Garbled).map_err(&garbled)?;
            let (reporter, key) = (reporter?.ok_or(Garbled).map_err(&garbled)?, key?.ok_or(Garbled).map_err(&garbled)?);
            let place = excerpt.rows.place((reporter, key, owner));
            if let Some(sum) = excerpt.rows.get_mut(place) {
                add_data(value.value(), sum).map_err(&garbled)?;
            }
        }
        Ok(())
    }

    fn folded(&self, (from, to): (u64, u64), excerpt: &mut Excerpt) -> Result<(), StoreError> {
        let table = match self.read.open_table(FOLDED) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(()),
            table => table?,
        };
        let earliest = from.saturating_sub(self.contents.longest);
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
        let garbled = StoreError::garbled(&self.name);
        let resources = self.read.open_table(SENDERS)?;
        for entry in self.read.open_table(PROGRESS)?.iter()? {
            wanted.check()?;
            let (id, progress) = entry?;
            let id = SenderId(id.value());
            if !known.insert(id) {
                continue;
            }
            let progress = read_progress(progress.value()).map_err(&garbled)?;
            if overlap(&progress, period) {
                let resource = resources.get(id.0)?.ok_or(Garbled).map_err(&garbled)?;
                excerpt.senders.push((id, day::sender(resource.value(), progress).map_err(&garbled)?));
            }
        }
        Ok(())
    }
}

/// The place in `list` of what the file numbers `number`; `None` where the file does not say what that is.
fn place<T>(
    table: &impl ReadableTable<u32, &'static [u8]>,
    number: u32,
    places: &mut HashMap<u32, usize>,
    list: &mut Vec<Arc<T>>,
    decode: impl Fn(&[u8]) -> Result<T, Garbled>,
) -> Result<Option<usize>, StoreError> {
    if let Some(place) = places.get(&number) {
        return Ok(Some(*place));
    }
    let value = table.get(number)?.map(|bytes| decode(bytes.value()));
    let Some(Ok(value)) = value else { return Ok(None) };
    list.push(Arc::new(value));
    places.insert(number, list.len() - 1);
    Ok(Some(list.len() - 1))
}
