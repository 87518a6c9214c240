//! What a rolled-up file holds of a period.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::HashMap;
use hogusu_model::SenderId;
use redb::ReadableTable;

use super::super::StoreError;
use super::super::accounts::Accounts;
use super::super::codec::{Garbled, add_data, read_owner, read_reporter, read_series};
use super::super::day::sides_of;
use super::super::guard::attempt;
use super::super::tables::{LATE, OWNERS, REPORTERS, ROLLED, SERIES, STRETCHES};
use super::RolledReader;
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
        let (mut of_reporters, mut of_series) = (HashMap::default(), HashMap::default());
        // The store gives these numbers, and no sender chooses one: a fast hash is enough.
        let mut places: HashMap<(u32, u32, u32), usize> = HashMap::default();
        let (first, end) = (self.resolution.of(from), to.div_ceil(self.resolution.nanos()));
        for entry in self.read.open_table(ROLLED)?.range((first, 0, 0, 0)..(end, 0, 0, 0))? {
            wanted.check()?;
            let (key, value) = entry?;
            let (_, reporter, key, owner) = key.value();
            let numbers = (reporter, key, owner);
            let place = match places.get(&numbers) {
                Some(place) => *place,
                None => {
                    let accounts = self.accounts();
                    let reporter = Accounts::place(reporter, &mut of_reporters, &mut excerpt.reporters, || {
                        Ok(Arc::new(accounts.named(reporter, &reporters, read_reporter)?))
                    })?;
                    let key = Accounts::place(key, &mut of_series, &mut excerpt.series, || {
                        Ok(Arc::new(accounts.named(key, &series, read_series)?))
                    })?;
                    let owner = of_owners.get(&owner).copied().ok_or(Garbled).map_err(&garbled)?;
                    wanted.take(excerpt.series.get(key).map_or(0, |key| allowance::row(key)))?;
                    let place = excerpt.rows.place((reporter, key, owner));
                    places.insert(numbers, place);
                    place
                }
            };
            if let Some(sum) = excerpt.rows.get_mut(place) {
                add_data(value.value(), sum).map_err(&garbled)?;
            }
        }
        Ok(())
    }

    const fn accounts(&self) -> Accounts<'_> {
        Accounts { name: self.name.as_str(), read: &self.read }
    }
}
