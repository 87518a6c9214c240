//! What a rolled-up file holds of a period.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::HashMap;
use hogusu_model::SenderId;
use redb::{ReadOnlyTable, ReadableTable};

use super::super::StoreError;
use super::super::accounts::Accounts;
use super::super::codec::{Garbled, read_owner, read_reporter, read_series};
use super::super::day::sides_of;
use super::super::guard::attempt;
use super::super::lines::Lines;
use super::super::tables::{LATE, OWNERS, PACKED, REPORTERS, SERIES, STRETCHES};
use super::RolledReader;
use super::pack::{Counts, Row, Unpacked};
use crate::aggregate::{Covered, Excerpt};
use crate::allowance;
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
        let earliest = from.saturating_sub(self.contents.longest);
        self.accounts().folded((earliest, from, to), &mut excerpt)?;
        let stretches = || self.resolution.of(from)..to.div_ceil(self.resolution.nanos());
        self.accounts().losses(stretches(), &mut excerpt)?;
        for entry in self.read.open_table(LATE)?.range(stretches())? {
            excerpt.late_parts += entry?.1.value();
        }
        self.accounts().senders((from, to, now), known, wanted, &mut excerpt)?;
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
        let mut of_owners = HashMap::default();
        for entry in self.read.open_table(OWNERS)?.iter()? {
            let (number, bytes) = entry?;
            let owner = read_owner(bytes.value()).map_err(&garbled)?;
            of_owners.insert(number.value(), owners.adopt(owner));
        }
        let (reporters, series) = (self.read.open_table(REPORTERS)?, self.read.open_table(SERIES)?);
        let (names, numbers, places) = ((reporters, series), Default::default(), Lines::default());
        let mut adding = Adding { file: self.accounts(), names, of_owners, numbers, places, wanted, excerpt };
        let (first, end) = (self.resolution.of(from), to.div_ceil(self.resolution.nanos()));
        for entry in self.read.open_table(PACKED)?.range((first, 0)..(end, 0))? {
            let (_, block) = entry?;
            let mut rows = Unpacked::of(block.value()).map_err(&garbled)?;
            while let Some((row, counts)) = rows.next().map_err(&garbled)? {
                adding.row(row, counts)?;
            }
        }
        Ok(())
    }

    const fn accounts(&self) -> Accounts<'_> {
        Accounts { name: self.name.as_str(), read: &self.read }
    }
}

/// Rows of a file on their way into an excerpt.
struct Adding<'a> {
    file: Accounts<'a>,
    names: (NameTable, NameTable),
    /// Places of the file's owners among all.
    of_owners: HashMap<u32, usize>,
    /// Places of its reporters and series in the excerpt.
    numbers: (HashMap<u32, usize>, HashMap<u32, usize>),
    /// Places of the rows.
    places: Lines<usize, Row>,
    wanted: &'a Wanted,
    excerpt: &'a mut Excerpt,
}

type NameTable = ReadOnlyTable<u32, &'static [u8]>;

impl Adding<'_> {
    fn row(&mut self, row: Row, counts: Counts<'_, '_>) -> Result<(), StoreError> {
        self.wanted.check()?;
        let place = match self.places.find(row) {
            Some(place) => *place,
            None => self.enter(row)?,
        };
        let garbled = StoreError::garbled(self.file.name);
        let sum = self.excerpt.rows.get_mut(place).ok_or(Garbled).map_err(&garbled)?;
        counts.add_to(sum).map_err(garbled)
    }

    /// The place of a row that was not met before.
    fn enter(&mut self, row: Row) -> Result<usize, StoreError> {
        let (file, (reporters, series)) = (self.file, &self.names);
        let reporter = Accounts::place(row.0, &mut self.numbers.0, &mut self.excerpt.reporters, || {
            Ok(Arc::new(file.named(row.0, reporters, read_reporter)?))
        })?;
        let key = Accounts::place(row.1, &mut self.numbers.1, &mut self.excerpt.series, || {
            Ok(Arc::new(file.named(row.1, series, read_series)?))
        })?;
        let owner = self.of_owners.get(&row.2).copied().ok_or(Garbled).map_err(StoreError::garbled(file.name))?;
        self.wanted.take(self.excerpt.series.get(key).map_or(0, |key| allowance::row(key)))?;
        let place = self.excerpt.rows.place((reporter, key, owner));
        self.places.enter(row, place);
        Ok(place)
    }
}
